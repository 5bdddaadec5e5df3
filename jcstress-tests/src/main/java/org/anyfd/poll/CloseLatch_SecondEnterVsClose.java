package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZII_Result;

/**
 * As CloseLatch_EnterVsClose, with a reader that waits already while a writer enters: the close must wake both.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=CloseLatch_SecondEnterVsClose
 *
 *   let in, signals, signals to the one that waited         Real         Twin
 *   false, 0, 1                                          603,564      313,800
 *   true, 0, 1                                                 -        5,415
 *   true, 1, 1                                           683,342      314,891
 * </pre>
 */
public class CloseLatch_SecondEnterVsClose {
    @JCStressTest
    @Outcome(id = "true, 1, 1", expect = ACCEPTABLE, desc = "Both signalled.")
    @Outcome(id = "false, 0, 1", expect = ACCEPTABLE, desc = "The writer refused, the reader signalled.")
    @Outcome(id = "true, 0, .*", expect = FORBIDDEN, desc = "The writer waits for ever.")
    @Outcome(id = ".*, 0", expect = FORBIDDEN, desc = "The reader waits for ever.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "Signalled though refused, or twice.")
    @State
    public static class Real {
        private final Latch latch;
        private final Latch.Counter writer = new Latch.Counter();
        private final Latch.Counter reader = new Latch.Counter();

        public Real() {
            this(new Latch.Real());
        }

        Real(Latch latch) {
            this.latch = latch;
            latch.enter(reader);
        }

        @Actor
        public void actor1(ZII_Result r) {
            r.r1 = latch.enter(writer);
        }

        @Actor
        public void actor2() {
            latch.close();
        }

        @Arbiter
        public void arbiter(ZII_Result r) {
            r.r2 = writer.signals();
            r.r3 = reader.signals();
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
        public void actor1(ZII_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2() {
            super.actor2();
        }

        @Override
        @Arbiter
        public void arbiter(ZII_Result r) {
            super.arbiter(r);
        }
    }
}
