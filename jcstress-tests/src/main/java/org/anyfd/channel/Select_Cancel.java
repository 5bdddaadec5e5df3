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
 * Another thread cancels a key and wakes the selector, before, while or after a selection looks for cancelled keys.
 * The key goes.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Select_Cancel
 *
 *                      Real         Twin
 *   ERROR                 -            5
 *   TERMINATED          198           10
 * </pre>
 */
public class Select_Cancel {
    @Outcome(id = "TERMINATED", expect = ACCEPTABLE, desc = "The key is gone.")
    @Outcome(id = "STALE", expect = FORBIDDEN, desc = "The cancelled key was not looked at.")
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
        private final SelectionKey key = Fixtures.register(selector, pipe.sink(), 0);

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try (selector) {
                while (!selector.keys().isEmpty()) {
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
            key.cancel();
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
        private final SelectionKey key = Fixtures.register(selector, pipe.sink(), 0);

        @Actor
        public void actor() throws IOException {
            meeting.arrive();
            try (selector) {
                while (!selector.keys().isEmpty()) {
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
            key.cancel();
        }
    }
}
