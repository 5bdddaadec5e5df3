package org.anyfd.poll;

import org.anyfd.sys.Consts;
import org.anyfd.sys.Sys;

/**
 * Internal. A file descriptor and the right to use its number. A channel owns it; any thread may call any method.
 *
 * <p>A system call on the number happens only between a successful {@link #acquire} and its {@link #release}, or by who
 * holds a direction ({@link #hold}) and has since found it open; and close(2) runs once, by whoever leaves no reference
 * behind: so the number can never be reused under a running call or a registration. {@link #close} takes no lock and never
 * waits.
 */
public final class Fd extends CloseLatch implements CloseLatch.Waiter {
    private static final Runnable BORROWED = () -> { };

    private final int number;
    /** What else the close has to do: null for nothing, {@link #BORROWED} for less, not to close the number. */
    private final Runnable afterClose;
    /** How often the number has come to stand for another file, twice over; odd while it does. Written by one thread. */
    private volatile int replaced;

    private Fd(int number, Runnable afterClose) {
        this.number = number;
        this.afterClose = afterClose;
    }

    /** A descriptor that {@link #close} closes. */
    public static Fd own(int number) {
        return new Fd(number, null);
    }

    /** A descriptor that {@link #close} closes, and then runs an action, on whichever thread that was. */
    public static Fd own(int number, Runnable afterClose) {
        return new Fd(number, afterClose);
    }

    /** A descriptor that somebody else closes: {@link #close} ends our use of it and wakes who waits for it. */
    public static Fd borrow(int number) {
        return new Fd(number, BORROWED);
    }

    /** The number, to be used in a system call only under a reference, or by who holds a direction and found it open. */
    public int number() {
        return number;
    }

    /**
     * Drops a reference.
     *
     * @return 0, or -errno if this was the last one and close(2) failed; the number is free in either case
     */
    public int release() {
        return drop() && afterClose != BORROWED ? closeNumber() : 0;
    }

    /**
     * Ends {@link #hold}, by the same thread or another.
     *
     * @return whether that left no reference behind: the caller then has to {@link #free} the number
     */
    public boolean unhold(int direction) {
        return letGo(direction) && afterClose != BORROWED;
    }

    /** Closes the number, as {@link #unhold} has said. Takes the time that close(2) takes: with SO_LINGER, seconds. */
    public void free() {
        closeNumber();
    }

    /**
     * Ends the use of the descriptor: further acquires fail and blocked threads return. Idempotent.
     *
     * @return 0, or -errno as {@link #release}
     */
    public int close() {
        if (!end()) {
            return 0;
        }
        shut();
        return release();
    }

    /** Has {@link #close} run an action, prompt and without locks as itself, though the number may still be in use then. */
    public void atClose(Runnable action) {
        if (!enter(action::run)) {
            action.run();
        }
    }

    /**
     * Has the number stand for the file of another one: dup2(2). Call it under a reference, and once at a time. What watches
     * the number, as an epoll set does, watches the old file, if that is still there, or nothing: {@link #file} says so.
     *
     * @return negative if it failed: -errno
     */
    public int replace(int other) {
        replaced++;
        int r = Sys.dup2(other, number);
        replaced++;
        return r;
    }

    /** Tells one file that the number has stood for from the next; odd while that is in doubt. */
    public int file() {
        return replaced;
    }

    /** close(2) is not retried on EINTR: Linux has freed the number by then, and it may be somebody else's already. */
    private int closeNumber() {
        int r = Sys.close(number);
        if (afterClose != null) {
            afterClose.run();
        }
        return r == -org.anyfd.sys.Errno.EINTR ? 0 : r;
    }

    /**
     * Says that the calling thread, which holds a reference, makes a call on a socket that waits in the kernel to read: from
     * now on {@link #close} wakes it, by shutdown(2), after which the call returns at once, also if it begins later. To be
     * ended by {@link #leaveSocketCall}. One thread at a time.
     *
     * @return false if it is closed already
     */
    public boolean enterSocketCall() {
        return enter(this);
    }

    public void leaveSocketCall() {
        leave(this);
    }

    /**
     * Wakes the thread in a call on the socket: called by {@link #close}, which holds the owner's reference. Ends the
     * reading only, of which TCP tells the peer nothing: close(2) then sends the end of the stream, or a reset if SO_LINGER
     * asks for it.
     */
    @Override
    public void signal() {
        Sys.shutdown(number, Consts.SHUT_RD);
    }

    @Override
    public String toString() {
        return "fd " + number;
    }
}
