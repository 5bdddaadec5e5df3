package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
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
 * A selection begins while another thread interrupts the selecting one. It returns, and the thread is still
 * interrupted.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Select_Interrupt
 *
 *                      Real         Twin
 *   ERROR                 -            5
 *   TERMINATED          304            7
 * </pre>
 */
public class Select_Interrupt {
    @Outcome(id = "TERMINATED", expect = ACCEPTABLE, desc = "It returned.")
    @Outcome(id = "STALE", expect = FORBIDDEN, desc = "The interrupt was not noticed.")
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
            try (selector) {
                selector.select();
                if (!Thread.currentThread().isInterrupted()) {
                    throw new IOException("not interrupted any more, or returned without a reason");
                }
            }
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
