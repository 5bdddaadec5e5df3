package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * What a selector test selects with: one open selector, pipes and connected pairs, and threads that can be watched
 * while they block. It closes everything it made after each test and insists that the threads have ended.
 */
final class Selecting implements BeforeEachCallback, AfterEachCallback {
    /** Longer than anything here takes on a machine under load, shorter than the limit of a test. */
    static final long PATIENCE_SECONDS = 20;

    private final Deque<Closeable> opened = new ArrayDeque<>();
    private final List<Task<?>> tasks = new ArrayList<>();
    Selector selector;

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        selector = selector();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
        for (Task<?> task : tasks) {
            task.thread.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
            assertTrue(!task.thread.isAlive(), () -> "still running: " + Arrays.toString(task.thread.getStackTrace()));
        }
    }

    /** Closes {@code resource} after the test. */
    <T extends Closeable> T closing(T resource) {
        opened.push(resource);
        return resource;
    }

    Selector selector() throws IOException {
        return closing(Selector.open());
    }

    /** A pipe whose ends are both non-blocking. */
    Pipe pipe() throws IOException {
        Pipe pipe = Pipe.open();
        closing(pipe.source()).configureBlocking(false);
        closing(pipe.sink()).configureBlocking(false);
        return pipe;
    }

    /** A non-blocking listener on a free port of the loopback address. */
    ServerSocketChannel listener() throws IOException {
        ServerSocketChannel listener = closing(ServerSocketChannel.open());
        listener.bind(loopback());
        listener.configureBlocking(false);
        return listener;
    }

    /** A TCP connection whose ends are both non-blocking. */
    Connection tcp() throws IOException {
        SocketChannel near;
        SocketChannel far;
        try (ServerSocketChannel listener = ServerSocketChannel.open().bind(loopback())) {
            near = closing(SocketChannel.open(listener.getLocalAddress()));
            far = closing(listener.accept());
        }
        near.setOption(StandardSocketOptions.TCP_NODELAY, true).configureBlocking(false);
        far.setOption(StandardSocketOptions.TCP_NODELAY, true).configureBlocking(false);
        return new Connection(near, far);
    }

    /** The two ends of a connection; {@code near} is the one a test selects on. */
    record Connection(SocketChannel near, SocketChannel far) {
        /** Closes the far end so that the near one is reset. */
        void reset() throws IOException {
            far.setOption(StandardSocketOptions.SO_LINGER, 0);
            far.close();
        }
    }

    /** The key, for OP_READ, of a fresh pipe that holds one byte. */
    SelectionKey readable(Selector selector) throws IOException {
        Pipe pipe = pipe();
        put(pipe.sink(), 1);
        return pipe.source().register(selector, SelectionKey.OP_READ);
    }

    /** The key, for OP_READ, of a fresh pipe that stays empty. */
    SelectionKey silent(Selector selector) throws IOException {
        return pipe().source().register(selector, SelectionKey.OP_READ);
    }

    static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /** Writes exactly {@code count} bytes, which must fit. */
    static void put(WritableByteChannel channel, int count) throws IOException {
        assertEquals(count, channel.write(ByteBuffer.allocate(count)), "bytes written");
    }

    /** Reads until the channel has no more to give; returns the number of bytes read. */
    static int drain(ReadableByteChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        int total = 0;
        for (int count = channel.read(buffer); count > 0; count = channel.read(buffer.clear())) {
            total += count;
        }
        return total;
    }

    /**
     * Writes until the channel takes no more, and stays so: what a socket has taken is still on its way to the other
     * end and may free space, as {@link Tcp#fill} says. Returns the number of bytes written.
     */
    static <C extends SelectableChannel & WritableByteChannel> long fill(C channel) throws IOException {
        long total = 0;
        try (Selector observer = Selector.open()) {
            channel.register(observer, SelectionKey.OP_WRITE);
            int quietMillis = channel instanceof SocketChannel ? 250 : 1;
            while (observer.select(key -> {}, quietMillis) > 0) {
                total += channel.write(ByteBuffer.allocate(1 << 16));
            }
        }
        return total;
    }

    /** Waits until {@code ops} are ready on {@code channel}, as seen by a selector of its own. */
    static void awaitReady(SelectableChannel channel, int ops) throws IOException {
        try (Selector observer = Selector.open()) {
            SelectionKey key = channel.register(observer, ops);
            await(() -> {
                try {
                    observer.select(100);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                return key.isValid() && key.readyOps() == ops;
            }, "channel ready");
        }
    }

    /** Waits, without sleeping blindly, for {@code condition}; fails when it does not come true in time. */
    static void await(BooleanSupplier condition, String what) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                fail("never came true: " + what);
            }
            LockSupport.parkNanos(100_000);
        }
    }

    static long millisSince(long startNanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    }

    /** Fails if {@code timeoutMillis} had not passed since {@code startNanos}, but for a millisecond of rounding. */
    static void assertTimedOut(long startNanos, long timeoutMillis) {
        long elapsed = millisSince(startNanos);
        assertTrue(elapsed >= timeoutMillis - 1, () -> "returned after " + elapsed + " ms, before " + timeoutMillis);
    }

    /**
     * What a timed selection in another thread returns when {@code change} is made while it is blocked. Nobody can
     * know that it was blocked; if it was not, the change has counted and is made undone to try again.
     */
    int selectMeanwhile(Callable<?> undo, Callable<?> change) throws Exception {
        int count = 1;
        for (int attempt = 0; attempt < 5 && count != 0; attempt++) {
            undo.call();
            selector.selectNow();
            selector.selectedKeys().clear();
            Task<Integer> select = run(() -> selector.select(150)).awaitSelecting();
            change.call();
            count = select.get();
            selector.selectedKeys().clear();
        }
        return count;
    }

    /** Starts {@code body} in a thread of its own. */
    <T> Task<T> run(Callable<T> body) {
        FutureTask<T> future = new FutureTask<>(body);
        Thread thread = new Thread(future, "task");
        thread.setDaemon(true);
        thread.start();
        return watch(thread, future);
    }

    /** Watches {@code thread}, already started, which runs {@code future}. */
    <T> Task<T> watch(Thread thread, FutureTask<T> future) {
        Task<T> task = new Task<>(thread, future);
        tasks.add(task);
        return task;
    }

    /** A running task: what its thread is doing, and what came of it. */
    record Task<T>(Thread thread, FutureTask<T> future) {
        /** The result; an exception of the task is thrown as it was. */
        T get() throws Exception {
            try {
                return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                return fail("task stuck in " + Arrays.toString(thread.getStackTrace()));
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Error error) {
                    throw error;
                }
                throw (Exception) e.getCause();
            }
        }

        /**
         * Returns once the thread seems to be blocked in a selection: a native wait is RUNNABLE to the JVM, so this
         * looks for a stack that has a select method in it and has stood still for a while. Tests must hold even if
         * it was wrong.
         */
        Task<T> awaitSelecting() {
            StackTraceElement[][] last = {null};
            int[] still = {0};
            await(() -> {
                StackTraceElement[] stack = thread.getStackTrace();
                boolean same = selects(stack) && Arrays.equals(stack, last[0]);
                still[0] = same ? still[0] + 1 : 0;
                last[0] = stack;
                LockSupport.parkNanos(1_000_000);
                return still[0] >= 8 || future.isDone();
            }, "thread blocked in select");
            return this;
        }

        private static boolean selects(StackTraceElement[] stack) {
            return Arrays.stream(stack).anyMatch(frame -> frame.getMethodName().equals("select"));
        }

        /** Returns once the thread waits to enter a monitor; fails if it ended instead. */
        Task<T> awaitMonitor() {
            await(() -> {
                assertTrue(thread.isAlive(), "ended without waiting for the monitor");
                return thread.getState() == Thread.State.BLOCKED;
            }, "thread waiting for a monitor");
            return this;
        }
    }
}
