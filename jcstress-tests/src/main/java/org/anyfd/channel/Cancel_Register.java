package org.anyfd.channel;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A thread cancels a key and registers the channel anew, as soon as it may, while another selects. The new key is
 * there, is selected, and does not go with the old one.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Cancel_Register
 * </pre>
 */
public class Cancel_Register {
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
            enrolment.select();
            stage.awaitOther();
            r.r1 = enrolment.remainsOfNewKey();
        }

        @Actor
        public void actor2() {
            stage.join(enrolment -> {
                enrolment.cancel();
                while (!enrolment.register()) {
                    enrolment.select();
                }
            });
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        @Override
        Enrolment open() {
            return new Enrolment.Replaced(true);
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
