package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Two threads change the interest of one key, and the second one selects. It may find the key marked as queued before the
 * first one has linked it, so that its own selection passes the key by: the first one then wakes the selector.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=UpdateQueue_AddVsAddAndTake
 *
 *   the selector is woken, armed for by the second's selection         Real         Twin
 *   0, 0                                                                   -       61,937
 *   0, 4                                                             319,367      114,188
 *   0, 5                                                             357,907      134,781
 *   1, 0                                                               4,150            -
 *   1, 5                                                               3,444            -
 * </pre>
 */
public class UpdateQueue_AddVsAddAndTake {
    @JCStressTest
    @Outcome(id = "0, [45]", expect = ACCEPTABLE, desc = "The selection saw its own change.")
    @Outcome(id = "1, [045]", expect = ACCEPTABLE, desc = "Another selection will.")
    @Outcome(id = "0, [01]", expect = FORBIDDEN, desc = "The selector waits and has not seen a change that was made before.")
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
        public void actor1(II_Result r) {
            r.r1 = updates.or(0, 1) ? 1 : 0;
        }

        @Actor
        public void actor2(II_Result r) {
            updates.or(0, 4);
            updates.reconcile();
            r.r2 = updates.armed(0);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new Updates.NobodyWakes(1));
        }

        @Override
        @Actor
        public void actor1(II_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2(II_Result r) {
            super.actor2(r);
        }
    }
}
