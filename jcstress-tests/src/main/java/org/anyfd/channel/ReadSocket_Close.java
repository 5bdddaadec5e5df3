package org.anyfd.channel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import org.anyfd.Termination;
import org.anyfd.poll.Patience;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/**
 * A blocking read from a silent connection begins while another thread closes the channel. It ends with an exception
 * that says so.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=ReadSocket_Close
 *
 *                      Real         Twin
 *   ERROR                 -            4
 *   TERMINATED          106            3
 * </pre>
 */
public class ReadSocket_Close {
    @JCStressTest(Mode.Termination)
    @State
    public static class Real extends Termination {
        private final Fixtures.Connection connection = Fixtures.connection();

        @Actor
        public void actor() throws Exception {
            arrive();
            try {
                mustThrow(ClosedChannelException.class, () -> connection.here().read(ByteBuffer.allocate(1)));
            } finally {
                connection.there().close();
            }
        }

        @Signal
        public void signal() throws IOException {
            arrive();
            connection.here().close();
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
