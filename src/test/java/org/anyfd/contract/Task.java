package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** One operation running in a daemon thread of its own, and the means to know that it is blocked. */
final class Task<T> implements Closeable {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Thread thread;
    private final boolean virtual;
    private final FutureTask<T> outcome;
    private volatile boolean interruptedAtEnd;
    private Path stat;

    private Task(Callable<T> body, boolean virtual) {
        this.virtual = virtual;
        outcome = new FutureTask<>(() -> {
            try {
                return body.call();
            } finally {
                interruptedAtEnd = Thread.currentThread().isInterrupted();
            }
        });
        if (virtual) {
            thread = startVirtualThread(outcome);
            return;
        }
        // Short enough to be the kernel's name of the thread too, by which sleeping() finds it.
        thread = new Thread(outcome, "task-" + COUNT.incrementAndGet());
        thread.setDaemon(true);
        thread.start();
    }

    static <T> Task<T> start(Callable<T> body) {
        return new Task<>(body, false);
    }

    /** Runs the body in a virtual thread; call only if {@link #virtualThreads()}. */
    static <T> Task<T> startVirtual(Callable<T> body) {
        return new Task<>(body, true);
    }

    static boolean virtualThreads() {
        return Runtime.version().feature() >= 21;
    }

    /** {@code Thread.startVirtualThread}, which the Java release we compile for does not have. */
    private static Thread startVirtualThread(Runnable body) {
        try {
            return (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, body);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** The operation's result; its exception is thrown as it is. */
    T get() throws Exception {
        try {
            return outcome.get(Tcp.PATIENCE_NANOS, TimeUnit.NANOSECONDS);
        } catch (ExecutionException thrown) {
            if (thrown.getCause() instanceof Exception exception) {
                throw exception;
            }
            throw (Error) thrown.getCause();
        } catch (TimeoutException late) {
            return fail("still running: " + Arrays.toString(thread.getStackTrace()));
        }
    }

    /** Waits for the operation to fail with exactly this class. */
    <X extends Throwable> X fails(Class<X> exactly) {
        return assertThrowsExactly(exactly, this::get);
    }

    /** The thread's interrupt status when the operation ended. */
    boolean interrupted() throws Exception {
        try {
            get();
        } catch (Exception asExpected) {
            // Only the end matters here.
        }
        return interruptedAtEnd;
    }

    /**
     * Waits until the thread is blocked inside a call to {@code method} outside the tests' own code: the method is
     * on the stack, the stack stands still and the kernel says that the thread sleeps (a virtual thread: it is parked).
     */
    Task<T> awaitIn(String method) {
        long deadline = System.nanoTime() + Tcp.PATIENCE_NANOS;
        StackTraceElement[] before = {};
        for (int still = 0; still < 5; ) {
            if (outcome.isDone()) {
                fail("ended instead of blocking in " + method + ": " + describeOutcome());
            }
            StackTraceElement[] now = thread.getStackTrace();
            still = inside(now, method) && Arrays.equals(before, now) && sleeping() ? still + 1 : 0;
            before = now;
            if (System.nanoTime() - deadline > 0) {
                fail("not blocked in " + method + " but at " + Arrays.toString(now));
            }
            LockSupport.parkNanos(1_000_000);
        }
        return this;
    }

    private String describeOutcome() {
        try {
            return String.valueOf(outcome.get());
        } catch (ExecutionException | InterruptedException thrown) {
            return thrown.toString();
        }
    }

    private static boolean inside(StackTraceElement[] stack, String method) {
        String here = Task.class.getPackageName() + ".";
        return Arrays.stream(stack)
                .takeWhile(frame -> !frame.getClassName().startsWith(here))
                .anyMatch(frame -> frame.getMethodName().equals(method));
    }

    private boolean sleeping() {
        if (virtual) {
            return thread.getState() == Thread.State.WAITING;
        }
        try {
            if (stat == null) {
                stat = findStat();
            }
            String line = Files.readString(stat);
            return line.charAt(line.lastIndexOf(')') + 2) == 'S';
        } catch (IOException ended) {
            return false;
        }
    }

    private Path findStat() throws IOException {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path candidate : threads) {
                if (Files.readString(candidate.resolve("comm")).strip().equals(thread.getName())) {
                    return candidate.resolve("stat");
                }
            }
        }
        throw new IOException("no thread " + thread.getName());
    }

    void interrupt() {
        thread.interrupt();
    }

    /** Ends the task's wait for anything that can be interrupted; for try-with-resources. */
    @Override
    public void close() {
        if (!outcome.isDone()) {
            thread.interrupt();
        }
    }
}
