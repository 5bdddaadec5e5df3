package org.anyfd.fd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/**
 * A child process ends while a program asks how, again and again, from two threads, and the Reaper asks as well. The
 * kernel tells it once, and everybody is told the same.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=ExitStatus_AskedByAll
 * </pre>
 */
public class ExitStatus_AskedByAll {
    @Outcome(id = "TERMINATED", expect = ACCEPTABLE, desc = "Everybody knows.")
    @Outcome(id = "STALE", expect = FORBIDDEN, desc = "The end was not noticed.")
    interface Race {
    }

    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = FORBIDDEN, desc = "It ended otherwise than it should.")
    @State
    public static class Real {
        private final Window.Meeting meeting = new Window.Meeting();
        private final ChildProcess child = start();

        private static ChildProcess start() {
            try {
                return ChildProcess.start(new ProcessBuilder("sh", "-c", "exit 7"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void ask() throws IOException {
            while (child.isAlive()) {
                Thread.yield();
            }
            if (child.exitValue() != 7) {
                throw new IOException("ended with " + child.exitStatus());
            }
        }

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            ask();
        }

        @Signal
        public void signal() throws Exception {
            meeting.arrive();
            ask();
            if (child.onExit().get(1, TimeUnit.MINUTES).exitValue() != 7) {
                throw new IOException("the future says " + child.exitStatus());
            }
            child.close();
        }
    }

    /** Broken: each looks whether the end is known, and then asks the kernel. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = ACCEPTABLE_INTERESTING, desc = "The end was told otherwise.")
    @State
    public static class Twin {
        private final Window.Meeting meeting = new Window.Meeting();
        private final AtomicBoolean zombie = new AtomicBoolean(true);
        private volatile String status;

        private void ask() throws IOException {
            if (status == null) {
                Window.widenFar();
                status = zombie.getAndSet(false) ? "exit 7" : "unknown";
            }
        }

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            ask();
            if (!status.equals("exit 7")) {
                throw new IOException(status);
            }
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            ask();
            if (!status.equals("exit 7")) {
                throw new IOException(status);
            }
        }
    }
}
