package org.anyfd.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.channels.Selector;
import java.util.concurrent.TimeUnit;

/** That a selector has nothing to report, and sleeps over it. */
public final class Idle {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int MILLIS = 20;

    private Idle() {
    }

    /** One selection lasts all of its time, and sleeps for most of it. */
    public static void assertIdle(Selector selector) throws IOException {
        long least = Long.MAX_VALUE;
        // Who spins does so each time; what the machine takes from a thread may count as the thread's, and comes once.
        for (int i = 0; i < 3 && least > MILLIS / 2; i++) {
            long cpu = THREADS.getCurrentThreadCpuTime();
            long start = System.nanoTime();
            assertEquals(0, selector.select(MILLIS));
            long elapsed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            assertTrue(elapsed >= MILLIS - 1, () -> "ended after " + elapsed + " ms");
            least = Math.min(least, TimeUnit.NANOSECONDS.toMillis(THREADS.getCurrentThreadCpuTime() - cpu));
        }
        assertTrue(least <= MILLIS / 2, "spun for " + least + " ms");
    }
}
