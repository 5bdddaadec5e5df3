package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.anyfd.contract.Selecting.assertTimedOut;
import static org.anyfd.contract.Selecting.drain;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** An interrupt ends a blocking selection and closes nothing. */
@Bounded
class InterruptTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    @AfterEach
    void clearInterrupt() {
        Thread.interrupted();
    }

    @ParameterizedTest
    @EnumSource(SelectForm.class)
    void interruptBeforeSelectEndsIt(SelectForm form) throws IOException {
        SelectionKey key = io.silent(io.selector);
        Thread.currentThread().interrupt();
        assertEquals(0, form.on(io.selector));
        assertTrue(Thread.interrupted(), "interrupt status kept");
        assertTrue(io.selector.isOpen());
        assertTrue(key.isValid());
        assertTrue(key.channel().isOpen());
    }

    @ParameterizedTest
    @EnumSource(value = SelectForm.class, mode = Mode.MATCH_NONE, names = "NOW.*")
    void interruptDuringSelectEndsIt(SelectForm form) throws Exception {
        SelectionKey key = io.silent(io.selector);
        AtomicBoolean status = new AtomicBoolean();
        Selecting.Task<Integer> select = io.run(() -> {
            int count = form.on(io.selector);
            status.set(Thread.interrupted());
            return count;
        });
        select.awaitSelecting();
        assertFalse(select.future().isDone());
        select.thread().interrupt();
        assertEquals(0, select.get());
        assertTrue(status.get(), "interrupt status kept");
        assertTrue(io.selector.isOpen());
        assertTrue(key.channel().isOpen());
    }

    @Test
    void interruptIsSticky() throws IOException {
        Thread.currentThread().interrupt();
        for (int i = 0; i < 5; i++) {
            assertEquals(0, io.selector.select());
        }
        assertTrue(Thread.interrupted());
    }

    @ParameterizedTest
    @EnumSource(value = SelectForm.class, mode = Mode.MATCH_NONE, names = "NOW.*")
    void selectWaitsOnceTheInterruptIsCleared(SelectForm form) throws IOException {
        Thread.currentThread().interrupt();
        assertEquals(0, form.on(io.selector));
        assertTrue(Thread.interrupted());
        long start = System.nanoTime();
        assertEquals(0, io.selector.select(60));
        boolean jdksOwn = io.selector.provider().getClass().getName().startsWith("sun.nio.ch.");
        if (!jdksOwn && Runtime.version().feature() < 23 && Selecting.millisSince(start) < 59) {
            // anyfd's look for interrupts that these JDKs deliver too early may have come upon this one.
            start = System.nanoTime();
            assertEquals(0, io.selector.select(60));
        }
        assertTimedOut(start, 60);
    }

    @Test
    void interruptedThreadStillFindsReadyKeys() throws IOException {
        SelectionKey key = io.readable(io.selector);
        Thread.currentThread().interrupt();
        assertEquals(1, io.selector.select());
        assertEquals(Set.of(key), io.selector.selectedKeys());
        assertEquals(1, io.selector.select(k -> {}));
        assertTrue(Thread.interrupted());
    }

    @Test
    void selectNowIgnoresTheInterrupt() throws IOException {
        SelectionKey key = io.readable(io.selector);
        Thread.currentThread().interrupt();
        assertEquals(1, io.selector.selectNow());
        assertEquals(Set.of(key), io.selector.selectedKeys());
        assertTrue(Thread.interrupted());
    }

    @Test
    void selectNowUnderInterruptLeavesNoWakeup() throws IOException {
        Thread.currentThread().interrupt();
        assertEquals(0, io.selector.selectNow());
        assertTrue(Thread.interrupted());
        long start = System.nanoTime();
        assertEquals(0, io.selector.select(60));
        assertTimedOut(start, 60);
    }

    @Test
    void interruptAfterSelectDoesNotReachTheSelector() throws Exception {
        io.selector.wakeup();
        io.selector.select();
        Thread.currentThread().interrupt();
        assertTrue(Thread.interrupted());
        long start = System.nanoTime();
        assertEquals(0, io.selector.select(60));
        assertTimedOut(start, 60);
    }

    @Test
    void interruptStormLosesNoData() throws Exception {
        int total = 2_000;
        Pipe pipe = io.pipe();
        pipe.source().register(io.selector, OP_READ);
        AtomicInteger received = new AtomicInteger();
        Selecting.Task<Void> reader = io.run(() -> {
            while (received.get() < total) {
                io.selector.select();
                Thread.interrupted();
                io.selector.selectedKeys().clear();
                received.addAndGet(drain(pipe.source()));
            }
            return null;
        });
        for (int sent = 0; sent < total; sent++) {
            reader.thread().interrupt();
            put(pipe.sink(), 1);
            reader.thread().interrupt();
        }
        reader.get();
        assertEquals(total, received.get());
        assertTrue(pipe.source().isOpen());
    }
}
