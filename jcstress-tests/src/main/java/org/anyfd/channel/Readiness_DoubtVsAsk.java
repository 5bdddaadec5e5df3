package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IZ_Result;

/**
 * A reader fills its buffer, which leaves it in doubt whether there is more, while the selecting thread asks the
 * kernel about an earlier doubt. What is left must be known to be there, or in doubt again.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Readiness_DoubtVsAsk
 *
 *   bytes left, known of         Real         Twin
 *   1, false                        -        1,420
 *   1, true                   931,706      386,286
 * </pre>
 */
public class Readiness_DoubtVsAsk {
    @JCStressTest
    @Outcome(id = "1, true", expect = ACCEPTABLE, desc = "Left, and known or in doubt.")
    @Outcome(id = "1, false", expect = FORBIDDEN, desc = "Left and forgotten.")
    @State
    public static class Real {
        private final Readable readable;

        public Real() {
            this(new Readable.Real());
        }

        Real(Readable readable) {
            this.readable = readable;
            readable.arrive();
            readable.arrive();
            readable.arrive();
            readable.readOne();
        }

        @Actor
        public void actor1() {
            readable.readOne();
        }

        @Actor
        public void actor2() {
            readable.ask();
        }

        @Arbiter
        public void arbiter(IZ_Result r) {
            r.r1 = readable.left();
            r.r2 = readable.known();
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new Readable.AskThenForget());
        }

        @Override
        @Actor
        public void actor1() {
            super.actor1();
        }

        @Override
        @Actor
        public void actor2() {
            super.actor2();
        }

        @Override
        @Arbiter
        public void arbiter(IZ_Result r) {
            super.arbiter(r);
        }
    }
}
