package org.anyfd;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.fd.EventFdChannel;
import org.anyfd.it.ChildJvm;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What JDK Flight Recorder records of channels and selectors. */
@Bounded
class RecordingTest {
    private static final Duration THRESHOLD = Duration.ofMillis(20);

    @RegisterExtension
    final Descriptors fds = new Descriptors();
    @TempDir
    Path directory;

    private interface Work {
        void run() throws Exception;
    }

    /** What is recorded of an event while work is done, with the settings that the event comes with. */
    private List<RecordedEvent> recorded(String event, Work work) throws Exception {
        return recorded(new Recording(), event, work);
    }

    /** However short it is. */
    private List<RecordedEvent> all(String event, Work work) throws Exception {
        Recording recording = new Recording();
        recording.enable(event).withThreshold(Duration.ZERO);
        return recorded(recording, event, work);
    }

    private List<RecordedEvent> recorded(Recording recording, String event, Work work) throws Exception {
        try (recording) {
            recording.start();
            work.run();
            recording.stop();
            Path file = directory.resolve("recording.jfr");
            recording.dump(file);
            return RecordingFile.readAllEvents(file).stream()
                .filter(each -> each.getEventType().getName().equals(event) && !isOfAnHttpClient(each)).toList();
        }
    }

    /** Which an earlier test has left to the collector, and which selects every three seconds until then. */
    private static boolean isOfAnHttpClient(RecordedEvent event) {
        return event.getThread() != null && String.valueOf(event.getThread().getJavaName()).startsWith("HttpClient-");
    }

    private static RecordedEvent only(List<RecordedEvent> events) {
        assertEquals(1, events.size(), events::toString);
        return events.get(0);
    }

    /** Lets time go by, which is what is recorded. */
    private static void passThreshold() {
        long start = System.nanoTime();
        while (System.nanoTime() - start < 2 * THRESHOLD.toNanos()) {
            LockSupport.parkNanos(THRESHOLD.toNanos());
        }
    }

    private static int number(Object channel) {
        return ((NativeSelectableChannel) channel).getFD();
    }

    private static void assertPeer(SocketChannel channel, RecordedEvent event) throws IOException {
        InetSocketAddress peer = (InetSocketAddress) channel.getRemoteAddress();
        assertEquals(peer.getHostString(), event.getString("host"));
        assertEquals(peer.getAddress().getHostAddress(), event.getString("address"));
        assertEquals(peer.getPort(), event.getInt("port"));
        assertEquals(number(channel), event.getInt("fd"));
    }

    // -- Sockets --

    @Test
    void readThatWaitsIsRecorded() throws Exception {
        try (TcpPair tcp = TcpPair.open()) {
            // Before the recorder exists, so that it has to find what was loaded long ago.
            tcp.send("x");
            tcp.awaitEvents(1);
            tcp.received();
            tcp.near().configureBlocking(true);
            RecordedEvent event = only(recorded("org.anyfd.SocketRead", () -> {
                Tasks.Task<Integer> read = fds.run(() -> tcp.near().read(ByteBuffer.allocate(10))).awaitBlocked();
                passThreshold();
                tcp.send("abc");
                assertEquals(3, read.get());
            }));
            assertPeer(tcp.near(), event);
            assertEquals(3, event.getLong("bytesRead"));
            assertEquals(0, event.getLong("timeout"));
            assertFalse(event.getBoolean("endOfStream"));
            assertTrue(event.getDuration().compareTo(THRESHOLD) >= 0);
            assertEquals("task", event.getThread().getJavaName());
            assertTrue(event.getStackTrace().getFrames().stream()
                .anyMatch(frame -> frame.getMethod().getType().getName().equals(RecordingTest.class.getName())));
        }
    }

    @Test
    void whatDoesNotWaitIsRecordedOnlyIfAskedFor() throws Exception {
        try (TcpPair tcp = TcpPair.open()) {
            tcp.send("abc");
            tcp.awaitEvents(1);
            int unrecorded = 0;
            // The machine may be busy elsewhere for longer than the threshold, but not each time.
            for (int i = 0; i < 10 && unrecorded == 0; i++) {
                unrecorded += recorded("org.anyfd.SocketRead", tcp::received).isEmpty() ? 1 : 0;
            }
            assertEquals(1, unrecorded);
            RecordedEvent event = only(all("org.anyfd.SocketRead", tcp::received));
            assertEquals(0, event.getLong("bytesRead"));
            assertFalse(event.getBoolean("endOfStream"));
            tcp.far().shutdownOutput();
            tcp.awaitEvents(1);
            assertTrue(only(all("org.anyfd.SocketRead", tcp::received)).getBoolean("endOfStream"));
        }
    }

