package org.anyfd.channel;

import java.io.IOException;
import java.nio.channels.Selector;
import org.anyfd.Termination;
import org.anyfd.poll.Patience;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
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
    @JCStressTest(Mode.Termination)
    @State
    public static class Real extends Termination {
        private final Selector selector = Fixtures.selector();

        @Actor
        public void actor() throws IOException {
            arrive();
            try (selector) {
                selector.select();
            }
        }

        @Signal
        public void signal() throws IOException {
            arrive();
            selector.wakeup();
        }
    }

    /** Broken: the gate says in two words what it should say in one. */
    @JCStressTest(Mode.Termination)
    @State
    public static class Twin extends Termination {
        private final Patience.WithTwoFlags selector = new Patience.WithTwoFlags();

        @Actor
        public void actor() throws IOException {
            arrive();
            try (selector) {
                selector.select();
            }
        }

        @Signal
        public void signal() throws IOException {
            arrive();
            selector.wakeup();
        }
    }
}
