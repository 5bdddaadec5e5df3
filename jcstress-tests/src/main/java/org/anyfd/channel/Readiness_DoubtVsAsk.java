package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
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
    @Outcome(id = "1, true", expect = ACCEPTABLE, desc = "Left, and known or in doubt.")
    abstract static class Race {
        private final Readable readable;

        Race(Readable readable) {
            this.readable = readable;
            readable.arrive();
            readable.arrive();
            readable.arrive();
            readable.readOne();
        }

        void read() {
            readable.readOne();
        }

        void ask() {
            readable.ask();
        }

        void end(IZ_Result r) {
            r.r1 = readable.left();
            r.r2 = readable.known();
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "1, false", expect = FORBIDDEN, desc = "Left and forgotten.")
    @State
    public static class Real extends Race {
        public Real() {
            super(new Readable.Real());
        }

        @Actor
        public void actor1() {
            read();
        }

        @Actor
        public void actor2() {
            ask();
        }

        @Arbiter
        public void arbiter(IZ_Result r) {
            end(r);
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "1, false", expect = ACCEPTABLE_INTERESTING, desc = "Left and forgotten.")
    @State
    public static class Twin extends Race {
        public Twin() {
            super(new Readable.AskThenForget());
        }

        @Actor
        public void actor1() {
            read();
        }

        @Actor
        public void actor2() {
            ask();
        }

        @Arbiter
        public void arbiter(IZ_Result r) {
            end(r);
        }
    }
}
