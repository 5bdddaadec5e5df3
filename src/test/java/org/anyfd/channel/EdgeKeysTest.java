package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Keys that are watched edge-triggered behave like any others. */
class EdgeKeysTest extends EdgeKeysFixture {
    @Test
    void keyThatNeverTogglesIsWatchedLevelTriggered() throws IOException {
        SelectionKey key = ours.register(selector, OP_READ);
        selector.selectNow();
        peer.write(ByteBuffer.wrap(new byte[10]));
        selector.select();
        assertNull(edges(key));
    }

    @Test
    void dataIsReportedUntilItIsRead() throws IOException {
        SelectionKey key = toggled(ours, OP_READ);
        peer.write(ByteBuffer.wrap(new byte[10]));
        for (int i = 0; i < 5; i++) {
            assertEquals(1, selectAnew(10_000));
            assertEquals(OP_READ, key.readyOps());
        }
        ours.read(ByteBuffer.allocate(100));
        assertEquals(0, selectAnew(20));
        assertNotNull(edges(key));
    }

    @Test
    void exactReadsLoseNothing() throws IOException {
        toggled(ours, OP_READ);
        peer.write(ByteBuffer.wrap(new byte[10]));
        for (int left = 10; left > 0; left--) {
            assertEquals(1, selectAnew(10_000));
            assertEquals(1, ours.read(ByteBuffer.allocate(1)));
        }
        assertEquals(0, selectAnew(20));
    }

    @Test
    void scatteringReadOfAllLosesNothing() throws IOException {
        toggled(ours, OP_READ);
        peer.write(ByteBuffer.wrap(new byte[2000]));
        ByteBuffer[] single = new ByteBuffer[1500];
        for (int i = 0; i < single.length; i++) {
            single[i] = ByteBuffer.allocate(1);
        }
        assertEquals(1, selectAnew(10_000));
        long n = ours.read(single);
        while (n < 2000) {
            assertEquals(1, selectAnew(10_000), "read " + n);
            n += ours.read(ByteBuffer.allocate(300));
        }
        assertEquals(0, selectAnew(20));
    }

    @Test
    void dataThatCameWhileMutedIsReported() throws IOException {
        SelectionKey key = toggled(ours, 0);
        assertEquals(0, selectAnew(20));
        peer.write(ByteBuffer.wrap(new byte[10]));
        assertEquals(0, selectAnew(20));
        key.interestOps(OP_READ);
        assertEquals(1, selectAnew(10_000));
    }

    @Test
    void mutedKeyThatIsSentToIsWatchedLevelTriggeredAgain() throws IOException {
        SelectionKey key = toggled(ours, 0);
        for (int i = 0; i < 50; i++) {
            peer.write(ByteBuffer.wrap(new byte[1]));
            selectAnew(1);
        }
        assertNull(edges(key));
        key.interestOps(OP_READ);
        for (int n = 0; n < 50; n += ours.read(ByteBuffer.allocate(100))) {
            assertEquals(1, selectAnew(10_000));
        }
        assertEquals(0, selectAnew(20));
    }

    @Test
    void whatWasSavedLongAgoDoesNotKeepAMutedKeyEdgeTriggered() throws IOException {
        SelectionKey key = toggled(ours, OP_READ);
        for (int i = 0; i < 2_000; i++) {
            key.interestOps(i % 2 == 0 ? 0 : OP_READ);
            selector.selectNow();
        }
        assertNotNull(edges(key));
        key.interestOps(0);
        for (int i = 0; i < 500 && edges(key) != null; i++) {
            peer.write(ByteBuffer.wrap(new byte[1]));
            selectAnew(1);
        }
        assertNull(edges(key));
    }

    @Test
    void keyThatDoesNotProfitIsTriedLessAndLessOften() throws IOException {
        SelectionKey key = toggled(ours, 0);
        int first = changesUntilTriedAgain(key);
        int second = changesUntilTriedAgain(key);
        assertTrue(second > first, () -> first + " changes, then " + second);
    }

    private int changesUntilTriedAgain(SelectionKey key) throws IOException {
        key.interestOps(0);
        for (int i = 0; i < 500 && edges(key) != null; i++) {
            peer.write(ByteBuffer.wrap(new byte[1]));
            selectAnew(1);
        }
        assertNull(edges(key));
        ours.read(ByteBuffer.allocate(1_000));
        int changes = 0;
        while (edges(key) == null && changes < 1_000) {
            key.interestOps(changes++ % 2 == 0 ? OP_READ : 0);
            selector.selectNow();
        }
        assertNotNull(edges(key));
        return changes;
    }

    @Test
    void exactReadsOfSmallPartsAreReportedWhateverElseIsWatched() throws IOException {
        SelectionKey key = toggled(ours, OP_READ);
        for (int i = 0; i < 40; i++) {
            peer.write(ByteBuffer.wrap(new byte[3]));
            for (int left = 3; left > 0; left--) {
                key.interestOps(OP_READ | OP_WRITE);
                do {
                    assertEquals(1, selectAnew(10_000));
                } while (!key.isReadable());
                assertEquals(1, ours.read(ByteBuffer.allocate(1)));
                key.interestOps(OP_READ);
            }
            assertEquals(0, selectAnew(1));
        }
    }

