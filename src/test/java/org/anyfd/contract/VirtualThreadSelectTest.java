package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Selections by virtual threads: they end as others do, and those that wait do not keep others from running. */
@Bounded
@EnabledForJreRange(minVersion = 25)
class VirtualThreadSelectTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    private <T> Selecting.Task<T> runVirtual(Callable<T> body) throws ReflectiveOperationException {
        FutureTask<T> future = new FutureTask<>(body);
        Thread thread = (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, future);
        return io.watch(thread, future);
    }

    @ParameterizedTest
    @EnumSource(value = SelectForm.class, mode = Mode.MATCH_NONE, names = "NOW.*")
    void wakeupEndsTheWait(SelectForm form) throws Exception {
        Selecting.Task<Integer> select = runVirtual(() -> form.on(io.selector));
        select.awaitSelecting();
        assertFalse(select.future().isDone());
        io.selector.wakeup();
        assertEquals(0, select.get());
    }

    @ParameterizedTest
    @EnumSource(value = SelectForm.class, mode = Mode.MATCH_NONE, names = "NOW.*")
    void dataEndsTheWait(SelectForm form) throws Exception {
        Pipe pipe = io.pipe();
        pipe.source().register(io.selector, OP_READ);
        Selecting.Task<Integer> select = runVirtual(() -> form.on(io.selector));
        select.awaitSelecting();
        put(pipe.sink(), 1);
        assertEquals(1, select.get());
    }

    @Test
    void interruptEndsTheWait() throws Exception {
        Selecting.Task<Boolean> select = runVirtual(() -> {
            assertEquals(0, io.selector.select());
            return Thread.interrupted();
        });
        select.awaitSelecting();
        select.thread().interrupt();
        assertTrue(select.get(), "interrupt status kept");
        assertTrue(io.selector.isOpen());
    }

    @Test
    void closeEndsTheWait() throws Exception {
        Selecting.Task<Integer> select = runVirtual(io.selector::select);
        select.awaitSelecting();
        io.selector.close();
        assertEquals(0, select.get());
        assertThrowsExactly(ClosedSelectorException.class, io.selector::select);
    }

    @Test
    void timeoutEndsTheWaitNotTooEarly() throws Exception {
        runVirtual(() -> {
            long start = System.nanoTime();
            assertEquals(0, io.selector.select(60));
            Selecting.assertTimedOut(start, 60);
            return null;
        }).get();
    }

    /** Far more of them than there are carriers: if a wait kept its carrier, the last ones would never begin. */
    @Test
    void manyWaitAtOnceAndOthersStillRun() throws Exception {
        int count = 4 * Runtime.getRuntime().availableProcessors() + 8;
        List<Selector> selectors = new ArrayList<>();
        List<Selecting.Task<Integer>> selects = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Selector selector = io.selector();
            selectors.add(selector);
            selects.add(runVirtual(selector::select));
        }
        for (Selecting.Task<Integer> select : selects) {
            select.awaitSelecting();
            assertFalse(select.future().isDone());
        }
        runVirtual(() -> {
            selectors.forEach(Selector::wakeup);
            return null;
        }).get();
        for (Selecting.Task<Integer> select : selects) {
            assertEquals(0, select.get());
        }
    }
}
