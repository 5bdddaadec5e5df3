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
    @JCStressTest(Mode.Termination)
    @State
    public static class Real extends Termination {
        private final Selector selector = Fixtures.selector();

        @Actor
        public void actor() throws IOException {
            arrive();
            try (selector) {
                selector.select();
                if (!Thread.currentThread().isInterrupted()) {
                    throw new IOException("not interrupted any more, or returned without a reason");
                }
            }
        }

        @Signal
        public void signal(Thread actor) {
            arrive();
            interrupt(actor);
        }
    }

    /** Broken: it looks whether the thread is interrupted, and then waits. */
    @JCStressTest(Mode.Termination)
    @State
    public static class Twin extends Patience.LookThenWait {
        @Override
        @Actor
        public void actor() throws IOException {
            super.actor();
        }

        @Override
        @Signal
        public void signal(Thread actor) {
            super.signal(actor);
        }
    }
}
