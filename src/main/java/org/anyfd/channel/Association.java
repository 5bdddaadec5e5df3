package org.anyfd.channel;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.channels.DatagramChannel;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.SockAddr;
import org.anyfd.sys.Sys;

/**
 * The two addresses of a datagram socket: where it is bound, and the one peer it is connected to, if any. One
 * channel's, who lets nobody receive or send while they change, but for the binding that comes with the first of
 * these. Any thread may look.
 */
final class Association {
    private final Family family;
    private final Fd fd;
    private final LocalAddress local;
    /** The peer, as the program gave it, or null. Written under the monitor. */
    private volatile InetSocketAddress remote;
    /** Guarded by the monitor: the local address to return to with {@link #disconnect}. */
    private InetSocketAddress localBefore;

    /**
     * @param bound where the socket is bound already, or null
     * @param remote the peer it is connected to already, or null
     */
    Association(Family family, Fd fd, InetSocketAddress bound, InetSocketAddress remote) {
        this.family = family;
        this.fd = fd;
        this.local = new LocalAddress(family, fd, bound != null);
        this.localBefore = bound;
        this.remote = remote;
    }

    InetSocketAddress remote() {
        return remote;
    }

    boolean isBound() {
        return local.isBound();
    }

    /** The local address, null if not bound. */
    synchronized InetSocketAddress local() throws IOException {
        return (InetSocketAddress) local.get();
    }

    /**
     * Binds the socket, or takes the one that was passed to this process for the address.
     *
     * @param address null for any
     * @param handOver brings along what was set on the socket so far
     * @return whether it is another socket now, which selectors have to be told
     * @throws java.nio.channels.AlreadyBoundException if it is bound
     */
    synchronized boolean bind(SocketAddress address, PassedFds.HandOver handOver) throws IOException {
        local.bind(number -> {
            if (PassedFds.bind(fd, DatagramChannel.class, family, address, handOver) != null) {
                return;
            }
            try {
                family.bind(number, address == null ? family.wildcard() : family.check(address));
            } catch (BindException e) {
                throw PassedFds.explained(e);
            }
        });
        return fd.file() != 0;
    }

    private synchronized void bind(InetSocketAddress address) throws IOException {
        local.bind(number -> family.bind(number, address == null ? family.wildcard() : address));
    }

    /** Sending and receiving need a port; the kernel chooses one. */
    void bindIfUnbound() throws IOException {
        if (!local.isBound()) {
            synchronized (this) {
                if (!local.isBound()) {
                    bind(null);
                }
            }
        }
    }

    /** Connects a socket that is not connected to a peer. What others have sent so far is lost. */
    synchronized void connect(InetSocketAddress peer) throws IOException {
        if (peer.getPort() == 0) {
            throw new SocketException("Can't connect to port 0");
        }
        bindIfUnbound();
        InetSocketAddress before = local();
        Numbered.use(fd, number -> {
            Scratch s = Scratch.take();
            try {
                check(Sys.connect(number, s.smallAddress(), family.encode(s.small(), peer)));
                discardQueued(number, s);
            } finally {
                s.give();
            }
        });
        localBefore = before;
        remote = peer;
        local.renewed();
    }

    /** Behind what an earlier peer refused, which comes first, there may be datagrams. */
    private static void discardQueued(int number, Scratch s) {
        long r;
        do {
            r = Sys.recv(number, s.smallAddress(), 0, Consts.MSG_DONTWAIT);
        } while (r >= 0 || r == -Errno.EINTR || r == -Errno.ECONNREFUSED);
    }

    /** Ends the connection, if there is one; the local address is what it was before. */
    synchronized void disconnect() throws IOException {
        if (remote == null) {
            return;
        }
        Numbered.use(fd, number -> {
            Scratch s = Scratch.take();
            try {
                check(Sys.connect(number, s.smallAddress(), SockAddr.encodeUnspec(s.small(), 0)));
            } finally {
                s.give();
            }
        });
        remote = null;
        local.renewed();
        if (!localBefore.equals(local())) {
            // With the connection the kernel gives up a port that it had chosen itself.
            local.lost();
            bind(localBefore);
        }
    }

    private static void check(int r) throws IOException {
        if (r < 0) {
            throw Errno.socketException(-r);
        }
    }
}
