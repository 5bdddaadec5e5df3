package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.anyfd.Window;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Sys;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A channel is registered while the selector is closed. Registering throws, or gives a key that the close made invalid;
 * either way the registration holds the descriptor no longer, so that closing the channel closes the number. Real
 * descriptors, opened and closed by the actors, so that few are open at a time.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Register_SelectorClose
 *
 *   what is left of the registration         Real         Twin
 *   0                                       5,625      113,328
 *   2                                           -        1,369
 * </pre>
 */
public class Register_SelectorClose {
    private static final int NOTHING = 0;
    private static final int VALID_KEY = 1;
    private static final int OPEN_NUMBER = 2;

    /** A selector and a channel. */
    interface Pair {
        /** Whether there is a key that is valid now. */
        boolean hasValidKey();

        void register();

        void closeSelector();

        /** Closes the channel; whether its number is open all the same. */
        boolean outlivesItsChannel();
    }

    private static final class WithSelector implements Pair {
        private final Selector selector = Fixtures.selector();
        private final Pipe pipe = Fixtures.pipe();
        private SelectionKey key;

        @Override
        public void register() {
            try {
                key = Fixtures.register(selector, pipe.source(), SelectionKey.OP_READ);
            } catch (ClosedSelectorException closedFirst) {
                key = null;
            }
        }

        @Override
        public boolean hasValidKey() {
            return key != null && key.isValid();
        }

        @Override
        public void closeSelector() {
            try {
                selector.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public boolean outlivesItsChannel() {
            try {
                pipe.source().close();
                boolean open = Fixtures.isRead(pipe);
                pipe.sink().close();
                return open;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Broken: register looks whether the selector is open, and then adds the key, which the close may have missed. */
    private static final class LookThenAdd implements Pair {
        private final Fd fd = Fd.own(Sys.eventfd(0, Consts.EFD_CLOEXEC));
        private final ConcurrentLinkedQueue<Fd> keys = new ConcurrentLinkedQueue<>();
        private volatile boolean open = true;

        @Override
        public void register() {
            if (open) {
                Window.widen();
                fd.acquire();
                keys.add(fd);
            }
        }

        @Override
        public boolean hasValidKey() {
            return false;
        }

        @Override
        public void closeSelector() {
            open = false;
            for (Fd key = keys.poll(); key != null; key = keys.poll()) {
                key.release();
            }
        }

        @Override
        public boolean outlivesItsChannel() {
            fd.close();
            boolean leaked = isOpen(fd.number());
            for (Fd key = keys.poll(); key != null; key = keys.poll()) {
                key.release();
            }
            return leaked;
        }
    }

    private static boolean isOpen(int number) {
        return Sys.fcntl(number, Consts.F_GETFD, 0) >= 0;
    }

    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Nothing.")
    abstract static class Race {
        private volatile Pair pair;
        private volatile boolean there;
        private volatile boolean registered;

        abstract Pair open();

        void close(I_Result r) {
            Pair mine = open();
            pair = mine;
            while (!there) {
                Thread.yield();
            }
            mine.closeSelector();
            while (!registered) {
                Thread.yield();
            }
            r.r1 = mine.hasValidKey() ? VALID_KEY : NOTHING;
            if (mine.outlivesItsChannel()) {
                r.r1 = OPEN_NUMBER;
            }
        }

        void register() {
            Pair its = pair;
            while (its == null) {
                Thread.yield();
                its = pair;
            }
            there = true;
            its.register();
            registered = true;
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "1", expect = FORBIDDEN, desc = "A valid key of a closed selector.")
    @Outcome(id = "2", expect = FORBIDDEN, desc = "A reference that nobody gives back: the number stays open.")
    @State
    public static class Real extends Race {
        @Override
        Pair open() {
            return new WithSelector();
        }

        @Actor
        public void actor1(I_Result r) {
            close(r);
        }

        @Actor
        public void actor2() {
            register();
        }
    }

    @JCStressTest
    @JCStressMeta(Race.class)
    @Outcome(id = "1", expect = ACCEPTABLE_INTERESTING, desc = "A valid key of a closed selector.")
    @Outcome(id = "2", expect = ACCEPTABLE_INTERESTING,
        desc = "A reference that nobody gives back: the number stays open.")
    @State
    public static class Twin extends Race {
        @Override
        Pair open() {
            return new LookThenAdd();
        }

        @Actor
        public void actor1(I_Result r) {
            close(r);
        }

        @Actor
        public void actor2() {
            register();
        }
    }
}
