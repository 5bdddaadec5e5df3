package org.anyfd.poll;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Decides whether a wakeup needs a system call. One thread, the selecting one, calls {@link #enter} and
 * {@link #leave}; any thread calls {@link #signal}. Takes no lock, so it may run inside {@code Thread.interrupt}.
 *
 * <pre>
 *   RUNNING   --enter--&gt;  BLOCKED       the thread is about to wait in the kernel
 *   RUNNING   --signal--&gt; SIGNALLED     nobody waits: no system call; the next enter fails
 *   BLOCKED   --signal--&gt; SIGNALLED     this signaller, and nobody else, must make the kernel return
 *   BLOCKED   --leave--&gt;  RUNNING       not woken
 *   SIGNALLED --leave--&gt;  RUNNING       woken: every signal so far is consumed
 *   any       --close--&gt;  SIGNALLED     for good: enter always fails, no signaller makes a call again
 * </pre>
 *
 * <p>Every transition is a read-modify-write, so what a thread wrote before its signal is visible to the selecting
 * thread after the leave that consumed it, also when another signal came first. A signaller that must make the kernel
 * return may do so late, when the wait has ended for another reason: the next wait then ends early, and its
 * {@code leave} says it was not woken. The opposite order cannot happen: a waker that is drained before
 * {@code leave} reads the state never takes a later signal's call with it unseen.
 */
final class WakeupGate {
    private static final int RUNNING = 0;
    private static final int BLOCKED = 1;
    private static final int SIGNALLED = 2;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(WakeupGate.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile int state = RUNNING;
    /** Selecting thread only, under the selector's monitor; set once. */
    private boolean closed;

    /** Asks the selecting thread to return; true if the caller must make the kernel return it. */
    boolean signal() {
        return (int) STATE.getAndSet(this, SIGNALLED) == BLOCKED;
    }

    /** Announces a wait; false if there is a signal to be consumed first, so that the thread must not wait. */
    boolean enter() {
        return STATE.compareAndSet(this, RUNNING, BLOCKED);
    }

    /** Ends what {@link #enter} began, or looks for a signal without having waited; true if one was consumed. */
    boolean leave() {
        if (closed || state == RUNNING) {
            return closed;
        }
        return (int) STATE.getAndSet(this, RUNNING) == SIGNALLED;
    }

    /** Leaves the gate signalled for good. Selecting thread only, under the selector's monitor. */
    void close() {
        closed = true;
        STATE.getAndSet(this, SIGNALLED);
    }
}
