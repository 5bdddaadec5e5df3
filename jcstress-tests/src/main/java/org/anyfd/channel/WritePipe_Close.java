package org.anyfd.channel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import org.anyfd.Termination;
import org.anyfd.poll.Patience;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/**
 * A blocking write to a full pipe begins while another thread closes the channel. It ends with an exception that says
 * so.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=WritePipe_Close
 *
 *                      Real         Twin
 *   ERROR                 -            4
 *   TERMINATED          112            9
 * </pre>
 */
public class WritePipe_Close {
    @JCStressTest(Mode.Termination)
    @State
    public static class Real extends Termination {
        private final Pipe pipe = Fixtures.fullPipe();

        @Actor
        public void actor() throws Exception {
            arrive();
            try {
                mustThrow(ClosedChannelException.class, () -> pipe.sink().write(ByteBuffer.allocate(1)));
            } finally {
                pipe.source().close();
            }
        }

        @Signal
        public void signal() throws IOException {
            arrive();
            pipe.sink().close();
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
