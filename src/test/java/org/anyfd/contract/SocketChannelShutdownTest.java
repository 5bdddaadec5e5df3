package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Closing one direction of a connection. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SocketChannelShutdownTest {

    private static ByteBuffer[] array(int... capacities) {
        ByteBuffer[] buffers = new ByteBuffer[capacities.length];
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = ByteBuffer.allocate(capacities[i]);
        }
        return buffers;
    }

    private static void assertOpenAndConnected(SocketChannel channel) {
        assertTrue(channel.isOpen());
        assertTrue(channel.isConnected());
    }

    // -- input --

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shutInputReadsEndOfStreamDespiteQueuedData(boolean blocking) throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.write(Tcp.bytes(1, 2, 3));
            Tcp.readFully(tcp.client, 1);
            tcp.client.configureBlocking(blocking);
            assertSame(tcp.client, tcp.client.shutdownInput());
            assertEquals(-1, tcp.client.read(ByteBuffer.allocate(4)));
            assertEquals(-1, tcp.client.read(ByteBuffer.allocateDirect(4)));
            assertEquals(-1, tcp.client.read(array(1, 1)));
            assertOpenAndConnected(tcp.client);
        }
    }

    @Test
    void shutInputReadsEndOfStreamIntoEmptyBuffersToo() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.shutdownInput();
            assertEquals(-1, tcp.client.read(ByteBuffer.allocate(0)));
            assertEquals(-1, tcp.client.read(array(0)));
            assertEquals(-1, tcp.client.read(new ByteBuffer[0]));
        }
    }

    @Test
    void shutInputComesBeforeTheReadOnlyCheck() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.shutdownInput();
            assertEquals(-1, tcp.client.read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
            assertThrowsExactly(NullPointerException.class, () -> tcp.client.read((ByteBuffer) null));
        }
    }

    @Test
    void shutInputIgnoresWhatThePeerSendsLater() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.shutdownInput();
            tcp.server.write(Tcp.bytes(1));
            assertEquals(-1, tcp.client.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void shutInputStillWrites() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.shutdownInput();
            assertEquals(2, tcp.client.write(Tcp.bytes(1, 2)));
            assertArrayEquals(new byte[] {1, 2}, Tcp.readFully(tcp.server, 2));
        }
    }

    @Test
    void blockedReaderGetsEndOfStreamWhenInputIsShut() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = Task.start(() -> tcp.client.read(ByteBuffer.allocate(1))).awaitIn("read")) {
            tcp.client.shutdownInput();
            assertEquals(-1, reader.get());
            assertFalse(reader.interrupted());
            assertOpenAndConnected(tcp.client);
        }
    }

    @Test
    void blockedScatterGetsEndOfStreamWhenInputIsShut() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Long> reader = Task.start(() -> tcp.client.read(array(1, 1))).awaitIn("read")) {
            tcp.client.shutdownInput();
            assertEquals(-1, reader.get());
        }
    }

    @Test
    void queuedReadersGetEndOfStreamToo() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> one = Task.start(() -> tcp.client.read(ByteBuffer.allocate(1))).awaitIn("read");
                Task<Integer> other = Task.start(() -> tcp.client.read(ByteBuffer.allocate(1))).awaitIn("read")) {
            tcp.client.shutdownInput();
            assertEquals(-1, one.get());
            assertEquals(-1, other.get());
        }
    }

    // -- output --

    @Test
    void shutOutputIsThePeersEndOfStreamAfterAllData() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.write(Tcp.bytes(1, 2));
            assertSame(tcp.client, tcp.client.shutdownOutput());
            assertArrayEquals(new byte[] {1, 2}, Tcp.readFully(tcp.server, 2));
            assertEquals(-1, tcp.server.read(ByteBuffer.allocate(1)));
            assertOpenAndConnected(tcp.client);
            assertOpenAndConnected(tcp.server);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shutOutputRefusesEveryWrite(boolean blocking) throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.configureBlocking(blocking);
            tcp.client.shutdownOutput();
            assertThrowsExactly(AsynchronousCloseException.class, () -> tcp.client.write(Tcp.bytes(1)));
            assertThrowsExactly(AsynchronousCloseException.class, () -> tcp.client.write(ByteBuffer.allocateDirect(1)));
            assertThrowsExactly(AsynchronousCloseException.class, () -> tcp.client.write(ByteBuffer.allocate(0)));
            assertThrowsExactly(AsynchronousCloseException.class, () -> tcp.client.write(array(1, 1)));
            assertThrowsExactly(AsynchronousCloseException.class, () -> tcp.client.write(array(0)));
            assertOpenAndConnected(tcp.client);
        }
    }

    @Test
    void refusedWriteLeavesTheBufferAlone() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.shutdownOutput();
            ByteBuffer from = ByteBuffer.allocate(8).position(2).limit(5);
            assertThrowsExactly(AsynchronousCloseException.class, () -> tcp.client.write(from));
            assertEquals(2, from.position());
            assertEquals(5, from.limit());
            assertThrowsExactly(NullPointerException.class, () -> tcp.client.write((ByteBuffer) null));
        }
    }

    @Test
    void shutOutputStillReads() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.shutdownOutput();
            tcp.server.write(Tcp.bytes(5));
            assertArrayEquals(new byte[] {5}, Tcp.readFully(tcp.client, 1));
            tcp.server.shutdownOutput();
            assertEquals(-1, tcp.client.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void shutOutputDoesNotDisturbABlockedReader() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = Task.start(() -> tcp.client.read(ByteBuffer.allocate(1))).awaitIn("read")) {
            tcp.client.shutdownOutput();
            assertEquals(-1, tcp.server.read(ByteBuffer.allocate(1)));
            reader.awaitIn("read");
            tcp.server.write(Tcp.bytes(5));
            assertEquals(1, reader.get());
        }
    }

    @Test
    void blockedWriterIsRefusedWhenOutputIsShut() throws Exception {
        try (Tcp tcp = Tcp.narrowPair()) {
            Tcp.fill(tcp.client);
            ByteBuffer from = ByteBuffer.allocate(100_000);
            try (Task<Integer> writer = Task.start(() -> tcp.client.write(from)).awaitIn("write")) {
                tcp.client.shutdownOutput();
                writer.fails(AsynchronousCloseException.class);
                assertFalse(writer.interrupted());
            }
            assertOpenAndConnected(tcp.client);
        }
    }

    @Test
    void shutWriterReturnsWhatItHadWritten() throws Exception {
        ByteBuffer from = ByteBuffer.allocate(32 << 20);
        try (Tcp tcp = Tcp.narrowPair();
                Task<Integer> writer = Task.start(() -> tcp.client.write(from)).awaitIn("write")) {
            Tcp.readFully(tcp.server, 1000);
            tcp.client.shutdownOutput();
            int written = writer.get();
            assertTrue(written >= 1000 && written < 32 << 20, "wrote " + written);
            assertEquals(written, from.position());
            assertThrowsExactly(AsynchronousCloseException.class, () -> tcp.client.write(from));
            Tcp.readFully(tcp.server, written - 1000);
            assertEquals(-1, tcp.server.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void blockedGatherIsRefusedWhenOutputIsShut() throws Exception {
        try (Tcp tcp = Tcp.narrowPair()) {
            Tcp.fill(tcp.client);
            try (Task<Long> writer = Task.start(() -> tcp.client.write(array(50_000, 50_000))).awaitIn("write")) {
                tcp.client.shutdownOutput();
                writer.fails(AsynchronousCloseException.class);
            }
            assertOpenAndConnected(tcp.client);
        }
    }

    // -- both --

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shutdownTwiceIsNothingNew(boolean blocking) throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.configureBlocking(blocking);
            assertSame(tcp.client, tcp.client.shutdownInput().shutdownInput());
            assertSame(tcp.client, tcp.client.shutdownOutput().shutdownOutput());
            assertSame(tcp.client, tcp.client.shutdownInput());
            assertOpenAndConnected(tcp.client);
        }
    }

    @Test
    void shutdownAfterThePeerIsGoneIsAllowed() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.close();
            assertEquals(-1, tcp.client.read(ByteBuffer.allocate(1)));
            tcp.client.shutdownOutput();
            tcp.client.shutdownInput();
            assertOpenAndConnected(tcp.client);
        }
    }

    @Test
    void addressesStayAfterShutdown() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            var local = tcp.client.getLocalAddress();
            var remote = tcp.client.getRemoteAddress();
            tcp.client.shutdownInput().shutdownOutput();
            assertEquals(local, tcp.client.getLocalAddress());
            assertEquals(remote, tcp.client.getRemoteAddress());
        }
    }
}
