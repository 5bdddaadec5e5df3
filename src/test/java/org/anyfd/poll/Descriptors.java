package org.anyfd.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.SockAddr;
import org.anyfd.sys.Sys;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Plain descriptors for a test. Closes them behind it, and fails if the test leaves others open: files without a path,
 * as pipes, sockets and eventfds are.
 */
final class Descriptors implements BeforeEachCallback, AfterEachCallback {
    /** A pipe's two ends. */
    record Ends(int read, int write) {
    }
    private static final int HIGH = 5000;
    private static final String WAKER = "anon_inode:[eventfd]";

    static {
        try {
            // The JDK opens a socket with its first file channel, and keeps it.
            Files.newByteChannel(Path.of("/dev/null")).close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final Deque<Integer> open = new ArrayDeque<>();
    private List<String> before;

    @Override
    public void beforeEach(ExtensionContext context) {
        before = census();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        open.forEach(Sys::close);
        // There may be fewer, or more for a while: what earlier tests left to others is closed meanwhile.
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        List<String> more = more();
        while (!more.isEmpty() && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(1_000_000);
            more = more();
        }
        assertEquals(List.of(), more, "open descriptors");
    }

    private List<String> more() {
        List<String> more = census();
        before.forEach(more::remove);
        return more;
    }

    /**
     * The open files that have no path, so not the jars that class loading opens, nor this listing itself; and but for
     * the wakers that are kept for later waits.
     */
    static List<String> census() {
        List<String> files = new ArrayList<>();
        try (DirectoryStream<Path> fds = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path fd : fds) {
                addTo(files, fd);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (int i = Waker.idle(); i > 0; i--) {
            assertTrue(files.remove(WAKER));
        }
        Collections.sort(files);
        return files;
    }

    private static void addTo(List<String> files, Path fd) throws IOException {
        try {
            Path file = Files.readSymbolicLink(fd);
            if (!file.isAbsolute()) {
                files.add(file.toString());
            }
        } catch (NoSuchFileException closedMeanwhile) {
            // one that another thread of the JVM had open
        }
    }

    private int opened(int fd) {
        assertTrue(fd >= 0, () -> "cannot be opened: " + Errno.name(-fd));
        open.push(fd);
        return fd;
    }

    Ends pipe() {
        Scratch s = Scratch.take();
        try {
            assertEquals(0, Sys.pipe2(s.smallAddress(), Consts.O_NONBLOCK | Consts.O_CLOEXEC));
            return new Ends(opened(s.small().getInt(0)), opened(s.small().getInt(Integer.BYTES)));
        } finally {
            s.give();
        }
    }

    int eventfd(int count) {
        return opened(Sys.eventfd(count, Consts.EFD_NONBLOCK | Consts.EFD_CLOEXEC));
    }

    int socket(int domain, int type) {
        return opened(Sys.socket(domain, type | Consts.SOCK_NONBLOCK | Consts.SOCK_CLOEXEC, 0));
    }

    int epoll() {
        return opened(Sys.epollCreate1(Consts.EPOLL_CLOEXEC));
    }

    int file(Path path) {
        return open(path.toString(), Consts.O_RDONLY);
    }

    int open(String path, int flags) {
        Scratch s = Scratch.take();
        try {
            byte[] name = path.getBytes(StandardCharsets.UTF_8);
            s.small().put(0, name).put(name.length, (byte) 0);
            return opened(Sys.open(s.smallAddress(), flags | Consts.O_CLOEXEC, 0));
        } finally {
            s.give();
        }
    }

    /**
     * Gives the file a number that no other thread of the JVM gets by chance when it is closed: the kernel gives out the
     * lowest that is free.
     */
    int high(int fd) {
        int number = opened(Sys.fcntl(fd, Consts.F_DUPFD_CLOEXEC, HIGH));
        close(fd);
        return number;
    }

    int dup(int fd) {
        return opened(Sys.fcntl(fd, Consts.F_DUPFD_CLOEXEC, 0));
    }

    /** Makes a free number, a high one, that of a file that is open. */
    void dupTo(int fd, int number) {
        assertEquals(number, opened(Sys.fcntl(fd, Consts.F_DUPFD_CLOEXEC, number)));
    }

    void close(int fd) {
        assertTrue(open.remove(fd));
        assertEquals(0, Sys.close(fd));
    }

    /** A connected pair of Unix sockets. */
    Ends connected(int type) {
        Scratch s = Scratch.take();
        try {
            int listener = socket(Consts.AF_UNIX, type);
            // bind(2) with the family alone: the kernel chooses an abstract name.
            s.small().putShort(0, (short) Consts.AF_UNIX);
            assertEquals(0, Sys.bind(listener, s.smallAddress(), Short.BYTES));
            assertEquals(0, Sys.listen(listener, 1));
            s.small().putInt(SockAddr.MAX_LEN, SockAddr.MAX_LEN);
            assertEquals(0, Sys.getsockname(listener, s.smallAddress(), s.smallAddress() + SockAddr.MAX_LEN));
            int client = socket(Consts.AF_UNIX, type);
            assertEquals(0, Sys.connect(client, s.smallAddress(), s.small().getInt(SockAddr.MAX_LEN)));
            int server = opened(Sys.accept4(listener, 0, 0, Consts.SOCK_NONBLOCK | Consts.SOCK_CLOEXEC));
            close(listener);
            return new Ends(client, server);
        } finally {
            s.give();
        }
    }

    static long write(int fd, int bytes) {
        Scratch s = Scratch.take();
        try {
            return Sys.write(fd, s.smallAddress(), bytes);
        } finally {
            s.give();
        }
    }

    static long read(int fd, int bytes) {
        Scratch s = Scratch.take();
        try {
            return Sys.read(fd, s.smallAddress(), bytes);
        } finally {
            s.give();
        }
    }

    /** Adds to an eventfd's counter; -1 fills it. */
    static void add(int eventfd, long count) {
        Scratch s = Scratch.take();
        try {
            s.small().putLong(0, count == -1 ? -2 : count);
            assertEquals(Long.BYTES, Sys.write(eventfd, s.smallAddress(), Long.BYTES));
        } finally {
            s.give();
        }
    }

    static boolean isOpen(int fd) {
        return Sys.fcntl(fd, Consts.F_GETFD, 0) >= 0;
    }
}
