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
 * Two threads queue a key each. The next selection finds both.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=UpdateQueue_TwoAddersTwoKeys
 *
 *   keys queued, armed for the first, armed for the second         Real         Twin
 *   1, 0, 1                                                           -        1,052
 *   1, 1, 0                                                           -        1,056
 *   2, 1, 1                                                     465,865      267,198
 * </pre>
 */
public class UpdateQueue_TwoAddersTwoKeys {
    @JCStressTest
    @Outcome(id = "2, 1, 1", expect = ACCEPTABLE, desc = "Both.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "One was pushed off the list.")
    @State
    public static class Real {
        private final Updates updates;

        public Real() {
            this(new Updates.Real(2));
        }

        Real(Updates updates) {
            this.updates = updates;
        }

        @Actor
        public void actor1() {
            updates.or(0, 1);
        }

        @Actor
        public void actor2() {
            updates.or(1, 1);
        }

        @Arbiter
        public void arbiter(III_Result r) {
            r.r1 = updates.reconcile();
            r.r2 = updates.armed(0);
            r.r3 = updates.armed(1);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new Updates.LookThenPush(2));
        }

        @Override
        @Actor
        public void actor1() {
            super.actor1();
        }

        @Override
        @Actor
        public void actor2() {
            super.actor2();
        }

        @Override
        @Arbiter
        public void arbiter(III_Result r) {
            super.arbiter(r);
        }
    }
}
