package org.anyfd.fd;

import java.io.IOException;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import org.anyfd.channel.Attempt;
import org.anyfd.channel.Bytes;
import org.anyfd.channel.Io;
import org.anyfd.channel.Selectable;
import org.anyfd.poll.Await;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sockets;
import org.anyfd.sys.Sys;

/** What the sockets of this package share: how they are made, and calls on the number. */
abstract class SocketDescriptor extends DescriptorChannel {
    SocketDescriptor(int number, int validOps) {
        super(Fd.own(number), Attempt.DONTWAIT, validOps);
    }

    /** Opens a non-blocking socket that children do not inherit. */
    static int socket(int domain, int type, int protocol) throws IOException {
        int fd = Sys.socket(domain, type | Consts.SOCK_NONBLOCK | Consts.SOCK_CLOEXEC, protocol);
        if (fd < 0) {
            throw Errno.failed("socket(" + domain + ", " + type + ", " + protocol + ")", -fd);
        }
        return fd;
    }

    /** Opens two that are connected to each other. */
    static int[] socketpair(int domain, int type, int protocol) throws IOException {
        Scratch s = Scratch.take();
        try {
            int r = Sockets.socketpair(domain, type | Consts.SOCK_NONBLOCK | Consts.SOCK_CLOEXEC, protocol,
                s.smallAddress());
            if (r < 0) {
                throw Errno.failed("socketpair(" + domain + ", " + type + ", " + protocol + ")", -r);
            }
            return new int[] {s.small().getInt(0), s.small().getInt(Integer.BYTES)};
        } finally {
            s.give();
        }
    }

    /** A call or more on the number, with memory for their arguments. */
    interface Use {
        /** n &gt;= 0 or -errno. */
        int with(int fd, Scratch s) throws IOException;
    }

    /**
     * Runs short calls under a reference.
     *
     * @return n >= 0 or -errno
     */
    final int use(Use use) throws IOException {
        return use(fd(), use);
    }

    /** Runs short calls on any socket of ours, as {@link #use(Use)}. */
    static int use(SelectableChannel socket, Use use) throws IOException {
        if (!(socket instanceof Selectable selectable)) {
            throw new IllegalArgumentException("not a channel of anyfd: " + socket);
        }
        return use(selectable.fd(), use);
    }

    private static int use(Fd fd, Use use) throws IOException {
        if (!fd.acquire()) {
            throw new ClosedChannelException();
        }
        Scratch s = Scratch.take();
        try {
            return use.with(fd.number(), s);
        } finally {
            s.give();
            fd.release();
        }
    }

    /** As {@link #checked}, for a transfer, of which the JDK's exceptions would speak of binding. */
    static int transferred(int n) throws IOException {
        if (n < 0 && n != -Errno.EAGAIN && n != -Errno.ECONNREFUSED) {
            throw new SocketException(Errno.text(-n));
        }
        return checked(n);
    }

    /** Throws if a call has failed; n >= 0 or -EAGAIN are the caller's. */
    static int checked(int n) throws IOException {
        if (n < 0 && n != -Errno.EAGAIN) {
            throw Errno.socketException(-n);
        }
        return n;
    }

    /**
     * Accepts a connection, whose socket is non-blocking and which children do not inherit.
     *
     * @return its number, or -EAGAIN if there is none now, in non-blocking mode
     */
    final int acceptNumber() throws IOException {
        int[] accepted = {-1};
        readLock.lock();
        try {
            Bytes.requireOpen(this);
            return checked(io.call(new Io.Call() {
                @Override
                public int attempt(int fd) {
                    accepted[0] = Sys.accept4(fd, 0, 0, Consts.SOCK_NONBLOCK | Consts.SOCK_CLOEXEC);
                    // accept(2): a connection that was reset in the backlog is to be passed over.
                    return accepted[0] == -Errno.ECONNABORTED ? -Errno.EINTR : accepted[0];
                }

                @Override
                public boolean movesBytes() {
                    return false;
                }
            }, Consts.POLLIN, Await.FOREVER));
        } catch (IOException e) {
            // An interrupt may come after it.
            if (accepted[0] >= 0) {
                Sys.close(accepted[0]);
            }
            throw e;
        } finally {
            readLock.unlock();
        }
    }
}
