package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.anyfd.fd.EventFdChannel;
import org.anyfd.fd.FdChannel;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Directories;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** One selector watches TCP, a pipe, a FIFO, a pty, a counter, a file and /dev/null together. */
@Bounded
class MixedSelectorTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    @TempDir(factory = Directories.class)
    Path directory;

    private Selector selector;
    private ServerSocketChannel server;
    private SocketChannel client;
    private SocketChannel accepted;
    private Pipe pipe;
    private FdChannel fifo;
    private FdChannel fifoWriter;
    private FdChannel master;
    private FdChannel terminal;
    private EventFdChannel event;
    private FdChannel file;
    private FdChannel none;

    @BeforeEach
    void open() throws IOException {
        selector = fds.closing(Selector.open());
        server = fds.closing(ServerSocketChannel.open());
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        client = fds.closing(SocketChannel.open(server.getLocalAddress()));
        accepted = fds.closing(server.accept());
        pipe = Pipe.open();
        fds.closing(pipe.source());
        fds.closing(pipe.sink());
        Path path = Raw.fifo(directory.resolve("fifo"));
        fifo = fds.closing(FdChannel.open(path));
        fifoWriter = fds.closing(FdChannel.open(path, StandardOpenOption.WRITE));
        Raw.Pair pty = fds.pty();
        master = fds.own(pty.first());
        terminal = fds.own(pty.second());
        event = fds.closing(EventFdChannel.open(0));
        file = fds.closing(FdChannel.open(Files.write(directory.resolve("file"), new byte[1000])));
        none = fds.closing(FdChannel.open(Path.of("/dev/null"), StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    private SelectionKey register(SelectableChannel channel, int ops, String name) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, ops, name);
    }

    private void registerIdle() throws IOException {
        register(server, OP_ACCEPT, "server");
        register(accepted, OP_READ, "connection");
        register(pipe.source(), OP_READ, "pipe");
        register(fifo, OP_READ, "fifo");
        register(master, OP_READ, "master");
        register(terminal, OP_READ, "terminal");
        register(event, OP_READ, "event");
    }

    private static ByteBuffer one() {
        return ByteBuffer.allocate(1);
    }

    /** Makes all of the idle ones ready. */
    private void touchAll() throws IOException {
        fds.closing(SocketChannel.open(server.getLocalAddress()));
        client.write(one());
        pipe.sink().write(one());
        fifoWriter.write(one());
        master.write(one());
        terminal.write(one());
        event.add(1);
    }

    /** Selects, several times if need be, until exactly these are ready. */
    private void assertSelects(Set<String> expected) {
        Set<String> seen = new HashSet<>();
        Tasks.await(() -> {
            try {
                selector.select(key -> seen.add((String) key.attachment()), 1000);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            return seen.containsAll(expected);
        }, "ready: " + expected);
        assertEquals(expected, seen);
    }

    private static final Set<String> IDLE_KINDS =
        Set.of("server", "connection", "pipe", "fifo", "master", "terminal", "event");

    @Test
    void idleOnesLetASelectionTimeOut() throws IOException {
        registerIdle();
        long start = System.nanoTime();
        assertEquals(0, selector.select(50));
        assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(49));
        assertEquals(0, selector.selectNow());
    }

    @Test
    void eachIsReportedWhenItIsReady() throws IOException {
        registerIdle();
        assertEquals(0, selector.selectNow());
        client.write(one());
        assertSelects(Set.of("connection"));
        fifoWriter.write(one());
        assertSelects(Set.of("connection", "fifo"));
        pipe.sink().write(one());
        event.add(1);
        assertSelects(Set.of("connection", "fifo", "pipe", "event"));
        assertEquals(1, accepted.read(one()));
        assertEquals(1, event.take());
        assertSelects(Set.of("fifo", "pipe"));
        master.write(one());
        assertSelects(Set.of("fifo", "pipe", "terminal"));
        touchAll();
        assertSelects(IDLE_KINDS);
    }

    @Test
    void filesAreReadyBesideThem() throws IOException {
        registerIdle();
        SelectionKey reading = register(file, OP_READ, "file");
        SelectionKey both = register(none, OP_READ | OP_WRITE, "null");
        assertEquals(2, selector.select());
        assertEquals(Set.of(reading, both), selector.selectedKeys());
        assertEquals(OP_READ, reading.readyOps());
        assertEquals(OP_READ | OP_WRITE, both.readyOps());
        assertEquals(0, selector.select(), "nothing new, and no waiting either");
        selector.selectedKeys().clear();
        both.interestOps(OP_WRITE);
        touchAll();
        Set<String> all = new HashSet<>(IDLE_KINDS);
        all.addAll(Set.of("file", "null"));
        assertSelects(all);
        assertEquals(OP_WRITE, both.readyOps());
    }

    @Test
    void filesDoNotStarveOthers() throws Exception {
        registerIdle();
        register(file, OP_READ, "file");
        register(none, OP_WRITE, "null");
        for (int round = 0; round < 20; round++) {
            pipe.sink().write(one());
            Set<Object> seen = new HashSet<>();
            selector.select(key -> seen.add(key.attachment()));
            assertEquals(Set.of("file", "null", "pipe"), seen);
            assertEquals(1, pipe.source().read(one()));
        }
    }

    @Test
    void filesNobodyIsInterestedInLetASelectionWait() throws Exception {
        registerIdle();
        SelectionKey fileKey = register(file, 0, "file");
        SelectionKey noneKey = register(none, OP_WRITE, "null");
        assertEquals(1, selector.select());
        noneKey.interestOps(0);
        selector.selectedKeys().clear();
        assertEquals(0, selector.select(30));
        Tasks.Task<Integer> selecting = fds.run(() -> selector.select()).awaitBlocked();
        assertFalse(selecting.future().isDone());
        fifoWriter.write(one());
        assertEquals(1, selecting.get());
        selector.selectedKeys().clear();
        fileKey.interestOps(OP_READ);
        assertEquals(2, selector.select());
        none.close();
        file.close();
        assertEquals(1, fifo.read(one()));
        selector.selectedKeys().clear();
        assertEquals(0, selector.select(30), "closed files are not ready");
    }

    @Test
    void wakeupReachesASelectionOfAnything() throws Exception {
        registerIdle();
        Tasks.Task<Integer> selecting = fds.run(() -> selector.select()).awaitBlocked();
        selector.wakeup();
        assertEquals(0, selecting.get());
        register(none, OP_READ, "null");
        selector.wakeup();
        assertEquals(1, selector.select());
        selector.keys().forEach(SelectionKey::cancel);
        assertEquals(0, selector.select(20), "the wakeup was used up");
    }

    @Test
    void moreThanTheKernelTellsAtOnceAreAllFound() throws IOException {
        int count = 1500;
        Set<SelectionKey> expected = new HashSet<>();
        for (int i = 0; i < count; i++) {
            expected.add(register(fds.closing(EventFdChannel.open(1)), OP_READ, "event " + i));
        }
        expected.add(register(file, OP_READ, "file"));
        Set<SelectionKey> found = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            selector.select(found::add);
        }
        assertEquals(expected.size(), found.size());
        assertEquals(expected, found);
    }

    @Test
    void closedOnesGoAndOthersStay() throws IOException {
        registerIdle();
        List<SelectionKey> keys = new ArrayList<>(selector.keys());
        while (!keys.isEmpty()) {
            SelectionKey gone = keys.remove(0);
            gone.channel().close();
            assertFalse(gone.isValid());
            selector.selectedKeys().clear();
            selector.selectNow();
            assertEquals(new HashSet<>(keys), selector.keys());
        }
    }

    /** The main job: one thread serves them all. */
    @Test
    void everyByteOfEverySourceArrives() throws Exception {
        int each = 20_000;
        Map<String, WritableByteChannel> writers = Map.of("connection", client, "pipe", pipe.sink(), "fifo", fifoWriter,
            "master", terminal, "terminal", master);
        registerIdle();
        register(none, OP_WRITE, "null");
        for (SelectableChannel blocking : List.of(client, pipe.sink(), fifoWriter)) {
            blocking.configureBlocking(true);
        }
        List<Tasks.Task<Void>> tasks = new ArrayList<>();
        writers.forEach((name, writer) -> tasks.add(fds.run(() -> {
            for (ByteBuffer src = ByteBuffer.allocate(each); src.hasRemaining();) {
                src.limit(Math.min(src.position() + 777, each));
                writer.write(src);
                src.limit(each);
                event.add(1);
            }
            return null;
        })));
        Map<String, Long> counts = new TreeMap<>();
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        while (counts.values().stream().mapToLong(Long::longValue).sum() < (long) each * writers.size()) {
            selector.select(key -> {
                if (key.channel() instanceof ReadableByteChannel source && key.isReadable()) {
                    counts.merge((String) key.attachment(), read(source, buffer.clear()), Long::sum);
                }
            });
        }
        for (Tasks.Task<Void> task : tasks) {
            task.get();
        }
        writers.keySet().forEach(name -> assertEquals(each, counts.get(name), name));
        assertTrue(event.take() >= writers.size() * (each / 777));
    }

    private static long read(ReadableByteChannel source, ByteBuffer buffer) {
        try {
            return source.read(buffer);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
