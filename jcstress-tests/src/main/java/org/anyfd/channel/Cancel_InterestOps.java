package org.anyfd.channel;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A thread cancels a key, and selects, while another changes its interest. The change is refused or has no effect: the
 * kernel watches nothing of a key that is gone.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Cancel_InterestOps
 * </pre>
 */
public class Cancel_InterestOps {
    @JCStressTest
    @State
    public static class Real extends Enrolment.Race {
        @Override
        Enrolment open() {
            return new Enrolment.Real(true);
        }

        @Actor
        public void actor1(I_Result r) {
            Enrolment enrolment = stage.enter(open());
            enrolment.cancel();
            enrolment.select();
            stage.awaitOther();
            r.r1 = enrolment.remains();
        }

        @Actor
        public void actor2() {
            stage.join(Enrolment::change);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        @Override
        Enrolment open() {
            return new Enrolment.WatchedWhenGone(true);
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
