package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
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
 * A blocking connect, to a listener that has no room, begins while another thread closes the channel. It ends with an
 * exception that says so.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Connect_Close
 * </pre>
 */
public class Connect_Close {
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
        private final SocketAddress full = Fixtures.full();
        private final SocketChannel channel = Fixtures.socket();

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try {
                channel.connect(full);
            } catch (ClosedChannelException expected) {
                return;
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
        private final Patience.WithTwoSteps operation = Fixtures.make(Patience.WithTwoSteps::new);

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
