package org.anyfd.channel;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A thread cancels a key, and selects, while another closes the channel, which cancels it, too. The key goes once, and
 * the number is freed once.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Cancel_ChannelClose
 * </pre>
 */
public class Cancel_ChannelClose {
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
            stage.join(Enrolment::closeChannel);
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
