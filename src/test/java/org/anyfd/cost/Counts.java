package org.anyfd.cost;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.anyfd.sys.CFunction;
import org.anyfd.sys.Sys;

/**
 * System calls, as {@code src/test/c/counts.c} counts them, and bytes of heap, as the JVM does: of all that is done
 * between {@link #on} and {@link #off}.
 */
final class Counts {
    private static final CFunction THREAD = CFunction.named("counts_thread");
    private static final CFunction RESET = CFunction.named("counts_reset");
    private static final CFunction WAITS = CFunction.named("counts_waits");
    private static final CFunction SIZE = CFunction.named("counts_size");
    private static final CFunction GET = CFunction.named("counts_get");
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    /** What the JVM's answer itself may take. */
    private static final long NOTHING = nothing();

    private final long self = Thread.currentThread().getId();
    private long bytes;
    private long before;

    /** The counts begin anew; bytes are those of the calling thread. */
    Counts() {
        RESET.call(0);
    }

    private static long nothing() {
        long self = Thread.currentThread().getId();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 10; i++) {
            long before = THREADS.getThreadAllocatedBytes(self);
            least = Math.min(least, THREADS.getThreadAllocatedBytes(self) - before);
        }
        return least;
    }

    void on() {
        THREAD.call(1);
        before = THREADS.getThreadAllocatedBytes(self);
    }

    void off() {
        bytes += THREADS.getThreadAllocatedBytes(self) - before - NOTHING;
        THREAD.call(0);
    }

    /** Has the calls of a further thread, the calling one, counted too. */
    static void join() {
        THREAD.call(1);
    }

    /** How often counted threads began to wait in epoll_wait(2), ever. */
    static int waits() {
        return WAITS.call(0);
    }

    /** How many of each function, for each of so many rounds: a whole number, or with its rest. */
    String calls(int rounds) {
        Map<String, String> counts = new TreeMap<>();
        ByteBuffer name = ByteBuffer.allocateDirect(32);
        for (int i = 0; i < SIZE.call(0); i++) {
            int count = GET.call(i, Sys.address(name));
            if (count != 0) {
                counts.put(text(name), each(count, rounds));
            }
        }
        return counts.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).collect(Collectors.joining(", "));
    }

    String bytes(int rounds) {
        return each(bytes, rounds);
    }

    /** The names of the functions that are counted. */
    static String functions() {
        StringBuilder names = new StringBuilder();
        ByteBuffer name = ByteBuffer.allocateDirect(32);
        for (int i = 0; i < SIZE.call(0); i++) {
            GET.call(i, Sys.address(name));
            names.append(text(name)).append(' ');
        }
        return names.toString();
    }

    private static String text(ByteBuffer name) {
        String text = StandardCharsets.US_ASCII.decode(name.clear()).toString();
        return text.substring(0, text.indexOf('\0'));
    }

    private static String each(long count, int rounds) {
        return count % rounds == 0 ? Long.toString(count / rounds) : count + "/" + rounds;
    }
}