    @Test
    void writeThatWaitsIsRecorded() throws Exception {
        try (TcpPair tcp = TcpPair.open()) {
            ByteBuffer much = ByteBuffer.allocate(20_000_000);
            RecordedEvent event = only(recorded("org.anyfd.SocketWrite", () -> {
                Tasks.Task<Integer> write = fds.run(() -> tcp.far().write(much)).awaitBlocked();
                passThreshold();
                ByteBuffer dst = ByteBuffer.allocate(1_000_000);
                Tasks.await(() -> {
                    try {
                        while (tcp.near().read(dst.clear()) > 0) {
                        }
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                    return write.future().isDone();
                }, "all is written");
            }));
            assertPeer(tcp.far(), event);
            assertEquals(much.capacity(), event.getLong("bytesWritten"));
        }
    }

    @Test
    void timeoutIsRecorded() throws Exception {
        try (TcpPair tcp = TcpPair.open()) {
            RecordedEvent event = only(recorded("org.anyfd.SocketRead", () -> {
                tcp.far().socket().setSoTimeout(30);
                assertThrows(SocketTimeoutException.class, () -> tcp.far().socket().getInputStream().read());
            }));
            assertEquals(30, event.getDuration("timeout").toMillis());
            assertEquals(0, event.getLong("bytesRead"));
        }
    }

    @Test
    void connectIsRecordedWithItsFailure() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open().bind(new InetSocketAddress("localhost", 0));
             SocketChannel client = SocketChannel.open()) {
            InetSocketAddress address = (InetSocketAddress) server.getLocalAddress();
            RecordedEvent event = only(all("org.anyfd.SocketConnect", () -> client.connect(address)));
            assertPeer(client, event);
            assertNull(event.getString("failure"));
            server.close();
            assertEquals("Connection refused", only(all("org.anyfd.SocketConnect",
                () -> assertThrows(ConnectException.class, () -> SocketChannel.open(address)))).getString("failure"));
        }
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void readOfAVirtualThreadIsRecorded() throws Exception {
        try (TcpPair tcp = TcpPair.open()) {
            RecordedEvent event = only(recorded("org.anyfd.SocketRead", () -> {
                CountDownLatch started = new CountDownLatch(1);
                Runnable body = () -> {
                    try {
                        started.countDown();
                        tcp.far().read(ByteBuffer.allocate(10));
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                };
                // Newer than 17.
                Thread reader = (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, body);
                assertTrue(started.await(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS));
                Tasks.await(() -> reader.getState() == Thread.State.WAITING, "the reader waits");
                passThreshold();
                tcp.near().write(ByteBuffer.allocate(2));
                reader.join(TimeUnit.SECONDS.toMillis(Tasks.PATIENCE_SECONDS));
                assertFalse(reader.isAlive());
            }));
            assertEquals(2, event.getLong("bytesRead"));
        }
    }

    // -- Other descriptors --

    @Test
    void readsAndWritesOfDescriptorsAreRecorded() throws Exception {
        Pipe pipe = Pipe.open();
        try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
            RecordedEvent read = only(recorded("org.anyfd.FdRead", () -> {
                Tasks.Task<Integer> reading = fds.run(() -> source.read(ByteBuffer.allocate(10))).awaitBlocked();
                passThreshold();
                sink.write(ByteBuffer.allocate(4));
                reading.get();
            }));
            assertEquals(source.toString(), read.getString("channel"));
            assertEquals(number(source), read.getInt("fd"));
            assertEquals(4, read.getLong("bytesRead"));
        }
        EventFdChannel event = fds.closing(EventFdChannel.open(0));
        RecordedEvent write = only(all("org.anyfd.FdWrite", () -> event.add(1)));
        assertEquals(event.toString(), write.getString("channel"));
        assertEquals(8, write.getLong("bytesWritten"));
    }

    // -- Selectors --

    @Test
    void selectionsAreRecordedOnlyIfAskedFor() throws Exception {
        Selector selector = fds.closing(Selector.open());
        try (TcpPair tcp = TcpPair.open()) {
            tcp.near().register(selector, OP_READ);
            tcp.send("x");
            assertEquals(List.of(), recorded("org.anyfd.Select", () -> assertEquals(1, selector.select())));
            selector.selectedKeys().clear();
            RecordedEvent event = only(all("org.anyfd.Select", () -> assertEquals(1, selector.select(20_000))));
            assertEquals(selector.toString(), event.getString("selector"));
            assertEquals(1, event.getInt("keys"));
            assertEquals(1, event.getInt("updated"));
            assertEquals(20_000, event.getDuration("timeout").toMillis());
        }
    }

    // -- Cost --

    /** Also after a recording, when Flight Recorder has put its code into the events. */
    @Test
    @SuppressWarnings("deprecation") // threadId() is newer than 17
    void nothingIsAllocatedWhileNobodyRecords() throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Selector selector = fds.closing(Selector.open());
        ByteBuffer one = ByteBuffer.allocateDirect(1);
        try (TcpPair tcp = TcpPair.open()) {
            tcp.far().configureBlocking(false);
            tcp.near().register(selector, OP_READ);
            assertFalse(all("org.anyfd.SocketRead", () -> tcp.far().read(one.clear())).isEmpty());
            long least = Long.MAX_VALUE;
            int rounds = 5_000;
            // The first tries warm up; later a compilation may finish, and what it replaces may allocate.
            for (int attempt = 0; attempt < 10 && least >= rounds; attempt++) {
                long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
                for (int i = 0; i < rounds; i++) {
                    tcp.near().write(one.clear());
                    while (tcp.far().read(one.clear()) == 0) {
                    }
                    selector.selectNow();
                }
                least = Math.min(least, threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before);
            }
            assertTrue(least < rounds, "allocated " + least + " bytes in " + rounds + " rounds");
        }
    }

    // -- Without Flight Recorder --

    /** An echo through a selector, on a Java without the module. */
    static final class Probe {
        public static void main(String[] args) throws IOException {
            try (TcpPair tcp = TcpPair.open(); Selector selector = Selector.open()) {
                tcp.near().register(selector, OP_READ);
                tcp.send("echo");
                selector.select();
                System.out.println(tcp.received() + " " + ModuleLayer.boot().findModule("jdk.jfr").isPresent());
            }
        }
    }

    @Test
    void everythingWorksOnAJavaWithoutFlightRecorder() throws Exception {
        assertNotNull(ModuleLayer.boot().findModule("jdk.jfr").orElse(null));
        String out = ChildJvm.run(List.of("--limit-modules", "java.base,java.logging,jdk.unsupported"), Probe.class).quietly();
        assertEquals("echo false", out.strip());
    }
}
