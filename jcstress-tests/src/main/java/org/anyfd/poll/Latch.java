package org.anyfd.poll;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/** What {@link CloseLatch} does, by it and by a twin. */
interface Latch {
    boolean enter(CloseLatch.Waiter waiter);

    void leave(CloseLatch.Waiter waiter);

    void close();

    /** A waiter that counts how often it is signalled. */
    final class Counter implements CloseLatch.Waiter {
        private final AtomicInteger signals = new AtomicInteger();

        @Override
        public void signal() {
            signals.incrementAndGet();
        }

        int signals() {
            return signals.get();
        }
    }

    final class Real implements Latch {
        private final CloseLatch latch = new CloseLatch();

        @Override
        public boolean enter(CloseLatch.Waiter waiter) {
            return latch.enter(waiter);
        }

        @Override
        public void leave(CloseLatch.Waiter waiter) {
            latch.leave(waiter);
        }

        @Override
        public void close() {
            latch.shut();
        }
    }

    /** Broken: it looks whether it is closed and who is there, and then writes what follows from that. */
    final class TwoSteps implements Latch {
        private static final CloseLatch.Waiter[] NOBODY = {};
        /** Null when closed. */
        private volatile CloseLatch.Waiter[] waiters = NOBODY;
        private final Runnable window;

        TwoSteps(Runnable window) {
            this.window = window;
        }

        @Override
        public boolean enter(CloseLatch.Waiter waiter) {
            CloseLatch.Waiter[] seen = waiters;
            if (seen == null) {
                return false;
            }
            CloseLatch.Waiter[] grown = Arrays.copyOf(seen, seen.length + 1);
            grown[seen.length] = waiter;
            window.run();
            waiters = grown;
            return true;
        }

        @Override
        public void leave(CloseLatch.Waiter waiter) {
            CloseLatch.Waiter[] seen = waiters;
            if (seen != null) {
                CloseLatch.Waiter[] others = Arrays.stream(seen).filter(other -> other != waiter)
                    .toArray(CloseLatch.Waiter[]::new);
                window.run();
                waiters = others;
            }
        }

        @Override
        public void close() {
            CloseLatch.Waiter[] seen = waiters;
            waiters = null;
            for (CloseLatch.Waiter waiter : seen) {
                waiter.signal();
            }
        }
    }
}
