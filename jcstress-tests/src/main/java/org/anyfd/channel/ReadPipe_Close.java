package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
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
 * A blocking read from an empty pipe begins while another thread closes the channel. It ends with an exception that
 * says so.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=ReadPipe_Close
 *
 *                      Real         Twin
 *   ERROR                 -            4
 *   TERMINATED          314            2
 * </pre>
 */
public class ReadPipe_Close {
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
        private final Pipe pipe = Fixtures.pipe();

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try {
                pipe.source().read(ByteBuffer.allocate(1));
            } catch (ClosedChannelException expected) {
                return;
            } finally {
                pipe.sink().close();
            }
            throw new IOException("ended without a reason");
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            pipe.source().close();
        }
    }

    /** Broken: the latch looks whether it is closed, and then lets the thread in. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = ACCEPTABLE_INTERESTING, desc = "Nobody woke the thread.")
    @State
    public static class Twin {
        private final Window.Meeting meeting = new Window.Meeting();
        private final Pipe pipe = Fixtures.pipe();
        private final Patience.WithTwoSteps operation = Fixtures.make(Patience.WithTwoSteps::new);

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try (operation) {
                operation.operate(Fixtures.number(pipe.source()));
            } finally {
                pipe.source().close();
                pipe.sink().close();
            }
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            operation.end();
        }
    }
}
