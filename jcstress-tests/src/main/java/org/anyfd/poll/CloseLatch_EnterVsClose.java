package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/**
 * A thread is about to wait for a descriptor that another closes: it is refused, or it is signalled. One that is let
 * in and not signalled waits for ever.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=CloseLatch_EnterVsClose
 *
 *   let in, signals         Real         Twin
 *   false, 0           1,388,456      499,066
 *   true, 0                    -       10,390
 *   true, 1            1,479,250      403,050
 * </pre>
 */
public class CloseLatch_EnterVsClose {
    @Outcome(id = "true, 1", expect = ACCEPTABLE, desc = "Let in and signalled.")
    @Outcome(id = "false, 0", expect = ACCEPTABLE, desc = "Refused.")
    abstract static class Race {
        private final Latch latch;
        private final Latch.Counter waiter = new Latch.Counter();

        Race(Latch latch) {
            this.latch = latch;
        }

        boolean enter() {
            return latch.enter(waiter);
        }

        void close() {
            latch.close();
        }

        int signals() {
            return waiter.signals();
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "true, 0", expect = FORBIDDEN, desc = "Waits for ever.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "Signalled though refused, or twice.")
    @State
    public static class Real extends Race {
        public Real() {
            super(new Latch.Real());
        }

        @Actor
        public void actor1(ZI_Result r) {
            r.r1 = enter();
        }

        @Actor
        public void actor2() {
            close();
        }

        @Arbiter
        public void arbiter(ZI_Result r) {
            r.r2 = signals();
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "true, 0", expect = ACCEPTABLE_INTERESTING, desc = "Waits for ever.")
    @Outcome(id = ".*", expect = ACCEPTABLE_INTERESTING, desc = "Signalled though refused, or twice.")
    @State
    public static class Twin extends Race {
        public Twin() {
            super(new Latch.TwoSteps(Window::widen));
        }

        @Actor
        public void actor1(ZI_Result r) {
            r.r1 = enter();
        }

        @Actor
        public void actor2() {
            close();
        }

        @Arbiter
        public void arbiter(ZI_Result r) {
            r.r2 = signals();
        }
    }
}
