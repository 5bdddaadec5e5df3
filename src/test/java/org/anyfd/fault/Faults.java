package org.anyfd.fault;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.anyfd.sys.CFunction;
import org.anyfd.sys.Sys;
import org.anyfd.testing.Tasks;

/** What {@code src/test/c/faults.c}, which this JVM was started with, can do to the calls that anyfd makes. */
final class Faults {
    private static final CFunction INJECT = CFunction.named("fault_inject");
    private static final CFunction CAP = CFunction.named("fault_cap");
    private static final CFunction READY = CFunction.named("fault_ready");
    private static final CFunction READY_LEFT = CFunction.named("fault_ready_left");
    private static final CFunction END = CFunction.named("fault_end");
    private static final CFunction CALLS = CFunction.named("fault_calls");
    private static final CFunction STRUCK = CFunction.named("fault_struck");
    private static final CFunction STORM = CFunction.named("fault_storm");
    private static final CFunction SIGNALS = CFunction.named("fault_signals");
    private static final CFunction CALM = CFunction.named("fault_calm");
    private static final CFunction GETTID = CFunction.named("gettid");
    /** The space for a function's name. */
    private static final int NAME = 32;
    private static final int ALWAYS = Integer.MAX_VALUE;

    private Faults() {
    }

    /** The next call of a function fails, whoever makes it. */
    static void once(String function, int errno) {
        inject(function, errno, 0, 0, 1);
    }

    /** All calls of a function fail. */
    static void always(String function, int errno) {
        inject(function, errno, 0, 0, ALWAYS);
    }

    /** No call of a function fails; they are {@link #calls counted}. */
    static void count(String function) {
        inject(function, 0, 0, 0, 0);
    }

    /** Of the calls that this thread makes, whichever they are but close(2), the one after so many fails. */
    static void nth(int after, int errno) {
        inject("", errno, thread(), after, 1);
    }

    private static void inject(String function, int errno, int thread, int after, int times) {
        ByteBuffer name = ByteBuffer.allocateDirect(NAME).put(function.getBytes(StandardCharsets.US_ASCII));
        INJECT.call(Sys.address(name), errno, thread, after, times);
    }

    /** No write takes more bytes than this. */
    static void cap(int bytes) {
        CAP.call(bytes);
    }

    /** The next waits for this descriptor say that it has these events, though it has none. */
    static void ready(int fd, int events, int times) {
        READY.call(fd, events, times);
    }

    /** How many of those waits are still to come. */
    static int readyLeft() {
        return READY_LEFT.call(0);
    }

    /** Ends all of the above. */
    static void end() {
        END.call(0);
    }

    /** How many calls there were that the last rule is about. */
    static int calls() {
        return CALLS.call(0);
    }

    /** The function that failed last by a rule, or "". */
    static String struck() {
        ByteBuffer name = ByteBuffer.allocateDirect(NAME);
        STRUCK.call(Sys.address(name));
        return StandardCharsets.US_ASCII.decode(name).toString().replace("\0", "");
    }

    /** The calling thread, as the kernel knows it. */
    static int thread() {
        return GETTID.call(0);
    }

    /** Signals to a thread, which end the calls it waits in with EINTR. One at a time. */
    record Storm(int thread) implements AutoCloseable {
        private static final int EVERY_MICROS = 300;

        static Storm at(int thread) {
            if (STORM.call(thread, EVERY_MICROS) != 0) {
                throw new AssertionError("no thread to send signals");
            }
            return new Storm(thread);
        }

        /** Waits until the thread has taken a few more. */
        void awaitSignals() {
            int before = SIGNALS.call(0);
            Tasks.await(() -> SIGNALS.call(0) >= before + 5, "signals");
        }

        @Override
        public void close() {
            awaitSignals();
            CALM.call(0);
        }
    }
}
