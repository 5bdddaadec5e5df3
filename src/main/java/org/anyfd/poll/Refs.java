package org.anyfd.poll;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The reference count of a descriptor: the owner, each call under way and each registration hold one. Any thread may
 * call any method; no method waits. A superclass of {@link Fd}, and not a part, as {@link CloseLatch} is: each connection
 * has one.
 *
 * <pre>
 *   OPEN,n   --acquire/drop--&gt;        OPEN,n+1 / OPEN,n-1      (n &gt;= 1: the owner's reference is in it)
 *   OPEN,n   --end (first caller)--&gt;   CLOSED,n                 (acquire fails from here on)
 *   CLOSED,n --drop--&gt;                CLOSED,n-1
 *   CLOSED,1 --drop--&gt;                CLOSED,0                  (this caller, and nobody else, frees the resource)
 * </pre>
 */
class Refs {
    private static final int CLOSED = 1 << 31;
    private static final VarHandle REFS;

    static {
        try {
            REFS = MethodHandles.lookup().findVarHandle(Refs.class, "refs", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Sign bit: CLOSED; the rest: the count. Changed by atomic read-modify-write only. */
    private volatile int refs = 1;

    /** Takes a reference to make system calls under; false, and none taken, once closed. */
    public final boolean acquire() {
        int s = refs;
        while (s >= 0) {
            int seen = (int) REFS.compareAndExchange(this, s, s + 1);
            if (seen == s) {
                return true;
            }
            s = seen;
        }
        return false;
    }

    /** Drops a reference; true for the one caller that must now free the resource. */
    final boolean drop() {
        int before = (int) REFS.getAndAdd(this, -1);
        assert (before & ~CLOSED) > 0 : "released more often than acquired";
        return before == CLOSED + 1;
    }

    /** Stops further acquires; true for the first caller, who then owes the drop of the owner's reference. */
    final boolean end() {
        return (int) REFS.getAndBitwiseOr(this, CLOSED) >= 0;
    }

    public final boolean isOpen() {
        return refs >= 0;
    }
}
