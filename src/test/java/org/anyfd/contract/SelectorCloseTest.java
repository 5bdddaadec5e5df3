package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Closing a selector ends its selections, frees its keys and leaves the channels alone. */
@Bounded
class SelectorCloseTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    @Test
    void closeIsIdempotent() throws IOException {
        io.selector.close();
        assertFalse(io.selector.isOpen());
        io.selector.close();
        assertFalse(io.selector.isOpen());
    }

    @Test
    void severalThreadsMayClose() throws Exception {
        for (int i = 0; i < 50; i++) {
            Selector victim = Selector.open();
            io.silent(victim);
            List<Selecting.Task<Void>> closers = new ArrayList<>();
            for (int j = 0; j < 3; j++) {
                closers.add(io.run(() -> {
                    victim.close();
                    return null;
                }));
            }
            for (Selecting.Task<Void> closer : closers) {
                closer.get();
            }
            assertFalse(victim.isOpen());
        }
    }

    @ParameterizedTest
    @EnumSource(SelectForm.class)
    void closedSelectorDoesNotSelect(SelectForm form) throws IOException {
        io.readable(io.selector);
        io.selector.close();
        assertThrowsExactly(ClosedSelectorException.class, () -> form.on(io.selector));
    }

    @Test
    void closedSelectorHasNoKeySets() throws IOException {
        io.selector.close();
        assertThrowsExactly(ClosedSelectorException.class, io.selector::keys);
        assertThrowsExactly(ClosedSelectorException.class, io.selector::selectedKeys);
    }

    @Test
    void closedSelectorStillChecksArgumentsFirst() throws IOException {
        io.selector.close();
        assertThrowsExactly(IllegalArgumentException.class, () -> io.selector.select(-1));
        assertThrowsExactly(IllegalArgumentException.class, () -> io.selector.select(key -> {}, -1));
    }

    @Test
    void closedSelectorKeepsItsProvider() throws IOException {
        var provider = io.selector.provider();
        io.selector.close();
        assertSame(provider, io.selector.provider());
    }

    @ParameterizedTest
    @EnumSource(value = SelectForm.class, mode = Mode.MATCH_NONE, names = "NOW.*")
    void closeEndsTheWait(SelectForm form) throws Exception {
        io.silent(io.selector);
        Selecting.Task<Integer> select = io.run(() -> form.on(io.selector));
        select.awaitSelecting();
        assertFalse(select.future().isDone());
        io.selector.close();
        assertEquals(0, select.get());
        assertFalse(io.selector.isOpen());
    }

    @Test
    void closeRefusesTheSelectionThatWaitsForItsTurn() throws Exception {
        Selecting.Task<Integer> first = io.run(io.selector::select);
        first.awaitSelecting();
        Selecting.Task<Integer> second = io.run(io.selector::select);
        second.awaitMonitor();
        io.selector.close();
        assertEquals(0, first.get());
        assertThrowsExactly(ClosedSelectorException.class, second::get);
    }

    @Test
    void interruptedThreadMayClose() throws Exception {
        SelectionKey key = io.silent(io.selector);
        Selecting.Task<Integer> select = io.run(io.selector::select);
        select.awaitSelecting();
        Thread.currentThread().interrupt();
        io.selector.close();
        assertTrue(Thread.interrupted(), "interrupt status kept");
        assertEquals(0, select.get());
        assertTrue(key.channel().isOpen());
    }

    @Test
    void closeInvalidatesKeysAndKeepsChannels() throws IOException {
        SelectionKey silent = io.silent(io.selector);
        SelectionKey ready = io.readable(io.selector);
        assertEquals(1, io.selector.selectNow());
        io.selector.close();
        for (SelectionKey key : List.of(silent, ready)) {
            assertFalse(key.isValid());
            assertTrue(key.channel().isOpen());
            assertFalse(key.channel().isRegistered());
            assertNull(key.channel().keyFor(io.selector));
            assertSame(io.selector, key.selector());
            assertThrowsExactly(CancelledKeyException.class, key::readyOps);
            assertThrowsExactly(CancelledKeyException.class, key::interestOps);
            key.cancel();
        }
    }

    @Test
    void closeOfASelectorWithCancelledKeysFreesThem() throws IOException {
        SelectionKey key = io.silent(io.selector);
        key.cancel();
        io.selector.close();
        assertFalse(key.channel().isRegistered());
        assertNull(key.channel().keyFor(io.selector));
    }

    @Test
    void setsObtainedBeforeAreEmptied() throws IOException {
        io.readable(io.selector);
        Set<SelectionKey> keys = io.selector.keys();
        Set<SelectionKey> selected = io.selector.selectedKeys();
        assertEquals(1, io.selector.selectNow());
        io.selector.close();
        assertTrue(keys.isEmpty());
        assertTrue(selected.isEmpty());
    }

    @Test
    void channelsOfAClosedSelectorWorkOn() throws IOException {
        Pipe pipe = io.pipe();
        pipe.source().register(io.selector, OP_READ);
        io.selector.close();
        put(pipe.sink(), 4);
        Selector next = io.selector();
        SelectionKey key = pipe.source().register(next, OP_READ);
        assertEquals(1, next.selectNow());
        assertEquals(OP_READ, key.readyOps());
        key.cancel();
        next.close();
        pipe.source().configureBlocking(true);
        assertEquals(4, pipe.source().read(ByteBuffer.allocate(8)));
    }

    @Test
    void registerWithAClosedSelectorIsRefused() throws IOException {
        Pipe pipe = io.pipe();
        io.selector.close();
        assertThrowsExactly(ClosedSelectorException.class, () -> pipe.source().register(io.selector, OP_READ));
        assertThrowsExactly(ClosedSelectorException.class, () -> pipe.source().register(io.selector, 0));
        assertFalse(pipe.source().isRegistered());
        assertNull(pipe.source().keyFor(io.selector));
        pipe.source().configureBlocking(true);
    }

    /** The last reference to the open file is the closed selector's. */
    @Test
    void closedChannelIsReallyClosedWithItsSelector() throws IOException {
        Pipe pipe = io.pipe();
        pipe.sink().register(io.selector, SelectionKey.OP_WRITE);
        pipe.sink().close();
        io.selector.close();
        assertEquals(-1, pipe.source().read(ByteBuffer.allocate(1)));
    }

    @Test
    void closeOfOneSelectorLeavesTheChannelInTheOther() throws IOException {
        Selector other = io.selector();
        Pipe pipe = io.pipe();
        pipe.source().register(io.selector, OP_READ);
        SelectionKey kept = pipe.source().register(other, OP_READ);
        io.selector.close();
        put(pipe.sink(), 1);
        assertTrue(kept.isValid());
        assertSame(kept, pipe.source().keyFor(other));
        assertEquals(1, other.selectNow());
    }

    @Test
    void closeWaitsForTheActionThatRuns() throws Exception {
        io.readable(io.selector);
        CountDownLatch inAction = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Selecting.Task<String> select = io.run(() -> {
            try {
                return "selected " + io.selector.select(key -> {
                    inAction.countDown();
                    awaitQuietly(release);
                });
            } catch (ClosedSelectorException e) {
                return "closed";
            }
        });
        awaitQuietly(inAction);
        Selecting.Task<Void> close = io.run(() -> {
            io.selector.close();
            return null;
        });
        close.awaitMonitor();
        assertFalse(io.selector.isOpen());
        release.countDown();
        close.get();
        assertEquals("closed", select.get());
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertTrue(latch.await(Selecting.PATIENCE_SECONDS, java.util.concurrent.TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The JDK of before version 25 may fail with a NullPointerException here. */
    @Test
    void registerMayRaceWithClose() throws Exception {
        for (int i = 0; i < 200; i++) {
            Selector victim = Selector.open();
            Pipe pipe = io.pipe();
            Selecting.Task<Void> register = io.run(() -> {
                try {
                    pipe.source().register(victim, OP_READ);
                } catch (ClosedSelectorException | ClosedChannelException expected) {
                    assertFalse(victim.isOpen());
                }
                return null;
            });
            try {
                victim.close();
            } catch (NullPointerException e) {
                assertTrue(Runtime.version().feature() < 25, "close failed");
            }
            register.get();
            pipe.source().close();
            pipe.sink().close();
            assertFalse(victim.isOpen());
        }
    }
}
