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
 * A thread writes and signals, as one that hands a selector a task does, while another signal is pending. What it
 * wrote must be visible to the selecting thread that consumed its signal, though the other would have been enough to
 * wake it.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=WakeupGate_Publication
 *
 *   write seen, signal left for the next wait         Real         Twin
 *   false, false                                         -       15,983 of 797,306
 *   false, true                                    661,867
 *   true, false                                    749,815
 *   true, true                                          24
 * </pre>
 */
public class WakeupGate_Publication {
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "Both signals consumed, and the write seen.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The signal came after; the next wait is not begun.")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "The write came before, the signal after.")
    @Outcome(id = "false, false", expect = FORBIDDEN, desc = "The signal is gone, and its write was not seen.")
    @State
    public static class Real {
        final Gate gate;
        int task;

        public Real() {
            this(new Gate.Real());
        }

        Real(Gate gate) {
            this.gate = gate;
            gate.signal();
        }

        @Actor
        public void actor1() {
            task = 1;
            gate.signal();
        }

        @Actor
        public void actor2(ZZ_Result r) {
            gate.leave();
            r.r1 = task == 1;
        }

        @Arbiter
        public void arbiter(ZZ_Result r) {
            r.r2 = !gate.enter();
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new Gate.ElidedSignal());
        }

        /**
         * A look does not hold the write back, so the machine may do it later. It seldom does, once in a million times
         * on x86; so that each run catches it, it is written later here.
         */
        @Override
        @Actor
        public void actor1() {
            gate.signal();
            for (int i = 0; i < 20; i++) {
                Thread.onSpinWait();
            }
            task = 1;
        }

        @Override
        @Actor
        public void actor2(ZZ_Result r) {
            super.actor2(r);
        }

        @Override
        @Arbiter
        public void arbiter(ZZ_Result r) {
            super.arbiter(r);
        }
    }
}
