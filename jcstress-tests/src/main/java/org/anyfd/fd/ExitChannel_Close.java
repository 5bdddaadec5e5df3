package org.anyfd.fd;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.anyfd.Termination;
import org.anyfd.channel.Fixtures;
import org.anyfd.poll.Patience;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
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
    @JCStressTest(Mode.Termination)
    @State
    public static class Real extends Termination {
        private final ChildProcess child =
            Fixtures.make(() -> ChildProcess.start(new ProcessBuilder("sleep", "1000")));

        @Actor
        public void actor() throws Exception {
            arrive();
            try {
                mustThrow(ClosedChannelException.class, child.exit()::take);
            } finally {
                child.destroyForcibly();
                if (child.waitFor() != 128 + 9) {
                    throw new IOException("ended with " + child.exitStatus());
                }
                child.close();
            }
        }

        @Signal
        public void signal() throws IOException {
            arrive();
            child.exit().close();
        }
    }

    /** Broken: the latch looks whether it is closed, and then lets the thread in. */
    @JCStressTest(Mode.Termination)
    @State
    public static class Twin extends Patience.WithTwoSteps {
        @Override
        @Actor
        public void actor() throws IOException {
            super.actor();
        }

        @Override
        @Signal
        public void signal() {
            super.signal();
        }
    }
}
