package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
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
    @Outcome(id = "false, false", expect = ACCEPTABLE, desc = "No call, no wait.")
    abstract static class Race {
        private final Gate gate;

        Race(Gate gate) {
            this.gate = gate;
        }

        boolean signal() {
            return gate.signal();
        }

        void close() {
            gate.close();
        }

        boolean enter() {
            gate.leave();
            return gate.enter();
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "true, .*", expect = FORBIDDEN, desc = "A call to a waker that is going.")
    @Outcome(id = "false, true", expect = FORBIDDEN, desc = "A wait that nothing can end.")
    @State
    public static class Real extends Race {
        public Real() {
            super(new Gate.Real());
        }

        @Actor
        public void actor1(ZZ_Result r) {
            r.r1 = signal();
        }

        @Actor
        public void actor2() {
            close();
        }

        @Arbiter
        public void arbiter(ZZ_Result r) {
            r.r2 = enter();
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "true, .*", expect = ACCEPTABLE_INTERESTING, desc = "A call to a waker that is going.")
    @Outcome(id = "false, true", expect = ACCEPTABLE_INTERESTING, desc = "A wait that nothing can end.")
    @State
    public static class Twin extends Race {
        public Twin() {
            super(new Gate.ClosedOverwritten());
        }

        @Actor
        public void actor1(ZZ_Result r) {
            r.r1 = signal();
        }

        @Actor
        public void actor2() {
            close();
        }

        @Arbiter
        public void arbiter(ZZ_Result r) {
            r.r2 = enter();
        }
    }
}
