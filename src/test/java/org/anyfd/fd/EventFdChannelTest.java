package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A counter in the kernel, selectable and waited for. */
@Bounded
class EventFdChannelTest {
    private static final long LARGEST_INITIAL = 0xFFFF_FFFFL;
    /** 2^64-2, as an unsigned number. */
    private static final long FULL = -2;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private EventFdChannel event;

    @BeforeEach
    void open() throws IOException {
        event = fds.closing(EventFdChannel.open(0));
        event.configureBlocking(false);
    }

    /** Adds until 2^64-2 are there. */
    private void fill() throws IOException {
        assertTrue(event.add(Long.MAX_VALUE));
        assertTrue(event.add(Long.MAX_VALUE));
    }

    @Test
    void takeTakesAllThatWasAdded() throws IOException {
        assertTrue(event.add(3));
        assertTrue(event.add(4));
        assertEquals(7, event.take());
        assertEquals(0, event.take());
    }

    @Test
    void semaphoreGivesOneAtATime() throws IOException {
        EventFdChannel semaphore = fds.closing(EventFdChannel.openSemaphore(1));
        semaphore.configureBlocking(false);
        assertTrue(semaphore.add(2));
        for (int i = 0; i < 3; i++) {
            assertEquals(1, semaphore.take());
        }
        assertEquals(0, semaphore.take());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, Integer.MAX_VALUE, 1L << 31, LARGEST_INITIAL})
    void startsAtItsInitialValue(long initial) throws IOException {
        assertEquals(initial, fds.closing(EventFdChannel.open(initial)).take());
        EventFdChannel semaphore = fds.closing(EventFdChannel.openSemaphore(initial));
        assertEquals(1, semaphore.take());
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, LARGEST_INITIAL + 1, Long.MAX_VALUE})
    void initialValueOutOfRangeIsRefused(long initial) {
        String message = "initial value out of range 0 to 2^32-1: " + initial;
        assertEquals(message,
            assertThrowsExactly(IllegalArgumentException.class, () -> EventFdChannel.open(initial)).getMessage());
        assertEquals(message,
            assertThrowsExactly(IllegalArgumentException.class, () -> EventFdChannel.openSemaphore(initial)).getMessage());
    }

    @Test
    void negativeNumberIsNotAdded() throws IOException {
        assertEquals("n is negative: -5",
            assertThrowsExactly(IllegalArgumentException.class, () -> event.add(-5)).getMessage());
        event.close();
        assertThrowsExactly(IllegalArgumentException.class, () -> event.add(-5));
    }

    @Test
    void nothingCanBeAdded() throws IOException {
        assertTrue(event.add(0));
        assertEquals(0, event.take());
    }

    @Test
    void fullCounterTakesNoMore() throws IOException {
        fill();
        assertFalse(event.add(1));
        assertTrue(event.add(0));
        assertEquals(FULL, event.take());
        assertTrue(event.add(1));
    }

    @Test
    void selectorSeesTheCounter() throws IOException {
        try (Selector selector = Selector.open()) {
            SelectionKey key = event.register(selector, OP_READ | OP_WRITE);
            assertEquals(1, selector.selectNow());
            assertEquals(OP_WRITE, key.readyOps());
            event.add(1);
            selector.selectedKeys().clear();
            assertEquals(1, selector.selectNow());
            assertEquals(OP_READ | OP_WRITE, key.readyOps());
            event.add(Long.MAX_VALUE - 1);
            event.add(Long.MAX_VALUE);
            selector.selectedKeys().clear();
            assertEquals(1, selector.selectNow());
            assertEquals(OP_READ, key.readyOps());
            assertEquals(FULL, event.take());
            selector.selectedKeys().clear();
            key.interestOps(OP_READ);
            assertEquals(0, selector.selectNow());
        }
    }

    @Test
    void addWakesASelection() throws Exception {
        try (Selector selector = Selector.open()) {
            event.register(selector, OP_READ);
            Tasks.Task<Integer> selecting = fds.run(() -> selector.select()).awaitBlocked();
            event.add(1);
            assertEquals(1, selecting.get());
        }
    }

    @Test
    void addWakesABlockedTake() throws Exception {
        event.configureBlocking(true);
        Tasks.Task<Long> taking = fds.run(event::take).awaitBlocked();
        event.add(9);
        assertEquals(9, taking.get());
    }

    @Test
    void takeWakesABlockedAdd() throws Exception {
        fill();
        event.configureBlocking(true);
        Tasks.Task<Boolean> adding = fds.run(() -> event.add(1)).awaitBlocked();
        assertEquals(FULL, event.take());
        assertTrue(adding.get());
        assertEquals(1, event.take());
    }

    /** poll(2) says that something can be added, but not how much. */
    @Test
    void addThatWaitsForRoomDoesNotSpin() throws Exception {
        fill();
        event.take();
        event.add(Long.MAX_VALUE);
        event.add(Long.MAX_VALUE - 5);
        event.configureBlocking(true);
        Tasks.Task<Boolean> adding = fds.run(() -> event.add(10));
        assertThrowsExactly(TimeoutException.class, () -> adding.future().get(250, TimeUnit.MILLISECONDS));
        long spent = THREADS.getThreadCpuTime(adding.thread().getId());
        assertTrue(spent < TimeUnit.MILLISECONDS.toNanos(100), () -> "spun for " + spent + " ns");
        event.take();
        assertTrue(adding.get());
        assertEquals(10, event.take());
    }

    /** The kernel makes whoever adds to the shared file wait, and nobody could end that. */
    @ParameterizedTest
    @ValueSource(longs = {1, 10})
    void addToASharedCounterWaitsAsToOurOwn(long n) throws Exception {
        EventFdChannel shared = shared();
        Tasks.Task<Boolean> adding = fds.run(() -> shared.add(n)).awaitBlocked();
        assertEquals(FULL, event.take());
        assertTrue(adding.get());
        assertEquals(n, event.take());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void addToASharedCounterCanBeEnded(boolean byClose) throws Exception {
        EventFdChannel shared = shared();
        event.take();
        event.add(Long.MAX_VALUE);
        event.add(Long.MAX_VALUE - 5);
        Tasks.Task<Boolean> adding = fds.run(() -> shared.add(10));
        assertThrowsExactly(TimeoutException.class, () -> adding.future().get(50, TimeUnit.MILLISECONDS));
        Tasks.await(() -> adding.thread().getState() == Thread.State.TIMED_WAITING, "pauses between its tries");
        if (byClose) {
            shared.close();
        } else {
            adding.thread().interrupt();
        }
        Throwable ended = assertThrows(ClosedChannelException.class, adding::get);
        assertEquals(byClose ? AsynchronousCloseException.class : ClosedByInterruptException.class, ended.getClass());
    }

    @Test
    void sharedCounterTakesWhatFits() throws IOException {
        EventFdChannel shared = shared();
        shared.configureBlocking(false);
        assertTrue(shared.add(0));
        assertFalse(shared.add(1));
        event.take();
        assertTrue(shared.add(Long.MAX_VALUE));
        assertTrue(shared.add(Long.MAX_VALUE - 5));
        assertFalse(shared.add(6));
        assertTrue(shared.add(5));
        assertEquals(FULL, event.take());
        shared.close();
        assertThrowsExactly(ClosedChannelException.class, () -> shared.add(1));
    }

    /** Who has the counter as a channel of bytes adds numbers, too. */
    @Test
    void channelOfBytesDoesNotWaitInTheKernel() throws Exception {
        shared();
        FdChannel bytes = fds.closing(FdChannel.own(Raw.dup(event.getFD())));
        bytes.configureBlocking(false);
        event.take();
        event.add(Long.MAX_VALUE);
        event.add(Long.MAX_VALUE - 5);
        assertEquals(0, bytes.write(number(6)));
        assertEquals(0, bytes.write(new ByteBuffer[] {number(6), number(1)}));
        assertEquals(8, bytes.write(new ByteBuffer[] {number(3), number(3)}));
        assertEquals(8, bytes.write(number(2)));
        assertEquals(0, bytes.write(number(1)));
        assertEquals(8, bytes.write(number(0)));
        assertThrowsExactly(IOException.class, () -> bytes.write(number(-1)));
        assertThrowsExactly(IOException.class, () -> bytes.write(number(1).limit(7)));
        bytes.configureBlocking(true);
        Tasks.Task<Integer> writing = fds.run(() -> bytes.write(number(10))).awaitBlocked();
        assertEquals(FULL, event.take());
        assertEquals(8, writing.get());
        assertEquals(10, event.take());
        fill();
        Tasks.Task<Integer> ended = fds.run(() -> bytes.write(number(10))).awaitBlocked();
        bytes.close();
        assertThrowsExactly(AsynchronousCloseException.class, ended::get);
    }

    private static ByteBuffer number(long n) {
        return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(0, n);
    }

    /** A full one, without O_NONBLOCK; {@link #event} has the same file. */
    private EventFdChannel shared() throws IOException {
        event.close();
        int number = Raw.eventfd(0);
        event = fds.closing(EventFdChannel.own(Raw.dup(number)));
        event.configureBlocking(false);
        fill();
        return fds.closing(EventFdChannel.own(number));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closeEndsABlockedOperation(boolean take) throws Exception {
        Tasks.Task<?> blocked = block(take);
        event.close();
        assertThrowsExactly(AsynchronousCloseException.class, blocked::get);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void interruptEndsABlockedOperation(boolean take) throws Exception {
        Tasks.Task<?> blocked = block(take);
        blocked.thread().interrupt();
        assertThrowsExactly(ClosedByInterruptException.class, blocked::get);
        assertFalse(event.isOpen());
    }

    private Tasks.Task<?> block(boolean take) throws IOException {
        if (take) {
            event.configureBlocking(true);
            return fds.run(event::take).awaitBlocked();
        }
        fill();
        event.configureBlocking(true);
        return fds.run(() -> event.add(1)).awaitBlocked();
    }

    @Test
    void nothingAddedIsLost() throws Exception {
        event.configureBlocking(true);
        int adders = 4;
        int each = 5_000;
        List<Tasks.Task<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < adders; i++) {
            tasks.add(fds.run(() -> {
                for (int n = 0; n < each; n++) {
                    event.add(1);
                }
                return null;
            }));
        }
        for (long taken = 0; taken < adders * each;) {
            taken += event.take();
        }
        for (Tasks.Task<Void> task : tasks) {
            task.get();
        }
        event.configureBlocking(false);
        assertEquals(0, event.take());
    }

    @Test
    void closedChannelRefusesEverything() throws IOException {
        Selector selector = fds.closing(Selector.open());
        int number = event.getFD();
        assertTrue(Raw.isOpen(number));
        event.close();
        Tasks.await(() -> !Raw.isOpen(number), "closed");
        event.close();
        assertThrowsExactly(ClosedChannelException.class, () -> event.add(1));
        assertThrowsExactly(ClosedChannelException.class, () -> event.take());
        assertThrowsExactly(ClosedChannelException.class, () -> event.configureBlocking(true));
        assertThrowsExactly(ClosedChannelException.class, () -> event.register(selector, OP_READ));
    }

    @Test
    void registrationIsAsForAnyChannel() throws IOException {
        Selector selector = fds.closing(Selector.open());
        assertEquals(OP_READ | OP_WRITE, event.validOps());
        assertThrowsExactly(IllegalArgumentException.class, () -> event.register(selector, SelectionKey.OP_ACCEPT));
        event.configureBlocking(true);
        assertThrowsExactly(IllegalBlockingModeException.class, () -> event.register(selector, OP_READ));
        assertNull(event.keyFor(selector));
    }

    @Test
    void toStringNamesTheDescriptor() throws IOException {
        assertEquals("org.anyfd.fd.EventFdChannel[fd " + event.getFD() + "]", event.toString());
        event.close();
        assertEquals("org.anyfd.fd.EventFdChannel[closed]", event.toString());
    }
}
