package org.anyfd.channel;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import org.anyfd.Termination;
import org.anyfd.poll.Patience;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/**
 * A blocking connect, to a listener that has no room, begins while another thread closes the channel. It ends with an
 * exception that says so.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Connect_Close
 * </pre>
 */
public class Connect_Close {
    @JCStressTest(Mode.Termination)
    @State
    public static class Real extends Termination {
        private final SocketAddress full = Fixtures.full();
        private final SocketChannel channel = Fixtures.socket();

        @Actor
        public void actor() throws Exception {
            arrive();
            mustThrow(ClosedChannelException.class, () -> channel.connect(full));
        }

        @Signal
        public void signal() throws IOException {
            arrive();
            channel.close();
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
