package org.anyfd.channel;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A channel is registered while the selector is closed. Registering throws, or gives a key that the close made invalid;
 * either way the registration holds the descriptor no longer, so that closing the channel closes the number.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Register_SelectorClose
 *
 *   what is wrong in the end         Real         Twin
 *   0                              74,691      192,109
 *   1                                   -       89,996
 *   2                                   -            1
 * </pre>
 */
public class Register_SelectorClose {
    @JCStressTest
    @State
    public static class Real extends Enrolment.Race {
        @Override
        Enrolment open() {
            return new Enrolment.Real(false);
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
            stage.join(Enrolment::register);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        @Override
        Enrolment open() {
            return new Enrolment.LookThenAdd(false);
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
