package org.anyfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jcstress.annotations.Outcome;

/** A test in jcstress's Termination mode: the actor blocks, and the signal ends that. */
@Outcome(id = "TERMINATED", expect = ACCEPTABLE, desc = "It ended.")
@Outcome(id = "STALE", expect = FORBIDDEN, desc = "Nobody ended it: the thread is still blocked.")
@Outcome(id = "ERROR", expect = FORBIDDEN, desc = "It ended otherwise than it should.")
public abstract class Termination {
    private final AtomicInteger arrived = new AtomicInteger();

    /**
     * Waits for the other thread, so that the two enter the race together and not a millisecond apart, as jcstress
     * starts them. Then dawdles for as long as chance has it: for the few microseconds that the race lasts if both
     * threads are running, or for a time in which also one that waits for a processor gets there.
     */
    protected final void arrive() {
        arrived.incrementAndGet();
        while (arrived.get() < 2) {
            Thread.yield();
        }
        ThreadLocalRandom random = ThreadLocalRandom.current();
        if (random.nextBoolean()) {
            Window.dawdle(random.nextInt(1000));
        } else {
            LockSupport.parkNanos(random.nextInt(1_000_000));
        }
    }

    /** Blocks in an operation, which must end with an exception that says why. */
    protected static void mustThrow(Class<? extends Exception> why, Callable<?> operation) throws Exception {
        try {
            operation.call();
        } catch (Exception e) {
            if (why.isInstance(e)) {
                return;
            }
            throw e;
        }
        throw new IOException("ended without a reason");
    }

    /**
     * Interrupts. Twice, because JDK 17's Thread.interrupt looks whether the thread is in a blocking operation before
     * it sets the status: one that meets the operation's begin() is lost, on any channel. Later JDKs set the status
     * first.
     */
    protected static void interrupt(Thread thread) {
        thread.interrupt();
        thread.interrupt();
    }
}
