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
 * One thread holds a direction and makes a call if it finds the descriptor open, another closes; later somebody holds the
 * direction of what is closed. A number must not be freed under the call, and must be freed once, by whoever lets go last.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Refs_HoldVsClose
 *
 *   call, frees         Real         Twin
 *   0, 1             417,597       22,669
 *   0, 2                   -        1,451
 *   1, 1             436,198      152,386
 * </pre>
 */
public class Refs_HoldVsClose {
    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The close came first.")
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The call was made; who came last freed the number.")
    @Outcome(id = "2, .*", expect = FORBIDDEN, desc = "The call was made on a free number.")
    @Outcome(id = ".*, 0", expect = FORBIDDEN, desc = "Nobody freed the number: a leak.")
    @Outcome(id = ".*, [23]", expect = FORBIDDEN, desc = "Freed more than once: that may hit somebody else's.")
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
                count(refs.release());
            }
        }

        @Arbiter
        public void arbiter(II_Result r) {
            call();
            r.r2 = frees.get();
        }

        /** 0: found closed, 1: made, 2: made on a number that is free. */
        private int call() {
            if (!refs.hold()) {
                throw new AssertionError("nobody else holds it");
            }
            int made = !refs.isOpen() ? 0 : frees.get() == 0 ? 1 : 2;
            count(refs.letGo());
            return made;
        }

        private void count(boolean free) {
            if (free) {
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
