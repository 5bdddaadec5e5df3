package org.anyfd.channel;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.Channel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.charset.StandardCharsets;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * Internal. Channels for sockets that another process made: the kernel is asked what they are. Stateless; any thread may
 * call it.
 */
public final class Adoption {
    private Adoption() {
    }

    /**
     * The channel that inetd(8) or systemd passes as the standard input: a connection, a listening socket or a datagram
     * socket. Closing it also replaces the three standard descriptors, which refer to the same socket, by /dev/null.
     *
     * @return null if the standard input is none of these
     */
    public static Channel inherited(SelectorProvider provider) throws IOException {
        int number = Sys.fcntl(0, Consts.F_DUPFD_CLOEXEC, 3);
        if (number == -Errno.EBADF) {
            return null;
        }
        if (number < 0) {
            throw Errno.failed("fcntl(F_DUPFD_CLOEXEC, fd 0)", -number);
        }
        Fd fd = Fd.own(number, Adoption::detachStandardStreams);
        Channel channel = of(provider, fd);
        if (channel == null) {
            Sys.close(number);
        }
        return channel;
    }

    /** The channel of a socket; null, and the descriptor is as it was, if it is not one that a channel is made for. */
    private static Channel of(SelectorProvider provider, Fd fd) throws IOException {
        int number = fd.number();
        // ENOTSOCK, as a number, is no family.
        Family family = Family.ofDomain(Family.getInt(number, Consts.SOL_SOCKET, Consts.SO_DOMAIN));
        int type = Family.getInt(number, Consts.SOL_SOCKET, Consts.SO_TYPE);
        if (family == null || type != Consts.SOCK_STREAM && (type != Consts.SOCK_DGRAM || family == Family.UNIX)) {
            return null;
        }
        setNonBlocking(number);
        SocketAddress remote = family.remoteAddress(number);
        if (type == Consts.SOCK_DGRAM) {
            return NativeDatagramChannel.adopted(provider, family, fd, family.localAddress(number), remote);
        }
        return remote == null
            ? NativeServerSocketChannel.adopted(provider, family, fd)
            : NativeSocketChannel.adopted(provider, family, fd, remote);
    }

    /** The JDK's provider, too, changes the flag of an inherited socket, whose description it shares. */
    private static void setNonBlocking(int number) throws IOException {
        int flags = Sys.fcntl(number, Consts.F_GETFL, 0);
        int r = flags < 0 ? flags : Sys.fcntl(number, Consts.F_SETFL, flags | Consts.O_NONBLOCK);
        if (r < 0) {
            throw Errno.failed("fcntl(F_SETFL, fd " + number + ")", -r);
        }
    }

    private static void detachStandardStreams() {
        int devNull;
        Scratch s = Scratch.take();
        try {
            s.small().put(0, "/dev/null\0".getBytes(StandardCharsets.US_ASCII));
            devNull = Sys.open(s.smallAddress(), Consts.O_RDWR | Consts.O_CLOEXEC, 0);
        } finally {
            s.give();
        }
        // Without /dev/null, as in a bare chroot, the streams stay: the peer then sees the end when the process ends.
        if (devNull >= 0) {
            for (int standard = 0; standard <= 2; standard++) {
                Sys.dup2(devNull, standard);
            }
            Sys.close(devNull);
        }
    }
}
