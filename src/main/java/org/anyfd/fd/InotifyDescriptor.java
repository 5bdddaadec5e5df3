package org.anyfd.fd;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.anyfd.channel.Attempt;
import org.anyfd.channel.Bytes;
import org.anyfd.poll.Await;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.FileNames;
import org.anyfd.sys.Inotify;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.NativeMemory;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/** What {@link InotifyChannel} and {@link InotifyTree} share: an inotify descriptor, its watches, and its events. */
abstract class InotifyDescriptor extends DescriptorChannel {
    /** Room for hundreds of events, and for one with the longest name (255 bytes), below which the kernel says EINVAL. */
    private static final int BUFFER_BYTES = 32 * 1024;
    /**
     * How many IN_MOVED_FROM wait for their IN_MOVED_TO. The kernel queues the two one after the other, so only those of
     * other threads come in between; what waits longer went elsewhere.
     */
    private static final int MOST_MOVES = 256;
    private static final int FLAGS = Consts.IN_ONLYDIR | Consts.IN_DONT_FOLLOW | Consts.IN_EXCL_UNLINK
        | Consts.IN_MASK_CREATE | Consts.IN_MASK_ADD | Consts.IN_ONESHOT;

    /** Of a watch that somebody else began: the kernel does not tell. */
    private static final Path UNKNOWN = Path.of("");

