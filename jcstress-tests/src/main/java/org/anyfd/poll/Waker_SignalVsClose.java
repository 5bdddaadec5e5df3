package org.anyfd.poll;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.anyfd.Window;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A signal comes late, while the waker is closed and its number goes to the next file that is opened, an eventfd that
 * stands for any socket. The signal must never be written to that file. Real descriptors, opened and closed by the
 * actors, so that few are open at a time.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Waker_SignalVsClose
 *
 *   what the next file got         Real         Twin
 *   0                           173,306       90,465
 *   1                                 -        2,171
 * </pre>
 */
public class Waker_SignalVsClose {
    /** What {@link Waker} does, by it and by a twin. */
    interface Signals {
        void signal();

        void close();
    }

    private static final class WithWaker implements Signals {
        private final Waker waker;

        WithWaker() {
            try {
                waker = Waker.open();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void signal() {
            waker.signal();
        }

        @Override
        public void close() {
            waker.close();
        }
    }

    /** Broken: it looks whether it is open, and then writes. */
    private static final class LookThenWrite implements Signals {
        private final int number = eventfd();
        private volatile boolean open = true;

        @Override
        public void signal() {
            if (open) {
                Window.widen();
                Scratch scratch = Scratch.take();
                scratch.small().putLong(0, 1);
                Sys.write(number, scratch.smallAddress(), Long.BYTES);
                scratch.give();
            }
        }

        @Override
        public void close() {
            open = false;
            Sys.close(number);
        }
    }

    static int eventfd() {
        return Sys.eventfd(0, Consts.EFD_CLOEXEC | Consts.EFD_NONBLOCK);
    }

    @JCStressTest
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Nothing.")
    @Outcome(id = "1", expect = FORBIDDEN, desc = "A signal that was not meant for it.")
    @State
    public static class Real {
        private final Window.Stage<Signals> stage = new Window.Stage<>();

        Signals open() {
            return new WithWaker();
        }

        @Actor
        public void actor1(I_Result r) {
            Signals signals = stage.enter(open());
            signals.close();
            int next = eventfd();
            stage.awaitOther();
            Scratch scratch = Scratch.take();
            r.r1 = Sys.read(next, scratch.smallAddress(), Long.BYTES) == -Errno.EAGAIN ? 0 : 1;
            scratch.give();
            Sys.close(next);
        }

        @Actor
        public void actor2() {
            stage.join(Signals::signal);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        @Override
        Signals open() {
            return new LookThenWrite();
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
