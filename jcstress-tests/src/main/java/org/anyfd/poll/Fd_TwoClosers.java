package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.anyfd.Window;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Sys;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * Two threads close a descriptor, and each opens a file right after, which may get its number. Both files stay open:
 * neither close reaches the next tenant.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Fd_TwoClosers
 * </pre>
 */
public class Fd_TwoClosers {
    interface Closing {
        void close();
    }

    /** Broken: it looks whether it is open, and then closes. */
    private static final class LookThenClose {
        private final int number = eventfd();
        private volatile boolean open = true;

        void close() {
            if (open) {
                Window.widen();
                open = false;
                Sys.close(number);
            }
        }
    }

    private static int eventfd() {
        return Sys.eventfd(0, Consts.EFD_CLOEXEC | Consts.EFD_NONBLOCK);
    }

    @JCStressTest
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Both are open.")
    @Outcome(id = "1", expect = FORBIDDEN, desc = "One was closed by somebody else.")
    @State
    public static class Real {
        private final Window.Stage<Closing> stage = new Window.Stage<>();
        private int mine;
        private volatile int theirs;

        Closing open() {
            return Fd.own(eventfd())::close;
        }

        @Actor
        public void actor1(I_Result r) {
            Closing fd = stage.enter(open());
            fd.close();
            mine = eventfd();
            stage.awaitOther();
            // Whoever is closed here fails with EBADF if it was closed before.
            boolean bothOpen = mine != theirs & Sys.close(mine) >= 0 & Sys.close(theirs) >= 0;
            r.r1 = bothOpen ? 0 : 1;
        }

        @Actor
        public void actor2() {
            stage.join(fd -> {
                fd.close();
                theirs = eventfd();
            });
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        @Override
        Closing open() {
            return new LookThenClose()::close;
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
