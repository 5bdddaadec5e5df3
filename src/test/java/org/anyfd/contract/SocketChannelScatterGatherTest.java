package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reading into and writing from arrays of buffers. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SocketChannelScatterGatherTest {

    private static ByteBuffer[] heaps(int... capacities) {
        return Arrays.stream(capacities).mapToObj(ByteBuffer::allocate).toArray(ByteBuffer[]::new);
    }

    private static ByteBuffer[] single(int count) {
        ByteBuffer[] buffers = new ByteBuffer[count];
        for (int i = 0; i < count; i++) {
            buffers[i] = i % 2 == 0 ? ByteBuffer.allocate(1) : ByteBuffer.allocateDirect(1);
            buffers[i].put(0, (byte) i);
        }
        return buffers;
    }

    // -- gather --

    @Test
    void gatherWritesTheBuffersInOrder() throws Exception {
        ByteBuffer direct = ByteBuffer.allocateDirect(2).put((byte) 3).put((byte) 4).flip();
        ByteBuffer[] from = {Tcp.bytes(1, 2), direct, Tcp.bytes(), Tcp.bytes(5).asReadOnlyBuffer()};
        try (Tcp tcp = Tcp.pair()) {
            assertEquals(5, tcp.client.write(from));
            for (ByteBuffer buffer : from) {
                assertFalse(buffer.hasRemaining());
            }
            assertArrayEquals(new byte[] {1, 2, 3, 4, 5}, Tcp.readFully(tcp.server, 5));
        }
    }

    @Test
    void gatherWritesOnlyTheGivenRange() throws Exception {
        ByteBuffer[] from = {Tcp.bytes(1), Tcp.bytes(2), Tcp.bytes(3), null};
        try (Tcp tcp = Tcp.pair()) {
            assertEquals(2, tcp.client.write(from, 1, 2));
            assertEquals(0, from[0].position());
            assertArrayEquals(new byte[] {2, 3}, Tcp.readFully(tcp.server, 2));
            assertEquals(0, tcp.client.write(from, 4, 0));
            assertEquals(0, tcp.client.write(new ByteBuffer[0]));
        }
    }

    @Test
    void gatherWritesABufferAsOftenAsItIsGiven() throws Exception {
        ByteBuffer direct = ByteBuffer.allocateDirect(2).put((byte) 8).put((byte) 9).flip();
        for (ByteBuffer twice : new ByteBuffer[] {Tcp.bytes(8, 9), direct}) {
            ByteBuffer[] from = {Tcp.bytes(1), twice, Tcp.bytes(2), twice, Tcp.bytes(3)};
            try (Tcp tcp = Tcp.pair()) {
                assertEquals(6, tcp.client.write(from, 0, 4));
                assertFalse(twice.hasRemaining());
                assertEquals(0, from[4].position());
                assertArrayEquals(new byte[] {1, 8, 9, 2, 8, 9}, Tcp.readFully(tcp.server, 6));
            }
        }
    }

    @Test
    void gatherTakesAtMost1024Buffers() throws Exception {
        ByteBuffer[] from = single(3000);
        try (Tcp tcp = Tcp.pair()) {
            assertEquals(1024, tcp.client.write(from));
            assertFalse(from[1023].hasRemaining());
            assertTrue(from[1024].hasRemaining());
            assertEquals(1024, tcp.client.write(from, 1024, 1976));
            assertEquals(952, tcp.client.write(from, 2048, 952));
            byte[] received = Tcp.readFully(tcp.server, 3000);
            for (int i = 0; i < 3000; i++) {
                assertEquals((byte) i, received[i]);
            }
        }
    }

    @Test
    void emptyBuffersDoNotCountTowardsTheLimit() throws Exception {
        ByteBuffer[] from = new ByteBuffer[1510];
        Arrays.fill(from, 0, 1500, ByteBuffer.allocate(0));
        System.arraycopy(single(10), 0, from, 1500, 10);
        try (Tcp tcp = Tcp.pair()) {
            assertEquals(10, tcp.client.write(from));
            assertArrayEquals(new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, Tcp.readFully(tcp.server, 10));
        }
    }

    @Test
    void gatherOfEmptyBuffersWritesNothing() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            assertEquals(0, tcp.client.write(heaps(0, 0, 0)));
            tcp.client.write(Tcp.bytes(6));
            assertArrayEquals(new byte[] {6}, Tcp.readFully(tcp.server, 1));
        }
    }

    @Test
    void nonBlockingGatherMovesPositionsByTheResult() throws Exception {
        byte[] sent = Tcp.random(3, 48 << 20);
        ByteBuffer whole = ByteBuffer.wrap(sent);
        ByteBuffer[] from = new ByteBuffer[48];
        for (int i = 0; i < from.length; i++) {
            from[i] = whole.slice(i << 20, 1 << 20);
            if (i % 2 == 1) {
                from[i] = ByteBuffer.allocateDirect(1 << 20).put(from[i]).flip();
            }
        }
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.configureBlocking(false);
            long n = tcp.client.write(from);
            assertTrue(n > 0 && n < sent.length, "wrote " + n);
            assertEquals(n, Arrays.stream(from).mapToLong(ByteBuffer::position).sum());
            for (int i = 0; i < from.length; i++) {
                long expected = Math.max(0, Math.min(1 << 20, n - ((long) i << 20)));
                assertEquals(expected, from[i].position(), "buffer " + i);
            }
            byte[] received = Tcp.readFully(tcp.server, (int) n);
            assertEquals(-1, Arrays.mismatch(received, 0, (int) n, sent, 0, (int) n));
        }
    }

    @Test
    void blockingGatherOfMuchDataArrivesWhole() throws Exception {
        byte[] sent = Tcp.random(4, 8 << 20);
        ByteBuffer[] from = {
            ByteBuffer.wrap(sent, 0, 3_000_000).slice(),
            ByteBuffer.allocateDirect(sent.length - 3_000_000).put(sent, 3_000_000, sent.length - 3_000_000).flip(),
        };
        try (Tcp tcp = Tcp.pair();
                Task<byte[]> reader = Task.start(() -> Tcp.readFully(tcp.server, sent.length))) {
            long sum = 0;
            while (sum < sent.length) {
                long n = tcp.client.write(from);
                assertTrue(n > 0);
                sum += n;
            }
            assertArrayEquals(sent, reader.get());
        }
    }

    // -- scatter --

    @Test
    void scatterFillsTheBuffersInOrder() throws Exception {
        ByteBuffer[] into = {ByteBuffer.allocate(2), ByteBuffer.allocate(0), ByteBuffer.allocateDirect(2),
            ByteBuffer.allocate(4)};
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.write(Tcp.bytes(1, 2, 3, 4, 5));
            assertEquals(5, tcp.client.read(into));
            assertEquals(Tcp.bytes(1, 2), into[0].flip());
            assertEquals(Tcp.bytes(3, 4), into[2].flip());
            assertEquals(1, into[3].position());
            assertEquals(5, into[3].get(0));
        }
    }

    @Test
    void scatterFillsOnlyTheGivenRange() throws Exception {
        ByteBuffer[] into = {ByteBuffer.allocate(1), ByteBuffer.allocate(1), ByteBuffer.allocate(1), null};
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.write(Tcp.bytes(1, 2, 3));
            assertEquals(2, tcp.client.read(into, 1, 2));
            assertEquals(0, into[0].position());
            assertEquals(1, into[1].get(0));
            assertEquals(2, into[2].get(0));
            assertArrayEquals(new byte[] {3}, Tcp.readFully(tcp.client, 1));
        }
    }

    @Test
    void scatterWithoutRoomReadsNothing() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.write(Tcp.bytes(1));
            assertEquals(0, tcp.client.read(heaps(0, 0)));
            assertEquals(0, tcp.client.read(new ByteBuffer[0]));
            assertEquals(0, tcp.client.read(heaps(4), 1, 0));
            assertArrayEquals(new byte[] {1}, Tcp.readFully(tcp.client, 1));
        }
    }

    @Test
    void scatterTakesAtMost1024Buffers() throws Exception {
        ByteBuffer[] into = single(3000);
        try (Tcp tcp = Tcp.pair()) {
            Tcp.writeFully(tcp.server, ByteBuffer.allocate(3000));
            tcp.server.shutdownOutput();
            long first = tcp.client.read(into);
            assertTrue(first > 0 && first <= 1024, "read " + first);
            long sum = first;
            while (sum < 3000) {
                sum += tcp.client.read(into, (int) sum, 3000 - (int) sum);
            }
            assertEquals(-1, tcp.client.read(heaps(1)));
        }
    }

    @Test
    void emptyBuffersDoNotHideTheOnesWithRoom() throws Exception {
        ByteBuffer[] into = new ByteBuffer[1501];
        Arrays.fill(into, ByteBuffer.allocate(0));
        into[1500] = ByteBuffer.allocate(4);
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.write(Tcp.bytes(8));
            assertEquals(1, tcp.client.read(into));
            assertEquals(8, into[1500].get(0));
        }
    }

    @Test
    void scatterWithoutDataReturnsZeroInNonBlockingMode() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.configureBlocking(false);
            ByteBuffer[] into = heaps(2, 2);
            assertEquals(0, tcp.client.read(into));
            assertEquals(0, into[0].position());
        }
    }

    @Test
    void scatterAtEndOfStream() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.close();
            assertEquals(-1, tcp.client.read(heaps(2, 2)));
            assertEquals(-1, tcp.client.read(heaps(0, 2)));
            assertEquals(0, tcp.client.read(heaps(0, 0)));
        }
    }

    @Test
    void blockedScatterReturnsWhenDataArrives() throws Exception {
        ByteBuffer[] into = heaps(1, 1);
        try (Tcp tcp = Tcp.pair();
                Task<Long> reader = Task.start(() -> tcp.client.read(into)).awaitIn("read")) {
            tcp.server.write(Tcp.bytes(1, 2));
            assertEquals(2, reader.get());
            assertEquals(2, into[1].get(0));
        }
    }

    // -- arguments --

    @Test
    void rangesOutsideTheArrayAreRefused() throws Exception {
        ByteBuffer[] two = heaps(1, 1);
        int[][] ranges = {{0, 3}, {1, 2}, {2, 1}, {3, 0}, {-1, 1}, {0, -1}, {Integer.MAX_VALUE, 1}, {1, Integer.MAX_VALUE}};
        try (Tcp tcp = Tcp.pair()) {
            for (int[] range : ranges) {
                assertThrowsExactly(IndexOutOfBoundsException.class, () -> tcp.client.read(two, range[0], range[1]));
                assertThrowsExactly(IndexOutOfBoundsException.class, () -> tcp.client.write(two, range[0], range[1]));
            }
            assertTrue(tcp.client.isOpen());
        }
    }

    @Test
    void nullArraysAndElementsAreRefused() throws Exception {
        ByteBuffer[] holed = {ByteBuffer.allocate(1), null};
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.write(Tcp.bytes(1));
            for (Callable<?> call : Arrays.<Callable<?>>asList(
                    () -> tcp.client.read((ByteBuffer[]) null), () -> tcp.client.write((ByteBuffer[]) null),
                    () -> tcp.client.read(null, 0, 0), () -> tcp.client.write(null, 0, 0),
                    () -> tcp.client.read(new ByteBuffer[1], 0, 1), () -> tcp.client.write(new ByteBuffer[1], 0, 1))) {
                assertThrowsExactly(NullPointerException.class, call::call);
            }
            // A null element after a usable buffer: nothing may be taken from the stream or from the first buffer.
            assertThrowsExactly(NullPointerException.class, () -> tcp.client.read(holed));
            assertThrowsExactly(NullPointerException.class, () -> tcp.client.write(holed));
            assertEquals(0, holed[0].position());
            assertTrue(tcp.client.isOpen());
            assertArrayEquals(new byte[] {1}, Tcp.readFully(tcp.client, 1));
        }
    }

    @Test
    void readOnlyElementIsRefusedBeforeAnythingIsRead() throws Exception {
        ByteBuffer[] into = {ByteBuffer.allocate(1), ByteBuffer.allocate(1).asReadOnlyBuffer()};
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.write(Tcp.bytes(1, 2));
            IllegalArgumentException refusal =
                    assertThrowsExactly(IllegalArgumentException.class, () -> tcp.client.read(into));
            assertEquals("Read-only buffer", refusal.getMessage());
            assertEquals(0, into[0].position());
            assertArrayEquals(new byte[] {1, 2}, Tcp.readFully(tcp.client, 2));
            // Outside the range it does not matter.
            tcp.server.write(Tcp.bytes(3));
            assertEquals(1, tcp.client.read(into, 0, 1));
        }
    }

    /** Direct: with one on the heap the JDK's channels throw after they have read. */
    @Test
    void bufferThatIsReadIntoTwiceHasWhatCameLast() throws Exception {
        ByteBuffer twice = ByteBuffer.allocateDirect(4);
        ByteBuffer after = ByteBuffer.allocate(4);
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.write(Tcp.bytes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
            assertEquals(10, tcp.server.read(new ByteBuffer[] {twice, twice, after}));
            assertEquals(Tcp.bytes(4, 5, 6, 7), twice.flip());
            assertEquals(Tcp.bytes(8, 9), after.flip());
            tcp.client.write(Tcp.bytes(0, 1, 2, 3, 4, 5));
            assertEquals(6, tcp.server.read(new ByteBuffer[] {twice.clear(), twice, after.clear()}));
            assertEquals(Tcp.bytes(4, 5), twice.flip());
            assertEquals(0, after.position());
        }
    }
}
