package org.anyfd.testing;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import jnr.ffi.LibraryLoader;
import org.anyfd.poll.Await;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * Descriptors as another program, or a C library, makes and uses them: by number, blocking unless said otherwise. A call
 * that fails throws.
 */
public final class Raw {
    /** The functions that only tests call. */
    public interface Calls {
        int dup3(int from, int to, int flags);
        int socketpair(int domain, int type, int protocol, long fds);
        int mkfifo(String path, int mode);
        int memfd_create(String name, int flags);
        int timerfd_create(int clock, int flags);
        int timerfd_settime(int fd, int flags, long spec, long old);
        int inotify_init1(int flags);
        int inotify_add_watch(int fd, String path, int mask);
        long syscall(long number, long a, long b);
        int system(String command);
        int kill(int pid, int signal);
        int adjtimex(long timex);
    }

    private static final Calls CALLS = LibraryLoader.create(Calls.class).load("c");

    private static final int AF_UNIX = 1;
    private static final int F_DUPFD = 0;
    private static final int SYS_PIDFD_OPEN = 434;
    private static final int CLOCK_MONOTONIC = 1;
    private static final int IN_CREATE = 0x100;
    private static final int ADJ_SETOFFSET = 0x100;
    private static final int ADJ_NANO = 0x2000;
    // struct timex: modes first, time somewhere in the middle.
    private static final int TIMEX = 208;
    private static final int TIMEX_SEC = 72;
    private static final int TIMEX_NSEC = 80;

    // struct tcp_info: eight bytes, then ints.
    private static final int TCP_INFO_UNACKED = 24;

    private static final int TIOCSPTLCK = 0x40045431;
    private static final int TIOCGPTN = 0x80045430;
    private static final int TCSETS = 0x5402;
    // struct termios: four flag words, then c_line and c_cc.
    private static final int C_IFLAG = 0;
    private static final int C_OFLAG = 4;
    private static final int C_LFLAG = 12;
    private static final int C_CC = 17;
    private static final int XTABS = 014000;
    private static final int VTIME = 5;
    private static final int VMIN = 6;

    private Raw() {
    }

    /** Two descriptors that belong together. */
    public record Pair(int first, int second) {
    }

    private static int checked(String call, int result) throws IOException {
        if (result < 0) {
            throw Errno.failed(call, -result);
        }
        return result;
    }

    /** For {@link #CALLS}, which return -1 and leave the reason behind. */
    private static int made(String call, int result) throws IOException {
        if (result < 0) {
            throw new IOException(call + ": errno " + jnr.ffi.Runtime.getRuntime(CALLS).getLastError());
        }
        return result;
    }

    private interface WithScratch {
        int call(ByteBuffer memory, long address) throws IOException;
    }

    private static int with(WithScratch use) throws IOException {
        Scratch s = Scratch.take();
        try {
            return use.call(s.small(), s.smallAddress());
        } finally {
            s.give();
        }
    }

    /** Reading end first. */
    public static Pair pipe() throws IOException {
        int[] fds = new int[2];
        with((m, address) -> {
            int r = checked("pipe2", Sys.pipe2(address, Consts.O_CLOEXEC));
            fds[0] = m.getInt(0);
            fds[1] = m.getInt(4);
            return r;
        });
        return new Pair(fds[0], fds[1]);
    }

    /** A pair of Unix sockets. */
    public static Pair sockets(int type) throws IOException {
        int[] fds = new int[2];
        with((m, address) -> {
            int r = made("socketpair", CALLS.socketpair(AF_UNIX, type | Consts.SOCK_CLOEXEC, 0, address));
            fds[0] = m.getInt(0);
            fds[1] = m.getInt(4);
            return r;
        });
        return new Pair(fds[0], fds[1]);
    }

    /** A pty in raw mode, so that bytes pass as they are: master first. */
    public static Pair pty() throws IOException {
        int master = ptyMaster();
        try {
            int slave = open(slaveName(master), Consts.O_RDWR | Consts.O_NOCTTY);
            makeRaw(slave);
            return new Pair(master, slave);
        } catch (IOException e) {
            close(master);
            throw e;
        }
    }

