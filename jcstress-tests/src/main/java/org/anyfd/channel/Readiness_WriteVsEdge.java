package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.anyfd.Window;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/**
 * A writer finds no room while the peer makes some and its edge is taken in. That there is room must be known.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Readiness_WriteVsEdge
 *
 *   known of         Real         Twin
 *   false               -        3,258
 *   true        1,402,106      749,248
 * </pre>
 */
public class Readiness_WriteVsEdge {
    @JCStressTest
    @Outcome(id = "true", expect = ACCEPTABLE, desc = "Known.")
    @Outcome(id = "false", expect = FORBIDDEN, desc = "There is room, and nobody knows.")
    @State
    public static class Real {
        private final Readiness readiness = new Readiness();
        private final AtomicInteger room = new AtomicInteger();
        private final boolean tick;

        public Real() {
            this(true);
        }

        Real(boolean tick) {
            this.tick = tick;
            readiness.edge(Consts.POLLOUT);
        }

        @Actor
        public void actor1() {
            long before = readiness.before();
            int n = room.get() > 0 ? 1 : -Errno.EAGAIN;
            if (!tick) {
                Window.widen();
                before = readiness.before();
            }
            readiness.written(before, n, 1);
        }

        @Actor
        public void actor2() {
            room.set(1);
            readiness.edge(Consts.POLLOUT);
        }

        @Arbiter
        public void arbiter(Z_Result r) {
            r.r1 = readiness.events() == Consts.POLLOUT;
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        public Twin() {
            super(false);
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
        public void arbiter(Z_Result r) {
            super.arbiter(r);
        }
    }
}
