package org.anyfd.channel;

import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Platform;
import org.anyfd.sys.Sys;

/**
 * The reads of a stream socket of our own that wait in recv(2) itself: one system call each, where to wait in poll(2) takes
 * two. A channel that waits for every read, as one that asks and is answered, begins it with the second.
 *
 * <p>The socket is not O_NONBLOCK then, and all other calls say MSG_DONTWAIT ({@link Attempt#DONTWAIT}); it is again when
 * the channel is made non-blocking, or passed to another process. close(2) does not wake a thread that is in recv(2), so
 * {@link Fd#close} calls shutdown(2) first.
 */
final class KernelReads {
    /** A channel whose reads may wait in the kernel. */
    interface Host extends Io.Host {
        /** Whether the next read may. Called under the read lock, which is a reference. */
        boolean kernelReads(Io io);
    }

    /** For a program that passes on, or closes a copy of, a connection while a thread of its waits in a read. */
    private static final String CHOICE = System.getProperty("org.anyfd.kernelReads", "true");

    private final Fd fd;
    private final OperationLock writeLock;
    /**
     * Whether the socket was made one without O_NONBLOCK. Written under both of the channel's locks and the monitor, read
     * under one of them.
     */
    private boolean begun;
    /** Whether the socket has to stay O_NONBLOCK. Goes up only, under the monitor. */
    private volatile boolean over = !Platform.isTrue("org.anyfd.kernelReads", CHOICE);

    KernelReads(Fd fd, OperationLock writeLock) {
        this.fd = fd;
        this.writeLock = writeLock;
    }

    /**
     * Whether the next read may wait in the kernel. Called under the read lock, which is a reference.
     *
     * @param io the channel's, which from now on says MSG_DONTWAIT
     */
    boolean begin(Io io) {
        if (over) {
            return false;
        }
        // Who writes may wait until this thread has read.
        if (!begun && writeLock.tryLock()) {
            try {
                io.attempt(Attempt.DONTWAIT);
                clearUnlessOver();
            } finally {
                writeLock.unlock();
            }
        }
        return begun;
    }

    private synchronized void clearUnlessOver() {
        begun = !over && setNonBlocking(false);
    }

    /** Makes the socket O_NONBLOCK again. Called under both locks; never throws. */
    synchronized void end(Io io) {
        if (begun && fd.isOpen()) {
            if (setNonBlocking(true)) {
                begun = false;
                io.attempt(over ? Attempt.DONTWAIT : Attempt.PLAIN);
            }
        }
    }

    /**
     * Makes the socket O_NONBLOCK for good, as a call needs that knows no MSG_DONTWAIT, and as another process expects it. A
     * thread that waits in the kernel now goes on. Called under a reference.
     */
    synchronized void giveUp() {
        if (!over) {
            over = true;
            if (begun) {
                setNonBlocking(true);
            }
        }
    }

    /** fcntl(2) on an open socket has no reason to fail; if it does, all stays as it was. */
    private boolean setNonBlocking(boolean on) {
        int flags = Sys.fcntl(fd.number(), Consts.F_GETFL, 0);
        int wanted = on ? flags | Consts.O_NONBLOCK : flags & ~Consts.O_NONBLOCK;
        return flags >= 0 && Sys.fcntl(fd.number(), Consts.F_SETFL, wanted) >= 0;
    }
}
