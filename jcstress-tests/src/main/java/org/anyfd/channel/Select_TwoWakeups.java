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
 * A selector is woken twice, each time for a reason of its own that the selecting thread looks at before it waits
 * again. The second wakeup comes before, in, or after the selection that the first ends: no reason is slept over.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Select_TwoWakeups
 * </pre>
 */
public class Select_TwoWakeups {
    @Outcome(id = "TERMINATED", expect = ACCEPTABLE, desc = "Both were seen.")
    @Outcome(id = "STALE", expect = FORBIDDEN, desc = "A wakeup was lost.")
    interface Race {
    }

    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = FORBIDDEN, desc = "It ended otherwise than it should.")
    @State
    public static class Real {
        private final Window.Meeting meeting = new Window.Meeting();
        private final Selector selector = Fixtures.selector();
        private volatile int reasons;

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try (selector) {
                for (int i = 1; i <= 2; i++) {
                    while (reasons < i) {
                        selector.select();
                    }
                }
            }
        }

        @Signal
        public void signal() {
            meeting.arrive();
            for (int i = 1; i <= 2; i++) {
                reasons = i;
                selector.wakeup();
            }
        }
    }

    /** Broken: a selection forgets the wakeups that came before it. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = ACCEPTABLE_INTERESTING, desc = "Nobody woke the thread.")
    @State
    public static class Twin {
        private final Window.Meeting meeting = new Window.Meeting();
        private final Patience patience = Fixtures.make(Patience::new);
        private volatile int reasons;

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try (patience) {
                for (int i = 1; i <= 2; i++) {
                    while (reasons < i) {
                        Window.widenFar();
                        patience.forget();
                        patience.await();
                    }
                }
            }
        }

        @Signal
        public void signal() {
            meeting.arrive();
            for (int i = 1; i <= 2; i++) {
                reasons = i;
                patience.wake();
            }
        }
    }
}
