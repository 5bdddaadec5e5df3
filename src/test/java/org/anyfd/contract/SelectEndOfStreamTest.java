package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.contract.Selecting.drain;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What ends, half-closes and resets look like through a selector. */
@Bounded
class SelectEndOfStreamTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    private static final int BUFFER = 1 << 10;

    private SelectionKey selectOn(Selecting.Connection tcp, int ops) throws IOException {
        SelectionKey key = tcp.near().register(io.selector, ops);
        io.selector.selectNow();
        io.selector.selectedKeys().clear();
        return key;
    }

    @Test
    void peerThatClosesMakesTheSocketReadable() throws IOException {
        Selecting.Connection tcp = io.tcp();
        SelectionKey key = selectOn(tcp, OP_READ);
        tcp.far().close();
        for (int i = 0; i < 3; i++) {
            assertEquals(1, io.selector.select(), "again and again");
            assertEquals(OP_READ, key.readyOps());
            assertEquals(-1, tcp.near().read(ByteBuffer.allocate(BUFFER)));
            io.selector.selectedKeys().clear();
        }
    }

    @Test
    void peerThatShutsItsOutputMakesTheSocketReadable() throws IOException {
        Selecting.Connection tcp = io.tcp();
        SelectionKey key = selectOn(tcp, OP_READ);
        tcp.far().shutdownOutput();
        assertEquals(1, io.selector.select());
        assertEquals(OP_READ, key.readyOps());
        assertEquals(-1, tcp.near().read(ByteBuffer.allocate(BUFFER)));
        key.interestOps(OP_WRITE);
        io.selector.selectedKeys().clear();
        assertEquals(1, io.selector.select());
        assertEquals(OP_WRITE, key.readyOps());
        put(tcp.near(), 5);
        Selecting.awaitReady(tcp.far(), OP_READ);
        assertEquals(5, drain(tcp.far()), "the other direction works on");
    }

    @Test
    void dataBeforeTheEndIsReadFirst() throws IOException {
        Selecting.Connection tcp = io.tcp();
        selectOn(tcp, OP_READ);
        put(tcp.far(), 3);
        tcp.far().close();
        int total = 0;
        int count = 0;
        while (count >= 0) {
            assertEquals(1, io.selector.select());
            io.selector.selectedKeys().clear();
            count = tcp.near().read(ByteBuffer.allocate(1));
            total += Math.max(count, 0);
        }
        assertEquals(3, total);
    }

    @Test
    void endOfStreamIsNotAWritabilityEvent() throws IOException {
        Selecting.Connection tcp = io.tcp();
        Selecting.fill(tcp.near());
        SelectionKey key = tcp.near().register(io.selector, OP_WRITE);
        assertEquals(0, io.selector.selectNow());
        tcp.far().shutdownOutput();
        Selecting.awaitReady(tcp.near(), OP_READ);
        assertEquals(0, io.selector.selectNow());
        assertEquals(0, key.readyOps());
    }

    @Test
    void ownInputShutDownIsReadable() throws IOException {
        Selecting.Connection tcp = io.tcp();
        SelectionKey key = selectOn(tcp, OP_READ);
        tcp.near().shutdownInput();
        assertEquals(1, io.selector.select());
        assertEquals(OP_READ, key.readyOps());
        assertEquals(-1, tcp.near().read(ByteBuffer.allocate(BUFFER)));
    }

    @Test
    void ownOutputShutDownIsNotReadable() throws IOException {
        Selecting.Connection tcp = io.tcp();
        SelectionKey key = selectOn(tcp, OP_READ);
        tcp.near().shutdownOutput();
        assertEquals(0, io.selector.selectNow());
        put(tcp.far(), 2);
        assertEquals(1, io.selector.select());
        assertEquals(OP_READ, key.readyOps());
        assertEquals(2, drain(tcp.near()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bothHalvesMayCloseInEitherOrder(boolean nearFirst) throws IOException {
        Selecting.Connection tcp = io.tcp();
        SelectionKey key = selectOn(tcp, OP_READ);
        if (nearFirst) {
            tcp.near().shutdownOutput();
            Selecting.awaitReady(tcp.far(), OP_READ);
            assertEquals(0, io.selector.selectNow());
            tcp.far().shutdownOutput();
        } else {
            tcp.far().shutdownOutput();
            assertEquals(1, io.selector.select());
            tcp.near().shutdownOutput();
        }
        io.selector.selectedKeys().clear();
        assertEquals(1, io.selector.select());
        assertEquals(OP_READ, key.readyOps());
        assertEquals(-1, tcp.near().read(ByteBuffer.allocate(BUFFER)));
        Selecting.awaitReady(tcp.far(), OP_READ);
        assertEquals(-1, tcp.far().read(ByteBuffer.allocate(BUFFER)));
    }

    /** A reset is an error, and an error makes ready whatever is of interest. */
    @ParameterizedTest
    @ValueSource(ints = {OP_READ, OP_WRITE, OP_READ | OP_WRITE, OP_READ | OP_CONNECT})
    void resetMakesReadyWhateverIsOfInterest(int ops) throws IOException {
        Selecting.Connection tcp = io.tcp();
        tcp.reset();
        Selecting.awaitReady(tcp.near(), OP_READ);
        SelectionKey key = tcp.near().register(io.selector, ops);
        assertEquals(1, io.selector.select());
        assertEquals(ops, key.readyOps());
        assertTrue(key.isValid());
        assertTrue(tcp.near().isOpen());
    }

    @Test
    void resetEndsTheWait() throws Exception {
        Selecting.Connection tcp = io.tcp();
        SelectionKey key = selectOn(tcp, OP_READ);
        Selecting.Task<Integer> select = io.run(io.selector::select);
        select.awaitSelecting();
        tcp.reset();
        assertEquals(1, select.get());
        assertEquals(OP_READ, key.readyOps());
    }

    @Test
    void readerOfAResetSocketGetsTheError() throws IOException {
        Selecting.Connection tcp = io.tcp();
        selectOn(tcp, OP_READ);
        tcp.reset();
        assertEquals(1, io.selector.select());
        assertThrowsExactly(SocketException.class, () -> tcp.near().read(ByteBuffer.allocate(BUFFER)));
        assertTrue(tcp.near().isOpen());
        io.selector.selectedKeys().clear();
        assertEquals(1, io.selector.select(), "readable for ever");
    }

    @Test
    void writerOfAResetSocketGetsTheError() throws IOException {
        Selecting.Connection tcp = io.tcp();
        Selecting.fill(tcp.near());
        SelectionKey key = tcp.near().register(io.selector, OP_WRITE);
        assertEquals(0, io.selector.selectNow());
        tcp.reset();
        assertEquals(1, io.selector.select());
        assertEquals(OP_WRITE, key.readyOps());
        assertThrowsExactly(IOException.class, () -> tcp.near().write(ByteBuffer.allocate(1)));
    }

    @Test
    void pipeWithoutWriterIsReadable() throws IOException {
        Pipe pipe = io.pipe();
        SelectionKey key = pipe.source().register(io.selector, OP_READ);
        assertEquals(0, io.selector.selectNow());
        pipe.sink().close();
        for (int i = 0; i < 3; i++) {
            assertEquals(1, io.selector.select(), "again and again");
            assertEquals(OP_READ, key.readyOps());
            assertEquals(-1, pipe.source().read(ByteBuffer.allocate(1)));
            io.selector.selectedKeys().clear();
        }
    }

    @Test
    void pipeGivesItsDataBeforeTheEnd() throws IOException {
        Pipe pipe = io.pipe();
        put(pipe.sink(), 4);
        pipe.sink().close();
        pipe.source().register(io.selector, OP_READ);
        for (int expected : new int[] {3, 1, -1}) {
            assertEquals(1, io.selector.select());
            io.selector.selectedKeys().clear();
            assertEquals(expected, pipe.source().read(ByteBuffer.allocate(3)));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void pipeWithoutReaderIsWritable(boolean full) throws IOException {
        Pipe pipe = io.pipe();
        if (full) {
            Selecting.fill(pipe.sink());
        }
        SelectionKey key = pipe.sink().register(io.selector, OP_WRITE);
        assertEquals(full ? 0 : 1, io.selector.selectNow());
        io.selector.selectedKeys().clear();
        pipe.source().close();
        assertEquals(1, io.selector.select());
        assertEquals(OP_WRITE, key.readyOps());
        assertThrowsExactly(IOException.class, () -> pipe.sink().write(ByteBuffer.allocate(1)));
    }

    @Test
    void endEndsTheWaitOnAPipe() throws Exception {
        Pipe pipe = io.pipe();
        pipe.source().register(io.selector, OP_READ);
        Selecting.Task<Integer> select = io.run(io.selector::select);
        select.awaitSelecting();
        pipe.sink().close();
        assertEquals(1, select.get());
    }
}
