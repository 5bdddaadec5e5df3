package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A program takes all keys out of the selected-key set, under its monitor, while another thread selects. The selection
 * comes before or after, as a whole.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=SelectedKeys_TakeVsSelect
 * </pre>
 */
public class SelectedKeys_TakeVsSelect {
    @JCStressTest
    @Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "The selection came first.")
    @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "The program came first, and its key was selected again.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "The set changed under somebody.")
    @State
    public static class Real {
        private final Window.Stage<Picks> stage = new Window.Stage<>();
        /** Before the second actor leaves. */
        private int taken;

        Picks open() {
            return new Picks.Real();
        }

        @Actor
        public void actor1(II_Result r) {
            Picks picks = stage.enter(open());
            picks.select();
            stage.awaitOther();
            r.r1 = taken;
            r.r2 = picks.left();
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
        public void actor1(II_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2() {
            super.actor2();
        }
    }
}
