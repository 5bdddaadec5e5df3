package org.anyfd.fd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ZeroCopyTest {
    private static final int SIZE = 3_000_000;

    @TempDir
    Path dir;
    private byte[] content;
    private Path path;
    private SocketChannel ours;
    private SocketChannel peer;

    @BeforeEach
    void open() throws IOException {
        content = new byte[SIZE];
        new Random(SIZE).nextBytes(content);
        path = Files.write(dir.resolve("file"), content);
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            ours = SocketChannel.open(server.getLocalAddress());
            peer = server.accept();
        }
    }

    @AfterEach
    void close() throws IOException {
        ours.close();
        peer.close();
    }

    private static FutureTask<byte[]> readAll(ReadableByteChannel source) {
        FutureTask<byte[]> reading = new FutureTask<>(() -> {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            ByteBuffer some = ByteBuffer.allocate(100_000);
            while (source.read(some.clear()) >= 0) {
                all.write(some.array(), 0, some.position());
            }
            return all.toByteArray();
        });
        Thread thread = new Thread(reading, "reader");
        thread.setDaemon(true);
        thread.start();
        return reading;
    }

    @Test
    void blockingSocketTakesThePartThatWasAskedFor() throws Exception {
        FutureTask<byte[]> received = readAll(peer);
        try (FdChannel file = FdChannel.open(path)) {
            assertEquals(SIZE - 1000, ZeroCopy.sendfile(file, 1000, SIZE - 1000, ours));
        }
        ours.shutdownOutput();
        assertArrayEquals(Arrays.copyOfRange(content, 1000, SIZE), received.get(20, TimeUnit.SECONDS));
    }

    @Test
    void endOfTheFileEndsTheTransfer() throws Exception {
        try (FdChannel file = FdChannel.open(path)) {
            assertEquals(10, ZeroCopy.sendfile(file, SIZE - 10, 5000, ours));
            assertEquals(0, ZeroCopy.sendfile(file, SIZE + 10, 5000, ours));
            assertEquals(0, ZeroCopy.sendfile(file, 0, 0, ours));
        }
    }

    @Test
    void nonBlockingSocketTakesWhatItHasRoomFor() throws Exception {
        ours.configureBlocking(false);
        try (FdChannel file = FdChannel.open(path)) {
            long sent = 0;
            long n;
            while ((n = ZeroCopy.sendfile(file, sent % SIZE, SIZE - sent % SIZE, ours)) > 0) {
                sent += n;
            }
            assertEquals(0, n);
            FutureTask<byte[]> received = readAll(peer);
            long until = (sent / SIZE + 1) * SIZE;
            while (sent < until) {
                sent += ZeroCopy.sendfile(file, sent % SIZE, until - sent, ours);
            }
            ours.shutdownOutput();
            byte[] all = received.get(20, TimeUnit.SECONDS);
            assertEquals(until, all.length);
            for (int i = 0; i < all.length; i++) {
                assertTrue(all[i] == content[i % SIZE]);
            }
        }
    }

    @Test
    void fileGoesIntoAPipeAndAFile() throws Exception {
        Pipe pipe = Pipe.open();
        FutureTask<byte[]> received = readAll(pipe.source());
        Path copy = dir.resolve("copy");
        try (FdChannel file = FdChannel.open(path);
                FdChannel target = FdChannel.open(copy, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            assertEquals(SIZE, ZeroCopy.sendfile(file, 0, SIZE, pipe.sink()));
            assertEquals(SIZE, ZeroCopy.sendfile(file, 0, SIZE, target));
        }
        pipe.sink().close();
        assertArrayEquals(content, received.get(20, TimeUnit.SECONDS));
        assertArrayEquals(content, Files.readAllBytes(copy));
        pipe.source().close();
    }

    @Test
    void splicingMovesASocketsBytesThroughAPipe() throws Exception {
        FutureTask<Void> sending = new FutureTask<>(() -> {
            peer.write(ByteBuffer.wrap(content));
            peer.shutdownOutput();
            return null;
        });
        new Thread(sending, "sender").start();
        Pipe pipe = Pipe.open();
        FutureTask<byte[]> received = readAll(pipe.source());
        ours.configureBlocking(false);
        pipe.sink().configureBlocking(false);
        long sum = 0;
        for (long n = 0; n >= 0; n = ZeroCopy.splice(ours, pipe.sink(), 1 << 20)) {
            sum += n;
        }
        pipe.sink().close();
        assertEquals(SIZE, sum);
        assertArrayEquals(content, received.get(20, TimeUnit.SECONDS));
        sending.get(20, TimeUnit.SECONDS);
        pipe.source().close();
    }

    @Test
    void spliceOfNothingMovesNothing() throws Exception {
        Pipe pipe = Pipe.open();
        pipe.sink().configureBlocking(false);
        ours.configureBlocking(false);
        assertEquals(0, ZeroCopy.splice(ours, pipe.sink(), 100));
        assertEquals(0, ZeroCopy.splice(ours, pipe.sink(), 0));
        pipe.source().close();
        pipe.sink().close();
    }

    /** As one that another program made and passed on may be: its description is without O_NONBLOCK. */
    @Test
    void spliceFromAnAdoptedConnectionDoesNotWait() throws Exception {
        int number = Fds.dup(Fds.fileno(ours));
        Fds.setFlag(number, Fds.Flag.NONBLOCK, false);
        SocketChannel adopted = (SocketChannel) ChannelKind.of(number).adopt(number);
        adopted.configureBlocking(false);
        Pipe pipe = Pipe.open();
        pipe.sink().configureBlocking(false);
        FutureTask<Long> ofNothing = new FutureTask<>(() -> ZeroCopy.splice(adopted, pipe.sink(), 100));
        Thread thread = new Thread(ofNothing, "splice");
        thread.setDaemon(true);
        thread.start();
        try {
            assertEquals(0, ofNothing.get(20, TimeUnit.SECONDS));
            peer.write(ByteBuffer.wrap(content, 0, 10));
            try (Selector selector = Selector.open()) {
                adopted.register(selector, SelectionKey.OP_READ);
                assertEquals(1, selector.select());
                assertEquals(10, ZeroCopy.splice(adopted, pipe.sink(), 100));
            }
            peer.shutdownOutput();
            long n = 0;
            while (n == 0) {
                n = ZeroCopy.splice(adopted, pipe.sink(), 100);
            }
            assertEquals(-1, n);
        } finally {
            peer.close(); // ends a splice that waits
            adopted.close();
            pipe.sink().close();
            pipe.source().close();
        }
    }

    @Test
    void wrongUseIsRefused() throws Exception {
        try (FdChannel file = FdChannel.open(path);
                FdChannel writeOnly = FdChannel.open(path, StandardOpenOption.WRITE)) {
            assertThrowsExactly(IllegalArgumentException.class, () -> ZeroCopy.sendfile(file, -1, 1, ours));
            assertThrowsExactly(IllegalArgumentException.class, () -> ZeroCopy.sendfile(file, 0, -1, ours));
            assertThrowsExactly(IllegalArgumentException.class,
                () -> ZeroCopy.sendfile(file, 0, 1, Channels.newChannel(new ByteArrayOutputStream())));
            assertThrowsExactly(NonReadableChannelException.class, () -> ZeroCopy.sendfile(writeOnly, 0, 1, ours));
            assertThrowsExactly(IllegalBlockingModeException.class, () -> ZeroCopy.splice(ours, peer, 1));
            ours.configureBlocking(false);
            peer.configureBlocking(false);
            writeOnly.configureBlocking(false);
            assertThrowsExactly(NonReadableChannelException.class, () -> ZeroCopy.splice(writeOnly, ours, 1));
            assertEquals("Invalid argument",
                assertThrowsExactly(IOException.class, () -> ZeroCopy.splice(ours, peer, 1)).getMessage());
            ours.close();
            assertThrowsExactly(ClosedChannelException.class, () -> ZeroCopy.sendfile(file, 0, 1, ours));
            file.close();
            assertThrowsExactly(ClosedChannelException.class, () -> ZeroCopy.sendfile(file, 0, 1, peer));
        }
    }
}
