package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** FileChannel's transfers with channels of this provider, as servers send files: every byte arrives, in both modes. */
@Bounded
class FileTransferTest {
    private static final int SIZE = 3_000_000;
    private static final byte[] DATA = Tcp.random(1, SIZE);

    @TempDir
    Path directory;

    @Test
    void blockingSocketsSendFiles() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<byte[]> reader = Task.start(() -> Tcp.readFully(tcp.server, SIZE));
            send(tcp.client);
            assertArrayEquals(DATA, reader.get());
        }
    }

    @Test
    void nonBlockingSocketsSendFiles() throws Exception {
        try (Tcp tcp = Tcp.narrowPair()) {
            tcp.client.configureBlocking(false);
            Task<byte[]> reader = Task.start(() -> Tcp.readFully(tcp.server, SIZE));
            send(tcp.client);
            assertArrayEquals(DATA, reader.get());
        }
    }

    @Test
    void unixSocketsSendFiles() throws Exception {
        for (boolean blocking : new boolean[] {true, false}) {
            try (Unix unix = Unix.pair(directory)) {
                unix.client.configureBlocking(blocking);
                Task<byte[]> reader = Task.start(() -> Tcp.readFully(unix.server, SIZE));
                send(unix.client);
                assertArrayEquals(DATA, reader.get());
            }
        }
    }

    @Test
    void pipesSendFiles() throws Exception {
        for (boolean blocking : new boolean[] {true, false}) {
            Pipe pipe = Pipe.open();
            try (Pipe.SinkChannel sink = pipe.sink(); Pipe.SourceChannel source = pipe.source()) {
                sink.configureBlocking(blocking);
                Task<byte[]> reader = Task.start(() -> Tcp.readFully(source, SIZE));
                send(sink);
                assertArrayEquals(DATA, reader.get());
            }
        }
    }

    private <C extends SelectableChannel & WritableByteChannel> void send(C channel) throws Exception {
        Path path = Files.write(directory.resolve("sent"), DATA);
        try (FileChannel file = FileChannel.open(path); Selector selector = Selector.open()) {
            long position = 0;
            while (position < SIZE) {
                long n = file.transferTo(position, SIZE - position, channel);
                position += n;
                if (n == 0) {
                    awaitReady(channel, selector, SelectionKey.OP_WRITE);
                }
            }
            assertEquals(0, file.transferTo(SIZE, 1, channel));
        }
    }

    @Test
    void blockingSocketsReceiveFiles() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<Void> writer = write(tcp.server);
            receive(tcp.client);
            writer.get();
        }
    }

    @Test
    void nonBlockingSocketsReceiveFiles() throws Exception {
        try (Tcp tcp = Tcp.narrowPair()) {
            tcp.server.configureBlocking(false);
            Task<Void> writer = write(tcp.client);
            receive(tcp.server);
            writer.get();
        }
    }

    @Test
    void pipesReceiveFiles() throws Exception {
        for (boolean blocking : new boolean[] {true, false}) {
            Pipe pipe = Pipe.open();
            try (Pipe.SinkChannel sink = pipe.sink(); Pipe.SourceChannel source = pipe.source()) {
                source.configureBlocking(blocking);
                Task<Void> writer = write(sink);
                receive(source);
                writer.get();
            }
        }
    }

    private static Task<Void> write(WritableByteChannel channel) {
        return Task.start(() -> {
            Tcp.writeFully(channel, ByteBuffer.wrap(DATA));
            return null;
        });
    }

    private <C extends SelectableChannel & ReadableByteChannel> void receive(C channel) throws Exception {
        Path path = directory.resolve("received");
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING);
                Selector selector = Selector.open()) {
            long position = 0;
            while (position < SIZE) {
                long n = file.transferFrom(channel, position, SIZE - position);
                position += n;
                if (n == 0) {
                    awaitReady(channel, selector, SelectionKey.OP_READ);
                }
            }
        }
        assertArrayEquals(DATA, Files.readAllBytes(path));
    }

    private static void awaitReady(SelectableChannel channel, Selector selector, int op) throws Exception {
        if (!channel.isRegistered()) {
            channel.register(selector, op);
        }
        selector.selectedKeys().clear();
        assertTrue(selector.select(20_000) > 0, "never ready again");
    }
}
