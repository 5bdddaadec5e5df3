package org.anyfd;

import java.io.IOException;
import java.net.ProtocolFamily;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import org.anyfd.channel.Adoption;
import org.anyfd.channel.Family;
import org.anyfd.channel.NativeDatagramChannel;
import org.anyfd.channel.NativePipe;
import org.anyfd.channel.NativeSelector;
import org.anyfd.channel.NativeServerSocketChannel;
import org.anyfd.channel.NativeSocketChannel;
import org.anyfd.channel.Selectable;
import org.anyfd.fd.ChannelKind;
import org.anyfd.fd.FdChannel;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Platform;
import org.anyfd.sys.Sys;

/**
 * The selector provider: makes every {@code Selector.open()}, {@code SocketChannel.open()} and so on of the JVM
 * anyfd's.
 *
 * <p>It is used when anyfd is on the class path (by its file in {@code META-INF/services}) or when it is named by
 * {@code -Djava.nio.channels.spi.SelectorProvider=org.anyfd.AnyFdSelectorProvider}. Naming the JDK's provider there
 * ({@code sun.nio.ch.EPollSelectorProvider} on Linux) gives that one, also with anyfd on the class path.
 *
 * <p>Any thread may call any method. On a machine anyfd has no tables for, every open method throws
 * {@link UnsupportedOperationException} with one sentence that names the way out.
 */
public final class AnyFdSelectorProvider extends SelectorProvider {
    /** Guarded by this object's monitor. */
    private boolean inheritedLookedAt;
    private Channel inherited;

    /** For ServiceLoader and the JDK. Does nothing else: native code is loaded by the first selector or channel. */
    public AnyFdSelectorProvider() {
    }

    /**
     * Opens a selector. With {@code -Dorg.anyfd.jmx=true}, {@linkplain Selectors#register registers} the MBean that lists
     * them.
     *
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE) or memory
     * @throws IllegalArgumentException if {@code org.anyfd.jmx} is neither true nor false, or {@code org.anyfd.poller} neither
     *     epoll nor poll
     */
    @Override
    public AbstractSelector openSelector() throws IOException {
        Platform.requireSupported();
        if (Platform.isTrue("org.anyfd.jmx", System.getProperty("org.anyfd.jmx", "false"))) {
            Selectors.register();
        }
        return NativeSelector.open(this);
    }

    @Override
    public Pipe openPipe() throws IOException {
        Platform.requireSupported();
        return NativePipe.open(this);
    }

    @Override
    public SocketChannel openSocketChannel() throws IOException {
        Platform.requireSupported();
        return NativeSocketChannel.open(this, Family.preferred());
    }

    /**
     * Opens a stream socket of a family: INET, INET6 or UNIX.
     *
     * @throws UnsupportedOperationException for other families, or INET6 on a machine without IPv6
     */
    @Override
    public SocketChannel openSocketChannel(ProtocolFamily family) throws IOException {
        Platform.requireSupported();
        return NativeSocketChannel.open(this, Family.of(family));
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() throws IOException {
        Platform.requireSupported();
        return NativeServerSocketChannel.open(this, Family.preferred());
    }

    /**
     * Opens a listening socket of a family: INET, INET6 or UNIX.
     *
     * @throws UnsupportedOperationException for other families, or INET6 on a machine without IPv6
     */
    @Override
    public ServerSocketChannel openServerSocketChannel(ProtocolFamily family) throws IOException {
        Platform.requireSupported();
        return NativeServerSocketChannel.open(this, Family.of(family));
    }

    @Override
    public DatagramChannel openDatagramChannel() throws IOException {
        Platform.requireSupported();
        return NativeDatagramChannel.open(this, Family.preferred());
    }

    /**
     * Opens a datagram socket of a family: INET or INET6.
     *
     * @throws UnsupportedOperationException for other families, or INET6 on a machine without IPv6
     */
    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) throws IOException {
        Platform.requireSupported();
        return NativeDatagramChannel.open(this, Family.of(family));
    }

