package org.anyfd.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;

/**
 * A plain NIO echo server. It imports nothing of anyfd and runs on it by the flag alone:
 *
 * <pre>
 *   examples/run EchoServer 7007
 *   nc localhost 7007
 * </pre>
 */
public final class EchoServer {
    static final int BUFFER_SIZE = 16 * 1024;

    private final ServerSocketChannel server;
    private final Consumer<String> log;

    /** Listens on the loopback interface, in the caller's selector; port 0 lets the system choose. */
    EchoServer(Selector selector, int port, Consumer<String> log) throws IOException {
        this(selector, ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)), log);
    }

    /** Serves a socket that listens already. */
    EchoServer(Selector selector, ServerSocketChannel server, Consumer<String> log) throws IOException {
        this.log = log;
        this.server = server;
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
    }

    public static void main(String[] args) throws IOException {
        int port = new Arguments("EchoServer [PORT]", args).port(0, 7007);
        try (Selector selector = Selector.open()) {
            EchoServer echo = new EchoServer(selector, port, System.out::println);
            System.out.println("echo server on port " + echo.port() + ", " + selector.getClass().getName());
            while (true) {
                selector.select(echo::serve);
            }
        }
    }

    int port() throws IOException {
        return ((InetSocketAddress) server.getLocalAddress()).getPort();
    }

    /** Does what one of this server's keys is ready for. */
    void serve(SelectionKey key) {
        if (key.channel() != server) {
            echo(key, (SocketChannel) key.channel());
            return;
        }
        try {
            accept(key.selector());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept(Selector selector) throws IOException {
        SocketChannel client = server.accept();
        if (client == null) {
            return; // it went away before we came
        }
        serve(selector, client, ByteBuffer.allocateDirect(BUFFER_SIZE));
        log.accept("connection from " + client.getRemoteAddress());
    }

    /** Takes a client on, and what has been read from it and not yet written back. */
    void serve(Selector selector, SocketChannel client, ByteBuffer pending) throws IOException {
        client.configureBlocking(false);
        client.register(selector, pending.position() > 0 ? SelectionKey.OP_WRITE : SelectionKey.OP_READ, pending);
    }

    /** The buffer holds what has been read and not yet written back; while it holds something, only writing matters. */
    private void echo(SelectionKey key, SocketChannel client) {
        ByteBuffer pending = (ByteBuffer) key.attachment();
        try {
            if (key.isReadable() && client.read(pending) < 0) {
                client.close();
                log.accept("connection closed by its client");
                return;
            }
            pending.flip();
            int count = client.write(pending);
            pending.compact();
            key.interestOps(pending.position() > 0 ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
            log.accept(count + " bytes echoed");
        } catch (IOException broken) {
            log.accept("connection lost: " + broken.getMessage());
            close(client);
        }
    }

    private void close(SocketChannel client) {
        try {
            client.close();
        } catch (IOException e) {
            log.accept("close: " + e.getMessage());
        }
    }
}
