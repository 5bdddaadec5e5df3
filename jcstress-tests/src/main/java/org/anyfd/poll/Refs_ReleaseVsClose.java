package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
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
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The call ended last.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The close came last.")
    @Outcome(id = "true, true", expect = FORBIDDEN, desc = "Both free it.")
    @Outcome(id = "false, false", expect = FORBIDDEN, desc = "Nobody frees it.")
    @State
    public static class Real {
        private final RefCount refs;

        public Real() {
            this(new RefCount.Real());
        }

        Real(RefCount refs) {
            this.refs = refs;
            refs.acquire();
        }

        @Actor
        public void actor1(ZZ_Result r) {
            r.r1 = refs.release();
        }

        @Actor
        public void actor2(ZZ_Result r) {
            r.r2 = refs.close() && refs.release();
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new RefCount.TwoSteps());
        }

        @Override
        @Actor
        public void actor1(ZZ_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2(ZZ_Result r) {
            super.actor2(r);
        }
    }
}
