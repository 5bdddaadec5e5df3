package org.anyfd.poll;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A thread beside a test's own. Closing it waits for its end, at most ten seconds, and throws what it threw. */
final class Background implements AutoCloseable {
    private final FutureTask<?> task;
    private final Thread thread;

    private Background(Callable<?> work) {
        task = new FutureTask<>(work);
        thread = new Thread(task, "background");
        thread.setDaemon(true);
    }

    static Background run(Callable<?> work) {
        Background background = new Background(work);
        background.thread.start();
        return background;
    }

    Thread thread() {
        return thread;
    }

    @Override
    public void close() throws InterruptedException, TimeoutException, ExecutionException {
        task.get(10, TimeUnit.SECONDS);
    }
}
