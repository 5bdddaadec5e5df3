package org.anyfd.fault;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;

/** The processor time of a thread since a moment, to see that it does not spin. Other load does not count. */
record Cpu(Thread thread, long startNanos, long startCpuNanos) {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    static Cpu of(Thread thread) {
        return new Cpu(thread, System.nanoTime(), THREADS.getThreadCpuTime(thread.getId()));
    }

    static Cpu here() {
        return of(Thread.currentThread());
    }

    /** Fails if the thread was busy for more than half of the time, or a little more if that was short. */
    void assertIdle() {
        long used = THREADS.getThreadCpuTime(thread.getId()) - startCpuNanos;
        long passed = System.nanoTime() - startNanos;
        assertTrue(used < passed / 2 + TimeUnit.MILLISECONDS.toNanos(20),
            () -> used / 1_000_000 + " ms of processor time in " + passed / 1_000_000);
    }
}