    /** An unlocked master whose slave nobody has opened. */
    public static int ptyMaster() throws IOException {
        int master = open(Path.of("/dev/ptmx"), Consts.O_RDWR | Consts.O_NOCTTY);
        unlock(master);
        return master;
    }

    /** Allows the slave of a master to be opened: unlockpt(3). */
    public static void unlock(int master) throws IOException {
        with((m, address) -> {
            m.putInt(0, 0);
            return checked("ioctl(TIOCSPTLCK)", Sys.ioctl(master, TIOCSPTLCK, address));
        });
    }

    public static Path slaveName(int master) throws IOException {
        int[] number = new int[1];
        with((m, address) -> {
            int r = checked("ioctl(TIOCGPTN)", Sys.ioctl(master, TIOCGPTN & 0xFFFF_FFFFL, address));
            number[0] = m.getInt(0);
            return r;
        });
        return Path.of("/dev/pts/" + number[0]);
    }

    /** As cfmakeraw(3), for what matters here. */
    public static void makeRaw(int tty) throws IOException {
        with((m, address) -> {
            checked("ioctl(TCGETS)", Sys.ioctl(tty, Consts.TCGETS, address));
            m.putInt(C_IFLAG, 0);
            m.putInt(C_OFLAG, 0);
            m.putInt(C_LFLAG, 0);
            m.put(C_CC + VMIN, (byte) 1);
            m.put(C_CC + VTIME, (byte) 0);
            return checked("ioctl(TCSETS)", Sys.ioctl(tty, TCSETS, address));
        });
    }

    /** All that a terminal is set to, in a form to compare and to print. */
    public static String settings(int tty) throws IOException {
        StringBuilder hex = new StringBuilder();
        with((m, address) -> {
            checked("ioctl(TCGETS2)", Sys.ioctl(tty, Consts.TCGETS2 & 0xFFFF_FFFFL, address));
            for (int i = 0; i < Layouts.TERMIOS2; i++) {
                hex.append(String.format("%02x", m.get(i)));
            }
            return 0;
        });
        return hex.toString();
    }

    /** How many bytes a read of a terminal that edits no lines waits for. */
    public static void setMinimum(int tty, int bytes) throws IOException {
        with((m, address) -> {
            checked("ioctl(TCGETS)", Sys.ioctl(tty, Consts.TCGETS, address));
            m.put(C_CC + VMIN, (byte) bytes);
            return checked("ioctl(TCSETS)", Sys.ioctl(tty, TCSETS, address));
        });
    }

    /** Has a terminal write eight spaces for a tab. */
    public static void expandTabs(int tty) throws IOException {
        with((m, address) -> {
            checked("ioctl(TCGETS)", Sys.ioctl(tty, Consts.TCGETS, address));
            m.putInt(C_OFLAG, m.getInt(C_OFLAG) | XTABS);
            return checked("ioctl(TCSETS)", Sys.ioctl(tty, TCSETS, address));
        });
    }

    public static int open(Path path, int flags) throws IOException {
        byte[] name = (path + "\0").getBytes(StandardCharsets.UTF_8);
        return with((m, address) -> {
            m.put(0, name);
            return checked("open(" + path + ")", Sys.open(address, flags | Consts.O_CLOEXEC, 0600));
        });
    }

    public static Path fifo(Path path) throws IOException {
        made("mkfifo(" + path + ")", CALLS.mkfifo(path.toString(), 0600));
        return path;
    }

    public static int eventfd(int initial) throws IOException {
        return checked("eventfd", Sys.eventfd(initial, Consts.EFD_CLOEXEC));
    }

    public static int memfd() throws IOException {
        return made("memfd_create", CALLS.memfd_create("test", 1));
    }

