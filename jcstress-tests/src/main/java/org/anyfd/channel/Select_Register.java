package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/**
 * Another thread registers a channel and wakes the selector. The selection sees the key or the next one does.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Select_Register
 *
 *                      Real         Twin
 *   ERROR                 -            5
 *   TERMINATED          213            -
 * </pre>
 */
public class Select_Register {
    @Outcome(id = "TERMINATED", expect = ACCEPTABLE, desc = "The key was selected.")
    @Outcome(id = "STALE", expect = FORBIDDEN, desc = "The key was not looked at.")
    interface Race {
    }

    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = FORBIDDEN, desc = "It ended otherwise than it should.")
    @State
    public static class Real {
        private final Window.Meeting meeting = new Window.Meeting();
        private final Selector selector = Fixtures.selector();
        private final Pipe pipe = Fixtures.pipe();

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try (selector) {
                while (selector.selectedKeys().isEmpty()) {
                    selector.select();
                }
            } finally {
                pipe.sink().close();
                pipe.source().close();
            }
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            Fixtures.register(selector, pipe.sink(), SelectionKey.OP_WRITE);
            selector.wakeup();
        }
    }

    /** Broken: it wakes first, so that the selection looks too early and waits again. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = ACCEPTABLE_INTERESTING, desc = "Nobody woke the thread.")
    @State
    public static class Twin {
        private final Window.Meeting meeting = new Window.Meeting();
        private final Selector selector = Fixtures.selector();
        private final Pipe pipe = Fixtures.pipe();

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try (selector) {
                while (selector.selectedKeys().isEmpty()) {
                    Fixtures.selectOrGiveUp(selector);
                }
            } finally {
                pipe.sink().close();
                pipe.source().close();
            }
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            selector.wakeup();
            Window.widenFar();
            Fixtures.register(selector, pipe.sink(), SelectionKey.OP_WRITE);
        }
    }
}
