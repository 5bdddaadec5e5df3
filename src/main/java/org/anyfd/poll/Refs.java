package org.anyfd.poll;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The references to a descriptor: the owner, each call under way and each registration have one; reads and writes have it by
 * holding their direction, so that their lock and their reference are one bit. Any thread may call any method; no method
 * waits. A superclass of {@link Fd}, and not a part, as {@link CloseLatch} is: each connection has one.
 *
 * <pre>
 *   OPEN,n   --acquire/drop, hold/letGo--&gt;  OPEN,n+1 / OPEN,n-1    (n &gt;= 1: the owner's reference is in it)
 *   OPEN,n   --end (first caller)--&gt;             CLOSED,n               (acquire fails from here on; hold does not)
 *   CLOSED,n --drop, letGo--&gt;                    CLOSED,n-1
 *   CLOSED,0 --compare-and-set--&gt;                FREED                  (this caller, and nobody else, frees the resource)
 * </pre>
 *
 * <p>A direction can be held of what is closed, or freed: it then says that nobody else holds it, and is no right to the
 * number. Whoever holds a direction and finds it open has that right until it lets go.
 */
class Refs {
    /** The direction of who reads, or accepts. */
    public static final int READING = 1 << 30;
    /** The direction of who writes. */
    public static final int WRITING = 1 << 29;

    private static final int CLOSED = 1 << 31;
    private static final int FREED = 1 << 28;
    private static final VarHandle REFS;

    static {
        try {
            REFS = MethodHandles.lookup().findVarHandle(Refs.class, "refs", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Sign bit: CLOSED; then the directions, and FREED; the rest: the count. Changed by atomic read-modify-write only. */
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
        assert (before & FREED - 1) > 0 : "released more often than acquired";
        return last(before - 1);
    }

    /**
     * Holds a direction, {@link #READING} or {@link #WRITING}: a lock that does not wait, of which there is one for each.
     * Once {@link #isOpen} has been seen to be true since, the number may be used until it is let go, whoever closes it.
     *
     * @return false if somebody holds it
     */
    public final boolean hold(int direction) {
        int s = refs;
        while ((s & direction) == 0) {
            int seen = (int) REFS.compareAndExchange(this, s, s | direction);
            if (seen == s) {
                return true;
            }
            s = seen;
        }
        return false;
    }

    /** Lets go of a direction that is held; true for the one caller that must now free the resource. */
    final boolean letGo(int direction) {
        int before = (int) REFS.getAndAdd(this, -direction);
        assert (before & direction) != 0 : "let go of what is not held";
        return last(before - direction);
    }

    /** Who holds a direction meanwhile, and has the swap fail, comes here as well. */
    private boolean last(int after) {
        return after == CLOSED && REFS.compareAndSet(this, CLOSED, CLOSED | FREED);
    }

    /** Stops further acquires; true for the first caller, who then owes the drop of the owner's reference. */
    final boolean end() {
        return (int) REFS.getAndBitwiseOr(this, CLOSED) >= 0;
    }

    public final boolean isOpen() {
        return refs >= 0;
    }
}
