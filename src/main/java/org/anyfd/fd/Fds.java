package org.anyfd.fd;

import java.io.FileDescriptor;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Limits;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * Descriptors by number: what Python's {@code os} module offers for them, and {@code lsof} for this process.
 *
 * <pre>{@code
 * Fds.list().forEach(System.out::println);
 * Fds.setPipeSize(Fds.fileno(pipe.sink()), 1 << 20);
 * }</pre>
 *
 * <p>A number belongs to whoever opened it: keep its channel open during the call, for once it is closed the number may be
 * another file's. Any thread may call any method; none waits. An IOException names call, descriptor and errno:
 * {@code fcntl(F_GETFL, fd 7): EBADF bad file descriptor}.
 */
public final class Fds {
    /** The most bytes that a write to a pipe makes in one piece: pipe(7). */
    public static final int PIPE_BUF = Consts.PIPE_BUF;

    private static final int ENOUGH_TRIES = 3;

    private Fds() {
    }

    // -- Channels --

    /**
     * The number of a channel's descriptor.
     *
     * <p>Channels of anyfd, jnr-enxio and jnr-unixsocket tell it. The JDK's own do so only if java is started with
     * {@code --add-opens java.base/sun.nio.ch=ALL-UNNAMED --add-opens java.base/java.io=ALL-UNNAMED}.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws UnsupportedOperationException if the channel does not tell
     */
    public static int fileno(Channel channel) throws ClosedChannelException {
        if (!channel.isOpen()) {
            throw new ClosedChannelException();
        }
        return channel instanceof NativeSelectableChannel ours ? ours.getFD() : filenoOfJdk(channel);
    }

    private static int filenoOfJdk(Channel channel) {
        try {
            FileDescriptor descriptor = (FileDescriptor) field(channel.getClass(), "fd").get(channel);
            return (int) field(FileDescriptor.class, "fd").get(descriptor);
        } catch (ReflectiveOperationException | InaccessibleObjectException | ClassCastException e) {
            throw new UnsupportedOperationException(channel.getClass().getName() + " does not tell its descriptor; if it "
                + "is the JDK's, start java with --add-opens java.base/sun.nio.ch=ALL-UNNAMED "
                + "--add-opens java.base/java.io=ALL-UNNAMED", e);
        }
    }

