package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A cancelled key leaves what the kernel watches to the next key of its channel, while another thread closes the
 * channel, so that there will be none. What is kept is given up, by whoever comes second, and the number is closed.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=EdgeKeys_KeepVsClose
 * </pre>
 */
public class EdgeKeys_KeepVsClose {
    private static final int NOTHING = 0;
    private static final int KEPT = 1;
    private static final int OPEN_NUMBER = 2;
    private static final int LEVEL_TRIGGERED = 3;

    /** What keeps for the next key what the kernel watches. */
    interface Keeper {
        void cancelAndSelect();

        void closeChannel();

        /** What is left over once the selector has seen all. */
        int remains();
    }

    private static final class WithSelector implements Keeper {
        private final EdgeKey.ByStrategy key = new EdgeKey.ByStrategy();
        private final boolean edge = key.isEdge();

        @Override
        public void cancelAndSelect() {
            key.cancelAndSelect();
        }

        @Override
        public void closeChannel() {
            key.closeChannel();
        }

        @Override
        public int remains() {
            key.select();
            int wrong = !edge ? LEVEL_TRIGGERED : key.keeps() ? KEPT : !key.isClosed() ? OPEN_NUMBER : NOTHING;
            key.close();
            return wrong;
        }
    }

    /** Broken: it looks whether the channel is open, and then keeps. */
    private static final class LookThenKeep implements Keeper {
        private volatile boolean open = true;
        private volatile boolean dormant;

        @Override
        public void cancelAndSelect() {
            if (open) {
                Window.widen();
                dormant = true;
            }
        }

        @Override
        public void closeChannel() {
            open = false;
            dormant = false;
        }

        @Override
        public int remains() {
            return dormant ? KEPT : NOTHING;
        }
    }

    @JCStressTest
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Nothing.")
    @Outcome(id = "1", expect = FORBIDDEN, desc = "Kept for nobody.")
    @Outcome(id = "2", expect = FORBIDDEN, desc = "The number stays open.")
    @Outcome(id = "3", expect = FORBIDDEN, desc = "Not watched edge-triggered, so that nothing is shown.")
    @State
    public static class Real {
        private final Window.Stage<Keeper> stage = new Window.Stage<>();

        Keeper open() {
            return new WithSelector();
        }

        @Actor
        public void actor1(I_Result r) {
            Keeper keeper = stage.enter(open());
            keeper.cancelAndSelect();
            stage.awaitOther();
            r.r1 = keeper.remains();
        }

        @Actor
        public void actor2() {
            stage.join(Keeper::closeChannel);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        @Override
        Keeper open() {
            return new LookThenKeep();
        }

        @Override
        @Actor
        public void actor1(I_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2() {
            super.actor2();
        }
    }
}
