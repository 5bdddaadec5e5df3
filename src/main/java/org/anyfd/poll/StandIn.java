package org.anyfd.poll;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.function.IntSupplier;

/**
 * Internal. Platform threads that wait in place of threads that must not: of a virtual one, which would hold its
 * carrier, and of one that holds a monitor which others need meanwhile. Any thread may call any method. The threads are
 * daemons, and go when they are idle for a minute.
 */
public final class StandIn {
    private static final Executor THREADS =
        Executors.newCachedThreadPool(task -> Daemon.of(task, "anyfd-stand-in"));

    private StandIn() {
    }

    /** Makes a call that blocks, and waits for its result by parking. Does not end at an interrupt. */
    static int call(IntSupplier call) {
        return CompletableFuture.supplyAsync(call::getAsInt, THREADS).join();
    }

    /**
     * Has a wait done by another thread; the caller gives up a monitor that it holds, however often it has entered it,
     * until that thread is done. An interrupt does not end this, and stays pending: what is waited for must end by it.
     */
    public static void await(Object monitor, Runnable wait) {
        assert Thread.holdsLock(monitor);
        Notice notice = new Notice();
        THREADS.execute(() -> {
            try {
                wait.run();
            } finally {
                synchronized (monitor) {
                    notice.given = true;
                    monitor.notifyAll();
                }
            }
        });
        boolean interrupted = false;
        while (!notice.given) {
            try {
                monitor.wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Guarded by the monitor. */
    private static final class Notice {
        boolean given;
    }
}
