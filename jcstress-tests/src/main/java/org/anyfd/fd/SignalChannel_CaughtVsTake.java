package org.anyfd.fd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
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
        private final SignalChannel channel;

        WithChannel() {
            try {
                channel = SignalChannel.open("URG");
                channel.configureBlocking(false);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            caught();
        }

        @Override
        public void caught() {
            channel.caught(SIGURG);
        }

        @Override
        public long take() {
            try {
                SignalChannel.Signal signal = channel.take();
                return signal == null ? 0 : signal.count();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
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

    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The program came first.")
    @Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "Both at once.")
    abstract static class Race {
        private final Window.Stage<Arrivals> stage = new Window.Stage<>();

        abstract Arrivals open();

        void first(II_Result r) {
            Arrivals arrivals = stage.enter(open());
            r.r1 = (int) arrivals.take();
            stage.awaitOther();
            r.r2 = (int) (arrivals.take() + arrivals.take());
            arrivals.close();
        }

        void second() {
            Arrivals arrivals = stage.join();
            try {
                arrivals.caught();
            } finally {
                stage.leave();
            }
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "An arrival is lost, or told twice.")
    @State
    public static class Real extends Race {
        @Override
        Arrivals open() {
            return new WithChannel();
        }

        @Actor
        public void actor1(II_Result r) {
            first(r);
        }

        @Actor
        public void actor2() {
            second();
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = ".*", expect = ACCEPTABLE_INTERESTING, desc = "An arrival is lost, or told twice.")
    @State
    public static class Twin extends Race {
        @Override
        Arrivals open() {
            return new LookThenRaise();
        }

        @Actor
        public void actor1(II_Result r) {
            first(r);
        }

        @Actor
        public void actor2() {
            second();
        }
    }
}
