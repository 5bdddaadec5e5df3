package org.anyfd.channel;

import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
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
    @JCStressTest(Mode.Termination)
    @State
    public static class Real extends Termination {
        private final Selector selector = Fixtures.selector();

        @Actor
        public void actor() throws IOException {
            arrive();
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
            arrive();
            selector.close();
        }
    }

    /** Broken: it wakes the thread first and closes then, so that the thread looks too early and waits again. */
    @JCStressTest(Mode.Termination)
    @State
    public static class Twin extends Termination {
        private final Patience patience = new Patience();
        private volatile boolean closed;

        @Actor
        public void actor() throws IOException {
            arrive();
            try (patience) {
                while (!closed) {
                    patience.await();
                }
            }
        }

        @Signal
        public void signal() throws IOException {
            arrive();
            patience.wake();
            Window.widenFar();
            closed = true;
        }
    }
}
