package org.anyfd;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.ExtendedOps.EDGE;
import static org.anyfd.ExtendedOps.EXCLUSIVE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.anyfd.fd.FdChannel;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Several selectors that wait for one listener. */
@Bounded
class ExclusiveTest {
    private static final boolean POLL = "poll".equals(System.getProperty("org.anyfd.poller"));
    private static final int SELECTORS = 6;

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private ServerSocketChannel listener;

    @BeforeEach
    void listen() throws IOException {
        listener = fds.closing(ServerSocketChannel.open());
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
        listener.configureBlocking(false);
    }

    private Selector selector(int mode) throws IOException {
        Selector selector = fds.closing(Selector.open());
        listener.register(selector, 0).interestOps(OP_ACCEPT | mode);
        return selector;
    }

    private SocketChannel connect() throws IOException {
        return fds.closing(SocketChannel.open(listener.getLocalAddress()));
    }

    /** How many of the selectors, all of which wait, are woken by a connection that nobody accepts. */
    private int woken(int mode) throws Exception {
        List<Selector> selectors = new ArrayList<>();
        List<Tasks.Task<Integer>> selections = new ArrayList<>();
        for (int i = 0; i < SELECTORS; i++) {
            Selector selector = selector(mode);
            selectors.add(selector);
            selections.add(fds.run(() -> selector.select()));
        }
        for (Tasks.Task<Integer> selection : selections) {
            selection.awaitBlocked();
        }
        connect();
        Tasks.await(() -> selections.stream().anyMatch(each -> each.future().isDone()), "one is woken");
        int woken = 0;
        for (int i = 0; i < SELECTORS; i++) {
            // Those that are told by the listener return 1, the others 0.
            selectors.get(i).wakeup();
            woken += selections.get(i).get();
        }
        for (Selector selector : selectors) {
            selector.close();
        }
        fds.closing(listener.accept());
        return woken;
    }

    @Test
    void connectionWakesAllOtherwise() throws Exception {
        assertEquals(SELECTORS, woken(0));
    }

    /** A thread that was not yet waiting in the kernel, which cannot be known, finds the connection, too. */
    @Test
    @DisabledIfSystemProperty(named = "org.anyfd.poller", matches = "poll", disabledReason = "it wakes all")
    void connectionWakesNotAll() throws Exception {
        int least = SELECTORS;
        for (int i = 0; i < 5 && least > 1; i++) {
            least = Math.min(least, woken(EXCLUSIVE));
        }
        assertEquals(1, least);
    }

    @Test
    void noConnectionIsLost() throws Exception {
        serve(EXCLUSIVE);
    }

    @Test
    @DisabledIfSystemProperty(named = "org.anyfd.poller", matches = "poll", disabledReason = "it has no edges")
    void noConnectionIsLostToEdges() throws Exception {
        serve(EXCLUSIVE | EDGE);
    }

    private void serve(int mode) throws Exception {
        int clients = 400;
        AtomicInteger accepted = new AtomicInteger();
        List<Tasks.Task<Void>> servers = new ArrayList<>();
        List<Selector> selectors = new ArrayList<>();
        for (int i = 0; i < SELECTORS; i++) {
            Selector selector = selector(mode);
            selectors.add(selector);
            servers.add(fds.run(() -> {
                while (accepted.get() < clients) {
                    selector.select(key -> accepted.addAndGet(answerAll()));
                }
                selectors.forEach(Selector::wakeup);
                return null;
            }));
        }
        for (int i = 0; i < clients; i++) {
            try (SocketChannel client = SocketChannel.open(listener.getLocalAddress())) {
                assertEquals(1, client.read(ByteBuffer.allocate(10)));
            }
        }
        for (Tasks.Task<Void> server : servers) {
            server.get();
        }
        assertEquals(clients, accepted.get());
    }

    private int answerAll() {
        try {
            int n = 0;
            for (SocketChannel client = listener.accept(); client != null; client = listener.accept()) {
                client.write(ByteBuffer.allocate(1));
                client.close();
                n++;
            }
            return n;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The kernel modifies no exclusive entry: each of these is taken out and put in again. */
    @Test
    void interestOfAnExclusiveKeyMayChange() throws IOException {
        Selector selector = selector(EXCLUSIVE);
        SelectionKey key = listener.keyFor(selector);
        Form form = Form.ACTION;
        assertEquals(Map.of(), form.look(selector));
        connect();
        List<Integer> modes = POLL
            ? List.of(EXCLUSIVE, 0, EXCLUSIVE)
            : List.of(EXCLUSIVE, 0, EXCLUSIVE, EXCLUSIVE | EDGE, EDGE, EXCLUSIVE | EDGE, EXCLUSIVE);
        for (int mode : modes) {
            key.interestOps(OP_ACCEPT | mode);
            assertEquals(Map.of(key, OP_ACCEPT), form.await(selector), "mode " + mode);
        }
        key.interestOps(EXCLUSIVE);
        assertEquals(Map.of(), form.look(selector));
        key.interestOpsOr(OP_ACCEPT);
        assertEquals(Map.of(key, OP_ACCEPT), form.await(selector));
        key.cancel();
        assertEquals(Map.of(), form.look(selector));
        fds.closing(listener.accept());
    }

    /** The second of two channels of one file is watched through a duplicate. */
    @Test
    void exclusiveGoesForASecondChannelOfAFile() throws IOException {
        Selector selector = fds.closing(Selector.open());
        int end = fds.sockets().first();
        List<SelectionKey> keys = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            FdChannel channel = fds.borrow(end);
            channel.configureBlocking(false);
            keys.add(channel.register(selector, 0).interestOps(OP_READ | EXCLUSIVE));
        }
        Form form = Form.SELECTED_KEYS;
        assertEquals(Map.of(), form.look(selector));
        keys.forEach(key -> key.interestOps(OP_WRITE | EXCLUSIVE));
        assertEquals(2, form.await(selector).size());
        keys.forEach(key -> key.interestOps(OP_WRITE));
        assertEquals(2, form.await(selector).size());
        keys.forEach(key -> key.interestOps(OP_READ | OP_WRITE | EXCLUSIVE));
        assertEquals(2, form.await(selector).size());
        keys.get(0).cancel();
        assertEquals(Map.of(keys.get(1), OP_WRITE), form.await(selector));
    }

    /** What the kernel refuses cancels the key and says which call; the others go on. */
    @Test
    @DisabledIfSystemProperty(named = "org.anyfd.poller", matches = "poll", disabledReason = "it refuses no descriptor")
    void epollDescriptorCannotBeWatchedExclusively() throws IOException {
        Selector selector = selector(0);
        FdChannel nested = fds.own(fds.closing(Raw.epoll()));
        nested.configureBlocking(false);
        SelectionKey key = nested.register(selector, 0).interestOps(OP_READ | EXCLUSIVE);
        IOException told = assertThrows(IOException.class, selector::selectNow);
        assertEquals("epoll_ctl(ADD, fd " + nested.getFD() + "): EINVAL invalid argument", told.getMessage());
        assertFalse(key.isValid());
        connect();
        assertEquals(1, selector.select());
        fds.closing(listener.accept());
    }
}