    @Test
    void writingIsReportedWheneverThereIsRoom() throws IOException {
        SelectionKey key = toggled(ours, OP_WRITE);
        for (int i = 0; i < 5; i++) {
            assertEquals(1, selectAnew(10_000));
            assertEquals(OP_WRITE, key.readyOps());
        }
        ByteBuffer much = ByteBuffer.allocate(1 << 20);
        long sent = 0;
        int n;
        do {
            n = ours.write(much.clear());
            sent += n;
        } while (n > 0);
        assertEquals(0, selectAnew(20));
        ByteBuffer sink = ByteBuffer.allocate(1 << 20);
        while (sent > 0) {
            sent -= peer.read(sink.clear());
        }
        assertEquals(1, selectAnew(10_000));
        assertNotNull(edges(key));
    }

    @Test
    void endOfStreamIsReportedEachTime() throws IOException {
        toggled(ours, OP_READ);
        peer.write(ByteBuffer.wrap(new byte[10]));
        peer.shutdownOutput();
        assertEquals(1, selectAnew(10_000));
        assertEquals(10, ours.read(ByteBuffer.allocate(100)));
        for (int i = 0; i < 3; i++) {
            assertEquals(1, selectAnew(10_000));
            assertEquals(-1, ours.read(ByteBuffer.allocate(100)));
        }
    }

    @Test
    void resetIsReported() throws IOException {
        SelectionKey key = toggled(ours, OP_READ | OP_WRITE);
        peer.setOption(StandardSocketOptions.SO_LINGER, 0);
        peer.close();
        do {
            assertEquals(1, selectAnew(10_000));
        } while (key.readyOps() == OP_WRITE);
        assertEquals(OP_READ | OP_WRITE, key.readyOps());
    }

    @Test
    void resetOfAMutedKeySleeps() throws IOException {
        toggled(ours, 0);
        peer.setOption(StandardSocketOptions.SO_LINGER, 0);
        peer.close();
        long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        assertEquals(0, selectAnew(300));
        assertEquals(0, selectAnew(300));
        long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
        assertTrue(cpu < TimeUnit.MILLISECONDS.toNanos(200), () -> "spins: " + cpu + " ns");
    }

    @Test
    void anotherSelectorMayTakeOverWhenTheFirstIsClosed() throws IOException {
        toggled(ours, OP_READ);
        selector.close();
        selector = Selector.open();
        open.add(selector);
        toggled(ours, OP_READ);
        peer.write(ByteBuffer.wrap(new byte[10]));
        assertEquals(1, selectAnew(10_000));
    }

    @Test
    void twoSelectorsBothReport() throws IOException {
        toggled(ours, OP_READ);
        try (Selector other = Selector.open()) {
            SelectionKey second = ours.register(other, OP_READ);
            for (int i = 0; i < 10; i++) {
                second.interestOps(0);
                other.selectNow();
                second.interestOps(OP_READ);
                peer.write(ByteBuffer.wrap(new byte[10]));
                assertEquals(1, selectAnew(10_000));
                assertEquals(1, other.select(10_000));
                other.selectedKeys().clear();
                assertEquals(10, ours.read(ByteBuffer.allocate(100)));
                assertEquals(0, selectAnew(1));
                assertEquals(0, other.select(1));
            }
        }
    }

    /** As Tomcat and XNIO do it: one thread selects and mutes, others read, write, and ask for more. */
    @Test
    void workersThatMuteAndUnmuteLoseNothing() throws Exception {
        int connections = 20;
        ExecutorService workers = Executors.newFixedThreadPool(3);
        open.add(workers::shutdownNow);
        List<SocketChannel> clients = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            SocketChannel[] pair = pair();
            pair[0].register(selector, OP_READ);
            clients.add(pair[1]);
        }
        AtomicBoolean done = new AtomicBoolean();
        Future<?> server = workers.submit(() -> serve(done, workers));
        ExecutorService callers = Executors.newFixedThreadPool(4);
        open.add(callers::shutdownNow);
        List<Future<?>> calls = new ArrayList<>();
        for (SocketChannel client : clients) {
            calls.add(callers.submit(() -> call(client)));
        }
        for (Future<?> call : calls) {
            call.get(25, TimeUnit.SECONDS);
        }
        done.set(true);
        selector.wakeup();
        server.get(5, TimeUnit.SECONDS);
        long edges = selector.keys().stream().filter(key -> edges(key) != null).count();
        assertTrue(edges > 0, "some are watched edge-triggered");
    }

    private Void serve(AtomicBoolean done, ExecutorService workers) throws IOException {
        while (!done.get()) {
            selector.select(key -> {
                key.interestOps(0);
                workers.execute(() -> echo(key));
            });
        }
        return null;
    }

    /** Reads by small pieces, so that a message takes several rounds. */
    private void echo(SelectionKey key) {
        try {
            SocketChannel channel = (SocketChannel) key.channel();
            ByteBuffer some = ByteBuffer.allocate(64);
            if (channel.read(some) >= 0) {
                some.flip();
                while (some.hasRemaining()) {
                    channel.write(some);
                }
            }
            key.interestOps(OP_READ);
            selector.wakeup();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Void call(SocketChannel client) throws IOException {
        Random random = new Random(client.hashCode());
        for (int round = 0; round < 300; round++) {
            byte[] message = new byte[1 + random.nextInt(300)];
            random.nextBytes(message);
            ByteBuffer out = ByteBuffer.wrap(message);
            ByteBuffer in = ByteBuffer.allocate(message.length);
            int first = random.nextInt(message.length);
            client.write(out.limit(first));
            client.write(out.limit(message.length));
            while (in.hasRemaining()) {
                client.read(in);
            }
            assertEquals(ByteBuffer.wrap(message), in.flip());
        }
        return null;
    }
}
