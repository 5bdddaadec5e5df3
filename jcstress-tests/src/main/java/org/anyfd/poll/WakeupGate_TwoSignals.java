package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZZZ_Result;

/**
 * Two threads signal a thread that waits. One of them makes the call, not both, and not neither.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=WakeupGate_TwoSignals
 *
 *   call by the first, call by the second, signal consumed, signal left for the next wait         Real         Twin
 *   false, true, true, false                                                                   699,869      332,424
 *   true, false, true, false                                                                   779,037      363,710
 *   true, true, true, false                                                                          -        8,372
 * </pre>
 */
public class WakeupGate_TwoSignals {
    @JCStressTest
    @Outcome(id = "true, false, true, false", expect = ACCEPTABLE, desc = "The first made the call.")
    @Outcome(id = "false, true, true, false", expect = ACCEPTABLE, desc = "The second made the call.")
    @Outcome(id = "true, true, .*, .*", expect = FORBIDDEN, desc = "Two calls for one wakeup.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "Nobody woke the thread, or not just once.")
    @State
    public static class Real {
        private final Gate gate;

        public Real() {
            this(new Gate.Real());
        }

        Real(Gate gate) {
            this.gate = gate;
            gate.enter();
        }

        @Actor
        public void actor1(ZZZZ_Result r) {
            r.r1 = gate.signal();
        }

        @Actor
        public void actor2(ZZZZ_Result r) {
            r.r2 = gate.signal();
        }

        @Arbiter
        public void arbiter(ZZZZ_Result r) {
            r.r3 = gate.leave();
            r.r4 = !gate.enter();
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new Gate.LookThenSignal());
        }

        @Override
        @Actor
        public void actor1(ZZZZ_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2(ZZZZ_Result r) {
            super.actor2(r);
        }

        @Override
        @Arbiter
        public void arbiter(ZZZZ_Result r) {
            super.arbiter(r);
        }
    }
}
