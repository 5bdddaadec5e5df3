package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
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
    @JCStressTest
    @Outcome(id = "true, 1", expect = ACCEPTABLE, desc = "Let in and signalled.")
    @Outcome(id = "false, 0", expect = ACCEPTABLE, desc = "Refused.")
    @Outcome(id = "true, 0", expect = FORBIDDEN, desc = "Waits for ever.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "Signalled though refused, or twice.")
    @State
    public static class Real {
        private final Latch latch;
        private final Latch.Counter waiter = new Latch.Counter();

        public Real() {
            this(new Latch.Real());
        }

        Real(Latch latch) {
            this.latch = latch;
        }

        @Actor
        public void actor1(ZI_Result r) {
            r.r1 = latch.enter(waiter);
        }

        @Actor
        public void actor2() {
            latch.close();
        }

        @Arbiter
        public void arbiter(ZI_Result r) {
            r.r2 = waiter.signals();
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new Latch.TwoSteps(Window::widen));
        }

        @Override
        @Actor
        public void actor1(ZI_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2() {
            super.actor2();
        }

        @Override
        @Arbiter
        public void arbiter(ZI_Result r) {
            super.arbiter(r);
        }
    }
}
