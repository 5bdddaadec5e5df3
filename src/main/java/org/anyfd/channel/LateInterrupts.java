package org.anyfd.channel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.anyfd.poll.Await;
import org.anyfd.poll.Daemon;
import org.anyfd.poll.Poller;

/**
 * Ends a selector's selection whose thread was interrupted unseen. Thread.interrupt of JDK 22 and older (JDK-8323782) reads what
 * it has to interrupt before it sets the status, and so may miss a selection that begins in between, which sees neither.
 *
 * <p>A daemon thread looks at the threads that wait, once a second for as long as a selector is open. A selection that had the
 * kernel wake it after a second, to look itself, would pay for the kernel's timer each time: 0.35 us, a twentieth of what a
 * server takes for a request. On newer JDKs nothing here does anything.
 */
final class LateInterrupts {
    private static final VarHandle WAITING;

    static {
        try {
            WAITING = MethodHandles.lookup().findVarHandle(LateInterrupts.class, "waiting", Thread.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Whether there is the thread that looks. Guarded by the class's monitor. */
    private static boolean looking;

    private final Poller poller;
    /** Written by the selecting thread, opaquely. */
    private Thread waiting;

    LateInterrupts(Poller poller) {
        this.poller = poller;
    }

    /** The calling thread is about to select, with the time to wait. */
    void begin() {
        if (Await.INTERRUPT_MAY_BE_LATE) {
            WAITING.setOpaque(this, Thread.currentThread());
        }
    }

    void end() {
        if (Await.INTERRUPT_MAY_BE_LATE) {
            WAITING.setOpaque(this, null);
        }
    }

    private void look() {
        Thread thread = (Thread) WAITING.getOpaque(this);
        if (thread != null && thread.isInterrupted()) {
            poller.wakeup();
        }
    }

    /** Has somebody look, once a selector has been added to the open ones. */
    static void beginLooking() {
        if (Await.INTERRUPT_MAY_BE_LATE) {
            startThread();
        }
    }

    private static synchronized void startThread() {
        if (looking) {
            return;
        }
        try {
            Daemon.of(LateInterrupts::run, "anyfd-interrupts").start();
            looking = true;
        } catch (OutOfMemoryError noThread) {
            // Selections need it in a race of nanoseconds only, and can do without. The next selector tries again.
        }
    }

    private static void run() {
        do {
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
            Thread.interrupted(); // or it would not park again
            try {
                OpenSelectors.list().forEach(selector -> selector.lateInterrupts.look());
            } catch (OutOfMemoryError e) {
                // Whoever needs the memory is told. The next round may have it.
            }
        } while (goesOn());
    }

    private static synchronized boolean goesOn() {
        looking = !OpenSelectors.none();
        return looking;
    }
}
