package org.anyfd.benchmarks.micro;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jnr.enxio.channels.NativeSelectableChannel;
import jnr.enxio.channels.NativeSelectorProvider;
import jnr.enxio.channels.NativeSocketChannel;
import org.newsclub.net.unix.AFUNIXSelectorProvider;

/**
 * Two Unix stream sockets that are connected.
 *
 * @param registered what a selector watches: the near end
 * @param near the end that answers
 * @param far the end that asks
 */
record UnixPair(SelectableChannel registered, ByteChannel near, ByteChannel far) implements AutoCloseable {
    /** Makes the selector and the sockets for it. */
    interface Peer {
        Selector selector() throws IOException;

        UnixPair pair() throws IOException;
    }

    static Peer peer(String name) {
        return switch (name) {
            case "enxio" -> new Enxio();
            case "junixsocket" -> new Junixsocket();
            default -> new Nio(Providers.named(name));
        };
    }

    static List<UnixPair> registered(Peer peer, Selector selector, int count) throws IOException {
        List<UnixPair> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            UnixPair pair = peer.pair();
            pair.registered.configureBlocking(false);
            pair.registered.register(selector, SelectionKey.OP_READ);
            pairs.add(pair);
        }
        return pairs;
    }

    @Override
    public void close() throws IOException {
        near.close();
        far.close();
    }

    /** The JDK's, and anyfd. */
    private record Nio(SelectorProvider provider) implements Peer {
        @Override
        public Selector selector() throws IOException {
            return provider.openSelector();
        }

        @Override
        public UnixPair pair() throws IOException {
            Path path = Files.createTempFile("anyfd", ".socket");
            Files.delete(path);
            UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
            try (ServerSocketChannel listener = provider.openServerSocketChannel(StandardProtocolFamily.UNIX).bind(address)) {
                SocketChannel far = provider.openSocketChannel(StandardProtocolFamily.UNIX);
                far.connect(address);
                SocketChannel near = listener.accept();
                return new UnixPair(near, near, far);
            } finally {
                Files.delete(path);
            }
        }
    }

    /** jnr-enxio makes no sockets, but selects on any number, reads it and writes it: those are of anyfd's sockets. */
    private static final class Enxio implements Peer {
        private final Peer sockets = peer("anyfd");

        @Override
        public Selector selector() throws IOException {
            return NativeSelectorProvider.getInstance().openSelector();
        }

        @Override
        public UnixPair pair() throws IOException {
            UnixPair pair = sockets.pair();
            NativeSocketChannel near = new NativeSocketChannel(((NativeSelectableChannel) pair.near).getFD());
            return new UnixPair(near, near, pair.far);
        }
    }

    private static final class Junixsocket implements Peer {
        @Override
        public Selector selector() throws IOException {
            return AFUNIXSelectorProvider.provider().openSelector();
        }

        @Override
        public UnixPair pair() throws IOException {
            var pair = AFUNIXSelectorProvider.provider().openSocketChannelPair();
            return new UnixPair(pair.getSocket1(), pair.getSocket1(), pair.getSocket2());
        }
    }
}
