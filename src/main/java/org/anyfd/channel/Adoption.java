package org.anyfd.channel;

import java.io.IOException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.FileNames;
import org.anyfd.sys.Sys;

/**
 * Internal. What a socket is that another process, or a library, made: the kernel is asked. Stateless; any thread may
 * call it.
 *
 * @param family its protocol family
 * @param channel the NIO class of its kind
 */
public record Adoption(Family family, Class<? extends SelectableChannel> channel) {
    /**
     * Looks at a descriptor, which must stay open during the call.
     *
     * @return null if it is not a socket for which NIO has a class
     */
    public static Adoption of(int number) {
        // ENOTSOCK, as a number, is no family.
        Family family = Family.ofDomain(Family.getInt(number, Consts.SOL_SOCKET, Consts.SO_DOMAIN));
        if (family == null) {
            return null;
        }
        int type = Family.getInt(number, Consts.SOL_SOCKET, Consts.SO_TYPE);
        if (type == Consts.SOCK_STREAM) {
            boolean listens = Family.getInt(number, Consts.SOL_SOCKET, Consts.SO_ACCEPTCONN) == 1;
            return new Adoption(family, listens ? ServerSocketChannel.class : SocketChannel.class);
        }
        return type == Consts.SOCK_DGRAM && family != Family.UNIX ? new Adoption(family, DatagramChannel.class) : null;
    }

    /**
     * Makes the channel.
     *
     * <p>A connection and a datagram socket are used with MSG_DONTWAIT, so that O_NONBLOCK, which belongs to everyone who
     * has the socket, stays as it is. For accept(2) and connect(2) there is no such flag: the others are set to
     * O_NONBLOCK, as the JDK's provider does, too.
     *
     * @param fd what the channel shall own. If this throws, it is as it was, and the caller's
     */
    public SelectableChannel adopt(SelectorProvider provider, Fd fd) throws IOException {
        int number = fd.number();
        if (channel == DatagramChannel.class) {
            return NativeDatagramChannel.adopted(provider, family, fd);
        }
        if (channel == ServerSocketChannel.class) {
            setNonBlocking(number);
            return NativeServerSocketChannel.adopted(provider, family, fd);
        }
        Connection connection = Connection.of(family, number);
        if (connection.state() != Connection.State.CONNECTED) {
            setNonBlocking(number);
        }
        return NativeSocketChannel.adopted(provider, family, fd, connection);
    }

    /**
     * Sets O_NONBLOCK, which whoever else has the open file shares.
     *
     * @param number stays open during the call
     */
    public static void setNonBlocking(int number) throws IOException {
        int flags = Sys.fcntl(number, Consts.F_GETFL, 0);
        int r = flags < 0 ? flags : Sys.fcntl(number, Consts.F_SETFL, flags | Consts.O_NONBLOCK);
        if (r < 0) {
            throw Errno.failed("fcntl(F_SETFL, fd " + number + ")", -r);
        }
    }

    /**
     * The channel that inetd(8) or systemd passes as the standard input: a connection, a listening socket or a datagram
     * socket. Closing it also replaces the three standard descriptors, which refer to the same socket, by /dev/null.
     *
     * @return null if the standard input is none of these
     */
    public static SelectableChannel inherited(SelectorProvider provider) throws IOException {
        Adoption socket = of(0);
        if (socket == null) {
            return null;
        }
        int number = Sys.fcntl(0, Consts.F_DUPFD_CLOEXEC, 3);
        if (number < 0) {
            throw Errno.failed("fcntl(F_DUPFD_CLOEXEC, fd 0)", -number);
        }
        try {
            return socket.adopt(provider, Fd.own(number, Adoption::detachStandardStreams));
        } catch (IOException e) {
            Sys.close(number);
            throw e;
        }
    }

    private static void detachStandardStreams() {
        int devNull = FileNames.call(FileNames.bytes("/dev/null"), name -> Sys.open(name, Consts.O_RDWR | Consts.O_CLOEXEC, 0));
        // Without /dev/null, as in a bare chroot, the streams stay: the peer then sees the end when the process ends.
        if (devNull >= 0) {
            for (int standard = 0; standard <= 2; standard++) {
                Sys.dup2(devNull, standard);
            }
            Sys.close(devNull);
        }
    }
}
