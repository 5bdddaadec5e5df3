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
 * A program changes a key's interest while the selecting thread brings the kernel in line with an earlier change of
 * the same key. The change is seen now, or the key is queued again: else the kernel never hears of it.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=UpdateQueue_AddVsTake
 *
 *   armed for by the reconcile that raced, armed for after the next         Real         Twin
 *   1, 1                                                                       -        1,679
 *   1, 5                                                                 605,378      154,896
 *   5, 5                                                                 691,128      193,637
 * </pre>
 */
public class UpdateQueue_AddVsTake {
    @JCStressTest
    @Outcome(id = "1, 5", expect = ACCEPTABLE, desc = "The change came after the look and queued the key again.")
    @Outcome(id = "5, 5", expect = ACCEPTABLE, desc = "The change was seen.")
    @Outcome(id = "1, 1", expect = FORBIDDEN, desc = "The change is lost.")
    @Outcome(id = "0, .*", expect = FORBIDDEN, desc = "What was queued was not taken.")
    @State
    public static class Real {
        private final Updates updates;

        public Real() {
            this(new Updates.Real(1));
        }

        Real(Updates updates) {
            this.updates = updates;
            updates.or(0, 1);
        }

        @Actor
        public void actor1() {
            updates.or(0, 4);
        }

        @Actor
        public void actor2(II_Result r) {
            r.r1 = reconcile();
        }

        @Arbiter
        public void arbiter(II_Result r) {
            r.r2 = reconcile();
        }

        private int reconcile() {
            updates.reconcile();
            return updates.armed(0);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new Updates.IdleTooLate(1));
        }

        @Override
        @Actor
        public void actor1() {
            super.actor1();
        }

        @Override
        @Actor
        public void actor2(II_Result r) {
            super.actor2(r);
        }

        @Override
        @Arbiter
        public void arbiter(II_Result r) {
            super.arbiter(r);
        }
    }
}
