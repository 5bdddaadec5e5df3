package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a channel says when its peer reset or closed the connection. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SocketChannelResetTest {

    private static void assertReset(Tcp tcp) {
        SocketException failure =
                assertThrowsExactly(SocketException.class, () -> tcp.client.read(ByteBuffer.allocate(1)));
        assertEquals("Connection reset", failure.getMessage());
    }

    /** Writes until it fails, which it does once the peer's answer has arrived. */
    private static void writeUntilItFails(Tcp tcp) throws IOException {
        long deadline = System.nanoTime() + Tcp.PATIENCE_NANOS;
        while (true) {
            tcp.client.write(Tcp.bytes(1));
            Tcp.pause(deadline, "a failing write");
        }
    }

    @Test
    void readAfterResetFailsAgainAndAgain() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Tcp.reset(tcp.server);
            assertReset(tcp);
            assertReset(tcp);
            tcp.client.configureBlocking(false);
            assertReset(tcp);
            tcp.client.configureBlocking(true);
            assertReset(tcp);
        }
    }

    @Test
    void resetLeavesTheChannelOpenAndConnected() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Tcp.reset(tcp.server);
            assertReset(tcp);
            assertTrue(tcp.client.isOpen());
            assertTrue(tcp.client.isConnected());
            assertEquals(tcp.client.getRemoteAddress(), tcp.client.getRemoteAddress());
        }
    }

    @Test
    void resetIsRememberedForEveryKindOfRead() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Tcp.reset(tcp.server);
            assertReset(tcp);
            ByteBuffer[] array = {ByteBuffer.allocate(1), ByteBuffer.allocateDirect(1)};
            assertThrowsExactly(SocketException.class, () -> tcp.client.read(array));
            assertThrowsExactly(SocketException.class, () -> tcp.client.read(ByteBuffer.allocateDirect(1)));
        }
    }

    @Test
    void rememberedResetComesBeforeTheBufferIsLookedAt() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Tcp.reset(tcp.server);
            assertReset(tcp);
            assertThrowsExactly(SocketException.class, () -> tcp.client.read(ByteBuffer.allocate(0)));
            assertThrowsExactly(SocketException.class,
                    () -> tcp.client.read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
        }
    }

    @Test
    void scatterSeesTheResetFirst() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Tcp.reset(tcp.server);
            ByteBuffer[] array = {ByteBuffer.allocate(1), ByteBuffer.allocateDirect(1)};
            SocketException failure = assertThrowsExactly(SocketException.class, () -> tcp.client.read(array));
            assertEquals("Connection reset", failure.getMessage());
            assertReset(tcp);
        }
    }

    @Test
    void blockedReaderLearnsOfTheReset() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = Task.start(() -> tcp.client.read(ByteBuffer.allocate(1))).awaitIn("read")) {
            Tcp.reset(tcp.server);
            assertEquals("Connection reset", reader.fails(SocketException.class).getMessage());
        }
    }

    @Test
    void blockedWriterLearnsOfTheReset() throws Exception {
        try (Tcp tcp = Tcp.narrowPair()) {
            Tcp.fill(tcp.client);
            ByteBuffer from = ByteBuffer.allocate(100_000);
            try (Task<Integer> writer = Task.start(() -> tcp.client.write(from)).awaitIn("write")) {
                Tcp.reset(tcp.server);
                assertEquals("Connection reset by peer", writer.fails(IOException.class).getMessage());
            }
            assertEquals(0, from.position());
            assertTrue(tcp.client.isOpen());
        }
    }

    @Test
    void resetWriterReturnsWhatItHadWritten() throws Exception {
        for (ByteBuffer from : new ByteBuffer[] {ByteBuffer.allocate(32 << 20), ByteBuffer.allocateDirect(32 << 20)}) {
            try (Tcp tcp = Tcp.narrowPair();
                    Task<Integer> writer = Task.start(() -> tcp.client.write(from)).awaitIn("write")) {
                Tcp.readFully(tcp.server, 1000);
                Tcp.reset(tcp.server);
                int written = writer.get();
                assertTrue(written >= 1000 && written < 32 << 20, "wrote " + written);
                assertEquals(written, from.position());
                assertThrowsExactly(IOException.class, () -> tcp.client.write(from));
                assertEquals(written, from.position());
            }
        }
    }

    @Test
    void shutInputReadsEndOfStreamEvenAfterAReset() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Tcp.reset(tcp.server);
            assertReset(tcp);
            tcp.client.shutdownOutput();
            assertReset(tcp);
            tcp.client.shutdownInput();
            assertEquals(-1, tcp.client.read(ByteBuffer.allocate(1)));
            assertEquals(-1, tcp.client.read(new ByteBuffer[] {ByteBuffer.allocate(1)}));
            assertTrue(tcp.client.isOpen());
        }
    }

    /** The kernel reports a reset once; the write that got it leaves an end of stream to the reads. */
    @Test
    void resetThatAWriteReportedIsAnEndOfStreamToReads() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Tcp.reset(tcp.server);
            assertThrowsExactly(IOException.class, () -> writeUntilItFails(tcp));
            assertEquals(-1, tcp.client.read(ByteBuffer.allocate(1)));
            assertEquals(-1, tcp.client.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void unreadDataTurnThePeersCloseIntoAReset() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.write(Tcp.bytes(1, 2));
            Tcp.readFully(tcp.server, 1);
            tcp.server.close();
            assertReset(tcp);
        }
    }

    @Test
    void firstWriteAfterAResetSaysWhy() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Tcp.reset(tcp.server);
            IOException failure = assertThrowsExactly(IOException.class, () -> writeUntilItFails(tcp));
            assertEquals("Connection reset by peer", failure.getMessage());
            failure = assertThrowsExactly(IOException.class, () -> tcp.client.write(Tcp.bytes(1)));
            assertEquals("Broken pipe", failure.getMessage());
            assertTrue(tcp.client.isOpen());
        }
    }

    @Test
    void writeToAClosedPeerBreaksThePipeOnlyLater() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.close();
            assertEquals(-1, tcp.client.read(ByteBuffer.allocate(1)));
            assertEquals(1, tcp.client.write(Tcp.bytes(1)));
            IOException failure = assertThrowsExactly(IOException.class, () -> writeUntilItFails(tcp));
            assertEquals("Broken pipe", failure.getMessage());
            assertTrue(tcp.client.isOpen());
            assertTrue(tcp.client.isConnected());
        }
    }

    @Test
    void failedWriteLeavesThePosition() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Tcp.reset(tcp.server);
            assertReset(tcp);
            for (ByteBuffer from : new ByteBuffer[] {ByteBuffer.allocate(9), ByteBuffer.allocateDirect(9)}) {
                from.position(2).limit(7);
                assertThrowsExactly(IOException.class, () -> tcp.client.write(from));
                assertThrowsExactly(IOException.class, () -> tcp.client.write(new ByteBuffer[] {from, from.slice()}));
                assertEquals(2, from.position());
                assertEquals(7, from.limit());
            }
        }
    }

    @Test
    void closedComesBeforeTheRememberedReset() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Tcp.reset(tcp.server);
            assertReset(tcp);
            tcp.client.close();
            assertThrowsExactly(ClosedChannelException.class, () -> tcp.client.read(ByteBuffer.allocate(1)));
        }
    }
}
