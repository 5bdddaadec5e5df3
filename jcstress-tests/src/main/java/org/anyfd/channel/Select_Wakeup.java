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
 * A selection begins while another thread wakes the selector: before, while or after it waits. It returns.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Select_Wakeup
 *
 *                      Real         Twin
 *   ERROR                 -            5
 *   TERMINATED          165            6
 * </pre>
 */
public class Select_Wakeup {
    @Outcome(id = "TERMINATED", expect = ACCEPTABLE, desc = "It returned.")
    @Outcome(id = "STALE", expect = FORBIDDEN, desc = "The wakeup was lost.")
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
            }
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            selector.wakeup();
        }
    }

    /** Broken: the gate says in two words what it should say in one. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = ACCEPTABLE_INTERESTING, desc = "Nobody woke the thread.")
    @State
    public static class Twin {
        private final Window.Meeting meeting = new Window.Meeting();
        private final Patience.WithTwoFlags selector = Fixtures.make(Patience.WithTwoFlags::new);

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try (selector) {
                selector.select();
            }
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            selector.wakeup();
        }
    }
}
