package org.anyfd.fd;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import org.anyfd.channel.Attempt;
import org.anyfd.channel.Bytes;
import org.anyfd.channel.Io;
import org.anyfd.channel.TransferTarget;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Errno;

/**
 * A channel for any file descriptor: a terminal, a pipe or FIFO, a file, a device, or one that a library made.
 *
 * <pre>{@code
 * Selector selector = Selector.open();
 * FdChannel in = FdChannel.stdin();
 * in.configureBlocking(false);
 * in.register(selector, SelectionKey.OP_READ);
 * }</pre>
 *
 * <p><b>Flags.</b> The O_NONBLOCK flag of a descriptor that is adopted ({@link #own}, {@link #borrow}, the standard
 * streams) is never changed, in either blocking mode: it belongs to the open file description, which other processes
 * share, such as the shell on the same terminal. So there is nothing to put back either, also if the JVM is killed. A
 * terminal is instead opened anew by its name in {@code /proc/self/fd}; if that is not permitted, each read and write
 * asks poll(2) first.
 *
 * <p><b>Readiness.</b> As poll(2) has it: regular files, directories and {@code /dev/null} are always ready; an error or
 * hang-up makes every operation of interest ready, and the operation says what happened. End-of-stream need not be
 * final: a terminal (^D) or a FIFO may have more later.
 *
 * <p><b>Threads.</b> Safe for use by several threads: one reader and one writer at a time, others wait their turn. Close
 * and interrupt end a blocked operation as in any {@link java.nio.channels.InterruptibleChannel}.
 */
public final class FdChannel extends StreamChannel implements TransferTarget {
    FdChannel(Fd fd, int number, Attempt attempt, int accessMode) {
        super(fd, number, attempt, accessMode);
    }

    /**
     * Takes a descriptor over: closing the channel closes it.
     *
     * @param fd an open descriptor that nobody else will close
     * @throws IOException if it is not open; the caller keeps it then
     */
    public static FdChannel own(int fd) throws IOException {
        return adopted(FoundFd.of(fd), true);
    }

    /**
     * Uses a descriptor that somebody else owns: closing the channel leaves it open, and exactly as it was found.
     *
     * @param fd an open descriptor that stays open until the channel is closed
     * @throws IOException if it is not open
     */
    public static FdChannel borrow(int fd) throws IOException {
        return adopted(FoundFd.of(fd), false);
    }

    private static FdChannel adopted(FoundFd found, boolean own) {
        Fd fd = found.take(own);
        return new FdChannel(fd, own ? fd.number() : found.number(), found.attempt(), found.accessMode());
    }

    /**
     * Opens a file of any kind: regular, FIFO, terminal, device.
     *
     * <p>Never waits for the other end of a FIFO: one opened for reading is at end-of-stream as long as there is no
     * writer, though not ready before the first one came, and one opened for writing alone must have a reader. Opened
     * for both, it needs neither and does not end when a writer goes. A terminal does not become the controlling one.
     *
     * @param path a path of the default file system
     * @param options as for {@link java.nio.file.Files#newByteChannel(Path, OpenOption...)}; none means READ
     * @throws java.nio.file.NoSuchFileException and its siblings, as that method does
     * @throws IOException if the file cannot be opened, such as a FIFO without a reader (ENXIO)
     * @throws IllegalArgumentException if the options contradict each other
     * @throws UnsupportedOperationException if an option is not supported
     */
    public static FdChannel open(Path path, OpenOption... options) throws IOException {
        OpenFlags flags = OpenFlags.of(options);
        int fd = flags.open(path);
        return new FdChannel(Fd.own(fd), fd, FoundFd.attemptForOurs(fd), flags.accessMode());
    }

    /**
     * The standard input, borrowed. What {@link System#in} has read ahead is not seen here.
     *
     * @throws IOException if it is closed
     */
    public static FdChannel stdin() throws IOException {
        return standard(0);
    }

    /**
     * The standard output, borrowed.
     *
     * @throws IOException if it is closed
     */
    public static FdChannel stdout() throws IOException {
        return standard(1);
    }

    /**
     * The standard error, borrowed.
     *
     * @throws IOException if it is closed
     */
    public static FdChannel stderr() throws IOException {
        return standard(2);
    }

    /**
     * A JVM that is started with its standard input closed opens its own {@code lib/modules} under that number, which
     * must not pass for the input.
     */
    private static FdChannel standard(int fd) throws IOException {
        if (isOfTheJdk(fd)) {
            throw Errno.failed("fd " + fd + " (closed when the JVM started, now a file of the JDK)", Errno.EBADF);
        }
        return borrow(fd);
    }

    private static boolean isOfTheJdk(int fd) {
        try {
            Path file = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd));
            return file.startsWith(Path.of(System.getProperty("java.home")).toRealPath());
        } catch (IOException e) {
            // It is not open, which the next call tells better, or there is no /proc.
            return false;
        }
    }

    /**
     * Internal; see {@link ZeroCopy}.
     *
     * @hidden
     */
    @Override
    public long transfer(TransferTarget.Transfer transfer, long count) throws IOException {
        requireOp(SelectionKey.OP_WRITE);
        writeLock.lock();
        try {
            return Bytes.transfer(this, io, transfer, count);
        } finally {
            writeLock.unlock();
        }
    }
}
