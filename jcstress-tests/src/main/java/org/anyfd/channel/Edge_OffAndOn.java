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
 * A key that is edge-triggered by the program's wish has something to be read. A program takes its interest off and on
 * again while another thread selects. The event comes only once, and it is told: now, or when the interest is back.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Edge_OffAndOn
 * </pre>
 */
public class Edge_OffAndOn {
    @JCStressTest
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "Told.")
    @Outcome(id = "0", expect = FORBIDDEN, desc = "Never told.")
    @State
    public static class Real {
        private final Window.Stage<EdgeKey> stage = new Window.Stage<>();

        EdgeKey open() {
            return new EdgeKey.ByWish();
        }

        @Actor
        public void actor1(I_Result r) {
            EdgeKey key = stage.enter(open());
            boolean told = key.select();
            stage.awaitOther();
            told |= key.select();
            r.r1 = told ? EdgeKey.TOLD : EdgeKey.UNTOLD;
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
