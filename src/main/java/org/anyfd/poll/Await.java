package org.anyfd.poll;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.IntSupplier;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;
import org.anyfd.sys.VirtualThreads;

/**
 * Internal. How a blocking operation waits: the one place that knows. The kernel's file is (or is treated as)
 * non-blocking; an operation that finds nothing to do waits here until it may try again. A platform thread waits in the
 * kernel, a virtual thread parks, so as not to hold its carrier.
 */
public final class Await {
    /** No deadline. */
    public static final long FOREVER = -1;

    /** Whether a thread may be interrupted unseen by the operation that it begins: see {@link #first}. */
    public static final boolean INTERRUPT_MAY_BE_LATE = Runtime.version().feature() < 23;

    private static final long FIRST_NANOS = 1_000_000_000;

    private Await() {
    }

    /**
     * How long the first wait of an operation is to last. On JDK 22 and older no more than a second, after which the operation
     * looks whether its thread is interrupted: Thread.interrupt (JDK-8323782) reads what it has to interrupt before it sets the
     * status, and so may miss an operation that begins in between, which sees neither. The status is there long before the
     * second is over. A virtual thread looks itself before it parks.
     *
     * @param timeoutNanos how long the operation may wait, or {@link #FOREVER}
     */
    public static long first(long timeoutNanos) {
        if (!INTERRUPT_MAY_BE_LATE || VirtualThreads.current()) {
            return timeoutNanos;
        }
        return timeoutNanos < 0 ? FIRST_NANOS : Math.min(timeoutNanos, FIRST_NANOS);
    }

    /**
     * Waits until the descriptor has one of the events, an error or a hang-up, or is closed by {@link Fd#close}, or
     * the time is over. May return early for no reason: try the operation again, look whether the descriptor is open,
     * and come back with the time that is left.
     *
     * @param fd a descriptor of which the caller holds a reference
     * @param events POLLIN, POLLOUT, POLLPRI
     * @param timeoutNanos how long, or {@link #FOREVER}
     * @return the events that are there (poll(2) revents), or 0
     * @throws IOException if the kernel cannot give what waiting takes (EMFILE for the eventfd, ENOMEM)
     */
    public static int ready(Fd fd, int events, long timeoutNanos) throws IOException {
        if (VirtualThreads.current()) {
            return Reactor.await(fd.number(), fd, events, timeoutNanos);
        }
        Waker waker = Waker.take();
        try {
            if (!fd.enter(waker)) {
                return 0;
            }
            try {
                return pollWith(waker, fd.number(), events, timeoutNanos);
            } finally {
                fd.leave(waker);
            }
        } finally {
            waker.give();
        }
    }

    /** Whether the calling thread waits in the kernel, so that {@link #ready} costs one system call if something is there. */
    public static boolean waitsInKernel() {
        return !VirtualThreads.current();
    }

    /**
     * Has a virtual thread wait for the events of an epoll descriptor, so that selecting does not hold its carrier.
     *
     * @param timeoutMillis how long, or -1 for ever
     * @return true if it has waited, so that the kernel need only be asked; false on a platform thread, which may wait
     *     in the kernel
     */
    static boolean parkedOn(int epfd, int timeoutMillis) throws IOException {
        if (!VirtualThreads.current()) {
            return false;
        }
        Reactor.await(epfd, null, Consts.POLLIN, timeoutMillis < 0 ? FOREVER : timeoutMillis * 1_000_000L);
        return true;
    }

    /**
     * Makes a call that may block in the kernel until its poller is woken: on the calling thread if that is a platform
     * thread, else on another, for which the virtual thread waits.
     */
    static int inKernel(IntSupplier call) {
        return VirtualThreads.current() ? StandIn.call(call) : call.getAsInt();
    }

    /**
     * Asks poll(2) without waiting. If the kernel cannot answer (ENOMEM), says that there is nothing.
     *
     * @param fd a number that stays open during the call
     * @param scratch whose small area is used
     * @return the events that are there (poll(2) revents), or 0
     */
    public static int look(int fd, int events, Scratch scratch) {
        put(scratch.small(), 0, fd, events);
        return Sys.poll(scratch.smallAddress(), 1, 0) > 0 ? revents(scratch.small(), 0) : 0;
    }

    private static int pollWith(Waker waker, int number, int events, long timeoutNanos) throws IOException {
        Scratch scratch = Scratch.take();
        try {
            ByteBuffer m = scratch.small();
            put(m, 0, number, events);
            put(m, 1, waker.number(), Consts.POLLIN);
            int timespec = 2 * Layouts.POLLFD;
            long timeout = 0;
            if (timeoutNanos >= 0) {
                m.putLong(timespec + Layouts.TIMESPEC_SEC, timeoutNanos / 1_000_000_000);
                m.putLong(timespec + Layouts.TIMESPEC_NSEC, timeoutNanos % 1_000_000_000);
                timeout = scratch.smallAddress() + timespec;
            }
            checked(Sys.ppoll(scratch.smallAddress(), 2, timeout, 0));
            if (revents(m, 1) != 0) {
                waker.drain();
            }
            return revents(m, 0);
        } finally {
            scratch.give();
        }
    }

    private static void put(ByteBuffer m, int index, int fd, int events) {
        m.putInt(index * Layouts.POLLFD + Layouts.POLLFD_FD, fd);
        m.putShort(index * Layouts.POLLFD + Layouts.POLLFD_EVENTS, (short) events);
        m.putShort(index * Layouts.POLLFD + Layouts.POLLFD_REVENTS, (short) 0);
    }

    private static int revents(ByteBuffer m, int index) {
        return m.getShort(index * Layouts.POLLFD + Layouts.POLLFD_REVENTS);
    }

    /** EINTR is an early return; poll(2) leaves revents as they were, which is 0. */
    private static void checked(int r) throws IOException {
        if (r < 0 && r != -Errno.EINTR) {
            throw Errno.failed("poll()", -r);
        }
    }
}
