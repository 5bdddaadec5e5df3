package org.anyfd;

import java.io.IOException;
import java.net.ProtocolFamily;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import org.anyfd.channel.Adoption;
import org.anyfd.channel.Family;
import org.anyfd.channel.NativeDatagramChannel;
import org.anyfd.channel.NativePipe;
import org.anyfd.channel.NativeSelector;
import org.anyfd.channel.NativeServerSocketChannel;
import org.anyfd.channel.NativeSocketChannel;
import org.anyfd.sys.Platform;

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
     * Opens a selector.
     *
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE) or memory
     */
    @Override
    public AbstractSelector openSelector() throws IOException {
        Platform.requireSupported();
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
