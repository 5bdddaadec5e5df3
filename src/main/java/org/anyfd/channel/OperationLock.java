package org.anyfd.channel;

import java.nio.channels.SelectableChannel;
import java.util.concurrent.locks.ReentrantLock;
import org.anyfd.poll.StandIn;

/**
 * Internal. A lock that an operation of a channel holds for as long as it takes, also while it waits. One channel's, for
 * one direction.
 *
 * <p>The streams of {@link java.nio.channels.Channels} read and write while they hold the channel's
 * {@code blockingLock()}. An operation that has to wait gives that monitor up (see {@link Io}), but needs it again to go
 * on; so a thread that holds the monitor must not wait for this lock without giving it up, too.
 */
public final class OperationLock {
    private final SelectableChannel channel;
    private final ReentrantLock lock = new ReentrantLock();

    public OperationLock(SelectableChannel channel) {
        this.channel = channel;
    }

    public void lock() {
        if (!lock.tryLock()) {
            lockWaiting();
        }
    }

    /** Takes the lock if no thread holds it. */
    boolean tryLock() {
        return lock.tryLock();
    }

    private void lockWaiting() {
        Object monitor = channel.blockingLock();
        if (!Thread.holdsLock(monitor)) {
            lock.lock();
            return;
        }
        do {
            StandIn.await(monitor, () -> {
                lock.lock();
                lock.unlock();
            });
        } while (!lock.tryLock());
    }

    public void unlock() {
        lock.unlock();
    }
}
