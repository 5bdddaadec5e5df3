package org.anyfd.channel;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import org.anyfd.Termination;
import org.anyfd.Window;
import org.anyfd.fd.FdChannel;
import org.anyfd.fd.Fds;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/**
 * A program closes a channel that it made of a number of its own, wakes the selector that it is registered with, and
 * the key goes, and with it the number: the last reading end of the pipe is gone.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Select_AdoptedClose
 * </pre>
 */
public class Select_AdoptedClose {
    @JCStressTest(Mode.Termination)
    @State
    public static class Real extends Termination {
        final Selector selector = Fixtures.selector();
        private final Pipe pipe = Fixtures.pipe();
        final FdChannel adopted = Fixtures.make(() -> FdChannel.own(Fds.dup(Fixtures.number(pipe.source()))));
        private final SelectionKey key = Fixtures.register(selector, adopted, SelectionKey.OP_READ);

        void select() throws IOException {
            selector.select();
        }

        @Actor
        public void actor() throws IOException {
            pipe.source().close();
            arrive();
            try (selector) {
                while (!selector.keys().isEmpty()) {
                    select();
                }
                if (Fixtures.isRead(pipe)) {
                    throw new IOException("the number is still open");
                }
            } finally {
                pipe.sink().close();
            }
            if (key.isValid()) {
                throw new IOException("the key is still valid");
            }
        }

        @Signal
        public void signal() throws IOException {
            arrive();
            adopted.close();
            selector.wakeup();
        }
    }

    /** Broken: it wakes first, so that the selection looks too early and waits again. */
    @JCStressTest(Mode.Termination)
    @State
    public static class Twin extends Real {
        @Override
        void select() throws IOException {
            Fixtures.selectOrGiveUp(selector);
        }

        @Override
        @Actor
        public void actor() throws IOException {
            super.actor();
        }

        @Override
        @Signal
        public void signal() throws IOException {
            arrive();
            selector.wakeup();
            Window.widenFar();
            adopted.close();
        }
    }
}
