package org.anyfd.poll;

import org.anyfd.sys.Consts;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;
import org.anyfd.sys.Timers;

/**
 * Ends waits with a timeout that is hardly ever reached, as servers wait again and again. For each such epoll_wait(2) the kernel
 * sets a timer and cancels it, which takes 0.35 us. Here one timer, a timerfd in the epoll set, is left to run for all of them, and
 * the waits have no end of their own. Once in a while it fires before the time of the wait under way, and is set again.
 *
 * <p>It is used when enough waits in a row have ended before their time, until it fires so often that it does not pay. Guarded as
 * the {@link EpollPoller} that owns it.
 */
final class WaitTimer {
    /** Waits in a row that end before their time, before the timer is used. */
    private static final int ENOUGH = 16;
    /** How many waits have to pass without setting the timer to make up for setting it, or for the turn when it fires. */
    private static final int WORTH = 4;
    /**
     * Which part of its time a wait is short of when the timer is set for it. Waits that shall all end when a task is due, as
     * Undertow's, would otherwise set it anew for each that was to end some microseconds before the others.
     */
    private static final int EARLIER = 8;
    /** Waits after which it is tried again if the kernel has no timer to give. */
    private static final int LATER = 1_000_000;

    private int fd = -1;
    /** Whether the fd is in the epoll set. */
    private boolean watched;
    private boolean used;
    /** Used or not: see above, and less what it cost. */
    private int waits;
    private boolean set;
    /** When it fires, if it is set, in terms of System.nanoTime. */
    private long end;

    /** Whether the timer will end a wait of so long: in time, or earlier. */
    boolean ends(EpollPoller poller, int timeoutMillis) {
        if (!used) {
            return false;
        }
        long nanos = timeoutMillis * 1_000_000L;
        if (!set || System.nanoTime() + nanos - end < 0) {
            waits -= WORTH;
            // Of the rest the kernel is told in whole milliseconds, which must not add up to more.
            nanos -= timeoutMillis / EARLIER * 1_000_000L;
            set = isOpen(poller) && settime(nanos);
            if (!set) {
                // EMFILE, ENOSPC, a sandbox that does not know the calls: nothing but speed is lost.
                close();
                waits = -LATER;
            }
            // Not before it was set: it must not be late for a wait whose time is over then.
            end = System.nanoTime() + nanos;
        }
        return set;
    }

    private boolean isOpen(EpollPoller poller) {
        if (fd < 0) {
            fd = Timers.timerfdCreate(Consts.CLOCK_MONOTONIC, Consts.TFD_CLOEXEC | Consts.TFD_NONBLOCK);
        }
        return fd >= 0 && (watched || (watched = poller.watchTimer(fd)));
    }

    private boolean settime(long nanos) {
        Scratch scratch = Scratch.take();
        try {
            scratch.small()
                .putLong(Layouts.ITIMERSPEC_INTERVAL + Layouts.TIMESPEC_SEC, 0)
                .putLong(Layouts.ITIMERSPEC_INTERVAL + Layouts.TIMESPEC_NSEC, 0)
                .putLong(Layouts.ITIMERSPEC_VALUE + Layouts.TIMESPEC_SEC, nanos / 1_000_000_000)
                .putLong(Layouts.ITIMERSPEC_VALUE + Layouts.TIMESPEC_NSEC, nanos % 1_000_000_000);
            return Timers.timerfdSettime(fd, 0, scratch.smallAddress()) >= 0;
        } finally {
            scratch.give();
        }
    }

    /** Counts a wait that had a timeout. */
    void waited(boolean untilItsEnd) {
        if (used) {
            waits++;
        } else if (untilItsEnd) {
            waits = Math.min(waits, 0);
        } else if (++waits >= ENOUGH) {
            used = true;
            waits = 0;
        }
    }

    /** It is among the events. */
    void fired() {
        set = false;
        used = waits > WORTH;
        waits = 0;
    }

    void close() {
        if (fd >= 0) {
            Sys.close(fd);
        }
        fd = -1;
        watched = false;
        used = false;
        set = false;
        waits = 0;
    }
}
