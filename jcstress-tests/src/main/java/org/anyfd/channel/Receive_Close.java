package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
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
 * A blocking receive begins while another thread closes the channel. It ends with an exception that says so.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Receive_Close
 *
 *                      Real         Twin
 *   ERROR                 -            3
 *   TERMINATED          162           38
 * </pre>
 */
public class Receive_Close {
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
        private final DatagramChannel channel = Fixtures.datagram();

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try {
                channel.receive(ByteBuffer.allocate(1));
            } catch (ClosedChannelException expected) {
                return;
            } finally {
                channel.close();
            }
            throw new IOException("ended without a reason");
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            channel.close();
        }
    }

    /** Broken: the latch looks whether it is closed, and then lets the thread in. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = ACCEPTABLE_INTERESTING, desc = "Nobody woke the thread.")
    @State
    public static class Twin {
        private final Window.Meeting meeting = new Window.Meeting();
        private final DatagramChannel channel = Fixtures.datagram();
        private final Patience.WithTwoSteps operation = Fixtures.make(Patience.WithTwoSteps::new);

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try (operation) {
                operation.operate(Fixtures.number(channel));
            } finally {
                channel.close();
                channel.close();
            }
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            operation.end();
        }
    }
}
