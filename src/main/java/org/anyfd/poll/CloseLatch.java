package org.anyfd.poll;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The threads that wait for a descriptor, to be woken once when it is closed. Any thread may call any method; none
 * takes a lock or waits, so {@link #shut} may run inside {@code Thread.interrupt}.
 *
 * <pre>
 *   null      --enter(w)--&gt; w            --enter(v)--&gt; [w, v]      one reference holds all the state
 *   w         --leave(w)--&gt; null         [w, v] --leave(w)--&gt; v
 *   any       --shut------&gt; CLOSED       the one thread that gets here signals each waiter it took out
 *   CLOSED    --enter(w)--&gt; refused      --leave(w)--&gt; nothing
 * </pre>
 *
 * <p>A waiter may be signalled after it left, by a shut that took it out just before: waiters must bear a signal
 * that comes late.
 */
class CloseLatch extends Refs {
    /** Something that can make one waiting thread return. */
    interface Waiter {
        /** Any thread, any lock held; must not wait. */
        void signal();
    }

    private static final Object CLOSED = new Object();
    private static final VarHandle WAITERS;

    static {
        try {
            WAITERS = MethodHandles.lookup().findVarHandle(CloseLatch.class, "waiters", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** null, a Waiter, a Waiter[] that is never written after it was published, or CLOSED. */
    private volatile Object waiters;

    /** Adds a waiter; false if already closed, so that the caller must not wait. */
    final boolean enter(Waiter waiter) {
        for (;;) {
            Object s = waiters;
            if (s == CLOSED) {
                return false;
            }
            if (WAITERS.compareAndSet(this, s, with(s, waiter))) {
                return true;
            }
        }
    }

    /** Takes a waiter out again; does nothing if {@link #shut} has done so. */
    final void leave(Waiter waiter) {
        for (;;) {
            Object s = waiters;
            if (s == CLOSED || WAITERS.compareAndSet(this, s, without(s, waiter))) {
                return;
            }
        }
    }

    /** Refuses waiters from now on and signals those that are there. Only the first call does anything. */
    final void shut() {
        Object s = WAITERS.getAndSet(this, CLOSED);
        if (s instanceof Waiter waiter) {
            waiter.signal();
        } else if (s instanceof Waiter[] all) {
            for (Waiter waiter : all) {
                waiter.signal();
            }
        }
    }

    private static Object with(Object s, Waiter waiter) {
        if (s == null) {
            return waiter;
        }
        if (s instanceof Waiter other) {
            return new Waiter[] {other, waiter};
        }
        Waiter[] old = (Waiter[]) s;
        Waiter[] grown = java.util.Arrays.copyOf(old, old.length + 1);
        grown[old.length] = waiter;
        return grown;
    }

    private static Object without(Object s, Waiter waiter) {
        if (s == waiter) {
            return null;
        }
        Waiter[] old = (Waiter[]) s;
        if (old.length == 2) {
            return old[0] == waiter ? old[1] : old[0];
        }
        Waiter[] shrunk = new Waiter[old.length - 1];
        int n = 0;
        for (Waiter other : old) {
            if (other != waiter) {
                shrunk[n++] = other;
            }
        }
        return shrunk;
    }
}
