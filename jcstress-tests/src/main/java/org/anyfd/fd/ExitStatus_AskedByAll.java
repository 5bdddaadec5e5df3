package org.anyfd.fd;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.anyfd.Termination;
import org.anyfd.Window;
import org.anyfd.channel.Fixtures;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
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
    @JCStressTest(Mode.Termination)
    @State
    public static class Real extends Termination {
        private final ChildProcess child =
            Fixtures.make(() -> ChildProcess.start(new ProcessBuilder("sh", "-c", "exit 7")));

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
            arrive();
            ask();
        }

        @Signal
        public void signal() throws Exception {
            arrive();
            ask();
            if (child.onExit().get(1, TimeUnit.MINUTES).exitValue() != 7) {
                throw new IOException("the future says " + child.exitStatus());
            }
            child.close();
        }
    }

    /** Broken: each looks whether the end is known, and then asks the kernel. */
    @JCStressTest(Mode.Termination)
    @State
    public static class Twin extends Termination {
        private final AtomicBoolean zombie = new AtomicBoolean(true);
        private volatile String status;

        private void ask() throws IOException {
            if (status == null) {
                Window.widenFar();
                status = zombie.getAndSet(false) ? "exit 7" : "unknown";
            }
            if (!status.equals("exit 7")) {
                throw new IOException(status);
            }
        }

        @Actor
        public void actor() throws IOException {
            arrive();
            ask();
        }

        @Signal
        public void signal() throws IOException {
            arrive();
            ask();
        }
    }
}
