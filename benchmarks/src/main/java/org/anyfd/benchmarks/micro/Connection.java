package org.anyfd.benchmarks.micro;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;

/** A TCP connection on loopback, and the messages on it, of 64 bytes. The client's end is blocking. */
final class Connection implements AutoCloseable {
    static final int BYTES = 64;

    final ServerSocketChannel listener;
    final SocketChannel client;
    final SocketChannel server;

    Connection(SelectorProvider provider) throws IOException {
        listener = provider.openServerSocketChannel().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        client = provider.openSocketChannel();
        client.connect(listener.getLocalAddress());
        client.socket().setTcpNoDelay(true);
        server = listener.accept();
        server.socket().setTcpNoDelay(true);
    }

    SelectionKey register(Selector selector) throws IOException {
        server.configureBlocking(false);
        return server.register(selector, SelectionKey.OP_READ);
    }

    /** The client sends a request. */
    void request(ByteBuffer bytes) throws IOException {
        whole(client.write(bytes.clear()));
    }

    void read(ByteBuffer bytes) throws IOException {
        whole(server.read(bytes.clear()));
    }

    void write(ByteBuffer bytes) throws IOException {
        whole(server.write(bytes.flip()));
    }

    /** The client reads the answer. */
    int answer(ByteBuffer bytes) throws IOException {
        return whole(client.read(bytes.clear()));
    }

    static int whole(long count) {
        if (count != BYTES) throw new IllegalStateException(count + " bytes");
        return BYTES;
    }

    @Override
    public void close() throws IOException {
        server.close();
        client.close();
        listener.close();
    }
}
