package org.anyfd;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.ExtendedOps.EDGE;
import static org.anyfd.ExtendedOps.ONESHOT;
import static org.anyfd.ExtendedOps.PEER_CLOSED;
import static org.anyfd.ExtendedOps.PRIORITY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.anyfd.fd.FdChannel;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;

/** Keys that are reported once for each edge; and that nothing is lost of those that are reported once. */
@Bounded
class DeliveryTest extends EachForm {
    private static void assumeEdges() {
        assumeFalse("poll".equals(System.getProperty("org.anyfd.poller")), "poll(2) has no edges");
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
}
