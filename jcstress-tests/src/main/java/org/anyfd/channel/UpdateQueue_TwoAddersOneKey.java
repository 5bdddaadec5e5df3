package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Two threads change the interest of one key. It is queued once, and both changes are seen.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=UpdateQueue_TwoAddersOneKey
 *
 *   times queued, armed for         Real         Twin
 *   1, 5                       1,638,906      457,481
 *   4, 5                               -        3,825
 * </pre>
 */
public class UpdateQueue_TwoAddersOneKey {
    @JCStressTest
    @Outcome(id = "1, 5", expect = ACCEPTABLE, desc = "Once, with both.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "Queued twice, which ties the list into a ring, or not at all.")
    @State
    public static class Real {
        private final Updates updates;

        public Real() {
            this(new Updates.Real(1));
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
            updates.or(0, 4);
        }

        @Arbiter
        public void arbiter(II_Result r) {
            r.r1 = updates.reconcile();
            r.r2 = updates.armed(0);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new Updates.LookThenQueue(1));
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
        public void arbiter(II_Result r) {
            super.arbiter(r);
        }
    }
}
