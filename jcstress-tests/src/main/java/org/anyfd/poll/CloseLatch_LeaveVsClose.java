package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIZ_Result;

/**
 * A reader's wait ends while another thread closes and a writer waits on. The reader may be signalled late; the writer
 * must be signalled; and nobody may be let in after the close.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=CloseLatch_LeaveVsClose
 *
 *   signals to the reader, signals to the writer, let in after the close         Real         Twin
 *   0, 1, false                                                               389,424      231,898
 *   1, 1, false                                                               340,682      209,911
 *   1, 1, true                                                                      -        3,497
 * </pre>
 */
public class CloseLatch_LeaveVsClose {
    @JCStressTest
    @Outcome(id = "0, 1, false", expect = ACCEPTABLE, desc = "The reader left first.")
    @Outcome(id = "1, 1, false", expect = ACCEPTABLE, desc = "The reader is signalled late, which it must bear.")
    @Outcome(id = ".*, 0, .*", expect = FORBIDDEN, desc = "The writer waits for ever.")
    @Outcome(id = ".*, true", expect = FORBIDDEN, desc = "The leave opened what was closed.")
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
            latch.enter(reader);
            latch.enter(writer);
        }

        @Actor
        public void actor1() {
            latch.leave(reader);
        }

        @Actor
        public void actor2() {
            latch.close();
        }

        @Arbiter
        public void arbiter(IIZ_Result r) {
            r.r1 = reader.signals();
            r.r2 = writer.signals();
            r.r3 = latch.enter(reader);
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
        public void arbiter(IIZ_Result r) {
            super.arbiter(r);
        }
    }
}
