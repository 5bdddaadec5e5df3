package org.anyfd.channel;

import java.net.SocketAddress;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.SockAddr;
import org.anyfd.sys.Sys;

/** accept4(2), which makes the new socket non-blocking and close-on-exec in one call. One channel's, under its accept lock. */
final class Acceptor implements Io.Call {
    private final Family family;
    private int accepted;
    private SocketAddress remote;

    Acceptor(Family family) {
        this.family = family;
    }

    @Override
    public int attempt(int fd) {
        Scratch s = Scratch.take();
        try {
            s.small().putInt(SockAddr.MAX_LEN, SockAddr.MAX_LEN);
            int r = Sys.accept4(fd, s.smallAddress(), s.smallAddress() + SockAddr.MAX_LEN,
                Consts.SOCK_NONBLOCK | Consts.SOCK_CLOEXEC);
            accepted = r;
            if (r >= 0) {
                remote = family.decode(s.small(), s.small().getInt(SockAddr.MAX_LEN));
            }
            // accept(2): a connection that was reset in the backlog is to be passed over.
            return r == -Errno.ECONNABORTED ? -Errno.EINTR : r;
        } finally {
            s.give();
        }
    }

    @Override
    public boolean movesBytes() {
        return false;
    }

    void begin() {
        accepted = -1;
    }

    SocketAddress remote() {
        return remote;
    }

    /** Closes what was accepted, if the operation ends with an exception all the same. */
    void abandon() {
        if (accepted >= 0) {
            Sys.close(accepted);
        }
    }
}
