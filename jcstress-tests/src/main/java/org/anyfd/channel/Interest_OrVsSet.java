package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * One thread adds an operation to an interest set, another replaces the set. Each knows what it changed, by which a
 * key decides whether it is to be queued.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Interest_OrVsSet
 *
 *   set before the or, set before the replacement, set after both         Real         Twin
 *   0, 0, 1                                                                  -        3,143
 *   0, 0, 4                                                                  -        2,875
 *   0, 4, 1                                                            235,250      220,004
 *   1, 0, 5                                                            226,791      190,484
 * </pre>
 */
public class Interest_OrVsSet {
    @JCStressTest
    @Outcome(id = "0, 4, 1", expect = ACCEPTABLE, desc = "The or came first.")
    @Outcome(id = "1, 0, 5", expect = ACCEPTABLE, desc = "The replacement came first.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "A change is lost.")
    @State
    public static class Real {
        private final InterestSet ops;

        public Real() {
            this(new InterestSet.Real(0));
        }

        Real(InterestSet ops) {
            this.ops = ops;
        }

        @Actor
        public void actor1(III_Result r) {
            r.r1 = ops.getAndOr(4);
        }

        @Actor
        public void actor2(III_Result r) {
            r.r2 = ops.getAndSet(1);
        }

        @Arbiter
        public void arbiter(III_Result r) {
            r.r3 = ops.get();
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new InterestSet.GetThenSet(0));
        }

        @Override
        @Actor
        public void actor1(III_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2(III_Result r) {
            super.actor2(r);
        }

        @Override
        @Arbiter
        public void arbiter(III_Result r) {
            super.arbiter(r);
        }
    }
}
