package org.anyfd.fd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import org.anyfd.channel.Attempt;
import org.anyfd.channel.Bytes;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.NativeMemory;
import org.anyfd.sys.Sys;

/**
 * A counter in the kernel that one thread adds to and another waits for: eventfd(2). Ready for OP_READ while it is not
 * zero, and for OP_WRITE while 1 can be added.
 *
 * <pre>{@code
 * EventFdChannel event = EventFdChannel.open(0);
 * event.configureBlocking(false);
 * event.register(selector, SelectionKey.OP_READ);
 * event.add(1);            // from any thread: the selector finds it ready
 * long n = event.take();   // all that was added since
 * }</pre>
 *
 * <p>Safe for use by several threads.
 */
public final class EventFdChannel extends DescriptorChannel {
    private final ByteBuffer taken = counter();
    private final ByteBuffer added = counter();

    private EventFdChannel(int number, Attempt attempt) {
        super(Fd.own(number), attempt, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
    }

    private static ByteBuffer counter() {
        return NativeMemory.allocate(Long.BYTES);
    }

    /**
     * Opens a counter whose {@link #take} takes all of it.
     *
     * @param initial its first value, 0 to 2^32-1
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE)
     * @throws IllegalArgumentException if the value is out of range
     */
    public static EventFdChannel open(long initial) throws IOException {
        return open(initial, 0);
    }

    /**
     * Opens a counter whose {@link #take} takes 1 at a time.
     *
     * @param initial its first value, 0 to 2^32-1
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE)
     * @throws IllegalArgumentException if the value is out of range
     */
    public static EventFdChannel openSemaphore(long initial) throws IOException {
        return open(initial, Consts.EFD_SEMAPHORE);
    }

    private static EventFdChannel open(long initial, int flags) throws IOException {
        if (initial < 0 || initial > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException("initial value out of range 0 to 2^32-1: " + initial);
        }
        int fd = Sys.eventfd((int) initial, flags | Consts.EFD_NONBLOCK | Consts.EFD_CLOEXEC);
        if (fd < 0) {
            throw Errno.failed("eventfd()", -fd);
        }
        return new EventFdChannel(fd, Attempt.PLAIN);
    }

    /**
     * Takes a counter over that another process, or a library, made: closing the channel closes the descriptor. Its
     * O_NONBLOCK flag, which others share, stays as it is.
     *
     * @param fd an open descriptor that nobody else will close
     * @throws IOException if it is not open, or no eventfd; the caller keeps it then
     */
    public static EventFdChannel own(int fd) throws IOException {
        OpenFd.require(fd, OpenFd.Kind.EVENTFD);
        return new EventFdChannel(fd, Attempt.EVENTFD);
    }

    /**
     * Adds to the counter. In blocking mode waits while the sum would exceed 2^64-2.
     *
     * @param n what to add, not negative
     * @return true; false in non-blocking mode if the sum would exceed 2^64-2, and nothing was added
     * @throws IllegalArgumentException if {@code n} is negative
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the wait
     * @throws IOException with the kernel's reason
     */
    public boolean add(long n) throws IOException {
        if (n < 0) {
            throw new IllegalArgumentException("n is negative: " + n);
        }
        writeLock.lock();
        try {
            added.clear().putLong(0, n);
            return Bytes.write(this, io, added) > 0;
        } finally {
            writeLock.unlock();
        }
    }

    /**
     * Takes from the counter what there is, or 1 from a semaphore. In blocking mode waits while it is 0.
     *
     * @return what was taken, an unsigned 64-bit number; 0 in non-blocking mode if the counter is 0
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the wait
     * @throws IOException with the kernel's reason
     */
    public long take() throws IOException {
        readLock.lock();
        try {
            return Bytes.read(this, io, taken.clear()) > 0 ? taken.getLong(0) : 0;
        } finally {
            readLock.unlock();
        }
    }
}
