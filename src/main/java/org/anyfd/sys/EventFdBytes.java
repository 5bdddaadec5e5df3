package org.anyfd.sys;

/**
 * Internal. What signals to an eventfd are written from, and read to, for all threads. So a signal takes no memory: who wakes
 * others may be the one thread of many that has no {@link Scratch} yet, when there is no direct memory left. By malloc(3), which
 * the limit of direct memory does not bind; never freed.
 */
public final class EventFdBytes {
    /** The address of 8 bytes that say one. */
    public static final long ONE = Jffi.MEMORY.allocateMemory(2 * Long.BYTES, true);
    /** The address of 8 bytes that nobody looks at. */
    public static final long ANY = ONE + Long.BYTES;

    static {
        Jffi.MEMORY.putLong(ONE, 1);
    }

    private EventFdBytes() {
    }
}
