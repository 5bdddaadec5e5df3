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
 * A thread registers a channel while another closes it. The registration is refused, or the close ends it.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Register_ChannelClose
 * </pre>
 */
public class Register_ChannelClose {
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Nothing.")
    abstract static class Race {
        private final Window.Stage<Enrolment> stage = new Window.Stage<>();

        abstract Enrolment open();

        void first(I_Result r) {
            Enrolment enrolment = stage.enter(open());
            enrolment.closeChannel();
            stage.awaitOther();
            r.r1 = enrolment.remains();
        }

        void second() {
            Enrolment enrolment = stage.join();
            try {
                enrolment.register();
            } finally {
                stage.leave();
            }
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "1", expect = FORBIDDEN, desc = "A valid key, or an event, of what is gone.")
    @Outcome(id = "2", expect = FORBIDDEN, desc = "A key that nobody takes out.")
    @Outcome(id = "3", expect = FORBIDDEN,
        desc = "A reference too many or too few: the number stays open, or is freed under somebody.")
    @State
    public static class Real extends Race {
        @Override
        Enrolment open() {
            return new Enrolment.Real(false);
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
    @Outcome(id = "1", expect = ACCEPTABLE_INTERESTING, desc = "A valid key, or an event, of what is gone.")
    @Outcome(id = "2", expect = ACCEPTABLE_INTERESTING, desc = "A key that nobody takes out.")
    @Outcome(id = "3", expect = ACCEPTABLE_INTERESTING,
        desc = "A reference too many or too few: the number stays open, or is freed under somebody.")
    @State
    public static class Twin extends Race {
        @Override
        Enrolment open() {
            return new Enrolment.LookThenAdd(false);
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
