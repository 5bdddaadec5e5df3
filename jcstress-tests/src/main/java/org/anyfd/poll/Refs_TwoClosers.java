package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * Two threads close while a call is under way. One of them drops the owner's reference, so that the number is freed
 * when the call ends and not before.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Refs_TwoClosers
 *
 *   closes that came first, frees before the end of the call, frees         Real         Twin
 *   1, 0, 1                                                            1,174,906      201,879
 *   2, 0, 1                                                                    -       41,892
 *   2, 1, 1                                                                    -        9,535
 * </pre>
 */
public class Refs_TwoClosers {
    @JCStressTest
    @Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "One close counted; the end of the call freed the number.")
    @Outcome(id = "2, .*, .*", expect = FORBIDDEN, desc = "Both dropped the one reference of the owner.")
    @Outcome(id = "1, 1, .*", expect = FORBIDDEN, desc = "Freed under the call.")
    @Outcome(id = "1, 0, 0", expect = FORBIDDEN, desc = "Never freed.")
    @State
    public static class Real {
        private final RefCount refs;
        private final AtomicInteger first = new AtomicInteger();
        private final AtomicInteger frees = new AtomicInteger();

        public Real() {
            this(new RefCount.Real());
        }

        Real(RefCount refs) {
            this.refs = refs;
            refs.acquire();
        }

        @Actor
        public void actor1() {
            close();
        }

        @Actor
        public void actor2() {
            close();
        }

        @Arbiter
        public void arbiter(III_Result r) {
            r.r1 = first.get();
            r.r2 = frees.get();
            release();
            r.r3 = frees.get();
        }

        private void close() {
            if (refs.close()) {
                first.incrementAndGet();
                release();
            }
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
        public void arbiter(III_Result r) {
            super.arbiter(r);
        }
    }
}
