package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import org.anyfd.ExtendedOps;
import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A one-shot key fires, and as soon as the program knows, another thread sets its interest again, while the selection
 * is still under way. The key is watched again: what is still there is reported again.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=OneShot_RearmVsFire
 * </pre>
 */
public class OneShot_RearmVsFire {
    /** A one-shot key of a channel that is ready. */
    abstract static class Shot {
        volatile boolean reported;

        /** Selects; how often the key was reported. */
        abstract int select();

        abstract void rearm();

        abstract void close();

        void awaitReport() {
            while (!reported) {
                Thread.yield();
            }
        }
    }

    private static final class WithSelector extends Shot {
        private final Selector selector = Fixtures.selector();
        private final Pipe pipe = Fixtures.pipe();
        private final SelectionKey key = Fixtures.register(selector, pipe.sink(), 0);

        WithSelector() {
            rearm();
        }

        @Override
        int select() {
            try {
                return Fixtures.make(() -> selector.selectNow(its -> {
                    reported = true;
                    Window.widen();
                }));
            } finally {
                reported = true;
            }
        }

        @Override
        void rearm() {
            key.interestOps(SelectionKey.OP_WRITE | ExtendedOps.ONESHOT);
        }

        @Override
        void close() {
            Fixtures.close(selector, pipe.source(), pipe.sink());
        }
    }

    /** Broken: it notes that the key is mute when the program has been told, and may have set it again. */
    private static final class MutedAfterReport extends Shot {
        private volatile boolean armed = true;

        @Override
        int select() {
            if (!armed) {
                return 0;
            }
            reported = true;
            Window.widen();
            armed = false;
            return 1;
        }

        @Override
        void rearm() {
            armed = true;
        }

        @Override
        void close() {
            // There is nothing.
        }
    }

    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Reported twice.")
    @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "The key stays mute.")
    @Outcome(id = "0, .*", expect = FORBIDDEN, desc = "It did not fire at all.")
    @State
    public static class Real {
        private final Window.Stage<Shot> stage = new Window.Stage<>();

        Shot open() {
            return new WithSelector();
        }

        @Actor
        public void actor1(II_Result r) {
            Shot shot = stage.enter(open());
            r.r1 = shot.select();
            stage.awaitOther();
            r.r2 = shot.select();
            shot.close();
        }

        @Actor
        public void actor2() {
            stage.join(shot -> {
                shot.awaitReport();
                shot.rearm();
            });
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        @Override
        Shot open() {
            return new MutedAfterReport();
        }

        @Override
        @Actor
        public void actor1(II_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2() {
            super.actor2();
        }
    }
}
