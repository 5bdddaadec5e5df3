package org.anyfd.channel;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import org.anyfd.Termination;
import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/**
 * Another thread sets the interest of a key and wakes the selector. The selection sees the change or the next one
 * does.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Select_InterestOps
 *
 *                      Real         Twin
 *   ERROR                 -            5
 *   TERMINATED           88            2
 * </pre>
 */
public class Select_InterestOps {
    @JCStressTest(Mode.Termination)
    @State
    public static class Real extends Termination {
        final Selector selector = Fixtures.selector();
        private final Pipe pipe = Fixtures.pipe();
        final SelectionKey key = Fixtures.register(selector, pipe.sink(), 0);

        void select() throws IOException {
            selector.select();
        }

        @Actor
        public void actor() throws IOException {
            arrive();
            try (selector) {
                while (selector.selectedKeys().isEmpty()) {
                    select();
                }
            } finally {
                Fixtures.close(pipe.sink(), pipe.source());
            }
        }

        @Signal
        public void signal() throws IOException {
            arrive();
            key.interestOps(SelectionKey.OP_WRITE);
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
            key.interestOps(SelectionKey.OP_WRITE);
        }
    }
}
