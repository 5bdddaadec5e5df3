package org.anyfd;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.ExtendedOps.EDGE;
import static org.anyfd.ExtendedOps.ONESHOT;
import static org.anyfd.ExtendedOps.PEER_CLOSED;
import static org.anyfd.ExtendedOps.PRIORITY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.anyfd.fd.FdChannel;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Keys that are reported once: for each edge, or until their interest is set again. */
@Bounded
@ParameterizedClass
@EnumSource(Form.class)
class DeliveryTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private final Form form;
    private Selector selector;
    private TcpPair tcp;

    DeliveryTest(Form form) {
        this.form = form;
    }

    @BeforeEach
    void open() throws IOException {
        selector = fds.closing(Selector.open());
        tcp = fds.closing(TcpPair.open());
    }

    private static void assumeEdges() {
        assumeFalse("poll".equals(System.getProperty("org.anyfd.poller")), "poll(2) has no edges");
    }

    private SelectionKey key(SelectableChannel channel, int ops) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, 0).interestOps(ops);
    }

    private void send() throws IOException {
        tcp.send("x");
        tcp.awaitEvents(Consts.POLLIN);
    }

    private void assertReady(SelectionKey key, int ops) throws IOException {
        assertEquals(Map.of(key, ops), form.await(selector));
    }

    private void assertNothing() throws IOException {
        assertEquals(Map.of(), form.look(selector));
    }

    // -- Edges --

    @Test
    void edgeIsReportedOnce() throws IOException {
        assumeEdges();
        SelectionKey key = key(tcp.near(), OP_READ | EDGE);
        assertNothing();
        send();
        assertReady(key, OP_READ);
        assertNothing();
        assertNothing();
        send();
        assertReady(key, OP_READ);
        assertEquals("xx", tcp.received());
        assertNothing();
        tcp.far().shutdownOutput();
        assertReady(key, OP_READ);
        assertNothing();
    }

    @Test
    void changedInterestReportsAnewWhatThereIs() throws IOException {
        assumeEdges();
        send();
        SelectionKey key = key(tcp.near(), OP_READ | EDGE);
        assertReady(key, OP_READ);
        key.interestOpsOr(OP_WRITE);
        assertReady(key, OP_READ | OP_WRITE);
        assertNothing();
        key.interestOps(key.interestOps());
        assertNothing();
        key.interestOps(0);
        assertNothing();
        key.interestOps(OP_READ | EDGE);
        assertReady(key, OP_READ);
        assertNothing();
        key.interestOpsAnd(~EDGE);
        assertReady(key, OP_READ);
        assertReady(key, OP_READ);
        key.interestOpsOr(EDGE);
        assertReady(key, OP_READ);
        assertNothing();
    }

    /** A socket that servers' habits have brought to be watched edge-triggered behind the program's back. */
    @Test
    void modesTakeOverFromTheAdaptiveStrategy() throws IOException {
        assumeEdges();
        SelectionKey key = key(tcp.near(), OP_READ);
        for (int mode : List.of(EDGE, ONESHOT, EDGE | ONESHOT, PEER_CLOSED)) {
            for (int i = 0; i < 100; i++) {
                assertNothing();
                key.interestOps(0);
                assertNothing();
                key.interestOps(OP_READ);
            }
            send();
            assertReady(key, OP_READ);
            assertReady(key, OP_READ);
            key.interestOps(OP_READ | mode);
            assertReady(key, OP_READ);
            if (mode != PEER_CLOSED) {
                assertNothing();
            }
            key.interestOps(OP_READ);
            assertReady(key, OP_READ);
            assertReady(key, OP_READ);
            assertEquals("x", tcp.received());
            assertNothing();
        }
    }

    /** These modes have the kernel watch just what the adaptive strategy does. */
    @Test
    void adaptiveStrategyReportsWhatTheModesBeforeHadReported() throws IOException {
        assumeEdges();
        SelectionKey key = key(tcp.near(), OP_READ);
        assertNothing();
        key.interestOps(0);
        assertNothing();
        key.interestOps(OP_READ | EDGE | PRIORITY | PEER_CLOSED);
        send();
        assertReady(key, OP_READ);
        assertNothing();
        key.interestOps(OP_READ);
        assertReady(key, OP_READ);
        assertReady(key, OP_READ);
        assertEquals("x", tcp.received());
        assertNothing();
    }

    @Test
    void keyOfAnAdaptiveSocketThatIsRegisteredAnewTakesTheMode() throws IOException {
        SelectionKey key = key(tcp.near(), OP_READ);
        for (int i = 0; i < 10; i++) {
            assertNothing();
            key.cancel();
            assertNothing();
            key = tcp.near().register(selector, OP_READ);
        }
        assertNothing();
        key.cancel();
        assertNothing();
        send();
        key = key(tcp.near(), OP_READ | ONESHOT);
        assertReady(key, OP_READ);
        assertNothing();
        key.interestOps(OP_READ | ONESHOT);
        assertReady(key, OP_READ);
        assertNothing();
    }

    // -- One shot --

    @Test
    void oneShotIsReportedOnceUntilItsInterestIsSet() throws IOException {
        int ops = OP_READ | ONESHOT;
        SelectionKey key = key(tcp.near(), ops);
        assertNothing();
        send();
        assertReady(key, OP_READ);
        assertNothing();
        send();
        assertNothing();
        assertEquals(ops, key.interestOps());
        key.interestOps(ops);
        assertReady(key, OP_READ);
        assertNothing();
        key.interestOpsOr(0);
        assertReady(key, OP_READ);
        assertNothing();
        key.interestOpsAnd(-1);
        assertReady(key, OP_READ);
        assertNothing();
        key.interestOpsAnd(~ONESHOT);
        assertReady(key, OP_READ);
        assertReady(key, OP_READ);
        assertEquals("xx", tcp.received());
        assertNothing();
    }

    @Test
    void oneShotThatHasFiredHearsOfNoError() throws IOException {
        SelectionKey key = key(tcp.near(), OP_READ | ONESHOT);
        send();
        assertReady(key, OP_READ);
        tcp.reset();
        tcp.awaitEvents(Consts.POLLHUP);
        assertNothing();
        key.interestOps(OP_READ | ONESHOT);
        assertReady(key, OP_READ);
        assertEquals("x", tcp.received());
        assertThrows(IOException.class, tcp::received);
    }

    @Test
    void oneShotSetBeforeItFiresFiresOnce() throws IOException {
        SelectionKey key = key(tcp.near(), OP_READ | ONESHOT);
        assertNothing();
        key.interestOps(OP_READ | ONESHOT);
        key.interestOps(OP_READ | ONESHOT);
        send();
        assertReady(key, OP_READ);
        assertNothing();
    }

    /** With poll(2) the last entry moves to the place of the one that goes, whose event must not count for it. */
    @Test
    void oneShotIsReportedOnceThoughAnotherKeyGoesDuringTheWait() throws Exception {
        Raw.Pair pipe = fds.pipe();
        FdChannel same = fds.own(fds.closing(Raw.dup(pipe.first())));
        FdChannel source = fds.own(pipe.first());
        FdChannel sink = fds.own(pipe.second());
        SelectionKey gone = key(same, OP_READ);
        SelectionKey key = key(source, OP_READ | ONESHOT);
        assertNothing();
        Tasks.Task<Map<SelectionKey, Integer>> selecting = fds.run(() -> form.await(selector)).awaitBlocked();
        gone.cancel();
        // Both are ready at once.
        sink.write(ByteBuffer.wrap(new byte[1]));
        assertEquals(Map.of(key, OP_READ), selecting.get());
        assertNothing();
    }

    @Test
    void actionMaySetTheInterest() throws IOException {
        int ops = OP_READ | ONESHOT;
        SelectionKey key = key(tcp.near(), ops);
        send();
        for (int i = 0; i < 3; i++) {
            assertEquals(1, selector.select(each -> each.interestOps(ops), 10_000));
        }
        assertEquals(1, selector.select(each -> { }, 10_000));
        assertNothing();
        assertEquals(ops, key.interestOps());
    }

    @Test
    void oneShotLeftInTheSelectedSetIsNotSeenAgain() throws IOException {
        key(tcp.near(), OP_READ | ONESHOT);
        send();
        assertEquals(1, selector.select(10_000));
        assertEquals(0, selector.selectNow());
        assertEquals(1, selector.selectedKeys().size());
        selector.selectedKeys().clear();
        assertNothing();
    }

    @Test
    void cancelledOneShotLeavesNothing() throws IOException {
        for (int i = 0; i < 5; i++) {
            SelectionKey key = key(tcp.near(), OP_READ | ONESHOT);
            send();
            assertReady(key, OP_READ);
            key.cancel();
            assertNothing();
        }
        SelectionKey plain = tcp.near().register(selector, OP_READ);
        assertReady(plain, OP_READ);
        assertReady(plain, OP_READ);
        tcp.near().close();
        assertNothing();
        try (TcpPair next = TcpPair.open()) {
            SelectionKey key = key(next.near(), OP_READ | ONESHOT);
            next.send("y");
            assertReady(key, OP_READ);
        }
        assertNothing();
    }

    @Test
    void oneShotsOfManyKeysAreEachTheirOwn() throws IOException {
        Map<SelectionKey, TcpPair> pairs = new HashMap<>();
        for (int i = 0; i < 50; i++) {
            TcpPair pair = fds.closing(TcpPair.open());
            pairs.put(key(pair.near(), OP_READ | (i % 2 == 0 ? ONESHOT : 0)), pair);
        }
        for (TcpPair pair : pairs.values()) {
            pair.send("x");
            pair.awaitEvents(Consts.POLLIN);
        }
        assertEquals(50, form.look(selector).size());
        assertEquals(25, form.look(selector).size());
        int n = 0;
        for (SelectionKey key : pairs.keySet()) {
            if (n++ % 3 == 0) {
                key.cancel();
            }
        }
        Set<SelectionKey> again = new HashSet<>();
        for (SelectionKey key : pairs.keySet()) {
            if (key.isValid()) {
                again.add(key);
                key.interestOps(key.interestOps());
            }
        }
        assertEquals(again, form.look(selector).keySet());
    }

    @Test
    void fileThatIsAlwaysReadyIsReportedOnce() throws IOException {
        FdChannel file = fds.own(fds.closing(Raw.memfd()));
        SelectionKey key = key(file, OP_READ | OP_WRITE | ONESHOT);
        assertReady(key, OP_READ | OP_WRITE);
        assertNothing();
        key.interestOps(OP_READ | ONESHOT);
        assertReady(key, OP_READ);
        assertNothing();
        key.interestOps(OP_READ);
        assertReady(key, OP_READ);
        assertReady(key, OP_READ);
        key.interestOps(OP_READ | ONESHOT);
        assertReady(key, OP_READ);
        send();
        SelectionKey other = key(tcp.near(), OP_READ);
        assertReady(other, OP_READ);
        key.cancel();
        assertReady(other, OP_READ);
    }

    @Test
    void fileThatIsAlwaysReadyHasOneEdge() throws IOException {
        assumeEdges();
        FdChannel file = fds.own(fds.closing(Raw.memfd()));
        SelectionKey key = key(file, OP_READ | EDGE);
        assertReady(key, OP_READ);
        assertNothing();
        key.interestOpsOr(OP_WRITE);
        assertReady(key, OP_READ | OP_WRITE);
        assertNothing();
    }

    /** When the kernel has to be told everything anew, because of an entry that it cannot be made to forget. */
    @Test
    void oneShotThatHasFiredStaysSilentThoughAGhostIsLaid() throws IOException {
        SelectionKey fired = key(tcp.near(), OP_READ | ONESHOT);
        TcpPair other = fds.closing(TcpPair.open());
        SelectionKey waiting = key(other.near(), OP_READ | ONESHOT);
        send();
        assertReady(fired, OP_READ);
        Raw.Pair pair = fds.sockets();
        int number = fds.aside(fds.closing(Raw.dup(pair.first())));
        SelectionKey ghost = key(fds.borrow(number), OP_READ);
        assertNothing();
        fds.close(number);
        ghost.cancel();
        assertNothing();
        Raw.write(pair.second(), (byte) 1);
        for (int i = 0; i < 5; i++) {
            assertNothing();
        }
        other.send("x");
        assertReady(waiting, OP_READ);
        assertNothing();
        fired.interestOps(OP_READ | ONESHOT);
        assertReady(fired, OP_READ);
        assertNothing();
    }

    // -- Nothing is lost --

    /** What an action that throws leaves unreported is reported by the next selection, and only that. */
    @Test
    void failingActionLosesNoOtherKey() throws IOException {
        boolean edges = !"poll".equals(System.getProperty("org.anyfd.poller"));
        Set<SelectionKey> left = new HashSet<>();
        for (int i = 0; i < 8; i++) {
            TcpPair pair = fds.closing(TcpPair.open());
            left.add(key(pair.near(), OP_READ | (edges && i % 2 == 0 ? EDGE : ONESHOT)));
            pair.send("x");
            pair.awaitEvents(Consts.POLLIN);
        }
        while (!left.isEmpty()) {
            Set<SelectionKey> told = new HashSet<>();
            assertThrows(IllegalStateException.class, () -> selector.select(key -> {
                told.add(key);
                throw new IllegalStateException("an action that fails");
            }, 10_000));
            assertEquals(1, told.size());
            assertTrue(left.removeAll(told), "told twice");
        }
        assertNothing();
    }

    /** The events of one selection: during the first action the second key's interest goes off, during the third's on. */
    @Test
    void edgeTakenWhileTheInterestWasOffIsReportedWhenItIsOn() throws IOException {
        boolean edges = !"poll".equals(System.getProperty("org.anyfd.poller"));
        for (int mode : edges ? List.of(EDGE, ONESHOT, EDGE | ONESHOT) : List.of(ONESHOT)) {
            List<SelectionKey> keys = new ArrayList<>();
            List<TcpPair> pairs = List.of(TcpPair.open(), TcpPair.open(), TcpPair.open());
            for (TcpPair pair : pairs) {
                keys.add(key(fds.closing(pair).near(), OP_READ | mode));
            }
            assertNothing();
            for (TcpPair pair : pairs) {
                pair.send("x");
                pair.awaitEvents(Consts.POLLIN);
            }
            List<SelectionKey> told = new ArrayList<>();
            selector.select(key -> {
                told.add(key);
                keys.get(1).interestOps(key == keys.get(0) ? mode : OP_READ | mode);
            }, 10_000);
            assertEquals(List.of(keys.get(0), keys.get(2)), told);
            assertReady(keys.get(1), OP_READ);
            assertNothing();
        }
    }

    /** An edge that arrives while the interest is off for a moment is reported when it is on again. */
    @Test
    void noEdgeIsLostToAnInterestThatGoesOffAndOn() throws Exception {
        assumeEdges();
        int count = 3000;
        SelectionKey key = key(tcp.near(), OP_READ | EDGE);
        AtomicBoolean done = new AtomicBoolean();
        Tasks.Task<Void> toggler = fds.run(() -> {
            while (!done.get()) {
                key.interestOpsAnd(~OP_READ);
                Thread.onSpinWait();
                key.interestOpsOr(OP_READ);
                selector.wakeup();
            }
            return null;
        });
        try {
            for (int i = 0; i < count; i++) {
                tcp.send("x");
                String text = "";
                while (text.isEmpty()) {
                    assertEquals(Set.of(key), form.await(selector).keySet(), "after " + i);
                    text = tcp.received();
                }
            }
        } finally {
            done.set(true);
            toggler.get();
        }
    }

    /** One thread selects, others handle; a key is handled by one at a time, and every byte is read. */
    @Test
    void oneShotGivesAKeyToOneHandlerAtATime() throws Exception {
        int connections = 6;
        int bytes = 300;
        int ops = OP_READ | ONESHOT;
        List<TcpPair> pairs = new ArrayList<>();
        AtomicInteger read = new AtomicInteger();
        AtomicBoolean shared = new AtomicBoolean();
        ExecutorService handlers = Executors.newFixedThreadPool(3);
        try {
            for (int i = 0; i < connections; i++) {
                TcpPair pair = fds.closing(TcpPair.open());
                pairs.add(pair);
                pair.near().register(selector, 0, new Object[] {pair, new AtomicBoolean()}).interestOps(ops);
            }
            Tasks.Task<Void> sender = fds.run(() -> {
                for (int i = 0; i < bytes; i++) {
                    for (TcpPair pair : pairs) {
                        pair.send("x");
                    }
                }
                return null;
            });
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Tasks.PATIENCE_SECONDS);
            while (read.get() < connections * bytes && System.nanoTime() < deadline) {
                for (SelectionKey key : form.select(selector, 1000).keySet()) {
                    handlers.execute(() -> handle(key, ops, read, shared));
                }
            }
            sender.get();
            assertEquals(connections * bytes, read.get());
            assertFalse(shared.get(), "two handlers had the same key");
        } finally {
            handlers.shutdown();
            assertTrue(handlers.awaitTermination(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS));
        }
    }

    private void handle(SelectionKey key, int ops, AtomicInteger read, AtomicBoolean shared) {
        Object[] attachment = (Object[]) key.attachment();
        AtomicBoolean busy = (AtomicBoolean) attachment[1];
        try {
            if (!busy.compareAndSet(false, true)) {
                shared.set(true);
            }
            read.addAndGet(((TcpPair) attachment[0]).received().length());
            busy.set(false);
            key.interestOps(ops);
            selector.wakeup();
        } catch (IOException e) {
            shared.set(true);
        }
    }

    @Test
    void selectorClosesWithKeysThatHaveFired() throws IOException {
        SelectionKey key = key(tcp.near(), OP_READ | ONESHOT);
        send();
        assertReady(key, OP_READ);
        selector.close();
        assertFalse(key.isValid());
        assertFalse(tcp.near().isRegistered());
        assertEquals("x", tcp.received());
    }
}
