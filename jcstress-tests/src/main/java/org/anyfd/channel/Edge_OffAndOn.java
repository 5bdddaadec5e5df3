package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
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
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "Told.")
    abstract static class Race {
        private final Window.Stage<EdgeKey> stage = new Window.Stage<>();

        abstract EdgeKey open();

        void first(I_Result r) {
            EdgeKey key = stage.enter(open());
            boolean told = key.select();
            stage.awaitOther();
            told |= key.select();
            r.r1 = told ? EdgeKey.TOLD : EdgeKey.UNTOLD;
            key.close();
        }

        void second() {
            EdgeKey key = stage.join();
            try {
                key.off();
                Window.widen();
                key.on();
            } finally {
                stage.leave();
            }
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "0", expect = FORBIDDEN, desc = "Never told.")
    @State
    public static class Real extends Race {
        @Override
        EdgeKey open() {
            return new EdgeKey.ByWish();
        }

        @Actor
        public void actor1(I_Result r) {
            first(r);
        }

        @Actor
        public void actor2() {
            second();
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "0", expect = ACCEPTABLE_INTERESTING, desc = "Never told.")
    @State
    public static class Twin extends Race {
        @Override
        EdgeKey open() {
            return new EdgeKey.Forgetful();
        }

        @Actor
        public void actor1(I_Result r) {
            first(r);
        }

        @Actor
        public void actor2() {
            second();
        }
    }
}
