package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Selector;
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
 * A selection begins while another thread closes the selector. It ends, and so does the close, with no exception but
 * the one that says so.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Select_Close
 *
 *                      Real         Twin
 *   ERROR                 -            5
 *   TERMINATED          437            9
 * </pre>
 */
public class Select_Close {
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
        private final Selector selector = Fixtures.selector();

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try {
                selector.select();
            } catch (ClosedSelectorException closedBefore) {
                return;
            }
            if (selector.isOpen()) {
                throw new IOException("returned without a reason");
            }
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            selector.close();
        }
    }

    /** Broken: it wakes the thread first and closes then, so that the thread looks too early and waits again. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = ACCEPTABLE_INTERESTING, desc = "Nobody woke the thread.")
    @State
    public static class Twin {
        private final Window.Meeting meeting = new Window.Meeting();
        private final Patience patience = Fixtures.make(Patience::new);
        private volatile boolean closed;

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try (patience) {
                while (!closed) {
                    patience.await();
                }
            }
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            patience.wake();
            Window.widenFar();
            closed = true;
        }
    }
}
