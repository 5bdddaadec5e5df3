package org.anyfd.channel;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A thread registers a channel while another closes it. The registration is refused, or the close ends it.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Register_ChannelClose
 * </pre>
 */
public class Register_ChannelClose {
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
            enrolment.closeChannel();
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
