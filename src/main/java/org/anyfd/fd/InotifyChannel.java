package org.anyfd.fd;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.List;
import org.anyfd.sys.Consts;

/**
 * Changes of files and directories: inotify(7). Ready for OP_READ while there are events.
 *
 * <pre>{@code
 * InotifyChannel inotify = InotifyChannel.open();
 * inotify.watch(Path.of("/etc"), IN_CLOSE_WRITE | IN_MOVED_TO);
 * inotify.configureBlocking(false);
 * inotify.register(selector, SelectionKey.OP_READ);
 * ...
 * for (InotifyEvent event : inotify.read()) {
 *     if (event.is(IN_Q_OVERFLOW)) {
 *         // events were lost: look at the files again
 *     } else {
 *         System.out.println(event.path());
 *     }
 * }
 * }</pre>
 *
 * <p>A watched directory tells of itself and of the files in it, not of those in its subdirectories: for these see
 * {@link InotifyTree}. The constants have the names and meanings of inotify(7), which also says what the kernel does not
 * report: changes by other hosts of a network file system, and most of those in {@code /proc} and {@code /sys}.
 *
 * <p><b>Moves.</b> A rename within what is watched gives IN_MOVED_FROM and, next to it or a little later, IN_MOVED_TO with
 * the same cookie, whose {@link InotifyEvent#from} is the old path. A file that went elsewhere gives IN_MOVED_FROM alone,
 * one that came from elsewhere IN_MOVED_TO alone. So whoever takes a FROM for a deletion and a TO for a creation is right
 * in every case, and {@code from} is there for those who can do better. A TO without {@code from} has no FROM before it;
 * that a FROM will have no TO, nobody can know for sure.
 *
 * <p><b>Limits.</b> A user may have 128 of these channels ({@code fs.inotify.max_user_instances}), each with many
 * watches, and a limited number of watches ({@code max_user_watches}).
 *
 * <p>Safe for use by several threads.
 */
public final class InotifyChannel extends InotifyDescriptor {
    /** The file was read. */
    public static final int IN_ACCESS = Consts.IN_ACCESS;
    /** The file was written or truncated. */
    public static final int IN_MODIFY = Consts.IN_MODIFY;
    /** Permissions, times, owner, extended attributes or the number of links changed. */
    public static final int IN_ATTRIB = Consts.IN_ATTRIB;
    /** A file that was open for writing was closed. */
    public static final int IN_CLOSE_WRITE = Consts.IN_CLOSE_WRITE;
    /** A file or directory that was not open for writing was closed. */
    public static final int IN_CLOSE_NOWRITE = Consts.IN_CLOSE_NOWRITE;
    /** Either of the two. */
    public static final int IN_CLOSE = IN_CLOSE_WRITE | IN_CLOSE_NOWRITE;
    /** A file or directory was opened. */
    public static final int IN_OPEN = Consts.IN_OPEN;
    /** A file was renamed; this was its name in the watched directory. */
    public static final int IN_MOVED_FROM = Consts.IN_MOVED_FROM;
    /** A file was renamed; this is its name in the watched directory. */
    public static final int IN_MOVED_TO = Consts.IN_MOVED_TO;
    /** Either of the two. */
    public static final int IN_MOVE = IN_MOVED_FROM | IN_MOVED_TO;
    /** A file, directory, link or other was made in the watched directory. */
    public static final int IN_CREATE = Consts.IN_CREATE;
    /** A file or directory was deleted from the watched directory. */
    public static final int IN_DELETE = Consts.IN_DELETE;
    /** The watched file or directory itself was deleted, and nobody has it open any more. */
    public static final int IN_DELETE_SELF = Consts.IN_DELETE_SELF;
    /** The watched file or directory itself was renamed. */
    public static final int IN_MOVE_SELF = Consts.IN_MOVE_SELF;
    /** All events that can be asked for. */
    public static final int IN_ALL_EVENTS = Consts.IN_ALL_EVENTS;