    /** A timer that is not set. */
    public static int timerfd() throws IOException {
        return made("timerfd_create", CALLS.timerfd_create(CLOCK_MONOTONIC, Consts.O_CLOEXEC));
    }

    /** Has a timer expire once, and at once. */
    public static void expire(int timerfd) throws IOException {
        with((m, address) -> {
            m.putLong(0, 0).putLong(8, 0).putLong(16, 0).putLong(24, 1);
            return made("timerfd_settime", CALLS.timerfd_settime(timerfd, 0, address, 0));
        });
    }

    /** Sends this JVM a signal, as another process would. */
    public static void kill(int signal) throws IOException {
        made("kill", CALLS.kill((int) ProcessHandle.current().pid(), signal));
    }

    /**
     * Sets the wall clock, though by no more than a nanosecond: one forward, and back.
     *
     * @return false if this process may not
     */
    public static boolean setClock() throws IOException {
        return with((m, address) -> {
            m.put(0, new byte[TIMEX]).putInt(0, ADJ_SETOFFSET | ADJ_NANO).putLong(TIMEX_NSEC, 1);
            if (CALLS.adjtimex(address) < 0) {
                return 0;
            }
            m.put(0, new byte[TIMEX]).putInt(0, ADJ_SETOFFSET | ADJ_NANO);
            m.putLong(TIMEX_SEC, -1).putLong(TIMEX_NSEC, 999_999_999);
            made("adjtimex", CALLS.adjtimex(address));
            return 1;
        }) == 1;
    }

    public static int inotify() throws IOException {
        return made("inotify_init1", CALLS.inotify_init1(Consts.O_CLOEXEC));
    }

    /** Watches a directory for new files. */
    public static void watch(int inotify, Path directory) throws IOException {
        made("inotify_add_watch", CALLS.inotify_add_watch(inotify, directory.toString(), IN_CREATE));
    }

    public static int pidfd(long pid) throws IOException {
        return made("pidfd_open", (int) CALLS.syscall(SYS_PIDFD_OPEN, pid, 0));
    }

    public static int epoll() throws IOException {
        return checked("epoll_create1", Sys.epollCreate1(Consts.EPOLL_CLOEXEC));
    }

    /** Has an epoll descriptor watch another for POLLIN. */
    public static void epollAdd(int epfd, int fd) throws IOException {
        with((m, address) -> {
            m.putInt(0, Consts.EPOLLIN);
            return checked("epoll_ctl", Sys.epollCtl(epfd, Consts.EPOLL_CTL_ADD, fd, address));
        });
    }

    /** Never bound, never connected. */
    public static int socket(int domain, int type) throws IOException {
        return checked("socket", Sys.socket(domain, type | Consts.SOCK_CLOEXEC, 0));
    }

    public static int dup(int fd) throws IOException {
        return dupAbove(0, fd);
    }

    /** A duplicate with the first free number from {@code least} on. */
    static int dupAbove(int least, int fd) throws IOException {
        return checked("fcntl(F_DUPFD_CLOEXEC)", Sys.fcntl(fd, Consts.F_DUPFD_CLOEXEC, least));
    }

    /** Makes {@code to} a duplicate of {@code from}; closes what {@code to} was. */
    public static void dup(int from, int to) throws IOException {
        made("dup3", CALLS.dup3(from, to, Consts.O_CLOEXEC));
    }

    public static void close(int fd) throws IOException {
        checked("close(" + fd + ")", Sys.close(fd));
    }

    public static boolean isOpen(int fd) {
        return Sys.fcntl(fd, Consts.F_GETFD, 0) >= 0;
    }

    /** The flags of the open file description: F_GETFL. */
    public static int flags(int fd) throws IOException {
        return checked("fcntl(F_GETFL)", Sys.fcntl(fd, Consts.F_GETFL, 0));
    }

    public static boolean isNonBlocking(int fd) throws IOException {
        return (flags(fd) & Consts.O_NONBLOCK) != 0;
    }

