package org.anyfd.fd;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import org.anyfd.channel.Adoption;
import org.anyfd.channel.Family;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;

/**
 * Internal. Which channel a descriptor is that another process, or a library, made: the kernel is asked.
 *
 * @hidden
 */
public final class ChannelKind {
    private interface Maker {
        SelectableChannel make(int fd) throws IOException;
    }

    private final Class<? extends SelectableChannel> type;
    private final Maker maker;

    private ChannelKind(Class<? extends SelectableChannel> type, Maker maker) {
        this.type = type;
        this.maker = maker;
    }

    /**
     * Looks at a descriptor, which must stay open during the call.
     *
     * @throws IOException if it is not open
     */
    public static ChannelKind of(int fd) throws IOException {
        int domain = socketOption(fd, Consts.SO_DOMAIN);
        if (domain >= 0) {
            return ofSocket(fd, domain);
        }
        if (domain != -Errno.ENOTSOCK) {
            throw Errno.failed("getsockopt(SO_DOMAIN, fd " + fd + ")", -domain);
        }
        if (TtyChannel.isTerminal(fd)) {
            return PtyChannel.isMaster(fd)
                ? new ChannelKind(PtyChannel.class, PtyChannel::own)
                : new ChannelKind(TtyChannel.class, TtyChannel::own);
        }
        return switch (OpenFd.anonymousKind(target(fd))) {
            case EVENTFD -> new ChannelKind(EventFdChannel.class, EventFdChannel::own);
            case TIMERFD -> new ChannelKind(TimerFdChannel.class, TimerFdChannel::own);
            case PIDFD -> new ChannelKind(PidFdChannel.class, PidFdChannel::own);
            case INOTIFY -> new ChannelKind(InotifyChannel.class, InotifyChannel::own);
            default -> new ChannelKind(FdChannel.class, FdChannel::own);
        };
    }

    private static ChannelKind ofSocket(int fd, int domain) throws IOException {
        Adoption socket = Adoption.of(fd);
        if (socket != null) {
            return new ChannelKind(socket.channel(),
                number -> socket.adopt(SelectorProvider.provider(), Fd.own(number)));
        }
        int type = socketOption(fd, Consts.SO_TYPE);
        if (domain == Consts.AF_UNIX && type == Consts.SOCK_DGRAM) {
            return new ChannelKind(UnixDatagramChannel.class, UnixDatagramChannel::new);
        }
        if (domain == Consts.AF_UNIX && type == Consts.SOCK_SEQPACKET) {
            return socketOption(fd, Consts.SO_ACCEPTCONN) == 1
                ? new ChannelKind(UnixSeqPacketServerChannel.class, UnixSeqPacketServerChannel::adopted)
                : new ChannelKind(UnixSeqPacketChannel.class, UnixSeqPacketChannel::new);
        }
        return new ChannelKind(NativeSocket.class, NativeSocket::adopted);
    }

    /** The value, or -errno. */
    private static int socketOption(int fd, int name) {
        return Family.getInt(fd, Consts.SOL_SOCKET, name);
    }

    /** Nothing but its name in /proc tells it from others without a file; without a /proc it is any descriptor. */
    static String target(int fd) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
        } catch (IOException e) {
            return "";
        }
    }

    /** The class of the channel. */
    public Class<? extends SelectableChannel> type() {
        return type;
    }

    /**
     * Makes the channel, which owns the descriptor.
     *
     * @throws IOException if that fails; the descriptor is as it was then, and the caller's
     */
    public SelectableChannel adopt(int fd) throws IOException {
        return maker.make(fd);
    }
}
