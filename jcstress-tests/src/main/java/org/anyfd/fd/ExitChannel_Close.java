package org.anyfd.fd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import org.anyfd.Window;
import org.anyfd.poll.Patience;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/**
 * A program waits for the end of a child process while another thread closes the channel. The wait ends with an
 * exception that says so; the child can still be ended and waited for.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=ExitChannel_Close
 * </pre>
 */
public class ExitChannel_Close {
    @Outcome(id = "TERMINATED", expect = ACCEPTABLE, desc = "It ended.")
    @Outcome(id = "STALE", expect = FORBIDDEN, desc = "The close was not noticed.")
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
                return ChildProcess.start(new ProcessBuilder("sleep", "1000"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Actor
        public void actor() throws Exception {
            meeting.arrive();
            try {
                child.exit().take();
            } catch (ClosedChannelException expected) {
                return;
            } finally {
                child.destroyForcibly();
                if (child.waitFor() != 128 + 9) {
                    throw new IOException("ended with " + child.exitStatus());
                }
                child.close();
            }
            throw new IOException("ended without a reason");
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            child.exit().close();
        }
    }

    /** Broken: the latch looks whether it is closed, and then lets the thread in. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = ACCEPTABLE_INTERESTING, desc = "Nobody woke the thread.")
    @State
    public static class Twin {
        private final Window.Meeting meeting = new Window.Meeting();
        private final Patience.WithTwoSteps operation = open();

        private static Patience.WithTwoSteps open() {
            try {
                return new Patience.WithTwoSteps();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try (operation) {
                operation.operate(-1);
            }
        }

        @Signal
        public void signal() {
            meeting.arrive();
            operation.end();
        }
    }
}
