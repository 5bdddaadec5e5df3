package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A selection holds the monitors of the selector and of its selected-key set; nothing else needs them. */
@Bounded
class SelectorMonitorsTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    @ParameterizedTest
    @EnumSource(value = SelectForm.class, mode = Mode.MATCH_NONE, names = "NOW.*")
    void selectHoldsTheMonitorOfTheSelector(SelectForm form) throws Exception {
        assertHeldDuring(form, io.selector);
    }

    @ParameterizedTest
    @EnumSource(value = SelectForm.class, mode = Mode.MATCH_NONE, names = "NOW.*")
    void selectHoldsTheMonitorOfTheSelectedKeys(SelectForm form) throws Exception {
        assertHeldDuring(form, io.selector.selectedKeys());
    }

    private void assertHeldDuring(SelectForm form, Object monitor) throws Exception {
        Selecting.Task<Integer> select = io.run(() -> form.on(io.selector));
        select.awaitSelecting();
        Selecting.Task<Boolean> enter = io.run(() -> {
            synchronized (monitor) {
                return select.future().isDone() || !select.thread().isAlive();
            }
        });
        enter.awaitMonitor();
        assertFalse(enter.future().isDone());
        io.selector.wakeup();
        assertEquals(0, select.get());
        enter.get();
    }

    @Test
    void actionRunsUnderBothMonitors() throws IOException {
        io.readable(io.selector);
        Set<SelectionKey> selected = io.selector.selectedKeys();
        assertEquals(1, io.selector.select(key -> {
            assertTrue(Thread.holdsLock(io.selector));
            assertTrue(Thread.holdsLock(selected));
        }));
        assertFalse(Thread.holdsLock(io.selector));
        assertFalse(Thread.holdsLock(selected));
    }

    @ParameterizedTest
    @EnumSource(SelectForm.class)
    void selectWaitsForTheMonitorOfTheSelector(SelectForm form) throws Exception {
        assertWaitsFor(io.selector, form);
    }

    @ParameterizedTest
    @EnumSource(SelectForm.class)
    void selectWaitsForTheMonitorOfTheSelectedKeys(SelectForm form) throws Exception {
        assertWaitsFor(io.selector.selectedKeys(), form);
    }

    private void assertWaitsFor(Object monitor, SelectForm form) throws Exception {
        io.readable(io.selector);
        Selecting.Task<Integer> select;
        synchronized (monitor) {
            select = io.run(() -> form.on(io.selector)).awaitMonitor();
        }
        assertEquals(1, select.get());
    }

    @ParameterizedTest
    @EnumSource(SelectForm.class)
    void secondSelectWaitsForTheFirst(SelectForm form) throws Exception {
        Selecting.Task<Integer> first = io.run(io.selector::select);
        first.awaitSelecting();
        Selecting.Task<Integer> second = io.run(() -> form.on(io.selector));
        second.awaitMonitor();
        io.selector.wakeup();
        assertEquals(0, first.get());
        io.selector.wakeup();
        assertEquals(0, second.get());
    }

    @Test
    void nothingElseNeedsTheMonitors() throws Exception {
        Pipe pipe = io.pipe();
        SelectionKey key = io.silent(io.selector);
        Set<SelectionKey> selected = io.selector.selectedKeys();
        synchronized (io.selector) {
            synchronized (selected) {
                io.run(() -> useAll(key, pipe)).get();
            }
        }
    }

    @Test
    void nothingElseWaitsForSelect() throws Exception {
        Pipe pipe = io.pipe();
        SelectionKey key = io.silent(io.selector);
        Selecting.Task<Integer> select = io.run(() -> {
            int count = 0;
            for (int i = 0; i < 2; i++) {
                count += io.selector.select();
            }
            return count;
        });
        select.awaitSelecting();
        io.run(() -> useAll(key, pipe)).get();
        io.selector.wakeup();
        Selecting.await(() -> {
            io.selector.wakeup();
            return select.future().isDone();
        }, "selections ended");
        assertEquals(0, select.get());
    }

    /** Everything a thread may do to a selector without selecting. */
    private Void useAll(SelectionKey key, Pipe pipe) throws IOException {
        assertTrue(io.selector.isOpen());
        assertNotNull(io.selector.provider());
        SelectionKey other = pipe.source().register(io.selector, OP_READ);
        pipe.source().register(io.selector, 0, "again");
        assertEquals(2, io.selector.keys().size());
        assertTrue(io.selector.selectedKeys().isEmpty());
        for (SelectionKey each : io.selector.keys()) {
            each.interestOps(0);
            each.interestOpsOr(OP_READ);
            each.interestOpsAnd(0);
            each.attach("attached");
            assertEquals(0, each.readyOps());
        }
        other.cancel();
        pipe.source().close();
        key.cancel();
        io.selector.wakeup();
        return null;
    }
}
