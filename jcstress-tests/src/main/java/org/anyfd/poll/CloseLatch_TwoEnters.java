package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A reader and a writer enter at the same time. The close that follows must find both.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=CloseLatch_TwoEnters
 *
 *   signals to the reader, signals to the writer         Real         Twin
 *   0, 1                                                    -        5,970
 *   1, 0                                                    -        6,668
 *   1, 1                                            1,536,506      531,868
 * </pre>
 */
public class CloseLatch_TwoEnters {
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Both signalled.")
    @Outcome(id = "0, .*", expect = FORBIDDEN, desc = "The reader waits for ever.")
    @Outcome(id = ".*, 0", expect = FORBIDDEN, desc = "The writer waits for ever.")
    @State
    public static class Real {
        private final Latch latch;
        private final Latch.Counter reader = new Latch.Counter();
        private final Latch.Counter writer = new Latch.Counter();

        public Real() {
            this(new Latch.Real());
        }

        Real(Latch latch) {
            this.latch = latch;
        }

        @Actor
        public void actor1() {
            latch.enter(reader);
        }

        @Actor
        public void actor2() {
            latch.enter(writer);
        }

        @Arbiter
        public void arbiter(II_Result r) {
            latch.close();
            r.r1 = reader.signals();
            r.r2 = writer.signals();
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(new Latch.TwoSteps(Window::widen));
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
        public void arbiter(II_Result r) {
            super.arbiter(r);
        }
    }
}
