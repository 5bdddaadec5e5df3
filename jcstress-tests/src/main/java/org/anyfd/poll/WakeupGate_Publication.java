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
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "Both signals consumed, and the write seen.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The signal came after; the next wait is not begun.")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "The write came before, the signal after.")
    abstract static class Race {
        final Gate gate;
        int task;

        Race(Gate gate) {
            this.gate = gate;
            gate.signal();
        }

        void hand() {
            task = 1;
            gate.signal();
        }

        boolean select() {
            gate.leave();
            return task == 1;
        }

        boolean next() {
            return !gate.enter();
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "false, false", expect = FORBIDDEN, desc = "The signal is gone, and its write was not seen.")
    @State
    public static class Real extends Race {
        public Real() {
            super(new Gate.Real());
        }

        @Actor
        public void actor1() {
            hand();
        }

        @Actor
        public void actor2(ZZ_Result r) {
            r.r1 = select();
        }

        @Arbiter
        public void arbiter(ZZ_Result r) {
            r.r2 = next();
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "false, false", expect = ACCEPTABLE_INTERESTING,
        desc = "The signal is gone, and its write was not seen.")
    @State
    public static class Twin extends Race {
        public Twin() {
            super(new Gate.ElidedSignal());
        }

        /**
         * A look does not hold the write back, so the machine may do it later. It seldom does, once in a million times on
         * x86; so that each run catches it, it is written later here.
         */
        @Override
        void hand() {
            gate.signal();
            for (int i = 0; i < 20; i++) {
                Thread.onSpinWait();
            }
            task = 1;
        }

        @Actor
        public void actor1() {
            hand();
        }

        @Actor
        public void actor2(ZZ_Result r) {
            r.r1 = select();
        }

        @Arbiter
        public void arbiter(ZZ_Result r) {
            r.r2 = next();
        }
    }
}