    public static void setNonBlocking(int fd, boolean on) throws IOException {
        int flags = flags(fd) & ~Consts.O_NONBLOCK;
        checked("fcntl(F_SETFL)", Sys.fcntl(fd, Consts.F_SETFL, on ? flags | Consts.O_NONBLOCK : flags));
    }

    /** Writes all of the bytes, 4096 at most, waiting as the descriptor does. */
    public static void write(int fd, byte... bytes) throws IOException {
        with((m, address) -> {
            m.put(0, bytes);
            int written = checked("write(" + fd + ")", (int) Sys.write(fd, address, bytes.length));
            if (written != bytes.length) {
                throw new IOException("wrote " + written + " of " + bytes.length);
            }
            return written;
        });
    }

    /** Reads up to 4096 bytes, waiting as the descriptor does; empty at end-of-stream. */
    public static byte[] read(int fd) throws IOException {
        byte[][] bytes = new byte[1][];
        with((m, address) -> {
            int n = checked("read(" + fd + ")", (int) Sys.read(fd, address, 4096));
            bytes[0] = new byte[n];
            m.get(0, bytes[0]);
            return n;
        });
        return bytes[0];
    }

    /**
     * Reads until there are as many bytes, or more. Of a cooked terminal's echo and output the kernel makes several
     * writes, which may come one at a time.
     *
     * @throws EOFException at end-of-stream
     */
    public static byte[] readAtLeast(int fd, int count) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (all.size() < count) {
            byte[] more = read(fd);
            if (more.length == 0) {
                throw new EOFException("after " + all.size() + " bytes");
            }
            all.write(more);
        }
        return all.toByteArray();
    }

    /** A long, as eventfd(2) and timerfd_create(2) read it. */
    public static long readLong(int fd) throws IOException {
        return ByteBuffer.wrap(read(fd)).order(ByteOrder.nativeOrder()).getLong();
    }

    /** The events that poll(2) reports without waiting, of all it can be asked for. */
    public static int poll(int fd) {
        Scratch s = Scratch.take();
        try {
            return Await.look(fd, Consts.POLLIN | Consts.POLLPRI | Consts.POLLOUT, s);
        } finally {
            s.give();
        }
    }

    /** How many connections wait to be accepted: tcpi_unacked of a listening socket, {@code tcp_get_info} of Linux. */
    public static int backlog(int listener) {
        Scratch s = Scratch.take();
        try {
            s.small().putInt(0, TCP_INFO_UNACKED + Integer.BYTES);
            int r = Sys.getsockopt(listener, Consts.IPPROTO_TCP, Consts.TCP_INFO, s.smallAddress() + 8, s.smallAddress());
            return r < 0 ? r : s.small().getInt(8 + TCP_INFO_UNACKED);
        } finally {
            s.give();
        }
    }

    /**
     * Starts a process that has a copy of a descriptor, as a program that forks has of all that are not close-on-exec.
     * The JDK closes them all in the processes that it starts.
     */
    public static Holder hold(int fd) throws IOException {
        Path told = Files.createTempFile("anyfd-test", ".pid");
        try {
            int passed = checked("fcntl(F_DUPFD)", Sys.fcntl(fd, F_DUPFD, 0));
            made("system", CALLS.system("sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >" + told));
            close(passed);
            return new Holder(Long.parseLong(Files.readString(told).strip()));
        } finally {
            Files.delete(told);
        }
    }

    /** A process that does nothing but keep a file open. */
    public static final class Holder implements Closeable {
        private final ProcessHandle process;

        private Holder(long pid) {
            process = ProcessHandle.of(pid).orElseThrow();
        }

        public boolean isAlive() {
            return process.isAlive();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    /** Whether this JVM was started with a signal ignored, as those of a shell's background job are; its children are too. */
    public static boolean isIgnored(int signal) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("SigIgn:")) {
                return (Long.parseUnsignedLong(line.substring(7).strip(), 16) >> (signal - 1) & 1) != 0;
            }
        }
        throw new IOException("/proc/self/status has no SigIgn");
    }
}
