package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pipe's two ends. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PipeTest {

    private Pipe pipe;
    private Pipe.SourceChannel source;
    private Pipe.SinkChannel sink;

    @BeforeEach
    void open() throws IOException {
        pipe = Pipe.open();
        source = pipe.source();
        sink = pipe.sink();
    }

    @AfterEach
    void close() throws IOException {
        source.close();
        sink.close();
    }

    private static ByteBuffer[] array(int... capacities) {
        return Arrays.stream(capacities).mapToObj(ByteBuffer::allocate).toArray(ByteBuffer[]::new);
    }

    @Test
    void endsAreTheSameObjectsEachTime() {
        assertSame(source, pipe.source());
        assertSame(sink, pipe.sink());
    }

    @Test
    void bytesComeOutInOrder() throws Exception {
        assertEquals(3, sink.write(Tcp.bytes(1, 2, 3)));
        assertEquals(1, sink.write(Tcp.bytes(4)));
        ByteBuffer into = ByteBuffer.allocate(10);
        assertEquals(4, source.read(into));
        assertEquals(Tcp.bytes(1, 2, 3, 4), into.flip());
    }

    @Test
    void readTakesNoMoreThanTheBufferHolds() throws Exception {
        sink.write(Tcp.bytes(1, 2, 3));
        assertEquals(2, source.read(ByteBuffer.allocate(2)));
        assertArrayEquals(new byte[] {3}, Tcp.readFully(source, 1));
    }

    @Test
    void endOfStreamFollowsTheLastByte() throws Exception {
        sink.write(Tcp.bytes(1));
        sink.close();
        assertEquals(1, source.read(ByteBuffer.allocate(4)));
        assertEquals(-1, source.read(ByteBuffer.allocate(4)));
        assertEquals(-1, source.read(ByteBuffer.allocateDirect(4)));
        assertEquals(-1, source.read(array(1, 1)));
        assertEquals(0, source.read(ByteBuffer.allocate(0)));
        assertTrue(source.isOpen());
    }

    @Test
    void writeWithoutAReaderBreaksThePipe() throws Exception {
        source.close();
        for (int i = 0; i < 2; i++) {
            ByteBuffer from = ByteBuffer.allocate(8).position(3);
            IOException failure = assertThrowsExactly(IOException.class, () -> sink.write(from));
            assertEquals("Broken pipe", failure.getMessage());
            assertEquals(3, from.position());
            failure = assertThrowsExactly(IOException.class, () -> sink.write(array(1, 1)));
            assertEquals("Broken pipe", failure.getMessage());
        }
        assertTrue(sink.isOpen());
    }

    @Test
    void blockedWriterLearnsThatTheReaderIsGone() throws Exception {
        Tcp.fill(sink);
        try (Task<Integer> writer = Task.start(() -> sink.write(ByteBuffer.allocate(10))).awaitIn("write")) {
            source.close();
            assertEquals("Broken pipe", writer.fails(IOException.class).getMessage());
        }
        assertTrue(sink.isOpen());
    }

    @Test
    void writerReturnsWhatItHadWrittenWhenTheReaderGoes() throws Exception {
        ByteBuffer from = ByteBuffer.allocate(4 << 20);
        try (Task<Integer> writer = Task.start(() -> sink.write(from)).awaitIn("write")) {
            Tcp.readFully(source, 1000);
            source.close();
            int written = writer.get();
            assertTrue(written >= 1000 && written < 4 << 20, "wrote " + written);
            assertEquals(written, from.position());
            assertThrowsExactly(IOException.class, () -> sink.write(from));
        }
    }

    @Test
    void blockedReaderReturnsWhenDataArrive() throws Exception {
        try (Task<Integer> reader = Task.start(() -> source.read(ByteBuffer.allocate(10))).awaitIn("read")) {
            sink.write(Tcp.bytes(1, 2));
            assertEquals(2, reader.get());
        }
    }

    @Test
    void blockedReaderReturnsAtEndOfStream() throws Exception {
        try (Task<Integer> reader = Task.start(() -> source.read(ByteBuffer.allocate(10))).awaitIn("read")) {
            sink.close();
            assertEquals(-1, reader.get());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void blockingWriteReturnsOnlyWhenAllIsWritten(boolean direct) throws Exception {
        byte[] sent = Tcp.random(5, 3_000_000);
        ByteBuffer from = (direct ? ByteBuffer.allocateDirect(sent.length) : ByteBuffer.allocate(sent.length)).put(sent);
        try (Task<Integer> writer = Task.start(() -> sink.write(from.flip())).awaitIn("write")) {
            assertArrayEquals(sent, Tcp.readFully(source, sent.length));
            assertEquals(sent.length, writer.get());
            assertFalse(from.hasRemaining());
        }
    }

    @Test
    void nonBlockingReadWithoutDataReturnsZero() throws Exception {
        source.configureBlocking(false);
        assertEquals(0, source.read(ByteBuffer.allocate(1)));
        assertEquals(0, source.read(array(1, 1)));
        sink.write(Tcp.bytes(1));
        assertEquals(1, source.read(ByteBuffer.allocate(2)));
        assertEquals(0, source.read(ByteBuffer.allocate(1)));
        sink.close();
        assertEquals(-1, source.read(ByteBuffer.allocate(1)));
    }

    @Test
    void nonBlockingWriteTakesWhatFitsThenNothing() throws Exception {
        byte[] sent = Tcp.random(6, 4 << 20);
        ByteBuffer from = ByteBuffer.wrap(sent);
        sink.configureBlocking(false);
        int total = 0;
        for (int n; (n = sink.write(from)) > 0; ) {
            total += n;
            assertEquals(total, from.position());
        }
        assertTrue(total > 0 && total < sent.length, "wrote " + total);
        assertEquals(0, sink.write(array(4096, 4096)));
        assertArrayEquals(Arrays.copyOf(sent, total), Tcp.readFully(source, total));
        assertTrue(sink.write(from) > 0);
    }

    @Test
    void gatherAndScatterKeepTheOrder() throws Exception {
        ByteBuffer direct = ByteBuffer.allocateDirect(2).put((byte) 3).put((byte) 4).flip();
        assertEquals(5, sink.write(new ByteBuffer[] {Tcp.bytes(1, 2), Tcp.bytes(), direct, Tcp.bytes(5)}));
        ByteBuffer[] into = {ByteBuffer.allocateDirect(1), ByteBuffer.allocate(0), ByteBuffer.allocate(3),
            ByteBuffer.allocate(9)};
        assertEquals(5, source.read(into));
        assertEquals(1, into[0].get(0));
        assertEquals(Tcp.bytes(2, 3, 4), into[2].flip());
        assertEquals(1, into[3].position());
    }

    @Test
    void gatherAndScatterUseOnlyTheGivenRange() throws Exception {
        ByteBuffer[] from = {Tcp.bytes(1), Tcp.bytes(2), Tcp.bytes(3), null};
        assertEquals(2, sink.write(from, 1, 2));
        ByteBuffer[] into = {null, ByteBuffer.allocate(1), ByteBuffer.allocate(1), null};
        assertEquals(2, source.read(into, 1, 2));
        assertEquals(2, into[1].get(0));
        assertEquals(3, into[2].get(0));
    }

    @Test
    void gatherTakesAtMost1024Buffers() throws Exception {
        ByteBuffer[] from = new ByteBuffer[3000];
        Arrays.setAll(from, i -> Tcp.bytes(i & 0x7f));
        assertEquals(1024, sink.write(from));
        assertFalse(from[1023].hasRemaining());
        assertTrue(from[1024].hasRemaining());
        ByteBuffer[] into = new ByteBuffer[3000];
        Arrays.setAll(into, i -> ByteBuffer.allocate(1));
        assertEquals(1024, source.read(into));
        assertEquals(1023 & 0x7f, into[1023].get(0));
    }

    @Test
    void emptyBuffersMoveNothing() throws Exception {
        assertEquals(0, sink.write(ByteBuffer.allocate(0)));
        assertEquals(0, sink.write(new ByteBuffer[0]));
        assertEquals(0, sink.write(array(0, 0)));
        sink.write(Tcp.bytes(1));
        assertEquals(0, source.read(ByteBuffer.allocate(0)));
        assertEquals(0, source.read(new ByteBuffer[0]));
        assertEquals(0, source.read(array(0, 0)));
        assertArrayEquals(new byte[] {1}, Tcp.readFully(source, 1));
    }

    @Test
    void badArgumentsAreRefusedAndHarmNothing() throws Exception {
        sink.write(Tcp.bytes(1));
        assertThrowsExactly(NullPointerException.class, () -> source.read((ByteBuffer) null));
        assertThrowsExactly(NullPointerException.class, () -> source.read((ByteBuffer[]) null));
        assertThrowsExactly(NullPointerException.class, () -> sink.write((ByteBuffer) null));
        assertThrowsExactly(NullPointerException.class, () -> sink.write((ByteBuffer[]) null));
        assertThrowsExactly(NullPointerException.class, () -> source.read(new ByteBuffer[1]));
        assertThrowsExactly(NullPointerException.class, () -> sink.write(new ByteBuffer[1]));
        assertThrowsExactly(IndexOutOfBoundsException.class, () -> source.read(array(1), 0, 2));
        assertThrowsExactly(IndexOutOfBoundsException.class, () -> sink.write(array(1), -1, 1));
        var refusal = assertThrowsExactly(IllegalArgumentException.class,
                () -> source.read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
        assertEquals("Read-only buffer", refusal.getMessage());
        assertTrue(source.isOpen());
        assertTrue(sink.isOpen());
        assertArrayEquals(new byte[] {1}, Tcp.readFully(source, 1));
    }

    @Test
    void closingOneEndLeavesTheOtherOpen() throws Exception {
        sink.close();
        assertTrue(source.isOpen());
        assertFalse(sink.isOpen());
        source.close();
        assertFalse(source.isOpen());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closedEndsRefuse(boolean blocking) throws Exception {
        source.configureBlocking(blocking);
        sink.configureBlocking(blocking);
        source.close();
        sink.close();
        assertThrows(ClosedChannelException.class, () -> source.read(ByteBuffer.allocate(1)));
        assertThrows(ClosedChannelException.class, () -> source.read(array(1)));
        assertThrows(ClosedChannelException.class, () -> sink.write(ByteBuffer.allocate(1)));
        assertThrows(ClosedChannelException.class, () -> sink.write(array(1)));
        assertThrowsExactly(ClosedChannelException.class, () -> source.configureBlocking(blocking));
        assertThrowsExactly(ClosedChannelException.class, () -> sink.configureBlocking(blocking));
        assertThrowsExactly(NullPointerException.class, () -> source.read((ByteBuffer) null));
        assertThrowsExactly(NullPointerException.class, () -> sink.write((ByteBuffer) null));
    }

    /** As much as fits ends in the second of three, or in the third. */
    @ParameterizedTest
    @ValueSource(ints = {60, 45})
    void bufferThatIsWrittenTwiceEndsWhereItsLastBytesWere(int percentOfAPipe) throws IOException {
        sink.configureBlocking(false);
        int size = sink.write(ByteBuffer.allocate(4 << 20)) / 100 * percentOfAPipe;
        for (boolean direct : new boolean[] {true, false}) {
            Pipe own = Pipe.open();
            try (Pipe.SinkChannel to = own.sink(); Pipe.SourceChannel from = own.source()) {
                to.configureBlocking(false);
                ByteBuffer twice = direct ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size);
                ByteBuffer after = ByteBuffer.allocateDirect(size);
                int written = (int) to.write(new ByteBuffer[] {twice, twice, after});
                assertTrue(size < written && written < 3 * size, written + " of " + 3 * size);
                assertEquals(Math.min(written - size, size), twice.position());
                assertEquals(Math.max(written - 2 * size, 0), after.position());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void blockingWriteWritesABufferAsOftenAsItIsGiven(boolean direct) throws Exception {
        int size = 400_000;
        byte[] content = Tcp.random(size, size);
        ByteBuffer twice = (direct ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size)).put(content).flip();
        Task<byte[]> reader = Task.start(() -> Tcp.readFully(source, 2 * size));
        assertEquals(2 * size, sink.write(new ByteBuffer[] {twice, twice}));
        sink.close();
        byte[] read = reader.get();
        assertArrayEquals(content, Arrays.copyOf(read, size));
        assertArrayEquals(content, Arrays.copyOfRange(read, size, 2 * size));
        assertEquals(-1, source.read(ByteBuffer.allocate(1)));
        assertFalse(twice.hasRemaining());
    }
}
