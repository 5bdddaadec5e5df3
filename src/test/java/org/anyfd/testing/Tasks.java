package org.anyfd.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Threads of a test, which can be watched while they block. */
public final class Tasks {
    /** Longer than anything here takes on a machine under load, shorter than the limit of a test. */
    public static final long PATIENCE_SECONDS = 20;

    private final List<Task<?>> tasks = new ArrayList<>();

    /** Starts {@code body} in a thread of its own. */
    public <T> Task<T> run(Callable<T> body) {
        FutureTask<T> future = new FutureTask<>(body);
        Thread thread = new Thread(future, "task");
        thread.setDaemon(true);
        Task<T> task = new Task<>(thread, future);
        tasks.add(task);
        thread.start();
        return task;
    }

    /** Insists that all threads end. */
    void join() throws InterruptedException {
        for (Task<?> task : tasks) {
            task.thread.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
            assertTrue(!task.thread.isAlive(), () -> "still running: " + Arrays.toString(task.thread.getStackTrace()));
        }
        tasks.clear();
    }

    /** Waits, without sleeping blindly, for {@code condition}; fails when it does not come true in time. */
    public static void await(BooleanSupplier condition, String what) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                fail("never came true: " + what);
            }
            LockSupport.parkNanos(100_000);
        }
    }

    /** A running task: what its thread is doing, and what came of it. */
    public record Task<T>(Thread thread, FutureTask<T> future) {
        /** The result; an exception of the task is thrown as it was. */
        public T get() throws Exception {
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
         * Returns once the thread seems to wait in the kernel for a descriptor or in a selection: its stack stands
         * still there for a while. Tests must hold even if that was wrong.
         */
        public Task<T> awaitBlocked() {
            StackTraceElement[][] last = {null};
            int[] still = {0};
            await(() -> {
                StackTraceElement[] stack = thread.getStackTrace();
                still[0] = waits(stack) && Arrays.equals(stack, last[0]) ? still[0] + 1 : 0;
                last[0] = stack;
                LockSupport.parkNanos(1_000_000);
                return still[0] >= 8 || future.isDone();
            }, "thread blocked");
            return this;
        }

        /** Returns once the thread has been seen in such a wait, which may end and begin again all the time. */
        public Task<T> awaitSeenWaiting() {
            await(() -> waits(thread.getStackTrace()) || future.isDone(), "thread in a wait");
            return this;
        }

        private static boolean waits(StackTraceElement[] stack) {
            return Arrays.stream(stack).anyMatch(frame -> frame.getClassName().startsWith("org.anyfd.poll.")
                || frame.getMethodName().equals("readInKernel"));
        }
    }
}
