package org.anyfd.channel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;

/**
 * What a socket that is watched edge-triggered is ready for, as far as can be known without asking the kernel: its edges
 * say when it becomes ready, and our own reads and writes, of which alone it can cease to be, say when it is not.
 *
 * <p>The selecting thread calls {@link #edge}, {@link #takeDoubt} and {@link #reset}; a reader and a writer, each one at
 * a time, the others. No locks. In each direction:
 *
 * <pre>
 *   not ready --edge--&gt; ready                                   (also from in doubt; every edge advances the tick)
 *   ready     --EAGAIN or a short transfer--&gt; not ready         if no edge came since before the transfer
 *                                          --&gt; in doubt         if one came: it may tell of what was transferred
 *   ready     --a read that filled its buffer--&gt; in doubt       the kernel has to be asked
 *   in doubt  --takeDoubt--&gt; not ready                          its answer is an edge
 *   ready     --edge with end-of-stream--&gt; ready for good       (reading only)
 * </pre>
 *
 * <p>Doubt, and "ready" when a foreign owner of the same file took what there was, cost a needless question or a read
 * that finds nothing. "Not ready" is never said wrongly: then an event would be lost.
 */
class Readiness {
    private static final int IN = 1;
    private static final int IN_DOUBT = 2;
    private static final int OUT = 4;
    private static final int ENDED = 8;
    private static final int TICK = 16;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Readiness.class, "state", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The bits above, and from bit 4 the count of edges. Changed by compare-and-set only. */
    private volatile long state;

    /** Forgets all, before the kernel is told to watch: its first answer is an edge. */
    final void reset() {
        long s;
        do {
            s = state;
        } while (!STATE.compareAndSet(this, s, (s & -TICK) + TICK));
    }

    /** Takes in an edge: the events of epoll_wait(2). */
    final void edge(int events) {
        long s;
        long t;
        do {
            s = state;
            t = s + TICK;
            if ((events & Consts.POLLIN) != 0) {
                t = t & ~IN_DOUBT | IN;
            }
            if ((events & Consts.POLLRDHUP) != 0) {
                t = t & ~IN_DOUBT | IN | ENDED;
            }
            if ((events & Consts.POLLOUT) != 0) {
                t |= OUT;
            }
        } while (!STATE.compareAndSet(this, s, t));
    }

    /** The events that are certain: POLLIN, POLLOUT. */
    final int events() {
        long s = state;
        return ((s & IN) != 0 ? Consts.POLLIN : 0) | ((s & OUT) != 0 ? Consts.POLLOUT : 0);
    }

    /** Whether reading is in doubt, which it is no more: the caller asks the kernel. */
    final boolean takeDoubt() {
        for (;;) {
            long s = state;
            if ((s & IN_DOUBT) == 0) {
                return false;
            }
            if (STATE.compareAndSet(this, s, s & ~IN_DOUBT)) {
                return true;
            }
        }
    }

    /** To be taken before a transfer, and passed to {@link #read} or {@link #written} after it. */
    final long before() {
        return state;
    }

    /**
     * Takes in the result of a read.
     *
     * @param before the state before it
     * @param n what it returned, or -errno
     * @param asked what it could surely have returned: less is a short read
     */
    final void read(long before, long n, long asked) {
        if (n == 0 || n < 0 && n != -Errno.EAGAIN) {
            return; // end-of-stream and errors are there to be read again
        }
        for (;;) {
            long s = state;
            if ((s & ENDED) != 0 || (s & (IN | IN_DOUBT)) == 0) {
                return;
            }
            boolean drained = n < asked && s >>> 4 == before >>> 4;
            long t = drained ? s & ~(IN | IN_DOUBT) : s & ~IN | IN_DOUBT;
            if (STATE.compareAndSet(this, s, t)) {
                return;
            }
        }
    }

    /** Takes in the result of a write, as {@link #read}. A kernel that took less than asked reports when it has room. */
    final void written(long before, long n, long asked) {
        if (n >= asked || n < 0 && n != -Errno.EAGAIN) {
            return;
        }
        for (;;) {
            long s = state;
            if ((s & OUT) == 0 || s >>> 4 != before >>> 4) {
                return;
            }
            if (STATE.compareAndSet(this, s, s & ~OUT)) {
                return;
            }
        }
    }
}
