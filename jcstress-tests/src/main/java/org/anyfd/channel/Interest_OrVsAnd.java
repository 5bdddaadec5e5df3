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
 * One thread adds an operation to an interest set, another takes one out. Neither change undoes the other.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Interest_OrVsAnd
 *
 *   set before the or, set before the and, set after both         Real         Twin
 *   0, 1, 4                                                    675,451      212,374
 *   1, 1, 0                                                          -       28,125
 *   1, 1, 5                                                          -       25,074
 *   1, 5, 4                                                    713,855      243,733
 * </pre>
 */
public class Interest_OrVsAnd {
    @JCStressTest
    @Outcome(id = "1, 5, 4", expect = ACCEPTABLE, desc = "The or came first.")
    @Outcome(id = "0, 1, 4", expect = ACCEPTABLE, desc = "The and came first.")
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
            r.r1 = ops.getAndOr(4);
        }

        @Actor
        public void actor2(III_Result r) {
            r.r2 = ops.getAndAnd(~1);
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
