package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.anyfd.fd.FdChannel;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Keys that are watched edge-triggered behave like any others. */
@Timeout(30)
class EdgeKeysTest {
    private final List<AutoCloseable> open = new ArrayList<>();
    private Selector selector;
    private SocketChannel ours;
    private SocketChannel peer;

    @BeforeEach
    void connect() throws IOException {
        assumeFalse("poll".equals(System.getProperty("org.anyfd.poller")), "poll(2) has no edges");
        selector = Selector.open();
        open.add(selector);
        SocketChannel[] pair = pair();
        ours = pair[0];
        peer = pair[1];
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private SocketChannel[] pair() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            SocketChannel far = SocketChannel.open(server.getLocalAddress());
            SocketChannel near = server.accept();
            far.setOption(StandardSocketOptions.TCP_NODELAY, true);
            near.setOption(StandardSocketOptions.TCP_NODELAY, true);
            near.configureBlocking(false);
            open.add(near);
            open.add(far);
            return new SocketChannel[] {near, far};
        }
    }

    private SelectionKey toggled(SocketChannel channel, int ops) throws IOException {
        SelectionKey key = channel.register(selector, OP_READ);
        selector.selectNow();
        key.interestOps(0);
        selector.selectNow();
        key.interestOps(OP_READ);
        selector.selectNow();
        key.interestOps(ops);
        selector.selectNow();
        selector.selectedKeys().clear();
        assertNotNull(edges(key), "is watched edge-triggered");
        return key;
    }

    private static EdgeWatch edges(SelectionKey key) {
        return ((NativeSelectionKey) key).edges;
    }

    private int selectAnew(long millis) throws IOException {
        selector.selectedKeys().clear();
        return selector.select(millis);
    }

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
    void registeringAnewTakesOverWhatTheKernelWatches() throws IOException {
        EdgeWatch watch = edges(toggled(ours, OP_READ));
        for (int i = 0; i < 20; i++) {
            ours.keyFor(selector).cancel();
            selector.selectNow();
            assertNull(ours.keyFor(selector));
            peer.write(ByteBuffer.wrap(new byte[10]));
            ours.configureBlocking(true);
            ours.read(ByteBuffer.allocate(4));
            ours.configureBlocking(false);
            SelectionKey key = ours.register(selector, OP_READ);
            assertEquals(1, selectAnew(10_000));
            assertEquals(OP_READ, key.readyOps());
            assertTrue(edges(key) == watch);
            assertEquals(6, ours.read(ByteBuffer.allocate(100)));
            assertEquals(0, selectAnew(1));
        }
    }

    @Test
    void dormantKeyThatDoesNotProfitIsFollowedByOneWatchedLevelTriggered() throws IOException {
        SelectionKey key = toggled(ours, OP_READ);
        EdgeWatch watch = edges(key);
        key.cancel();
        selector.selectNow();
        while (watch.dormant != null) {
            peer.write(ByteBuffer.wrap(new byte[1]));
            selectAnew(1);
        }
        key = ours.register(selector, OP_READ);
        assertEquals(1, selectAnew(10_000));
        assertNull(edges(key));
    }

    @Test
    void cancellingAndRegisteringAnewIsAToggle() throws IOException {
        SelectionKey key = null;
        for (int i = 0; i < 3; i++) {
            key = ours.register(selector, OP_READ);
            selector.selectNow();
            key.cancel();
            selector.selectNow();
        }
        key = ours.register(selector, OP_READ);
        selector.selectNow();
        assertNotNull(edges(key));
    }

    @Test
    void channelClosedBetweenKeysLeavesNothing() throws IOException {
        SelectionKey key = toggled(ours, OP_READ);
        int number = ((NativeSocketChannel) ours).getFD();
        key.cancel();
        selector.selectNow();
        ours.close();
        SocketChannel[] next = pair();
        SelectionKey stranger = next[0].register(selector, OP_READ);
        next[1].write(ByteBuffer.wrap(new byte[10]));
        assertEquals(1, selectAnew(10_000));
        assertEquals(OP_READ, stranger.readyOps());
        assertEquals(-1, ((NativeSelectionKey) key).token, "the slot of fd " + number + " is free");
    }

    /** As one that is watched level-triggered: its number must not stay open until something else happens. */
    @Test
    void channelClosedDuringTheWaitIsLetGoOfWhenThePeerAnswers() throws Exception {
        toggled(ours, OP_READ);
        new Tasks().run(() -> {
            while (selector.isOpen()) {
                selector.select(key -> { });
            }
            return null;
        }).awaitBlocked();
        ours.close();
        assertEquals(-1, peer.read(ByteBuffer.allocate(1)));
        peer.close();
        Tasks.await(() -> selector.keys().isEmpty(), "the key is gone");
    }

    /** The selector's second channel of a number is watched through a duplicate, which would keep the connection. */
    @Test
    void channelWatchedThroughADuplicateIsClosedBetweenKeys() throws IOException {
        FdChannel same = FdChannel.borrow(((NativeSocketChannel) ours).getFD());
        open.add(same);
        same.configureBlocking(false);
        SelectionKey first = same.register(selector, OP_READ);
        selector.selectNow();
        SelectionKey second = toggled(ours, OP_READ);
        first.cancel();
        second.cancel();
        selector.selectNow();
        same.close();
        ours.close();
        assertEquals(-1, peer.read(ByteBuffer.allocate(1)));
    }

    /** The other process keeps the file open, and with it the entry, when the number is closed here. */
    @Test
    void keyOfAPassedChannelIsNotKept() throws IOException {
        SelectionKey key = toggled(ours, OP_READ);
        EdgeWatch watch = edges(key);
        ((NativeSocketChannel) ours).passed();
        key.cancel();
        selector.selectNow();
        assertNull(watch.dormant);
        assertTrue(!watch.active);
    }

    /** The last event of each finds no key. That is no sign of a ghost, for which all keys would be armed anew. */
    @Test
    void dormantKeysThatAreGivenUpDoNotRenewTheKernelsSet() throws IOException {
        String set = ((NativeSelector) selector).backend();
        SocketChannel[][] pairs = {pair(), pair()};
        EdgeWatch[] watches = new EdgeWatch[2];
        for (int i = 0; i < 2; i++) {
            SelectionKey key = toggled(pairs[i][0], OP_READ);
            watches[i] = edges(key);
            key.cancel();
            selector.selectNow();
            while (watches[i].balance > -8) {
                pairs[i][1].write(ByteBuffer.wrap(new byte[1]));
                selector.selectNow();
            }
        }
        // In two selections one after the other.
        for (int i = 0; i < 2; i++) {
            assertNotNull(watches[i].dormant, "bears one event more");
            while (watches[i].dormant != null) {
                pairs[i][1].write(ByteBuffer.wrap(new byte[1]));
                selector.selectNow();
            }
        }
        assertEquals(set, ((NativeSelector) selector).backend());
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
