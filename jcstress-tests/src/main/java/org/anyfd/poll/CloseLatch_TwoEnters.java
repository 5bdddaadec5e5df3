package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
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
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Both signalled.")
    abstract static class Race {
        private final Latch latch;
        private final Latch.Counter reader = new Latch.Counter();
        private final Latch.Counter writer = new Latch.Counter();

        Race(Latch latch) {
            this.latch = latch;
        }

        void enterReader() {
            latch.enter(reader);
        }

        void enterWriter() {
            latch.enter(writer);
        }

        void close(II_Result r) {
            latch.close();
            r.r1 = reader.signals();
            r.r2 = writer.signals();
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "0, .*", expect = FORBIDDEN, desc = "The reader waits for ever.")
    @Outcome(id = ".*, 0", expect = FORBIDDEN, desc = "The writer waits for ever.")
    @State
    public static class Real extends Race {
        public Real() {
            super(new Latch.Real());
        }

        @Actor
        public void actor1() {
            enterReader();
        }

        @Actor
        public void actor2() {
            enterWriter();
        }

        @Arbiter
        public void arbiter(II_Result r) {
            close(r);
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "0, .*", expect = ACCEPTABLE_INTERESTING, desc = "The reader waits for ever.")
    @Outcome(id = ".*, 0", expect = ACCEPTABLE_INTERESTING, desc = "The writer waits for ever.")
    @State
    public static class Twin extends Race {
        public Twin() {
            super(new Latch.TwoSteps(Window::widen));
        }

        @Actor
        public void actor1() {
            enterReader();
        }

        @Actor
        public void actor2() {
            enterWriter();
        }

        @Arbiter
        public void arbiter(II_Result r) {
            close(r);
        }
    }
}
