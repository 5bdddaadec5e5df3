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
    @Outcome(id = "2, 1, 1", expect = ACCEPTABLE, desc = "Both.")
    abstract static class Race {
        private final Updates updates;
        private int found;

        Race(Updates updates) {
            this.updates = updates;
            updates.or(0, 1);
        }

        void change() {
            updates.or(1, 1);
        }

        void reconcile() {
            found += updates.reconcile();
        }

        void end(III_Result r) {
            reconcile();
            r.r1 = found;
            r.r2 = updates.armed(0);
            r.r3 = updates.armed(1);
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "One was forgotten.")
    @State
    public static class Real extends Race {
        public Real() {
            super(new Updates.Real(2));
        }

        @Actor
        public void actor1() {
            change();
        }

        @Actor
        public void actor2() {
            reconcile();
        }

        @Arbiter
        public void arbiter(III_Result r) {
            end(r);
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = ".*", expect = ACCEPTABLE_INTERESTING, desc = "One was forgotten.")
    @State
    public static class Twin extends Race {
        public Twin() {
            super(new Updates.LookThenTake(2));
        }

        @Actor
        public void actor1() {
            change();
        }

        @Actor
        public void actor2() {
            reconcile();
        }

        @Arbiter
        public void arbiter(III_Result r) {
            end(r);
        }
    }
}
