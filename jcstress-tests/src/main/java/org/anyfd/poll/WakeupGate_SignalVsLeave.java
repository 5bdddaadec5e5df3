package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZZ_Result;

/**
 * A signal meets the end of a wait that something else has ended. If the signaller makes the call, the thread counts
 * the signal now; else the next wait is not begun. A signal that is neither is lost, for the thread goes on waiting.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=WakeupGate_SignalVsLeave
 *
 *   call to be made, signal consumed, signal left for the next wait         Real         Twin
 *   false, false, true                                                 1,259,246      207,389
 *   true, false, false                                                         -        5,086
 *   true, true, false                                                  1,317,260      325,631
 * </pre>
 */
public class WakeupGate_SignalVsLeave {
    @JCStressTest
    @Outcome(id = "true, true, false", expect = ACCEPTABLE, desc = "Signalled in time.")
    @Outcome(id = "false, false, true", expect = ACCEPTABLE, desc = "Signalled after the wait.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "The signal is lost, or counted twice.")
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
        public void actor1(ZZZ_Result r) {
            r.r1 = gate.signal();
        }

        @Actor
        public void actor2(ZZZ_Result r) {
            r.r2 = gate.leave();
        }

        @Arbiter
        public void arbiter(ZZZ_Result r) {
            r.r3 = !gate.enter();
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new Gate.ReadThenClear());
        }

        @Override
        @Actor
        public void actor1(ZZZ_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2(ZZZ_Result r) {
            super.actor2(r);
        }

        @Override
        @Arbiter
        public void arbiter(ZZZ_Result r) {
            super.arbiter(r);
        }
    }
}
