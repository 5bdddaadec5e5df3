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
 * A key is queued while the selecting thread takes another. Each is found once: by the selection that raced or the
 * next.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=UpdateQueue_AddVsTakeOther
 *
 *   keys queued in all, armed for the first, armed for the second         Real         Twin
 *   1, 1, 0                                                                  -        4,794
 *   2, 1, 1                                                          1,731,706      414,912
 * </pre>
 */
public class UpdateQueue_AddVsTakeOther {
    @JCStressTest
    @Outcome(id = "2, 1, 1", expect = ACCEPTABLE, desc = "Both.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "One was forgotten.")
    @State
    public static class Real {
        private final Updates updates;
        private int found;

        public Real() {
            this(new Updates.Real(2));
        }

        Real(Updates updates) {
            this.updates = updates;
            updates.or(0, 1);
        }

        @Actor
        public void actor1() {
            updates.or(1, 1);
        }

        @Actor
        public void actor2() {
            found = updates.reconcile();
        }

        @Arbiter
        public void arbiter(III_Result r) {
            r.r1 = found + updates.reconcile();
            r.r2 = updates.armed(0);
            r.r3 = updates.armed(1);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new Updates.LookThenTake(2));
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
