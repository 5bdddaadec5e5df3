package org.anyfd.poll;

import java.io.IOException;

/**
 * Internal. Readiness of many descriptors: the kernel interface behind a selector, level-triggered unless
 * told otherwise.
 *
 * <p>Owned by one selector and called under its monitor, except {@link #wakeup}. A backend supplies the five
 * {@code do} methods and its name in {@link #open}; the wakeup protocol exists once, here. Events are the bits of
 * poll(2). What is watched is known by a token: slot number in the low 32 bits, generation in the high, never the fd.
 * With the events may come modes: EPOLLONESHOT; EPOLLEXCLUSIVE, which poll(2) passes over, for it only spares wakeups;
 * and EPOLLET where {@link #edges} says so. An entry that has reported one-shot reports nothing until its next update.
 */
public abstract sealed class Poller permits EpollPoller, PollPoller {
    /** The token of the poller's own waker; a slot is never negative. */
    static final long WAKE = -1;

    private final WakeupGate gate = new WakeupGate();
    private final Waker waker;
    private boolean woken;

    Poller(Waker waker) {
        this.waker = waker;
    }

    /**
     * Opens the backend named by the system property {@code org.anyfd.poller} (epoll or poll), by default epoll.
     *
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE) or memory
     * @throws IllegalArgumentException if the property names no backend
     */
    public static Poller open() throws IOException {
        String name = System.getProperty("org.anyfd.poller", "epoll");
        return switch (name) {
            case "epoll" -> EpollPoller.create();
            case "poll" -> new PollPoller(Waker.open());
            default -> throw new IllegalArgumentException("org.anyfd.poller=" + name + ": epoll or poll expected");
        };
    }

    /**
     * Changes what is watched of a descriptor.
     *
     * @param fd a number that stays open (owned descriptors: under a reference) until {@code to} is 0
     * @param token what events will be reported under; the same from {@code from == 0} to {@code to == 0}
     * @param from the events watched so far, 0 for none
     * @param to the events to watch, 0 for none
     * @return 0, or -errno and nothing has changed; with EPOLLEXCLUSIVE in {@code from}, maybe nothing is watched any more
     */
    public final int update(int fd, long token, int from, int to) {
        return from == to ? 0 : doUpdate(fd, token, from, to);
    }

    /** Whether this backend takes EPOLLET among the events: told of changes only, and of what is there at an update. */
    public abstract boolean edges();

    /** Whether what is watched under a token goes with the number, so that nothing has to be told when that is closed. */
    public abstract boolean goesWithNumber(long token);

    /**
     * Waits until something watched is ready. May return early with 0; see {@link #woken}.
     *
     * @param timeoutNanos rounded up to milliseconds; 0 only looks, negative waits for ever
     * @return the number of entries for {@link #token} and {@link #events}, or -errno (never EINTR, which is 0)
     * @throws IOException if the kernel cannot give what parking a virtual thread takes (EMFILE, ENOMEM), or if it is
     *     seen that somebody has closed the waker, without which nobody could end the wait
     */
    public final int await(long timeoutNanos) throws IOException {
        boolean block = timeoutNanos != 0 && gate.enter();
        try {
            return doAwait(block ? millis(timeoutNanos) : 0);
        } finally {
            // Behind the drain in doAwait: what that took belongs to signals that count here, or did before.
            woken = gate.leave();
        }
    }

    /** Whether the last {@link #await} consumed a wakeup. */
    public final boolean woken() {
        return woken;
    }

    /**
     * The token of entry {@code i} of the last await; several entries never share one. An {@link #update} that ended
     * the watch of one since then may leave entries that say nothing: with a token that is nobody's, or no events.
     */
    public abstract long token(int i);

    /**
     * The events of entry {@code i} of the last await, with POLLERR, POLLHUP and POLLNVAL whether asked for or not.
     * Entries with POLLNVAL come first.
     */
    public abstract int events(int i);

    /**
     * The name of the call that {@link #update} makes, for a message: {@code epoll_ctl(ADD, fd 7)}.
     */
    public abstract String describeUpdate(int fd, int from, int to);

    /** The name of the call that {@link #await} makes, for a message: {@code epoll_wait(fd 5)}. */
    public abstract String describeAwait();

    /**
     * Forgets everything watched, to be told anew with {@code from == 0}: the only cure when the kernel holds an
     * entry whose number is gone (epoll(7), question 6).
     *
     * @throws IOException as {@link #open}; nothing is forgotten then
     */
    public abstract void reset() throws IOException;

    /** Ends the await under way or else the next one. Any thread, any lock held; costs at most one system call. */
    public final void wakeup() {
        if (gate.signal()) {
            waker.signal();
        }
    }

    /** Frees everything; {@link #wakeup} does nothing from now on. */
    public final void close() {
        gate.close();
        waker.close();
        doClose();
    }

    abstract int doUpdate(int fd, long token, int from, int to);

    /** @param timeoutMillis -1 for ever, 0 only look */
    abstract int doAwait(int timeoutMillis) throws IOException;

    abstract void doClose();

    final Waker waker() {
        return waker;
    }

    private static int millis(long nanos) {
        if (nanos < 0) {
            return -1;
        }
        long millis = nanos / 1_000_000 + (nanos % 1_000_000 == 0 ? 0 : 1);
        return (int) Math.min(millis, Integer.MAX_VALUE);
    }
}
