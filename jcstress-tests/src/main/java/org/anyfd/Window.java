package org.anyfd;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** How long a thread dawdles at the place where another may come between. */
public final class Window {
    private Window() {
    }

    /**
     * Between two steps of a twin that should be one: long enough for the other actor to be seen there if it runs now,
     * and sometimes letting it run, if the machine is busy.
     */
    public static void widen() {
        dawdle(20);
        if (ThreadLocalRandom.current().nextInt(16) == 0) {
            Thread.yield();
        }
    }

    /** The same for a twin with real descriptors, whose threads are not as close together as actors. */
    public static void widenFar() {
        LockSupport.parkNanos(3_000_000);
    }

    static void dawdle(int turns) {
        for (int i = 0; i < turns; i++) {
            Thread.onSpinWait();
        }
    }

    /**
     * Where two actors with real descriptors meet. The first opens what the race is about, so that few are open at a
     * time, and in the end looks what became of it. An actor whose other one failed does not wait for ever.
     */
    public static final class Stage<T> {
        private static final long PATIENCE_NANOS = 20_000_000_000L;
        private static final long LONGEST_PART_NANOS = 100_000;
        /** How long the first actor's part takes, about. Written by the first actors, one thread. */
        private static volatile long partNanos = 1000;

        private volatile T thing;
        private volatile boolean there;
        private volatile boolean begun;
        private volatile boolean left;
        private long begin;

        /** Waits for the second actor, so that the race begins. */
        public T enter(T opened) {
            thing = opened;
            await(() -> there);
            begun = true;
            begin = System.nanoTime();
            return opened;
        }

        /**
         * For the second actor: begins the race, comes at any time of the first one's part, as chance has it, and does
         * its own part.
         */
        public void join(Consumer<? super T> part) {
            await(() -> thing != null);
            there = true;
            ThreadLocalRandom random = ThreadLocalRandom.current();
            if (random.nextBoolean()) {
                // Else the first actor would always be late where it has to wait for a processor.
                await(() -> begun);
            }
            long until = System.nanoTime() + random.nextLong(partNanos * 3 / 2 + 1);
            while (System.nanoTime() - until < 0) {
                Thread.onSpinWait();
            }
            try {
                part.accept(thing);
            } finally {
                left = true;
            }
        }

        /** For the first actor, which has done its part: waits until the second one has. */
        public void awaitOther() {
            long took = Math.min(System.nanoTime() - begin, LONGEST_PART_NANOS);
            partNanos += (took - partNanos) / 8;
            await(() -> left);
        }

        private static void await(BooleanSupplier condition) {
            long begin = System.nanoTime();
            while (!condition.getAsBoolean()) {
                Thread.yield();
                if (System.nanoTime() - begin > PATIENCE_NANOS) {
                    throw new IllegalStateException("the other actor does not come");
                }
            }
        }
    }
}
