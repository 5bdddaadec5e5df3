package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.sys.Consts.EPOLLET;
import static org.anyfd.sys.Consts.EPOLLEXCLUSIVE;
import static org.anyfd.sys.Consts.EPOLLONESHOT;
import static org.anyfd.sys.Consts.POLLERR;
import static org.anyfd.sys.Consts.POLLHUP;
import static org.anyfd.sys.Consts.POLLIN;
import static org.anyfd.sys.Consts.POLLOUT;
import static org.anyfd.sys.Consts.POLLPRI;
import static org.anyfd.sys.Consts.POLLRDHUP;

/**
 * Internal. NIO's operation bits and ours, and the event bits of poll(2) and epoll_ctl(2), each in terms of the other.
 */
public final class Ops {
    // The extended operations: far from the bits that NIO has or may get.
    public static final int PRIORITY = 1 << 24;
    public static final int PEER_CLOSED = 1 << 25;
    public static final int EDGE = 1 << 26;
    public static final int ONESHOT = 1 << 27;
    public static final int EXCLUSIVE = 1 << 28;

    /** All of them. */
    static final int EXTENDED = PRIORITY | PEER_CLOSED | EDGE | ONESHOT | EXCLUSIVE;
    /** What EPOLLEXCLUSIVE does not go with: the kernel answers EINVAL, epoll_ctl(2). */
    private static final int NOT_EXCLUSIVE = PRIORITY | PEER_CLOSED | ONESHOT;
    /** Among events: how they are reported. */
    static final int MODES = EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE;

    private Ops() {
    }

    public static int events(int ops) {
        return ((ops & (OP_READ | OP_ACCEPT)) != 0 ? POLLIN : 0) | ((ops & (OP_WRITE | OP_CONNECT)) != 0 ? POLLOUT : 0);
    }

    /**
     * The operations in {@code interest} that are ready. An error or a hang-up makes all of them ready: each will tell
     * the program what happened, and a pipe's end-of-stream shows as POLLHUP alone.
     */
    public static int ready(int events, int interest) {
        if ((events & (POLLERR | POLLHUP)) != 0) {
            return interest;
        }
        int in = (events & POLLIN) != 0 ? OP_READ | OP_ACCEPT : 0;
        int out = (events & POLLOUT) != 0 ? OP_WRITE | OP_CONNECT : 0;
        return interest & (in | out);
    }

    /** The events for all operations in {@code ops}, given those for NIO's. Modes alone have nothing watched. */
    static int extendedEvents(int events, int ops) {
        int all = events | ((ops & PRIORITY) != 0 ? POLLPRI : 0) | ((ops & PEER_CLOSED) != 0 ? POLLRDHUP : 0);
        if (all == 0) {
            return 0;
        }
        return all
            | ((ops & EDGE) != 0 ? EPOLLET : 0)
            | ((ops & ONESHOT) != 0 ? EPOLLONESHOT : 0)
            | ((ops & EXCLUSIVE) != 0 ? EPOLLEXCLUSIVE : 0);
    }

    /** The extended operations in {@code ops} that are ready; an error or a hang-up makes them so, as it does NIO's. */
    static int extendedReady(int events, int ops) {
        if ((events & (POLLERR | POLLHUP)) != 0) {
            return ops & (PRIORITY | PEER_CLOSED);
        }
        return ops & (((events & POLLPRI) != 0 ? PRIORITY : 0) | ((events & POLLRDHUP) != 0 ? PEER_CLOSED : 0));
    }

    /**
     * Checks that the operations go together.
     *
     * @throws IllegalArgumentException if not
     */
    static void requireCompatible(int ops) {
        if ((ops & EXCLUSIVE) != 0 && (ops & NOT_EXCLUSIVE) != 0) {
            throw new IllegalArgumentException("EXCLUSIVE does not go with ONESHOT, PRIORITY or PEER_CLOSED, epoll_ctl(2)");
        }
    }
}