    /** Unasked: the file system was unmounted. IN_IGNORED follows. */
    public static final int IN_UNMOUNT = Consts.IN_UNMOUNT;
    /** Unasked: the queue ({@code fs.inotify.max_queued_events}) was full, and events were lost. */
    public static final int IN_Q_OVERFLOW = Consts.IN_Q_OVERFLOW;
    /** Unasked: the watch has ended, other than by {@link InotifyWatch#cancel}. */
    public static final int IN_IGNORED = Consts.IN_IGNORED;
    /** In an event: it happened to a directory. */
    public static final int IN_ISDIR = Consts.IN_ISDIR;

    /** To be watched only if it is a directory; {@link java.nio.file.NotDirectoryException} if not. */
    public static final int IN_ONLYDIR = Consts.IN_ONLYDIR;
    /** If it is a symbolic link, to watch the link itself. */
    public static final int IN_DONT_FOLLOW = Consts.IN_DONT_FOLLOW;
    /** No events of files after they were deleted from the directory; somebody may have them open still. */
    public static final int IN_EXCL_UNLINK = Consts.IN_EXCL_UNLINK;
    /** If it is watched already, {@link java.nio.file.FileAlreadyExistsException} instead of a new mask; Linux 4.18. */
    public static final int IN_MASK_CREATE = Consts.IN_MASK_CREATE;
    /** If it is watched already, these events in addition. */
    public static final int IN_MASK_ADD = Consts.IN_MASK_ADD;
    /** To be watched until the first event, after which IN_IGNORED comes. */
    public static final int IN_ONESHOT = Consts.IN_ONESHOT;

    private InotifyChannel() throws IOException {
    }

    private InotifyChannel(int adopted) {
        super(adopted);
    }

    /**
     * Opens a channel that watches nothing yet.
     *
     * @throws IOException if the kernel gives no descriptor; the message tells whether this JVM has too many open files
     *     or this user too many such channels
     */
    public static InotifyChannel open() throws IOException {
        return new InotifyChannel();
    }

    /**
     * Takes a descriptor over that another process, or a library, made: closing the channel closes the descriptor. Its
     * O_NONBLOCK flag, which others share, stays as it is.
     *
     * <p>Of what it watches already, events come, but the kernel does not tell the path: {@link InotifyWatch#path} is
     * empty, and {@link InotifyEvent#path} is the {@linkplain InotifyEvent#name name} alone, until the same file is
     * {@linkplain #watch watched} here.
     *
     * @param fd an open descriptor that nobody else will close
     * @throws IOException if it is not open, or no inotify instance; the caller keeps it then
     */
    public static InotifyChannel own(int fd) throws IOException {
        OpenFd.require(fd, OpenFd.Kind.INOTIFY);
        return new InotifyChannel(fd);
    }

    /**
     * Watches a file or directory. Of one that is watched already, also by another name (a hard link, a symbolic link),
     * it replaces the mask, and returns the same object; an event of that moment may be lost by the kernel, which sets no
     * mask at first. With {@link #IN_MASK_ADD} none is.
     *
     * @param path a path of the default file system
     * @param mask events and flags, such as {@code IN_CREATE | IN_DELETE | IN_ONLYDIR}
     * @throws java.nio.file.NoSuchFileException if there is no such file
     * @throws java.nio.file.AccessDeniedException if it may not be read
     * @throws java.nio.file.FileSystemException with the kernel's reason; if that is the limit of watches (ENOSPC), the
     *     message names it
     * @throws ClosedChannelException if the channel is closed
     * @throws IllegalArgumentException if the mask has no event, contradicts itself, or has bits that cannot be asked for
     */
    public InotifyWatch watch(Path path, int mask) throws IOException {
        return add(path, requireMask(mask));
    }

    /**
     * Reads the events that are there, in the order in which they happened; of many, as many as fit in a buffer of 32 KiB.
     * In blocking mode waits until there are some.
     *
     * @return a new list; empty in non-blocking mode if there are none
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the wait
     * @throws IOException with the kernel's reason
     */
    public List<InotifyEvent> read() throws IOException {
        readLock.lock();
        try {
            List<InotifyEvent> events = take();
            events.replaceAll(this::paired);
            return events;
        } finally {
            readLock.unlock();
        }
    }

    private InotifyEvent paired(InotifyEvent event) {
        InotifyEvent origin = origin(event);
        return origin == null ? event : event.at(event.path(), origin.path());
    }
}
