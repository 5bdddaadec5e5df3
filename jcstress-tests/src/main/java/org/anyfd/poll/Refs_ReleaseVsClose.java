package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * A call ends while the owner closes. Exactly one of the two is told to free the number.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Refs_ReleaseVsClose
 *
 *   freed by the end of the call, freed by the close         Real         Twin
 *   false, false                                                -        3,560
 *   false, true                                           901,921      271,724
 *   true, false                                           852,185      195,622
 * </pre>
 */
public class Refs_ReleaseVsClose {
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The call ended last.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The close came last.")
    abstract static class Race {
        private final RefCount refs;

        Race(RefCount refs) {
            this.refs = refs;
            refs.acquire();
        }

        boolean endOfCall() {
            return refs.release();
        }

        boolean close() {
            return refs.close() && refs.release();
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "true, true", expect = FORBIDDEN, desc = "Both free it.")
    @Outcome(id = "false, false", expect = FORBIDDEN, desc = "Nobody frees it.")
    @State
    public static class Real extends Race {
        public Real() {
            super(new RefCount.Real());
        }

        @Actor
        public void actor1(ZZ_Result r) {
            r.r1 = endOfCall();
        }

        @Actor
        public void actor2(ZZ_Result r) {
            r.r2 = close();
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "true, true", expect = ACCEPTABLE_INTERESTING, desc = "Both free it.")
    @Outcome(id = "false, false", expect = ACCEPTABLE_INTERESTING, desc = "Nobody frees it.")
    @State
    public static class Twin extends Race {
        public Twin() {
            super(new RefCount.TwoSteps());
        }

        @Actor
        public void actor1(ZZ_Result r) {
            r.r1 = endOfCall();
        }

        @Actor
        public void actor2(ZZ_Result r) {
            r.r2 = close();
        }
    }
}
