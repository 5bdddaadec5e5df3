package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * One thread takes a reference and makes a call under it, another closes. A number must not be freed under the call,
 * and must be freed once in the end, by whoever lets go of it last.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Refs_AcquireVsClose
 *
 *   call, frees         Real         Twin
 *   0, 1           1,878,184       93,745
 *   1, 0                   -          986
 *   1, 1           1,984,722      124,866
 *   2, 2                   -          906
 * </pre>
 */
public class Refs_AcquireVsClose {
    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The close came first; it freed the number.")
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The call was made; who came last freed the number.")
    @Outcome(id = "2, .*", expect = FORBIDDEN, desc = "The call was made on a free number.")
    @Outcome(id = ".*, 0", expect = FORBIDDEN, desc = "Nobody freed the number: a leak.")
    @Outcome(id = ".*, 2", expect = FORBIDDEN, desc = "Freed twice: the second may hit somebody else's.")
    @State
    public static class Real {
        private final RefCount refs;
        private final AtomicInteger frees = new AtomicInteger();

        public Real() {
            this(new RefCount.Real());
        }

        Real(RefCount refs) {
            this.refs = refs;
        }

        @Actor
        public void actor1(II_Result r) {
            r.r1 = call();
        }

        @Actor
        public void actor2() {
            if (refs.close()) {
                release();
            }
        }

        @Arbiter
        public void arbiter(II_Result r) {
            r.r2 = frees.get();
        }

        /** 0: refused, 1: made, 2: made on a number that is free. */
        private int call() {
            if (!refs.acquire()) {
                return 0;
            }
            int made = frees.get() == 0 ? 1 : 2;
            release();
            return made;
        }

        private void release() {
            if (refs.release()) {
                frees.incrementAndGet();
            }
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
        public void actor1(II_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2() {
            super.actor2();
        }

        @Override
        @Arbiter
        public void arbiter(II_Result r) {
            super.arbiter(r);
        }
    }
}
