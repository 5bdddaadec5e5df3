package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.anyfd.Window;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
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
    @Outcome(id = "true", expect = ACCEPTABLE, desc = "Known.")
    abstract static class Race {
        private final Readiness readiness = new Readiness();
        private final AtomicInteger room = new AtomicInteger();
        private final boolean tick;

        Race(boolean tick) {
            this.tick = tick;
            readiness.edge(Consts.POLLOUT);
        }

        void write() {
            long before = readiness.before();
            int n = room.get() > 0 ? 1 : -Errno.EAGAIN;
            if (!tick) {
                Window.widen();
                before = readiness.before();
            }
            readiness.written(before, n, 1);
        }

        void makeRoom() {
            room.set(1);
            readiness.edge(Consts.POLLOUT);
        }

        boolean known() {
            return readiness.events() == Consts.POLLOUT;
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "false", expect = FORBIDDEN, desc = "There is room, and nobody knows.")
    @State
    public static class Real extends Race {
        public Real() {
            super(true);
        }

        @Actor
        public void actor1() {
            write();
        }

        @Actor
        public void actor2() {
            makeRoom();
        }

        @Arbiter
        public void arbiter(Z_Result r) {
            r.r1 = known();
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "false", expect = ACCEPTABLE_INTERESTING, desc = "There is room, and nobody knows.")
    @State
    public static class Twin extends Race {
        public Twin() {
            super(false);
        }

        @Actor
        public void actor1() {
            write();
        }

        @Actor
        public void actor2() {
            makeRoom();
        }

        @Arbiter
        public void arbiter(Z_Result r) {
            r.r1 = known();
        }
    }
}
