package org.anyfd.poll;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The reference count of a descriptor: the owner, each call under way and each registration hold one. Any thread may
 * call any method; no method waits.
 *
 * <pre>
 *   OPEN,n   --acquire/release--&gt;     OPEN,n+1 / OPEN,n-1      (n &gt;= 1: the owner's reference is in it)
 *   OPEN,n   --close (first caller)--&gt; CLOSED,n                 (acquire fails from here on)
 *   CLOSED,n --release--&gt;             CLOSED,n-1
 *   CLOSED,1 --release--&gt;             CLOSED,0                  (this releaser, and nobody else, frees the resource)
 * </pre>
 */
final class Refs {
    private static final int CLOSED = 1 << 31;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Refs.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Sign bit: CLOSED; the rest: the count. Changed by atomic read-modify-write only. */
    private volatile int state = 1;

    /** Takes a reference; false, and none taken, once closed. */
    boolean acquire() {
        int s = state;
        while (s >= 0) {
            int seen = (int) STATE.compareAndExchange(this, s, s + 1);
            if (seen == s) {
                return true;
            }
            s = seen;
        }
        return false;
    }

    /** Drops a reference; true for the one caller that must now free the resource. */
    boolean release() {
        int before = (int) STATE.getAndAdd(this, -1);
        assert (before & ~CLOSED) > 0 : "released more often than acquired";
        return before == CLOSED + 1;
    }

    /** Stops further acquires; true for the first caller, who then owes the release of the owner's reference. */
    boolean close() {
        return (int) STATE.getAndBitwiseOr(this, CLOSED) >= 0;
    }

    boolean isOpen() {
        return state >= 0;
    }
}
