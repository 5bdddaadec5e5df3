package org.anyfd.all;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.stream.Stream;
import org.anyfd.AnyFdSelectorProvider;

import static java.nio.charset.StandardCharsets.US_ASCII;

/**
 * Where one check works: a selector of anyfd, whichever provider is in force, and what the check opens, which is closed in
 * the end. Used by one thread.
 */
final class Bench implements Closeable {
    private static final int PATIENCE_MILLIS = 5_000;

    final SelectorProvider provider = new AnyFdSelectorProvider();
    private final Deque<Closeable> opened = new ArrayDeque<>();
    private Selector selector;

    /** Closes it after the check, the last one first. */
    <C extends Closeable> C use(C resource) {
        opened.push(resource);
        return resource;
    }

    Selector selector() throws IOException {
        if (selector == null) {
            selector = use(provider.openSelector());
        }
        return selector;
    }

    /** Waits until the selector reports that the channel is ready for all of these operations. */
    void ready(SelectableChannel channel, int ops) throws IOException {
        SelectionKey key = register(channel, ops);
        select(key);
        Check.that((key.readyOps() & ops) == ops, "ready for " + ops + ", but for " + key.readyOps());
        unregister(key);
    }

    void notReady(SelectableChannel channel, int ops) throws IOException {
        SelectionKey key = register(channel, ops);
        Check.that(selector.selectNow() == 0, "not ready for " + ops + ", but for " + key.readyOps());
        unregister(key);
    }

    /** The operations may be {@code ExtendedOps}, which a key takes, but not {@code register}. */
    SelectionKey register(SelectableChannel channel, int ops) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector(), 0).interestOps(ops);
    }

    /** Waits until the selector reports the key. */
    void select(SelectionKey key) throws IOException {
        selector.selectedKeys().clear();
        Check.that(selector.select(PATIENCE_MILLIS) == 1 && selector.selectedKeys().contains(key), "reported by the selector");
    }

    private void unregister(SelectionKey key) throws IOException {
        key.cancel();
        selector.selectedKeys().clear();
        selector.selectNow();
    }

    /** Two ends of a TCP connection, in blocking mode. */
    SocketChannel[] tcpPair() throws IOException {
        ServerSocketChannel server = use(provider.openServerSocketChannel(StandardProtocolFamily.INET));
        server.bind(loopback());
        SocketChannel client = use(provider.openSocketChannel(StandardProtocolFamily.INET));
        client.connect(server.getLocalAddress());
        return new SocketChannel[] {client, use(server.accept())};
    }

    /** Any port of the IPv4 loopback interface. */
    static SocketAddress loopback() throws IOException {
        return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0);
    }

    /** A folder that is deleted, with what is in it, after the check. */
    Path folder() throws IOException {
        Path folder = Files.createTempDirectory("anyfd");
        use(() -> {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path path : (Iterable<Path>) all.sorted((a, b) -> b.compareTo(a))::iterator) {
                    Files.delete(path);
                }
            }
        });
        return folder;
    }

    /** Sends a word one way and takes it out of the other end when that is ready. */
    <R extends SelectableChannel & ReadableByteChannel> void send(String word, WritableByteChannel to, R from)
            throws IOException {
        Check.that(to.write(US_ASCII.encode(word)) == word.length(), "all is written");
        ready(from, SelectionKey.OP_READ);
        read(word, from);
    }

    void read(String word, ReadableByteChannel from) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(64);
        from.read(buffer);
        String got = US_ASCII.decode(buffer.flip()).toString();
        Check.that(got.equals(word), "'" + word + "' arrives, but '" + got + "'");
    }

    <R extends SelectableChannel & ReadableByteChannel> void endOfStream(R from) throws IOException {
        ready(from, SelectionKey.OP_READ);
        Check.that(from.read(ByteBuffer.allocate(1)) == -1, "end of stream");
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (Closeable resource : opened) {
            try {
                resource.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
