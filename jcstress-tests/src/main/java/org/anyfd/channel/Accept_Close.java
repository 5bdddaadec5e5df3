package org.anyfd.channel;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import org.anyfd.Termination;
import org.anyfd.poll.Patience;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/**
 * A blocking accept begins while another thread closes the channel. It ends with an exception that says so.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Accept_Close
 *
 *                      Real         Twin
 *   ERROR                 -            5
 *   TERMINATED          437           22
 * </pre>
 */
public class Accept_Close {
    @JCStressTest(Mode.Termination)
    @State
    public static class Real extends Termination {
        private final ServerSocketChannel listener = Fixtures.listener();

        @Actor
        public void actor() throws Exception {
            arrive();
            mustThrow(ClosedChannelException.class, listener::accept);
        }

        @Signal
        public void signal() throws IOException {
            arrive();
            listener.close();
        }
    }

    /** Broken: the latch looks whether it is closed, and then lets the thread in. */
    @JCStressTest(Mode.Termination)
    @State
    public static class Twin extends Patience.WithTwoSteps {
        @Override
        @Actor
        public void actor() throws IOException {
            super.actor();
        }

        @Override
        @Signal
        public void signal() {
            super.signal();
        }
    }
}
