package org.anyfd.contract;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A connected pair of Unix sockets, and other situations that the tests of these need. */
final class Unix implements AutoCloseable {
    static final UnixDomainSocketAddress UNNAMED = UnixDomainSocketAddress.of("");

    final SocketChannel client;
    final SocketChannel server;

    private Unix(SocketChannel client, SocketChannel server) {
        this.client = client;
        this.server = server;
    }

    /** A blocking pair, connected through a socket file in the directory, which is left there. */
    static Unix pair(Path directory) throws IOException {
        try (ServerSocketChannel listener = listen(directory.resolve("pair" + System.nanoTime()))) {
            SocketChannel client = SocketChannel.open(listener.getLocalAddress());
            return new Unix(client, listener.accept());
        }
    }

    /** A blocking pair, of whose socket file nothing is left. */
    static Unix pair() throws IOException {
        Path directory = Files.createTempDirectory("unix");
        Path file = directory.resolve("pair");
        try (ServerSocketChannel listener = listen(file)) {
            return new Unix(SocketChannel.open(listener.getLocalAddress()), listener.accept());
        } finally {
            Files.deleteIfExists(file);
            Files.delete(directory);
        }
    }

    static SocketChannel open() throws IOException {
        return SocketChannel.open(StandardProtocolFamily.UNIX);
    }

    static ServerSocketChannel openServer() throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    }

    static ServerSocketChannel listen(Path path) throws IOException {
        ServerSocketChannel listener = openServer();
        try {
            return listener.bind(UnixDomainSocketAddress.of(path));
        } catch (Throwable failed) {
            listener.close();
            throw failed;
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.close();
    }

    /** A listener that nobody accepts from and whose backlog is full. */
    static final class Full implements AutoCloseable {
        final ServerSocketChannel listener = openServer();
        final UnixDomainSocketAddress address;
        private final List<SocketChannel> waiting = new ArrayList<>();

        Full(Path path) throws IOException {
            address = UnixDomainSocketAddress.of(path);
            listener.bind(address, 1);
            while (connects()) {
                // One more place taken.
            }
        }

        private boolean connects() throws IOException {
            SocketChannel channel = open();
            channel.configureBlocking(false);
            try {
                channel.connect(address);
                waiting.add(channel);
                return true;
            } catch (IOException full) {
                channel.close();
                return false;
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
            for (SocketChannel channel : waiting) {
                channel.close();
            }
        }
    }
}
