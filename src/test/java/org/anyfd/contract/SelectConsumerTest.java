package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The selections that hand each ready key to an action instead of adding it to the selected-key set. */
@Bounded
class SelectConsumerTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    @Test
    void actionGetsEachReadyKeyOnce() throws IOException {
        Set<SelectionKey> ready = Set.of(io.readable(io.selector), io.readable(io.selector));
        io.silent(io.selector);
        List<SelectionKey> seen = new ArrayList<>();
        assertEquals(2, io.selector.select(seen::add, 10_000));
        assertEquals(2, seen.size());
        assertEquals(ready, new HashSet<>(seen));
    }

    @Test
    void actionRunsInTheSelectingThread() throws IOException {
        io.readable(io.selector);
        AtomicReference<Thread> actor = new AtomicReference<>();
        io.selector.select(key -> actor.set(Thread.currentThread()));
        assertSame(Thread.currentThread(), actor.get());
    }

    @Test
    void actionIsNotCalledWhenNothingIsReady() throws IOException {
        io.silent(io.selector);
        List<SelectionKey> seen = new ArrayList<>();
        assertEquals(0, io.selector.selectNow(seen::add));
        assertEquals(0, io.selector.select(seen::add, 20));
        assertTrue(seen.isEmpty());
    }

    @Test
    void actionSeesTheReadySet() throws IOException {
        Selecting.Connection tcp = io.tcp();
        put(tcp.far(), 1);
        Selecting.awaitReady(tcp.near(), OP_READ);
        tcp.near().register(io.selector, OP_READ | OP_WRITE);
        List<Integer> ready = new ArrayList<>();
        assertEquals(1, io.selector.selectNow(key -> ready.add(key.readyOps())));
        assertEquals(List.of(OP_READ | OP_WRITE), ready);
    }

    @Test
    void actionSeesOnlyWhatIsReadyNow() throws IOException {
        Selecting.Connection tcp = io.tcp();
        put(tcp.far(), 1);
        SelectionKey key = tcp.near().register(io.selector, OP_READ);
        assertEquals(1, io.selector.select(k -> assertEquals(OP_READ, k.readyOps())));
        key.interestOps(OP_WRITE);
        assertEquals(1, io.selector.select(k -> assertEquals(OP_WRITE, k.readyOps())));
    }

    @Test
    void selectedKeySetStaysEmpty() throws IOException {
        io.readable(io.selector);
        assertEquals(1, io.selector.select(key -> assertTrue(io.selector.selectedKeys().isEmpty())));
        assertTrue(io.selector.selectedKeys().isEmpty());
    }

    @Test
    void keyAlreadySelectedIsDeliveredAndStaysSelected() throws IOException {
        SelectionKey key = io.readable(io.selector);
        assertEquals(1, io.selector.select());
        List<SelectionKey> seen = new ArrayList<>();
        assertEquals(1, io.selector.select(seen::add));
        assertEquals(List.of(key), seen);
        assertEquals(Set.of(key), io.selector.selectedKeys());
    }

    @Test
    void undrainedKeyIsDeliveredEveryTime() throws IOException {
        io.readable(io.selector);
        for (int i = 0; i < 5; i++) {
            assertEquals(1, io.selector.select(key -> {}));
        }
    }

    @ParameterizedTest
    @EnumSource(SelectForm.class)
    void nestedSelectionIsRefused(SelectForm form) throws IOException {
        io.readable(io.selector);
        List<Throwable> refusals = new ArrayList<>();
        assertEquals(1, io.selector.select(key -> refusals.add(
            assertThrowsExactly(IllegalStateException.class, () -> form.on(io.selector)))));
        assertEquals(1, refusals.size());
        assertEquals(1, io.selector.selectNow(), "the selector is none the worse for it");
    }

    @Test
    void anotherSelectorMayBeSelectedInside() throws IOException {
        io.readable(io.selector);
        var other = io.selector();
        io.readable(other);
        List<Integer> counts = new ArrayList<>();
        io.selector.select(quietly(key -> counts.add(other.selectNow())));
        assertEquals(List.of(1), counts);
    }

    @Test
    void closingTheSelectorInsideEndsTheSelection() throws IOException {
        SelectionKey key = io.readable(io.selector);
        io.readable(io.selector);
        List<SelectionKey> seen = new ArrayList<>();
        assertThrowsExactly(ClosedSelectorException.class, () -> io.selector.select(quietly(k -> {
            seen.add(k);
            io.selector.close();
        })));
        assertEquals(1, seen.size(), "no key is delivered by a closed selector");
        assertFalse(io.selector.isOpen());
        assertFalse(key.isValid());
        assertTrue(key.channel().isOpen());
    }

    @Test
    void exceptionOfTheActionPropagatesAndKeysComeAgain() throws IOException {
        Set<SelectionKey> ready = Set.of(io.readable(io.selector), io.readable(io.selector), io.readable(io.selector));
        RuntimeException thrown = new IllegalArgumentException("of the action");
        List<SelectionKey> before = new ArrayList<>();
        assertSame(thrown, assertThrowsExactly(IllegalArgumentException.class, () -> io.selector.select(key -> {
            before.add(key);
            throw thrown;
        })));
        assertEquals(1, before.size());
        Set<SelectionKey> after = new HashSet<>();
        assertEquals(3, io.selector.select(after::add, 10_000));
        assertEquals(ready, after);
    }

    @Test
    void errorOfTheActionPropagates() throws IOException {
        io.readable(io.selector);
        Error thrown = new StackOverflowError("of the action");
        assertSame(thrown, assertThrowsExactly(StackOverflowError.class, () -> io.selector.select(key -> {
            throw thrown;
        })));
        assertEquals(1, io.selector.select(key -> {}));
    }

    @Test
    void keyCancelledByAnEarlierActionIsStillDelivered() throws IOException {
        List<SelectionKey> keys = List.of(io.readable(io.selector), io.readable(io.selector));
        List<SelectionKey> seen = new ArrayList<>();
        assertEquals(2, io.selector.select(key -> {
            seen.add(key);
            keys.forEach(SelectionKey::cancel);
        }));
        assertEquals(Set.copyOf(keys), Set.copyOf(seen));
        assertThrowsExactly(CancelledKeyException.class, seen.get(1)::isReadable);
        assertEquals(0, io.selector.select(seen::add, 20));
        assertTrue(io.selector.keys().isEmpty());
    }

    @Test
    void channelClosedByAnEarlierActionIsDeliveredInvalid() throws IOException {
        List<SelectionKey> keys = List.of(io.readable(io.selector), io.readable(io.selector));
        List<Boolean> valid = new ArrayList<>();
        assertEquals(2, io.selector.select(quietly(key -> {
            valid.add(key.isValid());
            for (SelectionKey each : keys) {
                each.channel().close();
            }
        })));
        assertEquals(List.of(true, false), valid);
        assertEquals(0, io.selector.selectNow());
    }

    @Test
    void keyCancelledInItsOwnActionIsGoneNextTime() throws IOException {
        SelectionKey key = io.readable(io.selector);
        assertEquals(1, io.selector.select(SelectionKey::cancel));
        assertEquals(0, io.selector.selectNow());
        assertNull(key.channel().keyFor(io.selector));
    }

    @Test
    void channelRegisteredInsideIsSelectedNextTime() throws IOException {
        io.readable(io.selector);
        Pipe late = io.pipe();
        put(late.sink(), 1);
        List<SelectionKey> seen = new ArrayList<>();
        assertEquals(1, io.selector.select(quietly(key -> {
            seen.add(key);
            assertNotNull(late.source().register(io.selector, OP_READ));
        })));
        assertEquals(1, seen.size());
        assertEquals(2, io.selector.selectNow(seen::add));
        assertTrue(seen.contains(late.source().keyFor(io.selector)));
    }

    @Test
    void interestChangedInsideCountsNextTime() throws IOException {
        io.readable(io.selector);
        assertEquals(1, io.selector.select(key -> key.interestOps(0)));
        assertEquals(0, io.selector.selectNow());
    }

    @Test
    void interestOfALaterKeyChangedInsideTakesEffectAtOnceOrNextTime() throws IOException {
        List<SelectionKey> keys = List.of(io.readable(io.selector), io.readable(io.selector));
        int count = io.selector.select(key -> keys.forEach(each -> each.interestOps(0)));
        assertTrue(count == 1 || count == 2, () -> "count " + count);
        assertEquals(0, io.selector.selectNow(key -> {}));
    }

    @Test
    void wakeupInsideEndsTheNextSelection() throws IOException {
        SelectionKey key = io.readable(io.selector);
        assertEquals(1, io.selector.select(k -> io.selector.wakeup()));
        key.interestOps(0);
        assertEquals(0, io.selector.select(k -> {}));
    }

    @Test
    void nullActionIsRejectedBeforeTheTimeout() throws IOException {
        List<Executable> calls = List.of(
            () -> io.selector.select((Consumer<SelectionKey>) null),
            () -> io.selector.select(null, 100),
            () -> io.selector.select(null, -1),
            () -> io.selector.selectNow(null));
        for (Executable call : calls) {
            assertThrowsExactly(NullPointerException.class, call);
        }
        io.selector.close();
        for (Executable call : calls) {
            assertThrowsExactly(NullPointerException.class, call);
        }
    }

    @Test
    void negativeTimeoutIsRejectedWithoutCallingTheAction() throws IOException {
        io.readable(io.selector);
        List<SelectionKey> seen = new ArrayList<>();
        assertThrowsExactly(IllegalArgumentException.class, () -> io.selector.select(seen::add, -1));
        assertTrue(seen.isEmpty());
    }

    /** An action that does I/O. */
    private interface IoAction {
        void accept(SelectionKey key) throws IOException;
    }

    private static Consumer<SelectionKey> quietly(IoAction action) {
        return key -> {
            try {
                action.accept(key);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }
}
