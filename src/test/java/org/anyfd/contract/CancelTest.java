package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.contract.Selecting.assertTimedOut;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A cancelled key is dead at once and leaves its selector in the next selection. */
@Bounded
class CancelTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    @Test
    void cancelledKeyStaysUntilTheNextSelection() throws IOException {
        SelectionKey key = io.silent(io.selector);
        key.cancel();
        assertTrue(io.selector.keys().contains(key));
        assertTrue(key.channel().isRegistered());
        assertSame(key, key.channel().keyFor(io.selector));
    }

    @ParameterizedTest
    @EnumSource(SelectForm.class)
    void everySelectionRemovesCancelledKeys(SelectForm form) throws IOException {
        SelectionKey key = io.silent(io.selector);
        io.selector.selectNow();
        key.cancel();
        io.selector.wakeup();
        assertEquals(0, form.on(io.selector));
        assertTrue(io.selector.keys().isEmpty());
        assertFalse(key.channel().isRegistered());
        assertNull(key.channel().keyFor(io.selector));
        assertTrue(key.channel().isOpen());
    }

    @Test
    void cancelledKeyIsNotSelected() throws IOException {
        SelectionKey neverSelected = io.readable(io.selector);
        neverSelected.cancel();
        SelectionKey armed = io.readable(io.selector);
        assertEquals(1, io.selector.selectNow());
        io.selector.selectedKeys().clear();
        armed.cancel();
        assertEquals(0, io.selector.selectNow());
        assertTrue(io.selector.selectedKeys().isEmpty());
    }

    @Test
    void cancelledKeyDoesNotEndTheWait() throws IOException {
        SelectionKey key = io.readable(io.selector);
        io.selector.selectNow();
        key.cancel();
        long start = System.nanoTime();
        assertEquals(0, io.selector.select(60));
        assertTimedOut(start, 60);
    }

    @Test
    void cancelledSelectedKeyLeavesBothSets() throws IOException {
        SelectionKey key = io.readable(io.selector);
        assertEquals(1, io.selector.selectNow());
        key.cancel();
        assertTrue(io.selector.selectedKeys().contains(key));
        assertEquals(0, io.selector.selectNow());
        assertTrue(io.selector.selectedKeys().isEmpty());
        assertTrue(io.selector.keys().isEmpty());
    }

    @Test
    void cancellingWhileIteratingTheSelectedKeysIsFine() throws IOException {
        for (int i = 0; i < 10; i++) {
            io.readable(io.selector);
        }
        assertEquals(10, io.selector.selectNow());
        for (SelectionKey key : io.selector.selectedKeys()) {
            key.cancel();
        }
        assertEquals(0, io.selector.selectNow());
        assertTrue(io.selector.keys().isEmpty());
    }

    @Test
    void registeringBeforeTheKeyIsGoneIsRefused() throws IOException {
        Pipe pipe = io.pipe();
        SelectionKey key = pipe.source().register(io.selector, OP_READ);
        key.cancel();
        assertThrowsExactly(CancelledKeyException.class, () -> pipe.source().register(io.selector, OP_READ));
        assertThrowsExactly(CancelledKeyException.class, () -> pipe.source().register(io.selector, OP_READ, "again"));
        io.selector.selectNow();
        SelectionKey next = pipe.source().register(io.selector, OP_READ, "again");
        assertNotSame(key, next);
        assertFalse(key.isValid());
        assertTrue(next.isValid());
        put(pipe.sink(), 1);
        assertEquals(1, io.selector.selectNow());
        assertEquals(OP_READ, next.readyOps());
    }

    @Test
    void cancelInOneSelectorLeavesTheOthersAlone() throws IOException {
        Selector other = io.selector();
        Pipe pipe = io.pipe();
        SelectionKey gone = pipe.source().register(io.selector, OP_READ);
        SelectionKey kept = pipe.source().register(other, OP_READ);
        gone.cancel();
        assertEquals(0, io.selector.selectNow());
        put(pipe.sink(), 1);
        assertEquals(0, io.selector.selectNow());
        assertEquals(1, other.selectNow());
        assertTrue(kept.isValid());
        assertTrue(pipe.source().isRegistered());
    }

    @Test
    void cancelDoesNotWakeTheSelector() throws Exception {
        SelectionKey key = io.silent(io.selector);
        long start = System.nanoTime();
        Selecting.Task<Integer> select = io.run(() -> io.selector.select(250));
        select.awaitSelecting();
        key.cancel();
        assertEquals(0, select.get());
        assertTimedOut(start, 250);
    }

    @Test
    void keyCancelledDuringSelectIsGoneAfterIt() throws Exception {
        SelectionKey key = io.silent(io.selector);
        Selecting.Task<Integer> select = io.run(io.selector::select);
        select.awaitSelecting();
        io.run(() -> {
            key.cancel();
            return null;
        }).get();
        assertFalse(key.isValid());
        io.selector.wakeup();
        assertEquals(0, select.get());
        assertTrue(io.selector.keys().isEmpty());
        assertNull(key.channel().keyFor(io.selector));
    }

    @Test
    void keyCancelledDuringSelectIsNotSelectedBySocketData() throws Exception {
        Selecting.Connection tcp = io.tcp();
        SelectionKey key = tcp.near().register(io.selector, OP_READ);
        Selecting.Task<Integer> select = io.run(io.selector::select);
        select.awaitSelecting();
        key.cancel();
        put(tcp.far(), 1);
        Selecting.awaitReady(tcp.near(), OP_READ);
        io.selector.wakeup();
        assertEquals(0, select.get());
        assertTrue(io.selector.selectedKeys().isEmpty());
        assertTrue(io.selector.keys().isEmpty());
    }

    @Test
    void channelMayBlockOnceItsKeysAreCancelled() throws Exception {
        Pipe pipe = io.pipe();
        SelectionKey key = pipe.source().register(io.selector, OP_READ);
        io.selector.selectNow();
        assertThrowsExactly(IllegalBlockingModeException.class, () -> pipe.source().configureBlocking(true));
        key.cancel();
        pipe.source().configureBlocking(true);
        Selecting.Task<Integer> read = io.run(() -> pipe.source().read(ByteBuffer.allocate(8)));
        put(pipe.sink(), 5);
        assertEquals(5, read.get());
        put(pipe.sink(), 1);
        assertEquals(0, io.selector.selectNow());
        assertTrue(io.selector.keys().isEmpty());
        assertFalse(pipe.source().isRegistered());
        assertTrue(pipe.source().isBlocking());
        assertEquals(1, pipe.source().read(ByteBuffer.allocate(8)));
    }

    /** What an HTTP server does to hand a connection from its selector to a worker and back. */
    @Test
    void socketMayGoBackAndForthBetweenSelectorAndBlockingIo() throws IOException {
        Selecting.Connection tcp = io.tcp();
        for (int round = 0; round < 20; round++) {
            tcp.near().configureBlocking(false);
            SelectionKey key = tcp.near().register(io.selector, OP_READ);
            put(tcp.far(), 4);
            assertEquals(1, io.selector.select());
            key.cancel();
            tcp.near().configureBlocking(true);
            assertEquals(4, tcp.near().read(ByteBuffer.allocate(8)));
            assertEquals(2, tcp.near().write(ByteBuffer.allocate(2)));
            assertEquals(0, io.selector.selectNow());
        }
        Tcp.readFully(tcp.far(), 40);
        assertEquals(0, Selecting.drain(tcp.far()));
    }

    @Test
    void registeringAndCancellingManyTimesLeavesNothing() throws IOException {
        Pipe pipe = io.pipe();
        put(pipe.sink(), 1);
        for (int i = 0; i < 10_000; i++) {
            SelectionKey key = pipe.source().register(io.selector, OP_READ);
            if (i % 2 == 0) {
                assertEquals(1, io.selector.selectNow());
            }
            key.cancel();
            assertEquals(0, io.selector.selectNow());
        }
        assertTrue(io.selector.keys().isEmpty());
        assertFalse(pipe.source().isRegistered());
    }

    @Test
    void cancelledBeforeItWasEverSelectedLeavesNoTrace() throws IOException {
        Pipe pipe = io.pipe();
        put(pipe.sink(), 1);
        pipe.source().register(io.selector, OP_READ).cancel();
        io.selector.selectNow();
        SelectionKey key = pipe.source().register(io.selector, 0);
        assertEquals(0, io.selector.selectNow());
        key.interestOps(OP_READ);
        assertEquals(1, io.selector.selectNow());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void cancelledListenerKeepsListening(boolean selectedBefore) throws IOException {
        ServerSocketChannel listener = io.listener();
        SelectionKey key = listener.register(io.selector, OP_ACCEPT);
        if (selectedBefore) {
            io.selector.selectNow();
        }
        key.cancel();
        io.closing(SocketChannel.open(listener.getLocalAddress()));
        assertEquals(0, io.selector.selectNow());
        listener.configureBlocking(true);
        assertTrue(io.closing(listener.accept()).isConnected());
    }

    @Test
    void keysOfBothEndsAreIndependent() throws IOException {
        Pipe pipe = io.pipe();
        SelectionKey source = pipe.source().register(io.selector, OP_READ);
        SelectionKey sink = pipe.sink().register(io.selector, OP_WRITE);
        assertEquals(1, io.selector.selectNow());
        sink.cancel();
        put(pipe.sink(), 1);
        assertEquals(1, io.selector.selectNow());
        assertEquals(List.of(source), List.copyOf(io.selector.selectedKeys()));
    }
}
