package org.anyfd.fd;

import java.util.concurrent.locks.LockSupport;
import org.anyfd.channel.Family;
import org.anyfd.channel.Io;
import org.anyfd.poll.Await;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.SockAddr;
import org.anyfd.sys.Sys;

/** connect(2) on a non-blocking socket: begun once, and done when the socket is writable and SO_ERROR says how it went. */
final class Connect implements Io.Call {
    /** Between two looks at a Unix listener whose backlog is full; poll(2) does not tell when it has room. */
    private static final long NAP_NANOS = 1_000_000;

    private final byte[] address;
    private final boolean patient;
    private boolean begun;

    /**
     * @param address a struct sockaddr, or null to go on with what was begun before
     * @param patient whether to wait for room in a full Unix backlog
     */
    Connect(byte[] address, boolean patient) {
        this.address = address;
        this.patient = patient;
        this.begun = address == null;
    }

    @Override
    public int attempt(int fd) {
        Scratch s = Scratch.take();
        try {
            if (begun) {
                return finish(fd, s);
            }
            s.small().put(0, address);
            int r = Sys.connect(fd, s.smallAddress(), address.length);
            if (r == -Errno.EINPROGRESS || r == -Errno.EINTR) {
                begun = true;
                return -Errno.EAGAIN;
            }
            if (r != -Errno.EAGAIN) {
                return r;
            }
        } finally {
            s.give();
        }
        if (!patient) {
            // Not "pending": nothing was begun. As if nobody listened, for the caller has to come again.
            return -Errno.ECONNREFUSED;
        }
        LockSupport.parkNanos(NAP_NANOS);
        return -Errno.EINTR;
    }

    @Override
    public boolean movesBytes() {
        return false;
    }

    private static int finish(int fd, Scratch s) {
        int ready = Await.look(fd, Consts.POLLOUT, s);
        if (ready == 0) {
            return -Errno.EAGAIN;
        }
        int error = Family.getInt(fd, Consts.SOL_SOCKET, Consts.SO_ERROR);
        // Writable and hung up is also a socket that never began to connect: it has no peer.
        return error != 0 || (ready & Consts.POLLHUP) == 0 ? -Math.abs(error) : peer(fd, s);
    }

    /** 0 if there is one, or -ENOTCONN. */
    private static int peer(int fd, Scratch s) {
        s.small().putInt(SockAddr.MAX_LEN, SockAddr.MAX_LEN);
        return Sys.getpeername(fd, s.smallAddress(), s.smallAddress() + SockAddr.MAX_LEN);
    }
}
