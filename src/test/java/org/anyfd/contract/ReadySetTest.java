package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.contract.Selecting.assertTimedOut;
import static org.anyfd.contract.Selecting.drain;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How ready sets are replaced, merged and counted from one selection to the next. */
@Bounded
class ReadySetTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    private Selecting.Connection tcp;
    private SelectionKey key;

    @BeforeEach
    void connect() throws IOException {
        tcp = io.tcp();
        key = tcp.near().register(io.selector, OP_READ | OP_WRITE);
        assertEquals(1, io.selector.select());
        assertEquals(OP_WRITE, key.readyOps());
    }

    private void makeReadable() throws IOException {
        put(tcp.far(), 1);
        Selecting.awaitReady(tcp.near(), OP_READ);
    }

    @Test
    void newReadinessOfASelectedKeyIsMergedAndCounted() throws IOException {
        makeReadable();
        assertEquals(1, io.selector.select());
        assertEquals(OP_READ | OP_WRITE, key.readyOps());
        assertEquals(1, io.selector.selectedKeys().size());
    }

    @Test
    void unchangedReadinessOfASelectedKeyIsNotCounted() throws IOException {
        assertEquals(0, io.selector.select());
        assertEquals(OP_WRITE, key.readyOps());
        makeReadable();
        assertEquals(1, io.selector.select());
        assertEquals(0, io.selector.select());
        assertEquals(0, io.selector.selectNow());
    }

    @Test
    void readinessUsedUpStaysUntilTheKeyIsRemoved() throws IOException {
        makeReadable();
        assertEquals(1, io.selector.select());
        assertEquals(1, drain(tcp.near()));
        assertEquals(OP_READ | OP_WRITE, key.readyOps());
        assertEquals(0, io.selector.select());
        assertEquals(OP_READ | OP_WRITE, key.readyOps(), "merged, not replaced");
        io.selector.selectedKeys().remove(key);
        assertEquals(OP_READ | OP_WRITE, key.readyOps());
        assertEquals(1, io.selector.select());
        assertEquals(OP_WRITE, key.readyOps(), "replaced");
    }

    @Test
    void readinessOfAKeyThatIsNotSelectedAgainIsKept() throws IOException {
        io.selector.selectedKeys().clear();
        key.interestOps(OP_READ);
        assertEquals(0, io.selector.selectNow());
        assertEquals(OP_WRITE, key.readyOps(), "no selection found it ready since");
    }

    @Test
    void changedInterestLeavesTheReadySetAlone() throws IOException {
        key.interestOps(0);
        assertEquals(OP_WRITE, key.readyOps());
        assertTrue(key.isWritable());
        assertEquals(0, io.selector.selectNow());
        assertEquals(OP_WRITE, key.readyOps());
        key.interestOps(OP_READ);
        assertEquals(OP_WRITE, key.readyOps());
    }

    @Test
    void mergedReadySetKeepsOpsThatAreNoLongerOfInterest() throws IOException {
        makeReadable();
        key.interestOps(OP_READ);
        assertEquals(1, io.selector.select());
        assertEquals(OP_READ | OP_WRITE, key.readyOps());
    }

    @Test
    void onlyOpsOfInterestBecomeReady() throws IOException {
        makeReadable();
        io.selector.selectedKeys().clear();
        key.interestOps(OP_READ);
        assertEquals(1, io.selector.select());
        assertEquals(OP_READ, key.readyOps());
        io.selector.selectedKeys().clear();
        key.interestOps(OP_WRITE);
        assertEquals(1, io.selector.select());
        assertEquals(OP_WRITE, key.readyOps());
    }

    @Test
    void registeringAgainLeavesTheReadySetAlone() throws IOException {
        tcp.near().register(io.selector, OP_READ);
        assertEquals(OP_WRITE, key.readyOps());
    }

    @Test
    void onlyChangedKeysAreCounted() throws IOException {
        SelectionKey other = io.readable(io.selector);
        assertEquals(1, io.selector.select());
        io.readable(io.selector);
        makeReadable();
        assertEquals(2, io.selector.select());
        assertEquals(3, io.selector.selectedKeys().size());
        io.selector.selectedKeys().remove(other);
        assertEquals(1, io.selector.select());
    }

    @Test
    void selectedKeyWithNothingNewDoesNotHideOthers() throws IOException {
        Pipe pipe = io.pipe();
        SelectionKey late = pipe.source().register(io.selector, OP_READ);
        assertEquals(0, io.selector.selectNow());
        put(pipe.sink(), 1);
        assertEquals(1, io.selector.select());
        assertTrue(io.selector.selectedKeys().contains(late));
    }

    @Test
    void selectedKeyThatIsNoLongerReadyDoesNotEndTheWait() throws IOException {
        makeReadable();
        key.interestOps(OP_READ);
        assertEquals(1, io.selector.select());
        drain(tcp.near());
        long start = System.nanoTime();
        assertEquals(0, io.selector.select(60));
        assertTimedOut(start, 60);
        assertTrue(io.selector.selectedKeys().contains(key));
    }

    @Test
    void sameChannelHasAReadySetPerSelector() throws IOException {
        var other = io.selector();
        SelectionKey second = tcp.near().register(other, OP_READ | OP_WRITE);
        assertEquals(0, second.readyOps());
        makeReadable();
        assertEquals(1, other.select());
        assertEquals(OP_READ | OP_WRITE, second.readyOps());
        assertEquals(OP_WRITE, key.readyOps());
    }
}
