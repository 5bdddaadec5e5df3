package org.anyfd;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.ExtendedOps.ONESHOT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
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
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;

/** Keys that are reported once, until their interest is set again. */
@Bounded
class OneShotTest extends EachForm {
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
        String received = tcp.received();
        if (received.length() < 2) {
            tcp.awaitEvents(Consts.POLLIN);
            received += tcp.received();
        }
        assertEquals("xx", received);
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
