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
    @JCStressTest
    @Outcome(id = "0, .*", expect = ACCEPTABLE, desc = "All was read; what is known of does no harm.")
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
        }

        @Actor
        public void actor1() {
            readable.readAll();
        }

        @Actor
        public void actor2() {
            readable.arrive();
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
            super(new Readable.WithoutTick());
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
