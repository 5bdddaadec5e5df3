package org.anyfd.contract;

import static org.anyfd.contract.Selecting.assertTimedOut;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Wakeup ends one blocking selection, this or the next one, and is never lost. */
@Bounded
class WakeupTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    @Test
    void wakeupReturnsTheSelector() {
        assertSame(io.selector, io.selector.wakeup());
    }

    @ParameterizedTest
    @EnumSource(SelectForm.class)
    void wakeupBeforeSelectSticks(SelectForm form) throws IOException {
        io.silent(io.selector);
        io.selector.wakeup();
        assertEquals(0, form.on(io.selector));
    }

    @ParameterizedTest
    @EnumSource(SelectForm.class)
    void wakeupIsConsumedByOneSelection(SelectForm form) throws IOException {
        io.selector.wakeup();
        form.on(io.selector);
        assertNextSelectWaits();
    }

    @Test
    void manyWakeupsAreOne() throws IOException {
        for (int i = 0; i < 100; i++) {
            io.selector.wakeup();
        }
        assertEquals(0, io.selector.select());
        assertNextSelectWaits();
    }

    @ParameterizedTest
    @EnumSource(value = SelectForm.class, mode = Mode.MATCH_NONE, names = "NOW.*")
    void wakeupEndsTheWait(SelectForm form) throws Exception {
        io.silent(io.selector);
        Selecting.Task<Integer> select = io.run(() -> form.on(io.selector));
        select.awaitSelecting();
        assertFalse(select.future().isDone());
        io.selector.wakeup();
        assertEquals(0, select.get());
        assertFalse(select.thread().isInterrupted());
    }

    @Test
    void wakeupEndsTheWaitOfASelectorWithoutKeys() throws Exception {
        Selecting.Task<Integer> select = io.run(io.selector::select);
        select.awaitSelecting();
        io.selector.wakeup();
        assertEquals(0, select.get());
    }

    @Test
    void wakeupEndsTheWaitAgainAndAgain() throws Exception {
        for (int i = 0; i < 20; i++) {
            Selecting.Task<Integer> select = io.run(io.selector::select);
            select.awaitSelecting();
            io.selector.wakeup();
            assertEquals(0, select.get());
        }
        assertNextSelectWaits();
    }

    @Test
    void wakeupDoesNotHideReadyKeys() throws IOException {
        SelectionKey key = io.readable(io.selector);
        io.selector.wakeup();
        assertEquals(1, io.selector.select());
        assertEquals(Set.of(key), io.selector.selectedKeys());
    }

    @Test
    void wakeupDoesNotAppearAsAKey() throws IOException {
        io.selector.wakeup();
        assertEquals(0, io.selector.select(key -> {
            throw new AssertionError(key);
        }));
        io.selector.wakeup();
        assertEquals(0, io.selector.select());
        assertTrue(io.selector.keys().isEmpty());
        assertTrue(io.selector.selectedKeys().isEmpty());
    }

    @Test
    void wakeupOfOneSelectorLeavesOthersWaiting() throws IOException {
        Selector other = io.selector();
        other.wakeup();
        assertNextSelectWaits();
        assertEquals(0, other.select());
    }

    @Test
    void wakeupOfAClosedSelectorDoesNothing() throws IOException {
        io.selector.close();
        assertSame(io.selector, io.selector.wakeup());
        Thread.currentThread().interrupt();
        assertSame(io.selector, io.selector.wakeup());
        assertTrue(Thread.interrupted(), "interrupt status kept");
    }

    @Test
    void wakeupByAnInterruptedThreadWakes() throws Exception {
        Selecting.Task<Integer> select = io.run(io.selector::select);
        select.awaitSelecting();
        Thread.currentThread().interrupt();
        io.selector.wakeup();
        assertTrue(Thread.interrupted());
        assertEquals(0, select.get());
    }

    /** Two threads hand a turn back and forth; one wakeup lost and both would wait for ever. */
    @Test
    void noWakeupIsLost() throws Exception {
        int rounds = 4_000;
        Selector other = io.selector();
        AtomicInteger turn = new AtomicInteger();
        Selecting.Task<Void> odd = io.run(() -> {
            for (int i = 1; i < rounds; i += 2) {
                takeTurn(turn, i, other, io.selector);
            }
            return null;
        });
        for (int i = 0; i < rounds; i += 2) {
            takeTurn(turn, i, io.selector, other);
        }
        odd.get();
        assertEquals(rounds, turn.get());
    }

    private static void takeTurn(AtomicInteger turn, int mine, Selector own, Selector next) throws IOException {
        while (turn.get() != mine) {
            own.select();
        }
        turn.incrementAndGet();
        next.wakeup();
    }

    /** A blocking pipe as wakeup channel would stop the waking thread; one byte read per return would cause echoes. */
    @Test
    void stormOfWakeupsNeitherBlocksNorEchoes() throws IOException {
        for (int i = 0; i < 100_000; i++) {
            io.selector.wakeup();
        }
        assertEquals(0, io.selector.select());
        assertNextSelectWaits();
    }

    @Test
    void stormOfWakeupsDuringSelectionsLeavesAtMostOne() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        Selecting.Task<Integer> select = io.run(() -> {
            int returns = 0;
            while (!done.get()) {
                io.selector.select();
                returns++;
            }
            return returns;
        });
        Selecting.Task<Void> helper = io.run(() -> storm(50_000));
        storm(50_000);
        helper.get();
        done.set(true);
        io.selector.wakeup();
        int returns = select.get();
        assertTrue(returns <= 100_001, () -> returns + " returns for 100001 wakeups");
        io.selector.selectNow();
        assertNextSelectWaits();
    }

    private Void storm(int count) {
        for (int i = 0; i < count; i++) {
            io.selector.wakeup();
        }
        return null;
    }

    /** The pipe is likely to get the numbers that the selector had; a late wakeup must not write into it. */
    @Test
    void wakeupThatRacesWithCloseHitsNobodyElse() throws Exception {
        for (int i = 0; i < 300; i++) {
            Selector victim = Selector.open();
            AtomicBoolean go = new AtomicBoolean();
            Selecting.Task<Void> waker = io.run(() -> {
                while (!go.get()) {
                    Thread.onSpinWait();
                }
                for (int j = 0; j < 50; j++) {
                    victim.wakeup();
                }
                return null;
            });
            go.set(true);
            victim.close();
            Pipe canary = io.pipe();
            waker.get();
            assertEquals(0, canary.source().read(ByteBuffer.allocate(8)), "round " + i);
            canary.source().close();
            canary.sink().close();
        }
    }

    private void assertNextSelectWaits() throws IOException {
        long start = System.nanoTime();
        assertEquals(0, io.selector.select(60));
        assertTimedOut(start, 60);
    }
}
