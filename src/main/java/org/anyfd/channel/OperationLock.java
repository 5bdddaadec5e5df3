package org.anyfd.channel;

import java.nio.channels.SelectableChannel;
import java.util.concurrent.locks.ReentrantLock;
import org.anyfd.poll.StandIn;

/**
 * Internal. A lock that an operation of a channel holds for as long as it takes, also while it waits. One channel's, for
 * one direction. A subclass, and not a user, of a lock, as what there is of a direction is one of this: each connection has
 * two.
 *
 * <p>The streams of {@link java.nio.channels.Channels} read and write while they hold the channel's
 * {@code blockingLock()}. An operation that has to wait gives that monitor up (see {@link Io}), but needs it again to go
 * on; so a thread that holds the monitor must not wait for this lock without giving it up, too.
 */
public class OperationLock extends ReentrantLock {
    final transient SelectableChannel channel;

    public OperationLock(SelectableChannel channel) {
        this.channel = channel;
    }

    @Override
    public final void lock() {
        if (!tryLock()) {
            lockWaiting();
        }
    }

    private void lockWaiting() {
        Object monitor = channel.blockingLock();
        if (!Thread.holdsLock(monitor)) {
            super.lock();
            return;
        }
        do {
            StandIn.await(monitor, () -> {
                super.lock();
                unlock();
            });
        } while (!tryLock());
    }
}
