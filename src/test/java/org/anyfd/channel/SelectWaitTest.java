package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.AnyFdSelectorProvider;
import org.anyfd.fd.FdChannel;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How long a selection has the kernel wait: proc(5), /proc/pid/task/tid/syscall, with the numbers of x86-64. */
@EnabledOnOs(architectures = "amd64")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SelectWaitTest {
    private static final String EPOLL_WAIT = "232";
    private static final String POLL = "7";
    private static final String NAME = "select in test"; // no more letters than the kernel keeps
    private static final int LONG = 1_000_000;
    /** Of waits that end before their time: more than it takes for a timer of the selector's own. */
    private static final int MANY = 100;

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private Selector selector;
    private Pipe pipe;

    @BeforeEach
    void open() throws IOException {
        AnyFdSelectorProvider provider = new AnyFdSelectorProvider();
        selector = fds.closing(provider.openSelector());
        pipe = provider.openPipe();
        fds.closing(pipe.source()).configureBlocking(false).register(selector, SelectionKey.OP_READ);
        fds.closing(pipe.sink());
    }

    @Test
    void withoutTimeoutThereIsNoTimer() throws Exception {
        assertEquals(-1, kernelsTimeout(0));
    }

    @Test
    void timeoutIsTheKernels() throws Exception {
        assertEquals(LONG, kernelsTimeout(LONG));
    }

    @Test
    @DisabledIfSystemProperty(named = "org.anyfd.poller", matches = "poll", disabledReason = "it has no set to put a timer in")
    void timeoutThatIsHardlyEverReachedIsNotTheKernels() throws Exception {
        endManyEarly();
        assertEquals(-1, kernelsTimeout(LONG));
    }

    @Test
    void timeoutThatIsReachedAgainIsTheKernels() throws Exception {
        endManyEarly();
        for (int i = 0; i < 3; i++) {
            assertSelectsFor(1);
        }
        assertEquals(LONG, kernelsTimeout(LONG));
    }

    @Test
    void selectionEndsInTimeAfterManyThatEndedEarly() throws Exception {
        endManyEarly();
        assertSelectsFor(50);
        endManyEarly();
        assertSelectsFor(5);
        assertSelectsFor(20);
    }

    /** The timer fires while a selection waits that has time left. */
    @Test
    void selectionOutlastsAnEarlierOnesTimeout() throws Exception {
        endManyEarly();
        endEarly(20);
        assertSelectsFor(200);
    }

    @Test
    void timeoutThatIsOverBetweenSelectionsEndsNone() throws Exception {
        endManyEarly();
        endEarly(1);
        long start = System.nanoTime();
        while (System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(20)) {
            assertEquals(0, selector.selectNow());
        }
        assertSelectsFor(50);
        endEarly(1);
        assertEquals(-1, kernelsTimeout(0));
    }

    /** The kernel gives the timer the lowest number that is free, which may be one of which a key says that it is its own. */
    @Test
    @DisabledIfSystemProperty(named = "org.anyfd.poller", matches = "poll", disabledReason = "it fails for a number that is closed")
    void keyOfANumberThatIsTheTimersByNowDoesNotDisturbIt() throws Exception {
        int borrowed = Raw.dup(((NativeSelectableChannel) pipe.source()).getFD());
        FdChannel channel = FdChannel.borrow(borrowed);
        channel.configureBlocking(false);
        SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
        assertEquals(0, selector.selectNow());
        Raw.close(borrowed);
        endManyEarly();
        key.cancel();
        assertSelectsFor(20);
        channel.close();
    }

    /** Not before; and that it ends at all is what the test's limit is for. */
    private void assertSelectsFor(int millis) throws IOException {
        long start = System.nanoTime();
        assertEquals(0, selector.select(millis));
        assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(millis));
    }

    private void endManyEarly() throws IOException {
        pipe.sink().write(ByteBuffer.allocate(1));
        for (int i = 0; i < MANY; i++) {
            assertTrue(selector.select(LONG) > 0);
            selector.selectedKeys().clear();
        }
        assertEquals(1, pipe.source().read(ByteBuffer.allocate(1)));
    }

    private void endEarly(int millis) throws IOException {
        pipe.sink().write(ByteBuffer.allocate(1));
        assertEquals(1, selector.select(millis));
        selector.selectedKeys().clear();
        assertEquals(1, pipe.source().read(ByteBuffer.allocate(1)));
    }

    /** In milliseconds, or -1 if the kernel is to wait for ever. */
    private int kernelsTimeout(int millis) throws InterruptedException {
        Thread thread = new Thread(() -> {
            try {
                selector.select(millis);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }, NAME);
        thread.setDaemon(true);
        thread.start();
        String[][] call = {null};
        Tasks.await(() -> {
            call[0] = callOf(NAME);
            return call[0][0].equals(EPOLL_WAIT) || call[0][0].equals(POLL);
        }, "the thread waits");
        selector.wakeup();
        thread.join();
        String timeout = call[0][call[0][0].equals(POLL) ? 3 : 4];
        return (int) Long.parseUnsignedLong(timeout.substring(2), 16);
    }

    /** The number and the arguments of the system call in which the thread of that name is, or one word that says other. */
    private static String[] callOf(String name) {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path thread : threads) {
                if (Files.readString(thread.resolve("comm")).strip().equals(name)) {
                    return Files.readString(thread.resolve("syscall")).strip().split(" ");
                }
            }
            return new String[] {"none"};
        } catch (IOException e) {
            return new String[] {"ended"}; // a thread, between one look and the next
        }
    }
}
