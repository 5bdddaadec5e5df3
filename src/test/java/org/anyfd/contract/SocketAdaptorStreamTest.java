package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The streams of the Socket of a SocketChannel. */
@Bounded
class SocketAdaptorStreamTest {
    private Tcp tcp;
    private Socket socket;
    private InputStream in;
    private OutputStream out;

    @BeforeEach
    void connect() throws Exception {
        tcp = Tcp.pair();
        socket = tcp.client.socket();
        in = socket.getInputStream();
        out = socket.getOutputStream();
    }

    @AfterEach
    void close() throws Exception {
        tcp.close();
    }

    private static void socketException(String message, Executable operation) {
        assertEquals(message, assertThrowsExactly(SocketException.class, operation).getMessage());
    }

    // -- getting them --

    @Test
    void streamsNeedAConnection() throws Exception {
        try (SocketChannel unconnected = SocketChannel.open()) {
            socketException("Socket is not connected", unconnected.socket()::getInputStream);
            socketException("Socket is not connected", unconnected.socket()::getOutputStream);
            unconnected.close();
            socketException("Socket is closed", unconnected.socket()::getInputStream);
            socketException("Socket is closed", unconnected.socket()::getOutputStream);
        }
    }

    @Test
    void streamsNeedTheirDirection() throws Exception {
        socket.shutdownInput();
        socketException("Socket input is shutdown", socket::getInputStream);
        socket.shutdownOutput();
        socketException("Socket output is shutdown", socket::getOutputStream);
    }

    @Test
    void eachCallGivesAStreamOfItsOwn() throws Exception {
        assertNotSame(in, socket.getInputStream());
        assertNotSame(out, socket.getOutputStream());
    }

    @Test
    void closingAStreamClosesTheSocket() throws Exception {
        in.close();
        assertTrue(socket.isClosed());
        assertEquals(-1, tcp.server.read(ByteBuffer.allocate(1)));
        tcp.server.socket().getOutputStream().close();
        assertFalse(tcp.server.isOpen());
    }

    // -- reading --

    @Test
    void readGivesWhatIsThere() throws Exception {
        tcp.server.write(Tcp.bytes(255, 1, 2, 3));
        assertEquals(255, in.read());
        byte[] into = new byte[6];
        assertEquals(2, in.read(into, 1, 2));
        assertArrayEquals(new byte[] {0, 1, 2, 0, 0, 0}, into);
        assertEquals(1, in.read(into));
    }

    @Test
    void readEndsWithTheConnection() throws Exception {
        tcp.server.write(Tcp.bytes(9));
        tcp.server.close();
        assertEquals(9, in.read());
        assertEquals(-1, in.read());
        assertEquals(-1, in.read(new byte[3]));
        assertEquals(0, in.read(new byte[0]));
    }

