package org.anyfd.channel;

import java.io.IOException;
import java.nio.channels.Selector;
import org.anyfd.Termination;
import org.anyfd.Window;
import org.anyfd.poll.Patience;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
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
    @JCStressTest(Mode.Termination)
    @State
    public static class Real extends Termination {
        private final Selector selector = Fixtures.selector();
        private volatile int reasons;

        @Actor
        public void actor() throws IOException {
            arrive();
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
            arrive();
            for (int i = 1; i <= 2; i++) {
                reasons = i;
                selector.wakeup();
            }
        }
    }

    /** Broken: a selection forgets the wakeups that came before it. */
    @JCStressTest(Mode.Termination)
    @State
    public static class Twin extends Termination {
        private final Patience patience = new Patience();
        private volatile int reasons;

        @Actor
        public void actor() throws IOException {
            arrive();
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
            arrive();
            for (int i = 1; i <= 2; i++) {
                reasons = i;
                patience.wake();
            }
        }
    }
}
