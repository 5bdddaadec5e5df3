package org.anyfd.channel;

/**
 * Internal. How one selector watches one socket, beyond the life of a key: whether edge-triggered, and what that has saved and
 * cost. A channel has at most one, in its {@link Io}; other selectors watch it level-triggered.
 *
 * <p>Guarded by the owner's monitor, but for what says otherwise and what is {@link Readiness}'s.
 */
public final class EdgeWatch extends Readiness {
    final NativeSelector owner;
    /** Whether the kernel reports edges, which readers and writers then have to supplement. Read by any thread. */
    volatile boolean active;
    /**
     * The last key, if it was cancelled and the kernel still watches for the next one. Read by the thread that closes the
     * channel: pairs with the look at the descriptor after it was set.
     */
    volatile NativeSelectionKey dormant;
    /** Changes of what the kernel watches. */
    int changes;
    /** How many changes are to be made before it is tried again, should it not profit: 2 to this, and one more each time. */
    byte relapse = 6;
    /** System calls that being edge-triggered saved, less those, and turns of the selector, that it cost. */
    byte balance;

    EdgeWatch(NativeSelector owner) {
        this.owner = owner;
    }

    /** Says that bytes may have been taken from a channel by another way than its reads: the kernel has to be asked. */
    public static void taken(Io io) {
        EdgeWatch watch = io == null ? null : io.watch();
        if (watch != null && watch.active) {
            watch.read(watch.before(), 1, 1);
        }
    }

    /** Tells the owner, whose kernel entry is gone, that no key will follow. By the thread that closed the descriptor. */
    static void closed(Io io) {
        EdgeWatch watch = io.watch();
        NativeSelectionKey key = watch == null ? null : watch.dormant;
        if (key != null) {
            watch.owner.enqueue(key);
        }
    }
}
