package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.contract.Selecting.assertTimedOut;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The interest set: any thread changes it, atomically, and the next selection heeds it. */
@Bounded
class InterestOpsTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    @Test
    void interestIsWhatWasSet() throws IOException {
        SelectionKey key = io.tcp().near().register(io.selector, 0);
        for (int ops : new int[] {OP_READ, OP_WRITE, OP_CONNECT, OP_READ | OP_WRITE, 13, 0}) {
            assertSame(key, key.interestOps(ops));
            assertEquals(ops, key.interestOps());
        }
    }

    @Test
    void orAndAndReturnTheOldInterest() throws IOException {
        SelectionKey key = io.tcp().near().register(io.selector, OP_READ);
        assertEquals(OP_READ, key.interestOpsOr(OP_WRITE));
        assertEquals(OP_READ | OP_WRITE, key.interestOps());
        assertEquals(OP_READ | OP_WRITE, key.interestOpsOr(0));
        assertEquals(OP_READ | OP_WRITE, key.interestOpsAnd(~OP_READ));
        assertEquals(OP_WRITE, key.interestOps());
        assertEquals(OP_WRITE, key.interestOpsAnd(0));
        assertEquals(0, key.interestOps());
    }

    @ParameterizedTest
    @ValueSource(ints = {OP_ACCEPT, 2, 32, 99, -1, Integer.MIN_VALUE, OP_READ | OP_ACCEPT})
    void opsTheChannelLacksAreRejected(int ops) throws IOException {
        SelectionKey key = io.tcp().near().register(io.selector, OP_READ);
        assertThrowsExactly(IllegalArgumentException.class, () -> key.interestOps(ops));
        assertThrowsExactly(IllegalArgumentException.class, () -> key.interestOpsOr(ops));
        assertEquals(OP_READ, key.interestOps());
    }

    @Test
    void andTakesAnyMask() throws IOException {
        SelectionKey key = io.tcp().near().register(io.selector, OP_READ | OP_WRITE);
        assertEquals(OP_READ | OP_WRITE, key.interestOpsAnd(-1));
        assertEquals(OP_READ | OP_WRITE, key.interestOpsAnd(~OP_ACCEPT));
        assertEquals(OP_READ | OP_WRITE, key.interestOpsAnd(99));
        assertEquals(OP_READ, key.interestOps());
    }

    @Test
    void nextSelectionHeedsTheChange() throws IOException {
        Selecting.Connection tcp = io.tcp();
        put(tcp.far(), 1);
        Selecting.awaitReady(tcp.near(), OP_READ);
        SelectionKey key = tcp.near().register(io.selector, 0);
        int[] steps = {OP_READ, OP_WRITE, OP_READ | OP_WRITE, 0, OP_WRITE, OP_READ};
        for (int ops : steps) {
            key.interestOps(ops);
            assertEquals(ops == 0 ? 0 : 1, io.selector.selectNow(), "interest " + ops);
            if (ops != 0) {
                assertEquals(ops, key.readyOps());
            }
            io.selector.selectedKeys().clear();
        }
    }

    @Test
    void orAndAndAreHeededToo() throws IOException {
        SelectionKey key = io.readable(io.selector);
        key.interestOpsAnd(0);
        assertEquals(0, io.selector.selectNow());
        key.interestOpsOr(OP_READ);
        assertEquals(1, io.selector.selectNow());
    }

    @Test
    void keyIsSilentWhileItsInterestIsEmpty() throws IOException {
        SelectionKey key = io.readable(io.selector);
        key.interestOps(0);
        long start = System.nanoTime();
        assertEquals(0, io.selector.select(60));
        assertTimedOut(start, 60);
        key.interestOps(OP_READ);
        assertEquals(1, io.selector.select());
    }

    @Test
    void interestToggledBackBetweenSelectionsIsAsBefore() throws IOException {
        SelectionKey key = io.readable(io.selector);
        for (int i = 0; i < 10; i++) {
            key.interestOps(0);
            key.interestOps(OP_READ);
            assertEquals(1, io.selector.selectNow());
            io.selector.selectedKeys().clear();
            key.interestOps(0);
            assertEquals(0, io.selector.selectNow());
            key.interestOps(OP_READ);
        }
    }

    /** Of a key that goes off and on a provider may itself note what is left; one that copies reads less than the buffer takes. */
    @Test
    void restOfALargeReadIsReported() throws IOException {
        Selecting.Connection tcp = io.tcp();
        tcp.near().setOption(StandardSocketOptions.SO_RCVBUF, 2 << 20);
        tcp.far().setOption(StandardSocketOptions.SO_SNDBUF, 1 << 20);
        SelectionKey key = tcp.near().register(io.selector, OP_READ);
        for (int i = 0; i < 5; i++) {
            key.interestOps(0);
            assertEquals(0, io.selector.selectNow());
            key.interestOps(OP_READ);
            assertEquals(0, io.selector.selectNow());
        }
        // As much as fits: more than is copied at a time where the system allows such buffers.
        int sent = tcp.far().write(ByteBuffer.allocate(400_000));
        ByteBuffer into = ByteBuffer.allocate(1 << 20);
        while (into.position() < sent) {
            assertEquals(1, io.selector.select(), into.position() + " of " + sent);
            io.selector.selectedKeys().clear();
            assertTrue(tcp.near().read(into) > 0);
        }
        assertEquals(0, io.selector.selectNow());
    }

    /** What frameworks do around each request: mute the key when it fires, restore it when the work is done. */
    @Test
    void mutedKeyHearsDataThatCameMeanwhile() throws IOException {
        Selecting.Connection tcp = io.tcp();
        SelectionKey key = tcp.near().register(io.selector, OP_READ);
        for (int round = 0; round < 50; round++) {
            put(tcp.far(), 2);
            assertEquals(1, io.selector.select(), "round " + round);
            io.selector.selectedKeys().clear();
            key.interestOps(0);
            assertEquals(0, io.selector.selectNow());
            assertEquals(2, Selecting.drain(tcp.near()));
            if (round % 2 == 0) {
                put(tcp.far(), 3);
            }
            key.interestOps(OP_READ);
            if (round % 2 == 0) {
                assertEquals(1, io.selector.select(), "round " + round);
                io.selector.selectedKeys().clear();
                assertEquals(3, Selecting.drain(tcp.near()));
            }
            assertEquals(0, io.selector.selectNow());
        }
    }

    @Test
    void changeDuringSelectDoesNotWaitForIt() throws Exception {
        SelectionKey key = io.silent(io.selector);
        Selecting.Task<Integer> select = io.run(io.selector::select);
        select.awaitSelecting();
        io.run(() -> key.interestOps(0).interestOps(OP_READ).interestOpsAnd(0)).get();
        assertEquals(0, key.interestOps());
        assertTrue(!select.future().isDone());
        io.selector.wakeup();
        assertEquals(0, select.get());
    }

    @Test
    void changeDuringSelectTakesEffectInTheNext() throws Exception {
        SelectionKey key = io.readable(io.selector);
        int unheeded = io.selectMeanwhile(() -> key.interestOps(0), () -> key.interestOps(OP_READ));
        assertEquals(0, unheeded);
        assertEquals(1, io.selector.selectNow());
    }

    @Test
    void changeDuringSelectFollowedByWakeupIsHeeded() throws Exception {
        SelectionKey key = io.readable(io.selector);
        key.interestOps(0);
        Selecting.Task<Integer> select = io.run(() -> {
            int count = io.selector.select();
            return count > 0 ? count : io.selector.select();
        });
        select.awaitSelecting();
        key.interestOps(OP_READ);
        io.selector.wakeup();
        assertEquals(1, select.get());
    }

    /** Every thread counts the flips it made, up and down; a lost update breaks the balance. */
    @Test
    void concurrentOrAndAndLoseNoBit() throws Exception {
        SelectionKey key = io.tcp().near().register(io.selector, 0);
        int[] bits = {OP_READ, OP_WRITE, OP_CONNECT};
        AtomicIntegerArray balance = new AtomicIntegerArray(bits.length);
        AtomicBoolean done = new AtomicBoolean();
        Selecting.Task<Void> selecting = io.run(() -> {
            while (!done.get()) {
                io.selector.selectNow();
                io.selector.selectedKeys().clear();
            }
            return null;
        });
        List<Selecting.Task<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            tasks.add(io.run(() -> flip(key, bits, balance)));
        }
        for (Selecting.Task<Void> task : tasks) {
            task.get();
        }
        done.set(true);
        selecting.get();
        for (int i = 0; i < bits.length; i++) {
            assertEquals((key.interestOps() & bits[i]) != 0 ? 1 : 0, balance.get(i), "bit " + bits[i]);
        }
    }

    private static Void flip(SelectionKey key, int[] bits, AtomicIntegerArray balance) {
        for (int round = 0; round < 5_000; round++) {
            int index = ThreadLocalRandom.current().nextInt(bits.length);
            if ((key.interestOpsOr(bits[index]) & bits[index]) == 0) {
                balance.incrementAndGet(index);
            }
            index = ThreadLocalRandom.current().nextInt(bits.length);
            if ((key.interestOpsAnd(~bits[index]) & bits[index]) != 0) {
                balance.decrementAndGet(index);
            }
        }
        return null;
    }

    /** The thread that sets a bit wakes the selector; whoever wins the race, the bit is heeded in the end. */
    @Test
    void interestSetByOneThreadIsHeededByAnother() throws Exception {
        Pipe pipe = io.pipe();
        SelectionKey key = pipe.sink().register(io.selector, 0);
        int rounds = 500;
        Selecting.Task<Integer> select = io.run(() -> {
            int writable = 0;
            while (writable < rounds) {
                writable += io.selector.select(k -> k.interestOps(0));
            }
            return writable;
        });
        for (int i = 0; i < rounds; i++) {
            Selecting.await(() -> key.interestOps() == 0, "key muted");
            key.interestOps(OP_WRITE);
            io.selector.wakeup();
        }
        assertEquals(rounds, select.get());
    }
}
