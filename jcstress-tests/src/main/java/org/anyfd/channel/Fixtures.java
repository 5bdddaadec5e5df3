package org.anyfd.channel;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.AnyFdSelectorProvider;
import org.anyfd.poll.Patience;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Sys;

/** What the Termination tests race over: anyfd's, whatever provider the JVM has. Each is closed by its test. */
public final class Fixtures {
    private static final AnyFdSelectorProvider PROVIDER = new AnyFdSelectorProvider();
    /** Where connections are made; one for all, as it would leave nothing to the test but its own race. */
    private static final ServerSocketChannel LISTENER = listener();

    public interface Maker<T> {
        T make() throws IOException;
    }

    /** A connection in blocking mode. */
    record Connection(SocketChannel here, SocketChannel there) {
    }

    private Fixtures() {
    }

    /** For field initialisers, which may not throw what is checked. */
    public static <T> T make(Maker<T> maker) {
        try {
            return maker.make();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Selector selector() {
        return make(PROVIDER::openSelector);
    }

    static Pipe pipe() {
        return make(PROVIDER::openPipe);
    }

    /** A pipe, in blocking mode, that takes no more. */
    static Pipe fullPipe() {
        return make(() -> {
            Pipe pipe = PROVIDER.openPipe();
            pipe.sink().configureBlocking(false);
            ByteBuffer rubbish = ByteBuffer.allocate(1 << 16);
            while (pipe.sink().write(rubbish) > 0) {
                rubbish.clear();
            }
            pipe.sink().configureBlocking(true);
            return pipe;
        });
    }

    static ServerSocketChannel listener() {
        return make(() -> PROVIDER.openServerSocketChannel()
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
    }

    static Connection connection() {
        return make(() -> {
            SocketChannel here = PROVIDER.openSocketChannel();
            here.connect(LISTENER.getLocalAddress());
            return new Connection(here, LISTENER.accept());
        });
    }

    static SocketChannel socket() {
        return make(PROVIDER::openSocketChannel);
    }

    static DatagramChannel datagram() {
        return make(() -> PROVIDER.openDatagramChannel()
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
    }

    /** A registration with the channel in non-blocking mode. */
    static SelectionKey register(Selector selector, SelectableChannel channel, int ops) {
        return make(() -> channel.configureBlocking(false).register(selector, ops));
    }

    /** For the twins, a selection that lasts for ever if nobody wakes it. See {@link Patience}. */
    static void selectOrGiveUp(Selector selector) throws IOException {
        long start = System.nanoTime();
        if (selector.select(Patience.MILLIS) == 0 && System.nanoTime() - start >= Patience.MILLIS * 1_000_000L) {
            throw new IOException("nobody woke the selector");
        }
    }

    /** A connection that leaves nothing in the kernel when it is closed: a run makes thousands. */
    static Connection shortLived() {
        return make(() -> {
            Connection made = connection();
            made.here().setOption(StandardSocketOptions.SO_LINGER, 0);
            made.there().setOption(StandardSocketOptions.SO_LINGER, 0);
            return made;
        });
    }

    /** The address of a listener whose backlog is full: a connection to it stays pending. */
    static SocketAddress full() {
        return FullListener.ADDRESS;
    }

    private static final class FullListener {
        /** For as long as the JVM runs. */
        private static final List<Channel> OPEN = new ArrayList<>();
        static final SocketAddress ADDRESS = make(() -> {
            ServerSocketChannel listener = PROVIDER.openServerSocketChannel()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
            OPEN.add(listener);
            while (connects(listener.getLocalAddress())) {
                // One more place taken.
            }
            return listener.getLocalAddress();
        });

        private static boolean connects(SocketAddress address) throws IOException {
            SocketChannel channel = PROVIDER.openSocketChannel();
            OPEN.add(channel);
            channel.configureBlocking(false);
            boolean connected = channel.connect(address);
            for (int millis = 0; !connected && millis < 50; millis++) {
                LockSupport.parkNanos(1_000_000);
                connected = channel.finishConnect();
            }
            return connected;
        }
    }

    static int eventfd() {
        return Sys.eventfd(0, Consts.EFD_CLOEXEC | Consts.EFD_NONBLOCK);
    }

    /**
     * Whether the reading end of a pipe is open still. Its number would not tell: the JVM opens a file now and then,
     * such as those of its control group, which gets the lowest number that is free.
     */
    static boolean isRead(Pipe pipe) {
        try {
            return pipe.sink().write(ByteBuffer.allocate(1)) > 0;
        } catch (IOException brokenPipe) {
            return false;
        }
    }

    /** Closes channels and selectors. */
    public static void close(Closeable... open) {
        make(() -> {
            for (Closeable each : open) {
                each.close();
            }
            return null;
        });
    }

    static int number(Channel channel) {
        return ((NativeSelectableChannel) channel).getFD();
    }

    static void requireInterruptedAndClosed(Channel channel) throws IOException {
        if (!Thread.currentThread().isInterrupted()) {
            throw new IOException("not interrupted any more");
        }
        if (channel.isOpen()) {
            throw new IOException("still open");
        }
    }
}
