package org.anyfd.channel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.DatagramChannel;
import org.anyfd.Termination;
import org.anyfd.poll.Patience;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/**
 * A blocking receive begins while another thread interrupts the one that does it. It ends with the exception that says
 * so, the channel is closed, and the thread is still interrupted.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Receive_Interrupt
 * </pre>
 */
public class Receive_Interrupt {
    @JCStressTest(Mode.Termination)
    @State
    public static class Real extends Termination {
        private final DatagramChannel channel = Fixtures.datagram();

        @Actor
        public void actor() throws Exception {
            arrive();
            mustThrow(ClosedByInterruptException.class, () -> channel.receive(ByteBuffer.allocate(1)));
            Fixtures.requireInterruptedAndClosed(channel);
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
