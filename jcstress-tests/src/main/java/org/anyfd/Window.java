package org.anyfd;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

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
        if (ThreadLocalRandom.current().nextInt(100) == 0) {
            Thread.yield();
        }
    }

    /** The same for a twin with real descriptors, whose threads are not as close together as actors. */
    public static void widenFar() {
        LockSupport.parkNanos(3_000_000);
    }

    private static void dawdle(int turns) {
        for (int i = 0; i < turns; i++) {
            Thread.onSpinWait();
        }
    }

    /**
     * Where the two threads of a Termination test meet, so that they enter the race together and not a millisecond
     * apart, as jcstress starts them.
     */
    public static final class Meeting {
        private final AtomicInteger arrived = new AtomicInteger();

        /**
         * Waits for the other thread, then dawdles for as long as chance has it: for the few microseconds that the race
         * lasts if both threads are running, or for a time in which also one that waits for a processor gets there.
         */
        public void arrive() {
            arrived.incrementAndGet();
            while (arrived.get() < 2) {
                Thread.yield();
            }
            ThreadLocalRandom random = ThreadLocalRandom.current();
            if (random.nextBoolean()) {
                dawdle(random.nextInt(1000));
            } else {
                LockSupport.parkNanos(random.nextInt(1_000_000));
            }
        }
    }

    /**
     * Where two actors with real descriptors meet. The first opens what the race is about, so that few are open at a
     * time, and in the end looks what became of it.
     */
    public static final class Stage<T> {
        private volatile T thing;
        private volatile boolean there;
        private volatile boolean left;

        /** Waits for the second actor, so that the race begins. */
        public T enter(T opened) {
            thing = opened;
            while (!there) {
                Thread.yield();
            }
            return opened;
        }

        /** For the second actor: begins the race, and comes a little early, in time or late, as chance has it. */
        public T join() {
            T its = thing;
            while (its == null) {
                Thread.yield();
                its = thing;
            }
            there = true;
            dawdle(1 << ThreadLocalRandom.current().nextInt(11));
            return its;
        }

        /** For the second actor: has done its part, well or badly. */
        public void leave() {
            left = true;
        }

        /** Waits until the second actor has done its part. */
        public void awaitOther() {
            while (!left) {
                Thread.yield();
            }
        }
    }
}
