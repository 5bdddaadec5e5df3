package org.anyfd.channel;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.anyfd.poll.Await;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * connect(2) on a non-blocking socket: begun once, and finished when the socket is writable and SO_ERROR says how it
 * went. One channel's, under its locks.
 */
final class Connecting implements Io.Call {
    private final Family family;
    private final SocketAddress target;
    private final boolean patient;
    private boolean begun;
    private IOException unencodable;

    /**
     * @param blocking whether to wait for room in a full Unix backlog
     */
    Connecting(Family family, SocketAddress target, boolean blocking) {
        this.family = family;
        this.target = target;
        this.patient = blocking && family == Family.UNIX;
    }

    /** Goes on with what an earlier call began. */
    static Connecting underWay(Family family) {
        Connecting connecting = new Connecting(family, null, false);
        connecting.begun = true;
        return connecting;
    }

    @Override
    public int attempt(int fd) {
        int r = begun ? finish(fd) : begin(fd);
        if (r != NO_ROOM || !patient) {
            return r;
        }
        // connect(2) can only sleep until a Unix listener has room if the socket is a blocking one, and poll(2) not at all.
        begun = false;
        LockSupport.parkNanos(NAP_NANOS);
        return -Errno.EINTR;
    }

    @Override
    public boolean movesBytes() {
        return false;
    }

    /** Stands for a connect(2) that says EAGAIN: not "pending" but a full Unix backlog. */
    private static final int NO_ROOM = Integer.MIN_VALUE;

    /** Between two tries; also how long it may take until a close is noticed. */
    private static final long NAP_NANOS = 1_000_000;

    private int begin(int fd) {
        begun = true;
        if (family.isUnnamed(target)) {
            // The kernel says EINVAL; the JDK, that nobody listens there.
            return -Errno.ECONNREFUSED;
        }
        Scratch s = Scratch.take();
        try {
            int r = Sys.connect(fd, s.smallAddress(), family.encode(s.small(), target));
            // EINTR: it goes on in the background, as with EINPROGRESS.
            return r == -Errno.EINPROGRESS || r == -Errno.EINTR ? -Errno.EAGAIN : r == -Errno.EAGAIN ? NO_ROOM : r;
        } catch (IOException e) {
            unencodable = e;
            return -Errno.EINVAL;
        } finally {
            s.give();
        }
    }

    private static int finish(int fd) {
        Scratch s = Scratch.take();
        try {
            if (Await.look(fd, Consts.POLLOUT, s) == 0) {
                return -Errno.EAGAIN;
            }
            s.small().putInt(0, 0).putInt(4, Integer.BYTES);
            int r = Sys.getsockopt(fd, Consts.SOL_SOCKET, Consts.SO_ERROR, s.smallAddress(), s.smallAddress() + 4);
            return r < 0 ? r : -s.small().getInt(0);
        } finally {
            s.give();
        }
    }

    /** Throws if the result says that the attempt failed; returns if it is still under way. */
    void check(int r, boolean blocking) throws IOException {
        if (unencodable != null) {
            throw unencodable;
        }
        if (r == NO_ROOM) {
            throw Errno.socketException(Errno.EAGAIN);
        }
        if (r != -Errno.EAGAIN) {
            throw Errno.socketException(-r);
        }
        if (blocking) {
            throw new SocketTimeoutException("Connect timed out");
        }
    }
}
