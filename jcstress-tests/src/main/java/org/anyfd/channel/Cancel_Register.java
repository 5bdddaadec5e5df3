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
 * A thread cancels a key and registers the channel anew, as soon as it may, while another selects. The new key is
 * there, is selected, and does not go with the old one.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Cancel_Register
 * </pre>
 */
public class Cancel_Register {
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Nothing.")
    abstract static class Race {
        private final Window.Stage<Enrolment> stage = new Window.Stage<>();

        abstract Enrolment open();

        void first(I_Result r) {
            Enrolment enrolment = stage.enter(open());
            enrolment.select();
            stage.awaitOther();
            r.r1 = enrolment.remainsOfNewKey();
        }

        void second() {
            Enrolment enrolment = stage.join();
            try {
                enrolment.cancel();
                while (!enrolment.register()) {
                    enrolment.select();
                }
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
    @Outcome(id = "4", expect = FORBIDDEN, desc = "The new key went with the old one, or is not selected.")
    @State
    public static class Real extends Race {
        @Override
        Enrolment open() {
            return new Enrolment.Real(true);
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
    @Outcome(id = "4", expect = ACCEPTABLE_INTERESTING, desc = "The new key went with the old one, or is not selected.")
    @State
    public static class Twin extends Race {
        @Override
        Enrolment open() {
            return new Enrolment.Replaced(true);
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