    @Test
    void readOfAnImpossibleRangeIsRefused() throws Exception {
        assertThrows(NullPointerException.class, () -> in.read(null, 0, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> in.read(new byte[1], 1, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> in.read(new byte[1], -1, 1));
        assertThrows(NullPointerException.class, () -> out.write(null, 0, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> out.write(new byte[1], 0, 2));
        assertTrue(socket.isConnected());
    }

    @Test
    void availableCountsWhatIsThere() throws Exception {
        assertEquals(0, in.available());
        tcp.server.write(ByteBuffer.allocate(7));
        awaitAvailable(7);
        assertEquals(3, in.skip(3));
        assertEquals(4, in.available());
        socket.shutdownInput();
        assertEquals(0, in.available());
        socket.close();
        assertThrowsExactly(ClosedChannelException.class, in::available);
    }

    private void awaitAvailable(int count) throws IOException {
        long deadline = System.nanoTime() + Tcp.PATIENCE_NANOS;
        while (in.available() != count) {
            Tcp.pause(deadline, count + " bytes");
        }
    }

    @Test
    void shutdownInputEndsReads() throws Exception {
        tcp.server.write(Tcp.bytes(1));
        awaitAvailable(1);
        socket.shutdownInput();
        assertEquals(-1, in.read());
    }

    @Test
    void shutdownInputEndsABlockedRead() throws Exception {
        for (int timeoutMillis : new int[] {0, 20_000}) {
            try (Tcp pair = Tcp.pair()) {
                Socket reading = pair.client.socket();
                reading.setSoTimeout(timeoutMillis);
                Task<Integer> reader = Task.start(reading.getInputStream()::read).awaitIn("read");
                reading.shutdownInput();
                assertEquals(-1, reader.get());
            }
        }
    }

    @Test
    void aResetIsReportedByEachRead() throws Exception {
        Tcp.reset(tcp.server);
        socketException("Connection reset", in::read);
        socketException("Connection reset", () -> in.read(new byte[4]));
        assertEquals(0, in.available());
        assertTrue(tcp.client.isOpen());
    }

    // -- timeouts --

    @Test
    void aReadThatTakesTooLongLeavesTheStreamUsable() throws Exception {
        socket.setSoTimeout(80);
        long start = System.nanoTime();
        SocketTimeoutException late = assertThrowsExactly(SocketTimeoutException.class, in::read);
        assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(79));
        assertEquals("Read timed out", late.getMessage());
        assertEquals(0, late.bytesTransferred);
        assertTrue(tcp.client.isBlocking());
        tcp.server.write(Tcp.bytes(4));
        socket.setSoTimeout(20_000);
        assertEquals(4, in.read());
    }

    @Test
    void aTimedReadTakesWhatIsThere() throws Exception {
        tcp.server.write(Tcp.bytes(1, 2));
        socket.setSoTimeout(20_000);
        assertArrayEquals(new byte[] {1, 2}, in.readNBytes(2));
        tcp.server.close();
        assertEquals(-1, in.read());
    }

    @Test
    void aTimedReadWaitsForData() throws Exception {
        socket.setSoTimeout(20_000);
        Task<Integer> reader = Task.start(in::read).awaitIn("read");
        tcp.server.write(Tcp.bytes(8));
        assertEquals(8, reader.get());
    }

    @Test
    void theChannelsReadsHaveNoTimeout() throws Exception {
        socket.setSoTimeout(1);
        Task<Integer> reader = Task.start(() -> tcp.client.read(ByteBuffer.allocate(1))).awaitIn("read");
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20)); // Longer than the timeout that must not apply.
        tcp.server.write(Tcp.bytes(8));
        assertEquals(1, reader.get());
    }

