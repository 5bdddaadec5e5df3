package org.anyfd.channel;

import java.nio.channels.SelectableChannel;
import java.util.concurrent.locks.AbstractQueuedSynchronizer;
import org.anyfd.poll.Fd;
import org.anyfd.poll.StandIn;

/**
 * Internal. A lock that an operation of a channel holds for as long as it takes, also while it waits. One channel's, for
 * one direction; reentrant. Who holds it and finds the descriptor open may use the number until it unlocks: the lock is a
 * bit of the descriptor's references ({@link Fd#hold}), so that an operation pays for both at once, and only the queue of
 * those who wait is here. A subclass, and not a user, of a lock, as what there is of a direction is one of this: each
 * connection has two.
 *
 * <p>The streams of {@link java.nio.channels.Channels} read and write while they hold the channel's
 * {@code blockingLock()}. An operation that has to wait gives that monitor up (see {@link Io}), but needs it again to go
 * on; so a thread that holds the monitor must not wait for this lock without giving it up, too.
 */
public class OperationLock extends AbstractQueuedSynchronizer {
    final transient SelectableChannel channel;
    private final transient Fd fd;
    private final int direction;
    /** How often the thread that holds it has locked it, but for the first time. That thread's. */
    private int more;

    /**
     * The only lock for that direction.
     *
     * @param direction {@link Fd#READING} or {@link Fd#WRITING}
     */
    public OperationLock(SelectableChannel channel, Fd fd, int direction) {
        this.channel = channel;
        this.fd = fd;
        this.direction = direction;
    }

    /** Locks, and waits for that if it has to. */
    public final void lock() {
        if (!tryLock()) {
            lockWaiting();
        }
    }

    final boolean tryLock() {
        Thread current = Thread.currentThread();
        if (fd.hold(direction)) {
            setExclusiveOwnerThread(current);
            return true;
        }
        if (getExclusiveOwnerThread() != current) {
            return false;
        }
        more++;
        return true;
    }

    /**
     * Unlocks. The last of what uses a closed descriptor closes the number, once it has woken who waits for the lock: the
     * close may take its time, and what follows it may fail.
     *
     * @throws IllegalMonitorStateException if this thread has not locked it
     */
    public final void unlock() {
        if (getExclusiveOwnerThread() != Thread.currentThread()) {
            throw new IllegalMonitorStateException();
        }
        if (more > 0) {
            more--;
            return;
        }
        setExclusiveOwnerThread(null);
        boolean last = fd.unhold(direction);
        release(1);
        if (last) {
            fd.free();
        }
    }

    @Override
    protected final boolean tryAcquire(int ignored) {
        return tryLock();
    }

    /** It has been let go by {@link #unlock}; what is left is to wake the next one. */
    @Override
    protected final boolean tryRelease(int ignored) {
        return true;
    }

    private void lockWaiting() {
        Object monitor = channel.blockingLock();
        if (!Thread.holdsLock(monitor)) {
            acquire(1);
            return;
        }
        do {
            StandIn.await(monitor, () -> {
                acquire(1);
                unlock();
            });
        } while (!tryLock());
    }
}
