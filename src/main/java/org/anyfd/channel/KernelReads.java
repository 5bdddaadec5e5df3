package org.anyfd.channel;

import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Sys;

/**
 * The reads of a stream socket of our own that wait in recv(2) itself: one system call each, where to wait in poll(2) takes
 * two. A channel that waits for every read, as one that asks and is answered, begins it with the second.
 *
 * <p>The socket is not O_NONBLOCK then, and all other calls say MSG_DONTWAIT ({@link Attempt#DONTWAIT}); it is again when
 * the channel is made non-blocking. close(2) does not wake a thread that is in recv(2), so {@link Fd#close} calls
 * shutdown(2) first. That ends the connection for whoever shares the socket: one that was passed to another process is
 * left alone, and so is one with SO_LINGER, of which the peer is to see no more than a reset.
 */
final class KernelReads {
    private final Fd fd;
    private final OperationLock writeLock;
    /** Whether the socket is without O_NONBLOCK. Written under both of the channel's locks, read under either. */
    private boolean begun;
    /** Goes up only: the socket may not be shut down, or has to be O_NONBLOCK. */
    private volatile boolean refused;

    KernelReads(Fd fd, OperationLock writeLock) {
        this.fd = fd;
        this.writeLock = writeLock;
    }

    /** Never again, though a thread may wait in the kernel now. */
    void refuse() {
        refused = true;
    }

    /**
     * Whether the next read may wait in the kernel. Called under the read lock, and a reference.
     *
     * @param io the channel's, which from now on says MSG_DONTWAIT
     */
    boolean begin(Io io) {
        if (refused) {
            return false;
        }
        // Who writes may wait until this thread has read.
        if (!begun && writeLock.tryLock()) {
            try {
                io.attempt(Attempt.DONTWAIT);
                begun = setNonBlocking(false);
            } finally {
                writeLock.unlock();
            }
        }
        return begun;
    }

    /** Makes the socket O_NONBLOCK again. Called under both locks, and a reference. */
    void end(Io io) {
        if (begun && setNonBlocking(true)) {
            begun = false;
            io.attempt(Attempt.PLAIN);
        }
    }

    /** Makes the socket O_NONBLOCK for good, since a call is to be made that knows no MSG_DONTWAIT. Called under the write lock. */
    void giveUp() {
        if (begun) {
            refuse();
            setNonBlocking(true);
        }
    }

    /** fcntl(2) on an open socket has no reason to fail; if it does, all stays as it was. */
    private boolean setNonBlocking(boolean on) {
        int flags = Sys.fcntl(fd.number(), Consts.F_GETFL, 0);
        int wanted = on ? flags | Consts.O_NONBLOCK : flags & ~Consts.O_NONBLOCK;
        return flags >= 0 && Sys.fcntl(fd.number(), Consts.F_SETFL, wanted) >= 0;
    }
}
