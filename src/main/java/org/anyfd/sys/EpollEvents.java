package org.anyfd.sys;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Internal. Native memory for an array of {@code struct epoll_event}, which epoll_wait(2) fills, and behind it one more for
 * epoll_ctl(2). For one thread at a time.
 */
public final class EpollEvents {
    /** As many as the JDK's selector takes at a time. */
    private static final int MOST = 1024;

    /** Little: nearly all selectors watch little, and memory for the most takes time to get, and the garbage collector to free. */
    private static final int FIRST = 64;
    /**
     * What closed selectors left, of the first size: native memory takes half a microsecond to get, and as much to free. By
     * thread, for who opens one selector after another mostly does so in one.
     */
    private static final AtomicReferenceArray<ByteBuffer> KEPT = new AtomicReferenceArray<>(8);

    private ByteBuffer memory;
    private long address;
    private int room;
    private int wanted;

    public EpollEvents() {
        ByteBuffer kept = KEPT.getAndSet(stripe(), null);
        use(FIRST, kept != null ? kept : allocate(FIRST));
    }

    private static ByteBuffer allocate(int entries) {
        return NativeMemory.allocate((entries + 1) * Layouts.EPOLL_EVENT);
    }

    private void use(int entries, ByteBuffer fresh) {
        room = entries;
        memory = fresh;
        address = Sys.address(fresh);
    }

    @SuppressWarnings("deprecation") // threadId() is newer than 17
    private static int stripe() {
        return (int) Thread.currentThread().getId() & 7;
    }

    /** Leaves the memory to another one. */
    public void close() {
        if (room == FIRST) {
            KEPT.set(stripe(), memory);
        }
        memory = null;
        address = 0;
        room = 0;
    }

    /** That so many may be ready at a time. The next {@link #makeRoom} heeds it. */
    public void expect(int entries) {
        wanted = Math.max(wanted, Math.min(entries, MOST));
    }

    /** Has room for as many as are expected, so that what was there may be gone. */
    public void makeRoom() {
        if (room < wanted) {
            int more = Math.min(2 * wanted, MOST);
            use(more, allocate(more));
        }
    }

    /** How many epoll_wait(2) may fill; what is left is reported by the next call. */
    public int room() {
        return room;
    }

    /** Where epoll_wait(2) may write. */
    public long address() {
        return address;
    }

    /** The address of the one for epoll_ctl(2), with these events and this data. */
    public long control(int events, long data) {
        put(room, events, data);
        return address + (long) room * Layouts.EPOLL_EVENT;
    }

    /** Overwrites entry {@code to} with entry {@code from}. */
    public void move(int from, int to) {
        put(to, events(from), data(from));
    }

    private void put(int i, int events, long data) {
        memory.putInt(i * Layouts.EPOLL_EVENT + Layouts.EPOLL_EVENT_EVENTS, events);
        memory.putLong(i * Layouts.EPOLL_EVENT + Layouts.EPOLL_EVENT_DATA, data);
    }

    public int events(int i) {
        return memory.getInt(i * Layouts.EPOLL_EVENT + Layouts.EPOLL_EVENT_EVENTS);
    }

    public long data(int i) {
        return memory.getLong(i * Layouts.EPOLL_EVENT + Layouts.EPOLL_EVENT_DATA);
    }
}
