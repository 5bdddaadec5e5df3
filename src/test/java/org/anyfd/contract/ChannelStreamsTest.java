package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Channels under java.io streams and as partners of FileChannel's transfers. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChannelStreamsTest {

    // -- streams --

    @Test
    void streamsCarryBytesBothWays() throws Exception {
        byte[] data = Tcp.random(1, 1_000_000);
        try (Tcp tcp = Tcp.pair()) {
            OutputStream out = Channels.newOutputStream(tcp.client);
            InputStream in = Channels.newInputStream(tcp.server);
            Task<byte[]> reader = Task.start(() -> in.readNBytes(data.length));
            out.write(data);
            assertArrayEquals(data, reader.get());
            Channels.newOutputStream(tcp.server).write(7);
            assertEquals(7, Channels.newInputStream(tcp.client).read());
        }
    }

    @Test
    void inputStreamEndsWithTheConnection() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            InputStream in = Channels.newInputStream(tcp.client);
            tcp.server.write(Tcp.bytes(255));
            tcp.server.close();
            assertEquals(255, in.read());
            assertEquals(-1, in.read());
            assertEquals(-1, in.read(new byte[4]));
            assertEquals(0, in.read(new byte[4], 2, 0));
        }
    }

    @Test
    void inputStreamFillsTheRangeItIsGiven() throws Exception {
        byte[] into = new byte[6];
        try (Tcp tcp = Tcp.pair()) {
            InputStream in = Channels.newInputStream(tcp.client);
            tcp.server.write(Tcp.bytes(1, 2, 3));
            assertEquals(2, in.read(into, 3, 2));
            assertArrayEquals(new byte[] {0, 0, 0, 1, 2, 0}, into);
            assertThrowsExactly(IndexOutOfBoundsException.class, () -> in.read(into, 5, 2));
            assertThrows(NullPointerException.class, () -> in.read(null, 0, 1));
        }
    }

    @Test
    void streamsRefuseNonBlockingChannels() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            InputStream in = Channels.newInputStream(tcp.client);
            OutputStream out = Channels.newOutputStream(tcp.client);
            tcp.client.configureBlocking(false);
            assertThrowsExactly(IllegalBlockingModeException.class, in::read);
            assertThrowsExactly(IllegalBlockingModeException.class, () -> in.read(new byte[1]));
            assertThrowsExactly(IllegalBlockingModeException.class, () -> out.write(1));
            tcp.client.configureBlocking(true);
            out.write(1);
            assertArrayEquals(new byte[] {1}, Tcp.readFully(tcp.server, 1));
        }
    }

    @Test
    void pipeStreamsRefuseNonBlockingChannels() throws Exception {
        Pipe pipe = Pipe.open();
        try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
            source.configureBlocking(false);
            sink.configureBlocking(false);
            assertThrowsExactly(IllegalBlockingModeException.class, () -> Channels.newInputStream(source).read());
            assertThrowsExactly(IllegalBlockingModeException.class, () -> Channels.newOutputStream(sink).write(1));
        }
    }

    @Test
    void closingAStreamClosesItsChannel() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Channels.newInputStream(tcp.client).close();
            assertFalse(tcp.client.isOpen());
            assertThrows(ClosedChannelException.class, () -> Channels.newInputStream(tcp.client).read());
            assertThrows(ClosedChannelException.class, () -> Channels.newOutputStream(tcp.client).write(1));
            Channels.newOutputStream(tcp.server).close();
            assertFalse(tcp.server.isOpen());
        }
    }

    @Test
    void closingTheChannelWakesABlockedStream() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = Task.start(Channels.newInputStream(tcp.client)::read).awaitIn("read")) {
            tcp.client.close();
            reader.fails(AsynchronousCloseException.class);
        }
    }

    @Test
    void interruptWakesABlockedStream() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = Task.start(Channels.newInputStream(tcp.client)::read).awaitIn("read")) {
            reader.interrupt();
            reader.fails(ClosedByInterruptException.class);
            assertTrue(reader.interrupted());
            assertFalse(tcp.client.isOpen());
        }
    }

    /** JDK 17's streams share one lock, so there the write waits for the read. */
    @Test
    void outputStreamWritesWhileTheInputStreamIsBlocked() throws Exception {
        assumeTrue(Runtime.version().feature() >= 19, "streams are half duplex");
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = Task.start(Channels.newInputStream(tcp.client)::read).awaitIn("read");
                Task<Void> writer = Task.start(() -> {
                    Channels.newOutputStream(tcp.client).write(1);
                    return null;
                })) {
            writer.get();
            assertArrayEquals(new byte[] {1}, Tcp.readFully(tcp.server, 1));
            reader.awaitIn("read");
            tcp.server.write(Tcp.bytes(2));
            assertEquals(2, reader.get());
        }
    }

    @Test
    void channelWritesWhileItsInputStreamIsBlocked() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = Task.start(Channels.newInputStream(tcp.client)::read).awaitIn("read")) {
            assertEquals(1, tcp.client.write(Tcp.bytes(1)));
            assertArrayEquals(new byte[] {1}, Tcp.readFully(tcp.server, 1));
            tcp.server.write(Tcp.bytes(2));
            assertEquals(2, reader.get());
        }
    }

    @Test
    void readersAndWritersCarryText() throws Exception {
        String text = "gr\u00fc\u00dfe \u20ac\n";
        try (Tcp tcp = Tcp.pair()) {
            Writer writer = Channels.newWriter(tcp.client, StandardCharsets.UTF_8);
            writer.write(text);
            writer.flush();
            BufferedReader reader = new BufferedReader(Channels.newReader(tcp.server, StandardCharsets.UTF_8));
            assertEquals(text.strip(), reader.readLine());
        }
    }

    @Test
    void pipeStreamsCarryBytes() throws Exception {
        byte[] data = Tcp.random(2, 500_000);
        Pipe pipe = Pipe.open();
        try (InputStream in = Channels.newInputStream(pipe.source());
                OutputStream out = Channels.newOutputStream(pipe.sink())) {
            Task<byte[]> reader = Task.start(in::readAllBytes);
            out.write(data);
            out.close();
            assertArrayEquals(data, reader.get());
        }
    }

    // -- file transfers --

    private static Path file(Path directory, byte[] content) throws IOException {
        return Files.write(directory.resolve("content"), content);
    }

    @Test
    void transferToMovesTheWholeFile(@TempDir Path directory) throws Exception {
        byte[] data = Tcp.random(3, 30_000);
        try (FileChannel source = FileChannel.open(file(directory, data)); Tcp tcp = Tcp.pair()) {
            assertEquals(30_000, source.transferTo(0, data.length, tcp.client));
            assertEquals(0, source.position());
            assertArrayEquals(data, Tcp.readFully(tcp.server, data.length));
        }
    }

    @Test
    void transferToMovesARangeOfTheFile(@TempDir Path directory) throws Exception {
        byte[] data = Tcp.random(4, 30_000);
        Pipe pipe = Pipe.open();
        try (FileChannel source = FileChannel.open(file(directory, data));
                Pipe.SinkChannel sink = pipe.sink();
                Pipe.SourceChannel end = pipe.source()) {
            assertEquals(10, source.transferTo(100, 10, sink));
            assertArrayEquals(Arrays.copyOfRange(data, 100, 110), Tcp.readFully(end, 10));
            assertEquals(0, source.transferTo(30_000, 10, sink));
            assertEquals(5, source.transferTo(29_995, 10, sink));
        }
    }

    @Test
    void transferToOfMuchDataArrivesWhole(@TempDir Path directory) throws Exception {
        byte[] data = Tcp.random(5, 5_000_000);
        try (FileChannel source = FileChannel.open(file(directory, data)); Tcp tcp = Tcp.pair()) {
            Task<byte[]> reader = Task.start(() -> Tcp.readFully(tcp.server, data.length));
            for (long sum = 0; sum < data.length; ) {
                long n = source.transferTo(sum, data.length - sum, tcp.client);
                assertTrue(n > 0);
                sum += n;
            }
            assertArrayEquals(data, reader.get());
        }
    }

    @Test
    void transferToANonBlockingChannelMovesWhatFits(@TempDir Path directory) throws Exception {
        byte[] data = Tcp.random(6, 20_000_000);
        try (FileChannel source = FileChannel.open(file(directory, data)); Tcp tcp = Tcp.narrowPair()) {
            tcp.client.configureBlocking(false);
            long n = source.transferTo(0, data.length, tcp.client);
            assertTrue(n > 0 && n < data.length, "moved " + n);
            assertArrayEquals(Arrays.copyOf(data, (int) n), Tcp.readFully(tcp.server, (int) n));
            tcp.server.configureBlocking(false);
            assertEquals(0, tcp.server.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void transferToAClosedChannelIsRefused(@TempDir Path directory) throws Exception {
        try (FileChannel source = FileChannel.open(file(directory, new byte[10])); Tcp tcp = Tcp.pair()) {
            tcp.client.close();
            assertThrowsExactly(ClosedChannelException.class, () -> source.transferTo(0, 10, tcp.client));
        }
    }

    @Test
    void transferFromTakesWhatTheStreamGives(@TempDir Path directory) throws Exception {
        byte[] data = Tcp.random(7, 30_000);
        try (FileChannel target = FileChannel.open(
                        directory.resolve("target"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                Tcp tcp = Tcp.pair()) {
            tcp.server.write(ByteBuffer.wrap(data));
            tcp.server.close();
            assertEquals(30_000, target.transferFrom(tcp.client, 0, 100_000));
            assertArrayEquals(data, Files.readAllBytes(directory.resolve("target")));
        }
    }

    @Test
    void transferFromANonBlockingChannelWithoutDataTakesNothing(@TempDir Path directory) throws Exception {
        Pipe pipe = Pipe.open();
        try (FileChannel target = FileChannel.open(
                        directory.resolve("target"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                Tcp tcp = Tcp.pair();
                Pipe.SinkChannel sink = pipe.sink();
                Pipe.SourceChannel source = pipe.source()) {
            tcp.client.configureBlocking(false);
            source.configureBlocking(false);
            assertEquals(0, target.transferFrom(tcp.client, 0, 1000));
            assertEquals(0, target.transferFrom(source, 0, 1000));
            sink.write(Tcp.bytes(1, 2, 3));
            assertEquals(3, target.transferFrom(source, 0, 1000));
        }
    }
}
