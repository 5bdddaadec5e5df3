package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * A wakeup meets the close. Neither order may make a call, for the waker is about to go, nor open the gate again.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=WakeupGate_CloseVsSignal
 *
 *   call to be made, a wait can be entered after the close         Real         Twin
 *   false, false                                              3,728,506      772,841
 *   false, true                                                       -      709,265
 * </pre>
 */
public class WakeupGate_CloseVsSignal {
    @JCStressTest
    @Outcome(id = "false, false", expect = ACCEPTABLE, desc = "No call, no wait.")
    @Outcome(id = "true, .*", expect = FORBIDDEN, desc = "A call to a waker that is going.")
    @Outcome(id = "false, true", expect = FORBIDDEN, desc = "A wait that nothing can end.")
    @State
    public static class Real {
        private final Gate gate;

        public Real() {
            this(new Gate.Real());
        }

        Real(Gate gate) {
            this.gate = gate;
        }

        @Actor
        public void actor1(ZZ_Result r) {
            r.r1 = gate.signal();
        }

        @Actor
        public void actor2() {
            gate.close();
        }

        @Arbiter
        public void arbiter(ZZ_Result r) {
            gate.leave();
            r.r2 = gate.enter();
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new Gate.ClosedOverwritten());
        }

        @Override
        @Actor
        public void actor1(ZZ_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2() {
            super.actor2();
        }

        @Override
        @Arbiter
        public void arbiter(ZZ_Result r) {
            super.arbiter(r);
        }
    }
}
