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
 * A reader takes all there is while more comes and its edge is taken in. What is left must be known to be there, or in
 * doubt: if the reader's "nothing left" undid the edge, nobody would ever come for it.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Readiness_ReadVsEdge
 *
 *   bytes left, known of         Real         Twin
 *   0, false                  245,447      264,627
 *   0, true                        31            -
 *   1, false                        -        3,592
 *   1, true                   247,101      228,073
 * </pre>
 */
public class Readiness_ReadVsEdge {
    @Outcome(id = "0, .*", expect = ACCEPTABLE, desc = "All was read; what is known of does no harm.")
    @Outcome(id = "1, true", expect = ACCEPTABLE, desc = "Left, and known or in doubt.")
    abstract static class Race {
        private final Readable readable;

        Race(Readable readable) {
            this.readable = readable;
            readable.arrive();
        }

        void read() {
            readable.readAll();
        }

        void arrive() {
            readable.arrive();
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
            arrive();
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
            super(new Readable.WithoutTick());
        }

        @Actor
        public void actor1() {
            read();
        }

        @Actor
        public void actor2() {
            arrive();
        }

        @Arbiter
        public void arbiter(IZ_Result r) {
            end(r);
        }
    }
}
