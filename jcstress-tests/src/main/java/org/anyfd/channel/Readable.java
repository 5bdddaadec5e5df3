package org.anyfd.channel;

import java.util.concurrent.atomic.AtomicInteger;
import org.anyfd.Window;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;

/** A socket that is watched edge-triggered, with {@link Readiness}, and a counter for what the kernel holds for it. */
interface Readable {
    /** A byte comes, and the selecting thread takes in its edge. */
    void arrive();

    /** Reads into a large buffer. */
    void readAll();

    /** Reads into a buffer of one byte. */
    void readOne();

    /** As the selecting thread does before it waits. */
    void ask();

    int left();

    boolean known();

    /** Used as {@link Io} and {@link EdgeKeys} do; each twin below does one step of it wrong. */
    class Real implements Readable {
        final Readiness readiness = new Readiness();
        private final AtomicInteger bytes = new AtomicInteger();

        @Override
        public void arrive() {
            bytes.incrementAndGet();
            readiness.edge(Consts.POLLIN);
        }

        @Override
        public void readAll() {
            long before = readiness.before();
            int n = bytes.getAndSet(0);
            note(before, n == 0 ? -Errno.EAGAIN : n, 100);
        }

        @Override
        public void readOne() {
            long before = readiness.before();
            int had = bytes.getAndUpdate(n -> Math.max(0, n - 1));
            note(before, had == 0 ? -Errno.EAGAIN : 1, 1);
        }

        void note(long before, int n, int asked) {
            readiness.read(before, n, asked);
        }

        @Override
        public void ask() {
            if (readiness.takeDoubt()) {
                answer();
            }
        }

        /** The kernel's answer is an edge, if there is something. */
        final void answer() {
            if (left() > 0) {
                readiness.edge(Consts.POLLIN);
            }
        }

        @Override
        public int left() {
            return bytes.get();
        }

        @Override
        public boolean known() {
            return readiness.events() != 0 || readiness.takeDoubt();
        }
    }

    /** Broken: an edge since the read began does not count. */
    final class WithoutTick extends Real {
        @Override
        void note(long before, int n, int asked) {
            Window.widen();
            super.note(readiness.before(), n, asked);
        }
    }

    /** Broken: the doubt is forgotten when the answer is there, and with it one that came in between. */
    final class AskThenForget extends Real {
        @Override
        public void ask() {
            answer();
            Window.widen();
            readiness.takeDoubt();
        }
    }
}
