package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
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
    @Outcome(id = "2, 1, 1", expect = ACCEPTABLE, desc = "Both.")
    abstract static class Race {
        private final Updates updates;

        Race(Updates updates) {
            this.updates = updates;
        }

        void change(int key) {
            updates.or(key, 1);
        }

        void reconcile(III_Result r) {
            r.r1 = updates.reconcile();
            r.r2 = updates.armed(0);
            r.r3 = updates.armed(1);
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "One was pushed off the list.")
    @State
    public static class Real extends Race {
        public Real() {
            super(new Updates.Real(2));
        }

        @Actor
        public void actor1() {
            change(0);
        }

        @Actor
        public void actor2() {
            change(1);
        }

        @Arbiter
        public void arbiter(III_Result r) {
            reconcile(r);
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = ".*", expect = ACCEPTABLE_INTERESTING, desc = "One was pushed off the list.")
    @State
    public static class Twin extends Race {
        public Twin() {
            super(new Updates.LookThenPush(2));
        }

        @Actor
        public void actor1() {
            change(0);
        }

        @Actor
        public void actor2() {
            change(1);
        }

        @Arbiter
        public void arbiter(III_Result r) {
            reconcile(r);
        }
    }
}
