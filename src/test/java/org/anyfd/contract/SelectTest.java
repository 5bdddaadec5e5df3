package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.contract.Selecting.assertTimedOut;
import static org.anyfd.contract.Selecting.drain;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** What a selection waits for, how long, and what it returns. */
@Bounded
class SelectTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    @Test
    void newSelectorIsOpenAndEmpty() {
        assertTrue(io.selector.isOpen());
        assertTrue(io.selector.keys().isEmpty());
        assertTrue(io.selector.selectedKeys().isEmpty());
        assertSame(SelectorProvider.provider(), io.selector.provider());
    }

    @Test
    void selectorsAreDistinct() throws IOException {
        Selector other = io.selector();
        assertFalse(io.selector.equals(other));
        io.silent(other);
        assertTrue(io.selector.keys().isEmpty());
    }

    @Test
    void selectNowOfEmptySelectorReturnsZero() throws IOException {
        assertEquals(0, io.selector.selectNow());
        assertEquals(0, io.selector.selectNow(key -> {}));
    }

    @Test
    void selectNowDoesNotWait() throws IOException {
        io.silent(io.selector);
        assertEquals(0, io.selector.selectNow());
        assertTrue(io.selector.selectedKeys().isEmpty());
    }

    @ParameterizedTest
    @EnumSource(SelectForm.class)
    void readyKeyIsFoundAtOnce(SelectForm form) throws IOException {
        io.readable(io.selector);
        assertEquals(1, form.on(io.selector));
    }

    @ParameterizedTest
    @EnumSource(SelectForm.class)
    void onlyReadyKeysAreCounted(SelectForm form) throws IOException {
        io.readable(io.selector);
        io.silent(io.selector);
        io.readable(io.selector);
        assertEquals(2, form.on(io.selector));
    }

    @Test
    void onlyReadyKeysAreSelected() throws IOException {
        SelectionKey one = io.readable(io.selector);
        io.silent(io.selector);
        SelectionKey two = io.readable(io.selector);
        assertEquals(2, io.selector.selectNow());
        assertEquals(Set.of(one, two), io.selector.selectedKeys());
    }

    @ParameterizedTest
    @EnumSource(value = SelectForm.class, mode = Mode.MATCH_NONE, names = "NOW.*")
    void dataEndsTheWait(SelectForm form) throws Exception {
        Pipe pipe = io.pipe();
        pipe.source().register(io.selector, OP_READ);
        Selecting.Task<Integer> select = io.run(() -> form.on(io.selector));
        select.awaitSelecting();
        put(pipe.sink(), 1);
        assertEquals(1, select.get());
    }

    @Test
    void dataOnSocketEndsTheWait() throws Exception {
        Selecting.Connection tcp = io.tcp();
        SelectionKey key = tcp.near().register(io.selector, OP_READ);
        Selecting.Task<Integer> select = io.run(io.selector::select);
        select.awaitSelecting();
        put(tcp.far(), 1);
        assertEquals(1, select.get());
        assertEquals(OP_READ, key.readyOps());
    }

    @Test
    void freedSpaceEndsTheWaitForWriting() throws Exception {
        Pipe pipe = io.pipe();
        long queued = Selecting.fill(pipe.sink());
        assertTrue(queued > 0);
        SelectionKey key = pipe.sink().register(io.selector, OP_WRITE);
        assertEquals(0, io.selector.selectNow(), "a full pipe takes no more");
        Selecting.Task<Integer> select = io.run(io.selector::select);
        select.awaitSelecting();
        assertEquals(queued, drain(pipe.source()));
        assertEquals(1, select.get());
        assertEquals(OP_WRITE, key.readyOps());
    }

    @Test
    void dataWrittenBeforeRegistrationIsSeen() throws IOException {
        Selecting.Connection tcp = io.tcp();
        put(tcp.far(), 3);
        tcp.near().register(io.selector, OP_READ);
        assertEquals(1, io.selector.select());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 50, 120})
    void timeoutEndsTheWaitNotTooEarly(long timeoutMillis) throws IOException {
        io.silent(io.selector);
        long start = System.nanoTime();
        assertEquals(0, io.selector.select(timeoutMillis));
        assertTimedOut(start, timeoutMillis);
        start = System.nanoTime();
        assertEquals(0, io.selector.select(key -> {}, timeoutMillis));
        assertTimedOut(start, timeoutMillis);
    }

    @Test
    void selectorWithoutKeysTimesOut() throws IOException {
        long start = System.nanoTime();
        assertEquals(0, io.selector.select(80));
        assertTimedOut(start, 80);
    }

    @Test
    void shortTimeoutsAddUp() throws IOException {
        long start = System.nanoTime();
        for (int i = 0; i < 40; i++) {
            assertEquals(0, io.selector.select(2));
        }
        assertTimedOut(start, 79);
    }

    @Test
    void timeoutOfZeroWaitsForEver() throws Exception {
        Pipe pipe = io.pipe();
        pipe.source().register(io.selector, OP_READ);
        Selecting.Task<Integer> select = io.run(() -> io.selector.select(0));
        select.awaitSelecting();
        assertFalse(select.future().isDone());
        put(pipe.sink(), 1);
        assertEquals(1, select.get());
    }

    @Test
    void timeoutOfZeroWithActionWaitsForEver() throws Exception {
        Pipe pipe = io.pipe();
        pipe.source().register(io.selector, OP_READ);
        Selecting.Task<Integer> select = io.run(() -> io.selector.select(key -> {}, 0));
        select.awaitSelecting();
        assertFalse(select.future().isDone());
        put(pipe.sink(), 1);
        assertEquals(1, select.get());
    }

    /** Timeouts that are 0, 1 or negative when cut to 32 bits, or overflow when turned into nanoseconds. */
    @ParameterizedTest
    @ValueSource(longs = {Integer.MAX_VALUE, 1L << 31, 1L << 32, (1L << 32) + 1, Long.MAX_VALUE / 1_000_000 + 1,
        Long.MAX_VALUE})
    void hugeTimeoutWaits(long timeoutMillis) throws Exception {
        Pipe pipe = io.pipe();
        pipe.source().register(io.selector, OP_READ);
        Selecting.Task<Integer> select = io.run(() -> io.selector.select(timeoutMillis));
        select.awaitSelecting();
        assertFalse(select.future().isDone());
        put(pipe.sink(), 1);
        assertEquals(1, select.get());
        assertEquals(0, io.selector.select(timeoutMillis), "still ready, nothing new");
    }

    @Test
    void negativeTimeoutIsRejected() throws IOException {
        io.readable(io.selector);
        assertThrowsExactly(IllegalArgumentException.class, () -> io.selector.select(-1));
        assertThrowsExactly(IllegalArgumentException.class, () -> io.selector.select(Long.MIN_VALUE));
        assertTrue(io.selector.selectedKeys().isEmpty());
    }

    @Test
    void keyIsReadyAgainUntilDrained() throws IOException {
        Pipe pipe = io.pipe();
        put(pipe.sink(), 3);
        pipe.source().register(io.selector, OP_READ);
        for (int left = 3; left > 0; left--) {
            assertEquals(1, io.selector.selectNow(), left + " bytes left");
            io.selector.selectedKeys().clear();
            assertEquals(1, pipe.source().read(ByteBuffer.allocate(1)));
        }
        assertEquals(0, io.selector.selectNow());
    }

    @Test
    void socketIsReadyAgainUntilDrained() throws IOException {
        Selecting.Connection tcp = io.tcp();
        put(tcp.far(), 3);
        tcp.near().register(io.selector, OP_READ);
        for (int left = 3; left > 0; left--) {
            assertEquals(1, io.selector.select(), left + " bytes left");
            io.selector.selectedKeys().clear();
            assertEquals(1, tcp.near().read(ByteBuffer.allocate(1)));
        }
        assertEquals(0, io.selector.selectNow());
    }

    /** A reader of fixed-size records fills its buffer exactly and never sees the channel run dry. */
    @Test
    void exactReadsOfRecordsLoseNothing() throws IOException {
        Selecting.Connection tcp = io.tcp();
        tcp.near().register(io.selector, OP_READ);
        ByteBuffer message = ByteBuffer.allocate(8);
        for (int round = 0; round < 200; round++) {
            put(tcp.far(), 8 * (1 + round % 3));
            for (int i = 0; i <= round % 3; i++) {
                assertEquals(1, io.selector.select(), "round " + round);
                io.selector.selectedKeys().clear();
                assertEquals(8, tcp.near().read(message.clear()));
            }
            assertEquals(0, io.selector.selectNow());
        }
    }

    @Test
    void keyDrainedAndFilledAgainIsReady() throws IOException {
        Pipe pipe = io.pipe();
        pipe.source().register(io.selector, OP_READ);
        for (int round = 0; round < 50; round++) {
            put(pipe.sink(), 10);
            assertEquals(1, io.selector.selectNow());
            io.selector.selectedKeys().clear();
            assertEquals(10, drain(pipe.source()));
            assertEquals(0, io.selector.selectNow());
        }
    }

    @Test
    void writableKeyIsReadyEveryTime() throws IOException {
        Selecting.Connection tcp = io.tcp();
        tcp.near().register(io.selector, OP_WRITE);
        for (int i = 0; i < 20; i++) {
            assertEquals(1, io.selector.select());
            io.selector.selectedKeys().clear();
            put(tcp.near(), 1);
        }
    }

    @Test
    void readAndWriteAreReportedTogether() throws IOException {
        Selecting.Connection tcp = io.tcp();
        put(tcp.far(), 1);
        Selecting.awaitReady(tcp.near(), OP_READ);
        SelectionKey key = tcp.near().register(io.selector, OP_READ | OP_WRITE);
        assertEquals(1, io.selector.select());
        assertEquals(OP_READ | OP_WRITE, key.readyOps());
        assertEquals(Set.of(key), io.selector.selectedKeys());
    }

    @Test
    void keyLeftSelectedDoesNotCountAgainNorWait() throws IOException {
        io.readable(io.selector);
        assertEquals(1, io.selector.select());
        assertEquals(0, io.selector.select(600_000));
        assertEquals(0, io.selector.select());
        assertEquals(1, io.selector.selectedKeys().size());
    }

    @Test
    void pendingConnectionsAreReadyUntilAllAreAccepted() throws IOException {
        ServerSocketChannel listener = io.listener();
        SelectionKey key = listener.register(io.selector, OP_ACCEPT);
        assertEquals(0, io.selector.selectNow());
        for (int i = 0; i < 3; i++) {
            io.closing(SocketChannel.open(listener.getLocalAddress()));
        }
        for (int i = 0; i < 3; i++) {
            assertEquals(1, io.selector.select());
            assertEquals(OP_ACCEPT, key.readyOps());
            io.selector.selectedKeys().clear();
            io.closing(listener.accept());
        }
        assertEquals(0, io.selector.selectNow());
    }

    @Test
    void selectorIsUsableFromSeveralThreadsInTurn() throws Exception {
        io.readable(io.selector);
        for (int i = 0; i < 5; i++) {
            assertEquals(1, io.run(io.selector::selectNow).get());
            io.selector.selectedKeys().clear();
        }
    }
}
