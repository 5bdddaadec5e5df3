package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZZZ_Result;

/**
 * One thread announces a wait and ends it, another signals. The signal must be seen before the wait, or end it by a
 * system call, or be there for the next wait: a thread that waits unseen and uncalled waits for ever.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=WakeupGate_SignalVsWait
 *
 *   wait entered, call to be made, signal consumed, signal left for the next wait         Real         Twin
 *   false, false, true, false                                                          907,033      290,623
 *   true, false, false, true                                                         1,000,617      235,463
 *   true, false, true, false                                                                 -        2,418
 *   true, true, true, false                                                                 56            2
 * </pre>
 */
public class WakeupGate_SignalVsWait {
    @JCStressTest
    @Outcome(id = "false, false, true, false", expect = ACCEPTABLE,
        desc = "Signalled before the wait, which is not begun.")
    @Outcome(id = "true, true, true, false", expect = ACCEPTABLE,
        desc = "Signalled during the wait, which the call ends.")
    @Outcome(id = "true, false, false, true", expect = ACCEPTABLE,
        desc = "Signalled after the wait; the next one is not begun.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "The thread waits on, or the signal is forgotten.")
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
        public void actor1(ZZZZ_Result r) {
            r.r1 = gate.enter();
            r.r3 = gate.leave();
        }

        @Actor
        public void actor2(ZZZZ_Result r) {
            r.r2 = gate.signal();
        }

        @Arbiter
        public void arbiter(ZZZZ_Result r) {
            r.r4 = !gate.enter();
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new Gate.TwoFlags(Window::widen));
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
