package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What read and write of one buffer return, in both modes, and what they do to the buffer. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SocketChannelReadWriteTest {

    private static ByteBuffer buffer(boolean direct, int capacity) {
        return direct ? ByteBuffer.allocateDirect(capacity) : ByteBuffer.allocate(capacity);
    }

    // -- blocking --

    @Test
    void readReturnsWhatIsThereWithoutFillingTheBuffer() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            assertEquals(3, tcp.server.write(Tcp.bytes(1, 2, 3)));
            ByteBuffer into = ByteBuffer.allocate(100);
            assertEquals(3, tcp.client.read(into));
            assertEquals(3, into.position());
            assertEquals(100, into.limit());
            assertEquals(Tcp.bytes(1, 2, 3), into.flip());
        }
    }

    @Test
    void readTakesNoMoreThanTheBufferHolds() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.write(Tcp.bytes(1, 2, 3, 4, 5));
            ByteBuffer into = ByteBuffer.allocate(2);
            assertEquals(2, tcp.client.read(into));
            assertEquals(Tcp.bytes(1, 2), into.flip());
            assertArrayEquals(new byte[] {3, 4, 5}, Tcp.readFully(tcp.client, 3));
        }
    }

    /** A provider may read little in another way than much, and find out only afterwards which it was. */
    @ParameterizedTest
    @ValueSource(ints = {1024, 16 * 1024, 64 * 1024})
    void muchArrivesAfterLittleManyTimes(int size) throws Exception {
        ByteBuffer into = ByteBuffer.allocateDirect(3 + size).position(3).slice();
        byte[] much = Tcp.random(size, size);
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.configureBlocking(false);
            for (int i = 0; i < 200; i++) {
                tcp.server.write(Tcp.bytes(i, i + 1, i + 2));
                into.clear().position(i);
                assertEquals(3, Tcp.readSome(tcp.client, into));
                assertEquals(i + 3, into.position());
                assertEquals(Tcp.bytes(i, i + 1, i + 2), into.flip().position(i));
                if (i % 90 == 80) {
                    tcp.server.write(ByteBuffer.wrap(much));
                    into.clear();
                    while (into.hasRemaining()) {
                        Tcp.readSome(tcp.client, into);
                    }
                    assertEquals(ByteBuffer.wrap(much), into.flip());
                }
            }
        }
    }

    @Test
    void blockedReadReturnsWhenDataArrives() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            ByteBuffer into = ByteBuffer.allocate(8);
            try (Task<Integer> reader = Task.start(() -> tcp.client.read(into)).awaitIn("read")) {
                tcp.server.write(Tcp.bytes(9));
                assertEquals(1, reader.get());
            }
            assertEquals(9, into.get(0));
        }
    }

    @Test
    void blockedReadReturnsAtEndOfStream() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = Task.start(() -> tcp.client.read(ByteBuffer.allocate(8))).awaitIn("read")) {
            tcp.server.close();
            assertEquals(-1, reader.get());
            assertTrue(tcp.client.isOpen());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void blockingWriteOf16MegabytesIsOneCall(boolean direct) throws Exception {
        int size = 16 << 20;
        byte[] sent = Tcp.random(16, size);
        ByteBuffer from = buffer(direct, size).put(sent).flip();
        try (Tcp tcp = Tcp.pair();
                Task<byte[]> reader = Task.start(() -> Tcp.readFully(tcp.server, size))) {
            assertEquals(size, tcp.client.write(from));
            assertFalse(from.hasRemaining());
            assertArrayEquals(sent, reader.get());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void blockingWriteReturnsOnlyWhenAllIsWritten(boolean direct) throws Exception {
        int size = 8 << 20;
        try (Tcp tcp = Tcp.narrowPair();
                Task<Integer> writer = Task.start(() -> tcp.client.write(buffer(direct, size))).awaitIn("write")) {
            Tcp.readFully(tcp.server, size / 2);
            writer.awaitIn("write");
            Tcp.readFully(tcp.server, size - size / 2);
            assertEquals(size, writer.get());
        }
    }

    // -- end of stream and empty buffers --

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void endOfStreamIsReportedAgainAndAgain(boolean blocking) throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.write(Tcp.bytes(1));
            tcp.server.close();
            tcp.client.configureBlocking(blocking);
            ByteBuffer into = ByteBuffer.allocate(4);
            assertEquals(1, Tcp.readSome(tcp.client, into));
            assertEquals(-1, Tcp.readSome(tcp.client, into));
            assertEquals(-1, tcp.client.read(into));
            assertEquals(-1, tcp.client.read(ByteBuffer.allocateDirect(4)));
            assertEquals(1, into.position());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void emptyBufferReadsZeroEvenAtEndOfStream(boolean direct) throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            assertEquals(0, tcp.client.read(buffer(direct, 0)));
            tcp.server.close();
            assertEquals(-1, tcp.client.read(buffer(direct, 1)));
            assertEquals(0, tcp.client.read(buffer(direct, 0)));
            ByteBuffer full = buffer(direct, 4).position(4);
            assertEquals(0, tcp.client.read(full));
            assertEquals(-1, tcp.client.read(buffer(direct, 1)));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void emptyBufferWritesNothing(boolean direct) throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            assertEquals(0, tcp.client.write(buffer(direct, 0)));
            assertEquals(0, tcp.client.write(buffer(direct, 4).position(4)));
            tcp.client.write(Tcp.bytes(5));
            assertArrayEquals(new byte[] {5}, Tcp.readFully(tcp.server, 1));
        }
    }

    // -- non-blocking --

    @Test
    void nonBlockingReadWithoutDataReturnsZero() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.configureBlocking(false);
            ByteBuffer into = ByteBuffer.allocate(4).position(1);
            assertEquals(0, tcp.client.read(into));
            assertEquals(1, into.position());
            assertEquals(0, tcp.client.read(ByteBuffer.allocateDirect(4)));
            tcp.server.write(Tcp.bytes(1));
            assertEquals(1, Tcp.readSome(tcp.client, into));
            assertEquals(0, tcp.client.read(into));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nonBlockingWriteTakesWhatFitsThenNothing(boolean direct) throws Exception {
        int size = 64 << 20;
        byte[] sent = Tcp.random(64, size);
        ByteBuffer from = buffer(direct, size).put(sent).flip();
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.configureBlocking(false);
            int first = tcp.client.write(from);
            assertTrue(first > 0 && first < size, "wrote " + first);
            assertEquals(first, from.position());
            assertEquals(size, from.limit());
            long sum = first;
            int refusals = 0;
            while (refusals < 20) {
                int n = tcp.client.write(from);
                assertTrue(n >= 0);
                sum += n;
                refusals = n == 0 ? refusals + 1 : 0;
                assertEquals(sum, from.position());
            }
            assertTrue(sum < size);
            from.limit((int) sum);
            byte[] received = Tcp.readFully(tcp.server, (int) sum);
            assertEquals(-1, Arrays.mismatch(Arrays.copyOf(sent, (int) sum), received));
        }
    }

    @Test
    void drainedChannelTakesMore() throws Exception {
        try (Tcp tcp = Tcp.narrowPair()) {
            tcp.client.configureBlocking(false);
            for (int round = 0; round < 3; round++) {
                long queued = Tcp.fill(tcp.client);
                assertTrue(queued > 0);
                assertEquals(0, tcp.client.write(ByteBuffer.allocate(1000)));
                Tcp.readFully(tcp.server, (int) queued);
            }
        }
    }

    @Test
    void nonBlockingPeerReadsAllThenZero() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.configureBlocking(false);
            long queued = Tcp.fill(tcp.client);
            Tcp.readFully(tcp.server, (int) queued);
            assertEquals(0, tcp.server.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void modeMayChangeBetweenOperations() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            for (int i = 0; i < 5; i++) {
                tcp.client.configureBlocking(false);
                assertEquals(0, tcp.client.read(ByteBuffer.allocate(4)));
                tcp.client.configureBlocking(true);
                try (Task<byte[]> reader = Task.start(() -> Tcp.readFully(tcp.client, 1)).awaitIn("read")) {
                    tcp.server.write(Tcp.bytes(i));
                    assertArrayEquals(new byte[] {(byte) i}, reader.get());
                }
            }
        }
    }

    // -- arguments --

    @Test
    void readOnlyBufferIsRefusedBeforeAnythingIsRead() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.write(Tcp.bytes(1, 2));
            for (ByteBuffer readOnly : new ByteBuffer[] {
                ByteBuffer.allocate(4).asReadOnlyBuffer(),
                ByteBuffer.allocateDirect(4).asReadOnlyBuffer(),
                ByteBuffer.allocate(0).asReadOnlyBuffer(),
            }) {
                IllegalArgumentException refusal =
                        assertThrowsExactly(IllegalArgumentException.class, () -> tcp.client.read(readOnly));
                assertEquals("Read-only buffer", refusal.getMessage());
            }
            assertArrayEquals(new byte[] {1, 2}, Tcp.readFully(tcp.client, 2));
        }
    }

    @Test
    void readOnlyBufferMayBeWrittenFrom() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            ByteBuffer from = Tcp.bytes(1, 2).asReadOnlyBuffer();
            assertThrowsExactly(ReadOnlyBufferException.class, from::array);
            assertEquals(2, tcp.client.write(from));
            assertEquals(2, from.position());
            assertArrayEquals(new byte[] {1, 2}, Tcp.readFully(tcp.server, 2));
        }
    }

    @Test
    void refusedArgumentsLeaveTheChannelOpen() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            assertThrowsExactly(NullPointerException.class, () -> tcp.client.read((ByteBuffer) null));
            assertThrowsExactly(NullPointerException.class, () -> tcp.client.write((ByteBuffer) null));
            assertTrue(tcp.client.isOpen());
            tcp.client.write(Tcp.bytes(3));
            assertArrayEquals(new byte[] {3}, Tcp.readFully(tcp.server, 1));
        }
    }

    @Test
    void writeOfOneSideIsNotReadByTheSameSide() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            SocketChannel client = tcp.client;
            client.write(Tcp.bytes(1));
            tcp.server.write(Tcp.bytes(2));
            assertArrayEquals(new byte[] {2}, Tcp.readFully(client, 1));
            assertArrayEquals(new byte[] {1}, Tcp.readFully(tcp.server, 1));
        }
    }
}
