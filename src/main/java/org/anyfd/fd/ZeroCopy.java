package org.anyfd.fd;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.WritableByteChannel;
import org.anyfd.channel.EdgeWatch;
import org.anyfd.channel.Selectable;
import org.anyfd.channel.TransferTarget;
import org.anyfd.poll.Await;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * Bytes that the kernel moves from one descriptor to another, without a copy through this process. Both ends are channels
 * that anyfd made: a {@link java.nio.channels.SocketChannel}, an end of a {@link java.nio.channels.Pipe}, an
 * {@link FdChannel}. Any thread may call any method.
 *
 * <pre>{@code
 * try (FdChannel file = FdChannel.open(path)) {
 *     ZeroCopy.sendfile(file, 0, Files.size(path), socket);
 * }
 * }</pre>
 *
 * <p>{@link java.nio.channels.FileChannel#transferTo} works with anyfd's channels too, but copies: the JDK gives nobody
 * else the descriptor of its FileChannel.
 */
public final class ZeroCopy {
    /** The most that one call moves (sendfile(2), NOTES). */
    private static final long MOST = 0x7fff_f000;

    private ZeroCopy() {
    }

    /**
     * Sends a part of a file: sendfile(2). In blocking mode waits until all is sent.
     *
     * @param file a regular file opened for reading; its own position is neither used nor changed
     * @param position where to begin, in bytes from the start of the file
     * @param count how many bytes
     * @param target where to, in either blocking mode
     * @return how many bytes were sent: fewer at the end of the file, or if a non-blocking target has no room
     * @throws IllegalArgumentException if a number is negative, or the target is no channel of anyfd
     * @throws NonReadableChannelException if the file is open for writing only
     * @throws UnsupportedOperationException if the target was adopted from elsewhere, and is without O_NONBLOCK
     * @throws ClosedChannelException if either is closed
     * @throws IOException as a write to the target does; or if the source is no file (EINVAL)
     */
    public static long sendfile(FdChannel file, long position, long count, WritableByteChannel target)
            throws IOException {
        if (position < 0 || count < 0) {
            throw new IllegalArgumentException("negative position or count: " + position + ", " + count);
        }
        TransferTarget to = target(target);
        requireReadable(file);
        if (!file.fd().acquire()) {
            throw new ClosedChannelException();
        }
        try {
            int in = file.fd().number();
            return to.transfer((out, done) -> sendOnce(out, in, position + done, Math.min(count - done, MOST)), count);
        } finally {
            file.fd().release();
        }
    }

    private static long sendOnce(int out, int in, long position, long count) {
        Scratch s = Scratch.take();
        try {
            s.small().putLong(0, position);
            return Sys.sendfile(out, in, s.smallAddress(), count);
        } finally {
            s.give();
        }
    }

    /**
     * Moves what is there from one channel to another, of which one is a pipe: splice(2). Never waits.
     *
     * @param source where from, in non-blocking mode
     * @param target where to, in non-blocking mode
     * @param count how many bytes at the most
     * @return how many bytes were moved, 0 if there is nothing now, or no room; -1 at the end of the source
     * @throws IllegalArgumentException if the number is negative, or either is no channel of anyfd
     * @throws IllegalBlockingModeException if either is in blocking mode
     * @throws NonReadableChannelException if the source is open for writing only
     * @throws UnsupportedOperationException if the target was adopted from elsewhere, and is without O_NONBLOCK
     * @throws ClosedChannelException if either is closed
     * @throws IOException with the kernel's reason; or if neither is a pipe (EINVAL)
     */
    public static long splice(ReadableByteChannel source, WritableByteChannel target, long count) throws IOException {
        if (count < 0) {
            throw new IllegalArgumentException("negative count: " + count);
        }
        TransferTarget to = target(target);
        if (!(source instanceof Selectable from) || !(source instanceof SelectableChannel in)) {
            throw new IllegalArgumentException("not a channel of anyfd: " + source);
        }
        if (in.isBlocking() || ((SelectableChannel) target).isBlocking()) {
            throw new IllegalBlockingModeException();
        }
        requireReadable(in);
        if (!from.fd().acquire()) {
            throw new ClosedChannelException();
        }
        try {
            boolean[] ended = new boolean[1];
            long n = count == 0 ? 0 : to.transfer((out, done) -> {
                int number = from.fd().number();
                long moved = wouldWait(number) ? -Errno.EAGAIN : Sys.splice(number, out, Math.min(count, MOST),
                    Consts.SPLICE_F_MOVE | Consts.SPLICE_F_NONBLOCK);
                ended[0] = moved == 0;
                // For want of bytes or of room, and only the latter may be said: the target will be waited for.
                return moved == -Errno.EAGAIN && isReady(out, Consts.POLLOUT) ? 0 : moved;
            }, count);
            return ended[0] ? -1 : n;
        } finally {
            EdgeWatch.taken(from.soleIo());
            from.fd().release();
        }
    }

    /** SPLICE_F_NONBLOCK is for the pipe: TCP heeds O_NONBLOCK alone, which a connection that was adopted may not have. */
    private static boolean wouldWait(int in) {
        return (Sys.fcntl(in, Consts.F_GETFL, 0) & Consts.O_NONBLOCK) == 0 && !isReady(in, Consts.POLLIN);
    }

    private static boolean isReady(int number, int events) {
        Scratch s = Scratch.take();
        try {
            return Await.look(number, events, s) != 0;
        } finally {
            s.give();
        }
    }

    /** Else the kernel's EBADF would be taken for the target's. */
    private static void requireReadable(SelectableChannel source) {
        if ((source.validOps() & SelectionKey.OP_READ) == 0) {
            throw new NonReadableChannelException();
        }
    }

    private static TransferTarget target(WritableByteChannel target) {
        if (target instanceof TransferTarget to) {
            return to;
        }
        throw new IllegalArgumentException("not a channel of anyfd: " + target);
    }
}