    /**
     * Takes over a descriptor that this process inherited, received or got from a library, as the channel that it is: a
     * {@link SocketChannel}, {@link ServerSocketChannel} or {@link DatagramChannel} over IPv4, IPv6 or, but for datagrams,
     * Unix; of {@code org.anyfd.fd}, the channel of its kind of Unix socket, a {@code NativeSocket} for sockets of other
     * families, an {@code EventFdChannel}, {@code TimerFdChannel}, {@code PidFdChannel} or {@code InotifyChannel}, a
     * {@code TtyChannel} and, for the master of one, a {@code PtyChannel}; else an {@link FdChannel}. The channel is in
     * blocking mode.
     *
     * <p>The kernel is asked what state it is in: a connection may be under way ({@link SocketChannel#finishConnect}) or its
     * output shut down, a socket bound or not.
     *
     * <p><b>Ownership.</b> Closing the channel closes the descriptor, and nobody else may do so from now on. Other
     * descriptors of the same socket, here or in other processes, stay as they are: a connection ends when the last one is
     * closed, or by {@link SocketChannel#shutdownOutput}. A child process that is started from now on does not inherit it
     * (FD_CLOEXEC).
     *
     * <p><b>O_NONBLOCK</b> belongs to everyone who has the same open file. It is left as it is in either blocking mode, but
     * for sockets that listen or are not connected yet, where it is set: accept(2) and connect(2) would wait without it.
     *
     * @param fd the number of an open descriptor
     * @throws IllegalArgumentException if the number is negative
     * @throws IOException if it is not open, or the kernel cannot say what it is. The descriptor is as it was then, and the
     *     caller's
     */
    public static SelectableChannel adopt(int fd) throws IOException {
        return adopt(fd, SelectableChannel.class);
    }

    /**
     * Takes over a descriptor that must be of a certain kind, as {@link #adopt(int)}.
     *
     * <pre>{@code
     * ServerSocketChannel server = AnyFdSelectorProvider.adopt(3, ServerSocketChannel.class);
     * }</pre>
     *
     * @param kind the class of channel that it has to be, such as {@code SocketChannel.class}
     * @throws IllegalArgumentException if the number is negative
     * @throws IOException if it is of another kind, or as {@link #adopt(int)}. The descriptor is as it was then, and the
     *     caller's
     */
    public static <C extends SelectableChannel> C adopt(int fd, Class<C> kind) throws IOException {
        Platform.requireSupported();
        Objects.requireNonNull(kind);
        if (fd < 0) {
            throw new IllegalArgumentException("negative descriptor: " + fd);
        }
        int r = Sys.fcntl(fd, Consts.F_GETFD, 0);
        if (r < 0) {
            throw Errno.failed("fcntl(F_GETFD, fd " + fd + ")", -r);
        }
        ChannelKind is = ChannelKind.of(fd);
        if (!kind.isAssignableFrom(is.type())) {
            throw new IOException("fd " + fd + " is a " + is.type().getSimpleName() + ", not a " + kind.getSimpleName());
        }
        SelectableChannel channel = is.adopt(fd);
        // Cannot fail: it is open, and ours. The number is another one if it was a terminal, which is opened anew.
        Sys.fcntl(((Selectable) channel).fd().number(), Consts.F_SETFD, Consts.FD_CLOEXEC);
        return kind.cast(channel);
    }

    /**
     * The socket that started this program as its standard input, as inetd and systemd do: a {@link SocketChannel}, a
     * {@link ServerSocketChannel} or a {@link DatagramChannel}, in blocking mode; the same object each time.
     *
     * @return null if the standard input is not a socket
     * @throws IOException if the kernel gives no descriptor (EMFILE)
     */
    @Override
    public synchronized Channel inheritedChannel() throws IOException {
        Platform.requireSupported();
        if (!inheritedLookedAt) {
            inherited = Adoption.inherited(this);
            inheritedLookedAt = true;
        }
        return inherited;
    }
}