    /** Guarded by readLock. */
    private final ByteBuffer buffer = NativeMemory.allocate(BUFFER_BYTES);
    /** The IN_MOVED_FROM events whose IN_MOVED_TO has not come, by cookie, oldest first. Guarded by readLock. */
    private final Map<Integer, InotifyEvent> moves = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, InotifyEvent> eldest) {
            return size() > MOST_MOVES;
        }
    };
    /**
     * By descriptor. Guarded by itself, also while the kernel adds and removes watches, so that a reader who gets an event
     * finds its watch here. Nothing else is locked inside.
     */
    private final Map<Integer, InotifyWatch> watches = new HashMap<>();
    /**
     * Of an adopted descriptor, whose other watches are met when they have an event: those that were cancelled, until
     * their IN_IGNORED comes. Else null. Guarded by {@link #watches}.
     */
    private final Set<Integer> cancelled;

    InotifyDescriptor() throws IOException {
        super(Fd.own(init()), Attempt.PLAIN, SelectionKey.OP_READ);
        cancelled = null;
    }

    /** For a descriptor that somebody else made, and may have begun to use. inotify knows no RWF_NOWAIT. */
    InotifyDescriptor(int adopted) {
        super(Fd.own(adopted), Attempt.POLL_FIRST, SelectionKey.OP_READ);
        cancelled = new HashSet<>();
    }

    private static int init() throws IOException {
        int fd = Inotify.inotifyInit1(Consts.IN_NONBLOCK | Consts.IN_CLOEXEC);
        if (fd == -Errno.EMFILE) {
            // Says so too if this user has too many inotify instances.
            int other = Sys.eventfd(0, Consts.EFD_CLOEXEC);
            if (other >= 0) {
                Sys.close(other);
                throw new IOException("inotify_init1(): EMFILE this user has as many inotify instances as the limit"
                    + " allows, " + limit("max_user_instances") + "; one instance can have many watches");
            }
        }
        if (fd < 0) {
            throw Errno.failed("inotify_init1()", -fd);
        }
        return fd;
    }

    /** A limit with its value and where to change it. */
    private static String limit(String name) throws IOException {
        String value;
        // Not Files.readString: such a file gives all or nothing in one read(2), and that begins with one byte.
        try (BufferedReader file = Files.newBufferedReader(Path.of("/proc/sys/fs/inotify", name))) {
            value = file.readLine();
        } catch (NoSuchFileException | AccessDeniedException e) {
            value = "unknown";
        }
        return "sysctl fs.inotify." + name + " = " + value;
    }

    /** Refuses what inotify_add_watch(2) would refuse with EINVAL. */
    static int requireMask(int mask) {
        if ((mask & Consts.IN_ALL_EVENTS) == 0) {
            throw new IllegalArgumentException("mask has no event: " + InotifyEvent.names(mask));
        }
        if ((mask & ~(Consts.IN_ALL_EVENTS | FLAGS)) != 0) {
            throw new IllegalArgumentException(
                "not to be asked for: " + InotifyEvent.names(mask & ~(Consts.IN_ALL_EVENTS | FLAGS)));
        }
        if ((mask & Consts.IN_MASK_ADD) != 0 && (mask & Consts.IN_MASK_CREATE) != 0) {
            throw new IllegalArgumentException("IN_MASK_ADD and IN_MASK_CREATE contradict each other");
        }
        return mask;
    }

    /** As {@link InotifyChannel#watch}. */
    final InotifyWatch add(Path path, int mask) throws IOException {
        // As in java.nio.file, the empty path is the working directory.
        byte[] name = FileNames.bytes(path.toString().isEmpty() ? path.getFileSystem().getPath(".") : path);
        if (!fd().acquire()) {
            throw new ClosedChannelException();
        }
        try {
            synchronized (watches) {
                int wd = FileNames.call(name, n -> Inotify.inotifyAddWatch(fd().number(), n, mask));
                if (wd < 0) {
                    throw failed(path, mask, -wd);
                }
                InotifyWatch watch = watches.computeIfAbsent(wd, n -> new InotifyWatch(this, n, path));
                if (watch.path() == UNKNOWN) {
                    watch.moved(path);
                }
                return watch;
            }
        } finally {
            fd().release();
        }
    }

    private static IOException failed(Path path, int mask, int errno) throws IOException {
        return switch (errno) {
            case Errno.ENOSPC -> new FileSystemException(path.toString(), null, "inotify_add_watch: ENOSPC this user has as"
                + " many watches as the limit allows, " + limit("max_user_watches"));
            case Errno.EEXIST -> new FileAlreadyExistsException(path.toString(), null, "watched already (IN_MASK_CREATE)");
            case Errno.ENOTDIR -> (mask & Consts.IN_ONLYDIR) != 0
                ? new NotDirectoryException(path.toString())
                : Errno.fileException(path.toString(), errno);
            default -> Errno.fileException(path.toString(), errno);
        };
    }

    /** As {@link InotifyWatch#cancel}. */
    final void remove(InotifyWatch watch) {
        if (!fd().acquire()) {
            return;
        }
        try {
            synchronized (watches) {
                if (watches.remove(watch.descriptor(), watch)) {
                    watch.invalidate();
                    if (cancelled != null) {
                        cancelled.add(watch.descriptor());
                    }
                    // EINVAL: the kernel has dropped it, and IN_IGNORED waits to be read.
                    Inotify.inotifyRmWatch(fd().number(), watch.descriptor());
                }
            }
        } finally {
            fd().release();
        }
    }

    /** Waits in blocking mode for events. Called under readLock. */
    final List<InotifyEvent> take() throws IOException {
        List<InotifyEvent> events = new ArrayList<>();
        while (events.isEmpty() && Bytes.read(this, io, buffer.clear()) > 0) {
            parse(events);
        }
        return events;
    }

    /** Adds the events that are there now, if any. Called under readLock. */
    final void takeMore(List<InotifyEvent> events) throws IOException {
        if (isPending() && Bytes.read(this, io, buffer.clear()) > 0) {
            parse(events);
        }
    }

    /** Whether there are events to read. */
    final boolean isPending() {
        if (!fd().acquire()) {
            return false;
        }
        Scratch s = Scratch.take();
        try {
            return Await.look(fd().number(), Consts.POLLIN, s) != 0;
        } finally {
            s.give();
            fd().release();
        }
    }

    private void parse(List<InotifyEvent> events) {
        int end = buffer.position();
        for (int at = 0; at < end; at += Layouts.INOTIFY_EVENT + buffer.getInt(at + Layouts.INOTIFY_EVENT_LEN)) {
            int mask = buffer.getInt(at + Layouts.INOTIFY_EVENT_MASK);
            InotifyWatch watch = watch(buffer.getInt(at + Layouts.INOTIFY_EVENT_WD), mask);
            if (watch != null || (mask & Consts.IN_Q_OVERFLOW) != 0) {
                events.add(new InotifyEvent(watch, mask, buffer.getInt(at + Layouts.INOTIFY_EVENT_COOKIE), name(at)));
            }
        }
    }

    /** Null if it was cancelled, and for an overflow, whose descriptor is -1. */
    private InotifyWatch watch(int wd, int mask) {
        synchronized (watches) {
            InotifyWatch watch = watches.get(wd);
            if (watch == null && cancelled != null && wd > 0 && !cancelled.contains(wd)) {
                watch = new InotifyWatch(this, wd, UNKNOWN);
                watches.put(wd, watch);
            }
            if ((mask & Consts.IN_IGNORED) != 0) {
                ended(wd, watch);
            }
            return watch;
        }
    }

    private void ended(int wd, InotifyWatch watch) {
        watches.remove(wd);
        if (cancelled != null) {
            cancelled.remove(wd);
        }
        if (watch != null) {
            watch.invalidate();
        }
    }

    /** Null if the event has none. */
    private Path name(int at) {
        int padded = buffer.getInt(at + Layouts.INOTIFY_EVENT_LEN);
        int start = at + Layouts.INOTIFY_EVENT_NAME;
        int len = 0;
        while (len < padded && buffer.get(start + len) != 0) {
            len++;
        }
        if (len == 0) {
            return null;
        }
        byte[] name = new byte[len];
        buffer.get(start, name);
        return FileNames.path(name);
    }

    /** Keeps an IN_MOVED_FROM; for an IN_MOVED_TO returns the one it belongs to, or null. Called under readLock. */
    final InotifyEvent origin(InotifyEvent event) {
        if (event.is(Consts.IN_MOVED_FROM)) {
            moves.put(event.cookie(), event);
        }
        return event.is(Consts.IN_MOVED_TO) ? moves.remove(event.cookie()) : null;
    }
}
