package org.anyfd.fd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.anyfd.Window;
import org.anyfd.channel.Fixtures;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A signal arrives a second time while a program takes what has arrived. Both arrivals are taken, together or one
 * after the other.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=SignalChannel_CaughtVsTake
 * </pre>
 */
public class SignalChannel_CaughtVsTake {
    /** A signal that has arrived once. */
    interface Arrivals {
        void caught();

        /** How often it arrived since it was last taken. */
        long take();

        void close();
    }

    private static final class WithChannel implements Arrivals {
        private static final int SIGURG = CaughtSignal.number("URG");
        private final SignalChannel channel = Fixtures.make(() -> SignalChannel.open("URG"));

        WithChannel() {
            Fixtures.make(() -> channel.configureBlocking(false));
            caught();
        }

        @Override
        public void caught() {
            channel.caught(SIGURG);
        }

        @Override
        public long take() {
            SignalChannel.Signal signal = Fixtures.make(channel::take);
            return signal == null ? 0 : signal.count();
        }

        @Override
        public void close() {
            Fixtures.close(channel);
        }
    }

    /** Broken: it looks whether the signal is pending already, and then counts, and raises only if it was not. */
    private static final class LookThenRaise implements Arrivals {
        private final AtomicInteger count = new AtomicInteger(1);
        private final AtomicBoolean raised = new AtomicBoolean(true);

        @Override
        public void caught() {
            boolean already = count.get() > 0;
            Window.widen();
            count.incrementAndGet();
            if (!already) {
                raised.set(true);
            }
        }

        @Override
        public long take() {
            return raised.getAndSet(false) ? count.getAndSet(0) : 0;
        }

        @Override
        public void close() {
            // There is nothing.
        }
    }

    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The program came first.")
    @Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "Both at once.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "An arrival is lost, or told twice.")
    @State
    public static class Real {
        private final Window.Stage<Arrivals> stage = new Window.Stage<>();

        Arrivals open() {
            return new WithChannel();
        }

        @Actor
        public void actor1(II_Result r) {
            Arrivals arrivals = stage.enter(open());
            r.r1 = (int) arrivals.take();
            stage.awaitOther();
            r.r2 = (int) (arrivals.take() + arrivals.take());
            arrivals.close();
        }

        @Actor
        public void actor2() {
            stage.join(Arrivals::caught);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        @Override
        Arrivals open() {
            return new LookThenRaise();
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
