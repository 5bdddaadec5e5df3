package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.nio.ByteBuffer;
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
        private final Fixtures.Connection connection = Fixtures.connection();

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try {
                connection.here().read(ByteBuffer.allocate(1));
            } catch (ClosedChannelException expected) {
                return;
            } finally {
                connection.there().close();
            }
            throw new IOException("ended without a reason");
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            connection.here().close();
        }
    }

    /** Broken: the latch looks whether it is closed, and then lets the thread in. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = ACCEPTABLE_INTERESTING, desc = "Nobody woke the thread.")
    @State
    public static class Twin {
        private final Window.Meeting meeting = new Window.Meeting();
        private final Fixtures.Connection connection = Fixtures.connection();
        private final Patience.WithTwoSteps operation = Fixtures.make(Patience.WithTwoSteps::new);

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try (operation) {
                operation.operate(Fixtures.number(connection.here()));
            } finally {
                connection.here().close();
                connection.there().close();
            }
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            operation.end();
        }
    }
}
