package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A program takes all keys out of the selected-key set, under its monitor, while another thread selects for an action.
 * Each does without the other: the action is called for both channels, also for the one that is in the set, and the
 * set has nothing but what was in it.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=SelectedKeys_TakeVsAction
 * </pre>
 */
public class SelectedKeys_TakeVsAction {
    @JCStressTest
    @Outcome(id = "2, 1, 0", expect = ACCEPTABLE, desc = "Nothing.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "They met in the set.")
    @State
    public static class Real {
        private final Window.Stage<Picks> stage = new Window.Stage<>();
        /** Before the second actor leaves. */
        private int taken;

        Picks open() {
            return new Picks.Real();
        }

        @Actor
        public void actor1(III_Result r) {
            Picks picks = stage.enter(open());
            r.r1 = picks.selectForAction();
            stage.awaitOther();
            r.r2 = taken;
            r.r3 = picks.left();
        }

        @Actor
        public void actor2() {
            stage.join(picks -> taken = picks.takeAll());
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        @Override
        Picks open() {
            return new Picks.Unlocked();
        }

        @Override
        @Actor
        public void actor1(III_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2() {
            super.actor2();
        }
    }
}
