package org.anyfd.channel;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A thread cancels a key while another closes the selector. The key goes once, and its reference is given back once.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Cancel_SelectorClose
 * </pre>
 */
public class Cancel_SelectorClose {
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
            enrolment.closeSelector();
            stage.awaitOther();
            r.r1 = enrolment.remains();
        }

        @Actor
        public void actor2() {
            stage.join(Enrolment::cancel);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        @Override
        Enrolment open() {
            return new Enrolment.TakenTwice(true);
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