    private static Field field(Class<?> type, String name) throws NoSuchFieldException {
        Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    /**
     * The key of the channel that has a descriptor.
     *
     * @return null if no channel that is registered with the selector has it
     * @throws java.nio.channels.ClosedSelectorException if the selector is closed
     */
    public static SelectionKey key(Selector selector, int fd) {
        for (SelectionKey key : selector.keys()) {
            if (key.channel() instanceof NativeSelectableChannel channel && key.isValid() && channel.getFD() == fd) {
                return key;
            }
        }
        return null;
    }

    // -- Duplicates --

    /**
     * Another descriptor of the same open file: the lowest free number. It is not inherited by children (FD_CLOEXEC).
     *
     * @return the number; the caller closes it, or gives it to a channel
     * @throws IOException if it is not open (EBADF), or this process has as many as its {@link #limit} allows (EMFILE)
     */
    public static int dup(int fd) throws IOException {
        return checked("fcntl(F_DUPFD_CLOEXEC, fd " + fd + ")", Sys.fcntl(fd, Consts.F_DUPFD_CLOEXEC, 0));
    }

    /**
     * Makes a number another descriptor of the same open file; what it was before is closed. It is inherited by children
     * that do not close it; those that the JDK starts have 0, 1 and 2 of this process at the most.
     *
     * @param as not the number of an open channel
     * @throws IOException if the first is not open, or the second not below the {@link #limit} (EBADF); if another thread is
     *     just about to open a file under the second (EBUSY)
     */
    public static void dup2(int fd, int as) throws IOException {
        checked("dup2(" + fd + ", " + as + ")", Sys.dup2(fd, as));
    }

    /**
     * Closes a descriptor that is no channel's.
     *
     * @throws IOException if it is not open (EBADF), or what was written before could not be stored (EIO, ENOSPC, EDQUOT):
     *     it is closed then
     */
    public static void close(int fd) throws IOException {
        int r = Sys.close(fd);
        // close(2): after EINTR, too, it is closed.
        checked("close(fd " + fd + ")", r == -Errno.EINTR ? 0 : r);
    }

    // -- Flags --

    /**
     * Whether it is closed in a child process when this runs its program: FD_CLOEXEC.
     *
     * @throws IOException if it is not open (EBADF)
     */
    public static boolean isCloseOnExec(int fd) throws IOException {
        return (checked("fcntl(F_GETFD, fd " + fd + ")", Sys.fcntl(fd, Consts.F_GETFD, 0)) & Consts.FD_CLOEXEC) != 0;
    }

    /**
     * Sets or clears it: FD_CLOEXEC.
     *
     * @throws IOException if it is not open (EBADF)
     */
    public static void setCloseOnExec(int fd, boolean on) throws IOException {
        checked("fcntl(F_SETFD, fd " + fd + ")", Sys.fcntl(fd, Consts.F_SETFD, on ? Consts.FD_CLOEXEC : 0));
    }

    /** A status flag of an open file: fcntl(2). Everyone who has the file shares it, other processes too. */
    public enum Flag {
        /** Each write goes to the end. */
        APPEND(Consts.O_APPEND),
        /** Nothing waits. Of a channel's descriptor this is for anyfd to set; see {@link FdChannel}. */
        NONBLOCK(Consts.O_NONBLOCK),
        /** A signal says that it is ready. */
        ASYNC(Consts.O_ASYNC),
        /** A file is not cached; a pipe keeps what is written at a time apart. */
        DIRECT(Consts.O_DIRECT),
        /** Reading does not change the access time. */
        NOATIME(Consts.O_NOATIME);

        private final int bit;

        Flag(int bit) {
            this.bit = bit;
        }
    }

    /**
     * The flags that are set: F_GETFL.
     *
     * @throws IOException if it is not open (EBADF)
     */
    public static Set<Flag> flags(int fd) throws IOException {
        int bits = statusFlags(fd);
        EnumSet<Flag> flags = EnumSet.noneOf(Flag.class);
        for (Flag flag : Flag.values()) {
            if ((bits & flag.bit) != 0) {
                flags.add(flag);
            }
        }
        return flags;
    }

    /**
     * Sets or clears a flag: F_SETFL.
     *
     * @throws IOException if it is not open (EBADF); if the file is somebody else's (NOATIME) or may be appended to only
     *     (APPEND; EPERM); if its file system or driver does not have the flag (DIRECT; EINVAL)
     */
    public static void setFlag(int fd, Flag flag, boolean on) throws IOException {
        int bits = statusFlags(fd);
        checked("fcntl(F_SETFL, fd " + fd + ")",
            Sys.fcntl(fd, Consts.F_SETFL, on ? bits | flag.bit : bits & ~flag.bit));
    }

    private static int statusFlags(int fd) throws IOException {
        return checked("fcntl(F_GETFL, fd " + fd + ")", Sys.fcntl(fd, Consts.F_GETFL, 0));
    }

    // -- Contents --

    /**
     * How many bytes a pipe or FIFO holds: F_GETPIPE_SZ.
     *
     * @throws IOException if it is not open, or neither of the two (EBADF)
     */
    public static int pipeSize(int fd) throws IOException {
        return checked("fcntl(F_GETPIPE_SZ, fd " + fd + ")", Sys.fcntl(fd, Consts.F_GETPIPE_SZ, 0));
    }

    /**
     * Changes how many bytes a pipe or FIFO holds: F_SETPIPE_SZ.
     *
     * @return how many it is now: the next power of two of pages
     * @throws IOException if it is not open, or neither of the two (EBADF); if more than that is in the pipe (EBUSY); if it
     *     is above the user's limit, {@code /proc/sys/fs/pipe-max-size} (EPERM), or negative (EINVAL)
     */
    public static int setPipeSize(int fd, int bytes) throws IOException {
        return checked("fcntl(F_SETPIPE_SZ, fd " + fd + ", " + bytes + ")", Sys.fcntl(fd, Consts.F_SETPIPE_SZ, bytes));
    }

    /**
     * How many bytes can be read without waiting, from a pipe, terminal or stream socket: FIONREAD.
     *
     * @throws IOException if it is not open (EBADF), of a kind that does not tell (ENOTTY), a socket that listens (EINVAL),
     *     or a terminal that has hung up (EIO)
     */
    public static int available(int fd) throws IOException {
        Scratch s = Scratch.take();
        try {
            checked("ioctl(FIONREAD, fd " + fd + ")", Sys.ioctl(fd, Consts.FIONREAD, s.smallAddress()));
            return s.small().getInt(0);
        } finally {
            s.give();
        }
    }

    // -- This process --

    /**
     * What a descriptor is.
     *
     * @throws IOException if it is not open (EBADF), or there is no {@code /proc}
     */
    public static OpenFd describe(int fd) throws IOException {
        return OpenFd.of(fd);
    }

    /**
     * The open descriptors of this process, in the order of their numbers. What other threads open or close meanwhile may
     * be among them or not.
     *
     * @throws IOException if there is no {@code /proc}
     */
    public static List<OpenFd> list() throws IOException {
        List<OpenFd> list = new ArrayList<>();
        for (int fd : numbers()) {
            describe(fd, ENOUGH_TRIES).ifPresent(list::add);
        }
        return list;
    }

    /** Nothing if it is closed, as the directory's own is. One that was closed, and opened again, is another: once more. */
    private static Optional<OpenFd> describe(int fd, int tries) throws IOException {
        try {
            return Optional.of(OpenFd.of(fd));
        } catch (IOException e) {
            if (Sys.fcntl(fd, Consts.F_GETFD, 0) < 0) {
                return Optional.empty();
            }
            if (tries == 0) {
                throw e;
            }
            return describe(fd, tries - 1);
        }
    }

    private static List<Integer> numbers() throws IOException {
        List<Integer> numbers = new ArrayList<>();
        try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path fd : open) {
                numbers.add(Integer.parseInt(fd.getFileName().toString()));
            }
        }
        numbers.sort(null);
        return numbers;
    }

    /**
     * How many descriptors this process may have open: RLIMIT_NOFILE, getrlimit(2).
     *
     * @param soft the limit; Long.MAX_VALUE for none
     * @param hard how far the soft limit may be raised
     */
    public record Limit(long soft, long hard) {
    }

    /**
     * The limits as they are now.
     *
     * @throws IOException if a sandbox forbids to ask (EPERM)
     */
    public static Limit limit() throws IOException {
        Scratch s = Scratch.take();
        try {
            checked("getrlimit(RLIMIT_NOFILE)", Limits.getrlimit(Consts.RLIMIT_NOFILE, s.smallAddress()));
            return new Limit(limit(s.small().getLong(Layouts.RLIMIT_CUR)), limit(s.small().getLong(Layouts.RLIMIT_MAX)));
        } finally {
            s.give();
        }
    }

    /** RLIM_INFINITY is the largest unsigned number. */
    private static long limit(long value) {
        return value < 0 ? Long.MAX_VALUE : value;
    }

    /**
     * Sets the soft limit; the hard one stays. The JVM raises the soft limit to the hard one when it starts, unless it is
     * started with {@code -XX:-MaxFDLimit}; children inherit it.
     *
     * @throws IllegalArgumentException if the number is negative
     * @throws IOException if it is above the hard limit (EINVAL), or a sandbox forbids it (EPERM)
     */
    public static void setLimit(long soft) throws IOException {
        if (soft < 0) {
            throw new IllegalArgumentException("negative limit: " + soft);
        }
        Scratch s = Scratch.take();
        try {
            checked("getrlimit(RLIMIT_NOFILE)", Limits.getrlimit(Consts.RLIMIT_NOFILE, s.smallAddress()));
            s.small().putLong(Layouts.RLIMIT_CUR, soft == Long.MAX_VALUE ? -1 : soft);
            checked("setrlimit(RLIMIT_NOFILE, " + soft + ")",
                Limits.setrlimit(Consts.RLIMIT_NOFILE, s.smallAddress()));
        } finally {
            s.give();
        }
    }

    /**
     * Raises the soft limit to the hard one; returns it.
     *
     * @throws IOException if a sandbox forbids it (EPERM)
     */
    public static long raiseLimit() throws IOException {
        long hard = limit().hard();
        setLimit(hard);
        return hard;
    }

    private static int checked(String call, int result) throws IOException {
        if (result < 0) {
            throw Errno.failed(call, -result);
        }
        return result;
    }
}
