package org.anyfd.poll;

import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Sys;

/**
 * Where virtual threads wait for descriptors: they park, and one daemon platform thread, which waits in the kernel for
 * all of them, unparks each when its descriptor is ready. A native call that blocks would hold the carrier thread, and
 * the JDK offers no way to tell its scheduler so.
 *
 * <p>One for reading and one for writing, since epoll has one entry for a number; made by the first virtual thread that
 * waits, and never closed. Entries are one-shot. They are not removed: one that nobody waits for any more fires once at
 * most, to no effect, and goes when its file is closed.
 */
final class Reactor {
    private static final Reactor[] BY_DIRECTION = new Reactor[2];

    private final EpollThread epoll;
    private final AtomicInteger generations = new AtomicInteger();
    /** Who waits, by the number it waits for. */
    private final ConcurrentHashMap<Integer, Parked> parked = new ConcurrentHashMap<>();

    private Reactor(String name) throws IOException {
        epoll = EpollThread.start(name, this::ready);
    }

    /** A virtual thread that waits. */
    private static final class Parked implements CloseLatch.Waiter {
        private final Thread thread = Thread.currentThread();
        private final int generation;
        /** POLLIN and the like, or {@link #CLOSED}: written once it need not wait any longer. */
        private volatile int events;

        private static final int CLOSED = 1 << 30;

        Parked(int generation) {
            this.generation = generation;
        }

        @Override
        public void signal() {
            wake(CLOSED);
        }

        void wake(int ready) {
            events = ready;
            LockSupport.unpark(thread);
        }
    }

    private static synchronized Reactor of(int direction) throws IOException {
        if (BY_DIRECTION[direction] == null) {
            BY_DIRECTION[direction] = new Reactor(direction == 0 ? "anyfd-virtual-readers" : "anyfd-virtual-writers");
        }
        return BY_DIRECTION[direction];
    }

    /** How many there are, each with a descriptor that stays open: what a count of open fds must not mistake for a leak. */
    static synchronized int open() {
        return (int) Arrays.stream(BY_DIRECTION).filter(Objects::nonNull).count();
    }

    /**
     * Parks the calling virtual thread; as {@link Await#ready}.
     *
     * @param latch the descriptor's, or null if its close need not wake this thread
     */
    static int await(int number, CloseLatch latch, int events, long timeoutNanos) throws IOException {
        Reactor reactor = of((events & Consts.POLLOUT) != 0 ? 1 : 0);
        Parked me = new Parked(reactor.generations.getAndIncrement());
        if (reactor.parked.putIfAbsent(number, me) == null) {
            try {
                return reactor.park(number, latch, events, timeoutNanos, me);
            } finally {
                reactor.parked.remove(number);
            }
        }
        // Another channel with the same number waits, as two made by FdChannel.borrow(0) may.
        int duplicate = Sys.fcntl(number, Consts.F_DUPFD_CLOEXEC, 0);
        if (duplicate < 0) {
            throw Errno.failed("fcntl(F_DUPFD_CLOEXEC, fd " + number + ")", -duplicate);
        }
        try {
            return await(duplicate, latch, events, timeoutNanos);
        } finally {
            reactor.epoll.control(Consts.EPOLL_CTL_DEL, duplicate, 0, 0);
            Sys.close(duplicate);
        }
    }

    private int park(int number, CloseLatch latch, int events, long timeoutNanos, Parked me) throws IOException {
        if (latch != null && !latch.enter(me)) {
            return 0;
        }
        try {
            int r = arm(number, events, me.generation);
            if (r == -Errno.EPERM) {
                return events; // what epoll refuses is always ready
            }
            if (r < 0) {
                throw Errno.failed("epoll_ctl(MOD, fd " + number + ")", -r);
            }
            parkUntilWoken(me, timeoutNanos);
            return me.events & ~Parked.CLOSED;
        } finally {
            if (latch != null) {
                latch.leave(me);
            }
        }
    }

    /** Returns early if the thread is interrupted: what it waits for is closed or woken by that as well. */
    private static void parkUntilWoken(Parked me, long timeoutNanos) {
        long deadline = timeoutNanos < 0 ? 0 : System.nanoTime() + timeoutNanos;
        while (me.events == 0 && !me.thread.isInterrupted()) {
            if (timeoutNanos < 0) {
                LockSupport.park(me);
            } else {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return;
                }
                LockSupport.parkNanos(me, left);
            }
        }
    }

    /** Most descriptors have been waited for before, and then have an entry. */
    private int arm(int number, int events, int generation) {
        int r = control(Consts.EPOLL_CTL_MOD, number, events, generation);
        return r == -Errno.ENOENT ? control(Consts.EPOLL_CTL_ADD, number, events, generation) : r;
    }

    private int control(int op, int number, int events, int generation) {
        return epoll.control(op, number, events | Consts.EPOLLONESHOT, (long) generation << 32 | number);
    }

    private void ready(long token, int events) {
        Parked waiter = parked.get((int) token);
        if (waiter != null && waiter.generation == (int) (token >>> 32)) {
            waiter.wake(events);
        }
    }
}