    @Test
    void aNewTimeoutCountsFromTheNextRead() throws Exception {
        Task<Integer> reader = Task.start(in::read).awaitIn("read");
        socket.setSoTimeout(1);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20)); // Longer than the timeout that must not apply.
        tcp.server.write(Tcp.bytes(8));
        assertEquals(8, reader.get());
        assertThrowsExactly(SocketTimeoutException.class, in::read);
    }

    // -- writing --

    @Test
    void writeWritesAll() throws Exception {
        byte[] data = Tcp.random(1, 3_000_000);
        Task<byte[]> reader = Task.start(() -> tcp.server.socket().getInputStream().readNBytes(data.length));
        out.write(data[0]);
        out.write(data, 1, data.length - 1);
        assertArrayEquals(data, reader.get());
    }

    @Test
    void aFullConnectionMakesWritesWait() throws Exception {
        byte[] data = Tcp.random(2, 100_000);
        try (Tcp narrow = Tcp.narrowPair()) {
            int before = Math.toIntExact(Tcp.fill(narrow.client));
            OutputStream stream = narrow.client.socket().getOutputStream();
            Task<Void> writer = Task.<Void>start(() -> {
                stream.write(data);
                return null;
            }).awaitIn("write");
            Tcp.readFully(narrow.server, before);
            assertArrayEquals(data, Tcp.readFully(narrow.server, data.length));
            writer.get();
        }
    }

    @Test
    void writeAfterShutdownFails() throws Exception {
        socket.shutdownOutput();
        assertThrows(ClosedChannelException.class, () -> out.write(1));
        out.write(new byte[0]);
        assertTrue(socket.isConnected());
    }

    @Test
    void writeToAResetConnectionFails() throws Exception {
        Tcp.reset(tcp.server);
        socketException("Connection reset", in::read);
        assertEquals("Broken pipe", assertThrowsExactly(IOException.class, () -> out.write(1)).getMessage());
    }

    // -- modes, close, interrupt --

    @Test
    void streamsRefuseNonBlockingChannels() throws Exception {
        tcp.client.configureBlocking(false);
        assertThrowsExactly(IllegalBlockingModeException.class, in::read);
        assertThrowsExactly(IllegalBlockingModeException.class, () -> out.write(1));
        assertEquals(0, in.read(new byte[0]));
        out.write(new byte[0]);
        assertEquals(0, in.available());
        tcp.client.configureBlocking(true);
        out.write(1);
        assertArrayEquals(new byte[] {1}, Tcp.readFully(tcp.server, 1));
    }

    @Test
    void streamsOfAClosedSocketFail() throws Exception {
        socket.close();
        assertThrowsExactly(ClosedChannelException.class, in::read);
        assertThrowsExactly(ClosedChannelException.class, () -> out.write(1));
        assertEquals(0, in.read(new byte[0]));
        out.write(new byte[0]);
    }

    @Test
    void aBlockedReadAndWritesDoNotDisturbEachOther() throws Exception {
        for (int timeoutMillis : new int[] {0, 20_000}) {
            socket.setSoTimeout(timeoutMillis);
            Task<Integer> reader = Task.start(in::read).awaitIn("read");
            out.write(new byte[] {1, 2});
            tcp.client.write(Tcp.bytes(3));
            assertArrayEquals(new byte[] {1, 2, 3}, Tcp.readFully(tcp.server, 3));
            reader.awaitIn("read");
            tcp.server.write(Tcp.bytes(4));
            assertEquals(4, reader.get());
        }
    }

    @Test
    void closeEndsABlockedRead() throws Exception {
        for (int timeoutMillis : new int[] {0, 20_000}) {
            try (Tcp pair = Tcp.pair()) {
                pair.client.socket().setSoTimeout(timeoutMillis);
                Task<Integer> reader = Task.start(pair.client.socket().getInputStream()::read).awaitIn("read");
                pair.client.socket().close();
                reader.fails(AsynchronousCloseException.class);
                assertEquals(-1, pair.server.read(ByteBuffer.allocate(1)));
            }
        }
    }

    @Test
    void interruptEndsABlockedReadAndCloses() throws Exception {
        for (int timeoutMillis : new int[] {0, 20_000}) {
            try (Tcp pair = Tcp.pair()) {
                pair.client.socket().setSoTimeout(timeoutMillis);
                Task<Integer> reader = Task.start(pair.client.socket().getInputStream()::read).awaitIn("read");
                reader.interrupt();
                reader.fails(ClosedByInterruptException.class);
                assertTrue(reader.interrupted());
                assertFalse(pair.client.isOpen());
            }
        }
    }

    @Test
    void closeEndsABlockedWrite() throws Exception {
        try (Tcp narrow = Tcp.narrowPair()) {
            Tcp.fill(narrow.client);
            OutputStream stream = narrow.client.socket().getOutputStream();
            Task<Void> writer = Task.<Void>start(() -> {
                stream.write(new byte[100_000]);
                return null;
            }).awaitIn("write");
            narrow.client.close();
            writer.fails(AsynchronousCloseException.class);
        }
    }

    @Test
    void anInterruptedThreadClosesWhereItWouldBlock() throws Exception {
        try (Tcp pair = Tcp.pair()) {
            pair.server.write(Tcp.bytes(1));
            InputStream ready = pair.client.socket().getInputStream();
            Task<Integer> reader = Task.start(() -> {
                Thread.currentThread().interrupt();
                return ready.read();
            });
            reader.fails(ClosedByInterruptException.class);
            assertTrue(reader.interrupted());
            assertFalse(pair.client.isOpen());
        }
    }
}
