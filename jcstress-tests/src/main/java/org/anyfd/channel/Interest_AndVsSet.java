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
 * One thread takes an operation out of an interest set, another replaces the set.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Interest_AndVsSet
 *
 *   set before the and, set before the replacement, set after both         Real         Twin
 *   1, 0, 5                                                             487,359      163,173
 *   1, 1, 0                                                                   -       19,406
 *   1, 1, 5                                                                   -       23,878
 *   5, 1, 4                                                             428,347      142,849
 * </pre>
 */
public class Interest_AndVsSet {
    @JCStressTest
    @Outcome(id = "1, 0, 5", expect = ACCEPTABLE, desc = "The and came first.")
    @Outcome(id = "5, 1, 4", expect = ACCEPTABLE, desc = "The replacement came first.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "A change is lost.")
    @State
    public static class Real {
        private final InterestSet ops;

        public Real() {
            this(new InterestSet.Real(1));
        }

        Real(InterestSet ops) {
            this.ops = ops;
        }

        @Actor
        public void actor1(III_Result r) {
            r.r1 = ops.getAndAnd(~1);
        }

        @Actor
        public void actor2(III_Result r) {
            r.r2 = ops.getAndSet(5);
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
            super(new InterestSet.GetThenSet(1));
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
