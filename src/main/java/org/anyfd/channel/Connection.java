package org.anyfd.channel;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import org.anyfd.poll.Await;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * How far a stream socket has come that somebody else made.
 *
 * @param bound whether it has an address of its own
 * @param remote its peer; null if there is none, or the kernel has forgotten it, as after a reset
 * @param outputShut whether its output was shut down
 */
record Connection(State state, boolean bound, SocketAddress remote, boolean outputShut) {
    enum State {
        UNCONNECTED("unconnected"), PENDING("connection-pending"), CONNECTED("connected");

        /** In the words of the JDK's {@code SocketChannel.toString}. */
        final String text;

        State(String text) {
            this.text = text;
        }
    }

    /** Asks the kernel. The number must stay open during the call. */
    static Connection of(Family family, int number) throws IOException {
        SocketAddress remote = family.remoteAddress(number);
        if (family == Family.UNIX) {
            boolean bound = remote != null || !family.isUnnamed(family.localAddress(number));
            return new Connection(remote == null ? State.UNCONNECTED : State.CONNECTED, bound, remote, false);
        }
        // The first byte of struct tcp_info. Another protocol than TCP has none (ENOPROTOOPT).
        int info = Family.getInt(number, Consts.IPPROTO_TCP, Consts.TCP_INFO);
        int tcp = info < 0 ? Consts.TCP_ESTABLISHED : info & 0xff;
        boolean bound = ((InetSocketAddress) family.localAddress(number)).getPort() != 0;
        return new Connection(state(tcp, remote, number), bound, remote, outputShut(tcp));
    }

    /** shutdown(2). */
    static void shutdown(Fd fd, int how) throws IOException {
        Numbered.use(fd, number -> {
            int r = Sys.shutdown(number, how);
            // ENOTCONN: the peer has reset the connection, so there is nothing left to shut.
            if (r < 0 && r != -Errno.ENOTCONN) {
                throw Errno.socketException(-r);
            }
        });
    }

    /**
     * Tells the peer of a close: a registered socket's number is not closed before the selector lets go of it. Not so with
     * SO_LINGER 0, which asks for a reset. With more, close(2) would wait for the peer, on the selecting thread: as by the
     * JDK, it is turned off.
     *
     * @param options the socket's, or null if SO_LINGER is off
     */
    static void endUnlessLinger(Fd fd, FdOptions options) throws IOException {
        int linger = -1;
        if (options != null) {
            linger = options.get(StandardSocketOptions.SO_LINGER);
        }
        if (linger > 0) {
            options.set(StandardSocketOptions.SO_LINGER, -1);
        }
        if (linger != 0) {
            Numbered.use(fd, number -> Sys.shutdown(number, Consts.SHUT_WR));
        }
    }

    private static State state(int tcp, SocketAddress remote, int number) {
        if (remote != null) {
            return State.CONNECTED;
        }
        if (tcp == Consts.TCP_SYN_SENT) {
            return State.PENDING;
        }
        // A connection that was reset has no peer any more, but its input has ended, as that of a new socket has not.
        Scratch s = Scratch.take();
        try {
            boolean ended = (Await.look(number, Consts.POLLRDHUP, s) & Consts.POLLRDHUP) != 0;
            return ended ? State.CONNECTED : State.UNCONNECTED;
        } finally {
            s.give();
        }
    }

    private static boolean outputShut(int tcp) {
        return tcp == Consts.TCP_FIN_WAIT1 || tcp == Consts.TCP_FIN_WAIT2 || tcp == Consts.TCP_CLOSING
            || tcp == Consts.TCP_LAST_ACK;
    }
}
