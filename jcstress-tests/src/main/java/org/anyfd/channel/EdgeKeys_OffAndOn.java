package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A socket that the selector watches edge-triggered has something to be read, which nobody reads. A program takes the
 * key's interest off and on again while another thread selects. With the interest back, the key is selected, as if it
 * were watched level-triggered.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=EdgeKeys_OffAndOn
 * </pre>
 */
public class EdgeKeys_OffAndOn {
    @JCStressTest
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "Told.")
    @Outcome(id = "0", expect = FORBIDDEN, desc = "Never told.")
    @Outcome(id = "2", expect = FORBIDDEN, desc = "Not watched edge-triggered, so that nothing is shown.")
    @State
    public static class Real {
        private final Window.Stage<EdgeKey> stage = new Window.Stage<>();

        EdgeKey open() {
            return new EdgeKey.ByStrategy();
        }

        @Actor
        public void actor1(I_Result r) {
            EdgeKey key = stage.enter(open());
            boolean edge = key.isEdge();
            key.select();
            stage.awaitOther();
            r.r1 = !edge ? EdgeKey.LEVEL_TRIGGERED : key.select() ? EdgeKey.TOLD : EdgeKey.UNTOLD;
            key.close();
        }

        @Actor
        public void actor2() {
            stage.join(key -> {
                key.off();
                Window.widen();
                key.on();
            });
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        @Override
        EdgeKey open() {
            return new EdgeKey.Forgetful();
        }

        @Override
        @Actor
        public void actor1(I_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2() {
            super.actor2();
        }
    }
}
