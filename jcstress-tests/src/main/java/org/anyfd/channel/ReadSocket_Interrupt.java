package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
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
 * A blocking read from a silent connection begins while another thread interrupts the one that does it. It ends with
 * the exception that says so, the channel is closed, and the thread is still interrupted.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=ReadSocket_Interrupt
 * </pre>
 */
public class ReadSocket_Interrupt {
    @Outcome(id = "TERMINATED", expect = ACCEPTABLE, desc = "It ended.")
    @Outcome(id = "STALE", expect = FORBIDDEN, desc = "The interrupt was not noticed.")
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
            } catch (ClosedByInterruptException expected) {
                Fixtures.requireInterruptedAndClosed(connection.here());
                return;
            } finally {
                connection.there().close();
            }
            throw new IOException("ended without a reason");
        }

        @Signal
        public void signal(Thread actor) {
            meeting.arrive();
            Fixtures.interrupt(actor);
        }
    }

    /** Broken: it looks whether the thread is interrupted, and then waits. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = ACCEPTABLE_INTERESTING, desc = "Nobody woke the thread.")
    @State
    public static class Twin {
        private final Window.Meeting meeting = new Window.Meeting();
        private final Patience patience = Fixtures.make(Patience::new);

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try (patience) {
                if (!Thread.currentThread().isInterrupted()) {
                    Window.widenFar();
                    patience.await();
                }
            }
        }

        @Signal
        public void signal(Thread actor) {
            meeting.arrive();
            Fixtures.interrupt(actor);
        }
    }
}
