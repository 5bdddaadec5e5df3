package org.anyfd.channel;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Platform;
import org.anyfd.sys.Sys;

/**
 * Internal. The descriptors that a service manager passed to this process, as sd_listen_fds(3) has it: LISTEN_FDS of them
 * from number 3 on, named by LISTEN_FDNAMES, if LISTEN_PID is this process. Each is taken once, by the program or by a
 * bind to its address. Any thread may call any method; the class's monitor guards the list, and a channel's address
 * monitor may be held meanwhile.
 */
public final class PassedFds {
    private static final String CHOICE = System.getProperty("org.anyfd.listenFds", "false");
    /** Whether a bind takes the socket of its address: the user's choice. */
    static final boolean TAKEN_BY_BIND = CHOICE.equalsIgnoreCase("true");

    /** SD_LISTEN_FDS_START. */
    private static final int FIRST = 3;

    /** Null until somebody asks. Guarded by the class's monitor. */
    private static List<Passed> untaken;

    private PassedFds() {
    }

    /** One of them. */
    public record Passed(int number, String name) {
    }

    /**
     * Those that nobody has taken yet.
     *
     * @throws IOException if the environment says what cannot be
     */
    public static synchronized List<Passed> untaken() throws IOException {
        if (untaken == null) {
            untaken = parse(System.getenv(), ProcessHandle.current().pid(),
                fd -> Sys.fcntl(fd, Consts.F_SETFD, Consts.FD_CLOEXEC));
        }
        return List.copyOf(untaken);
    }

    /**
     * What the environment says was passed; nothing, if to another process. Without LISTEN_PID, it is to any.
     *
     * @param closeOnExec what keeps a number from children; returns -errno if it is not open, and ends the list
     */
    static List<Passed> parse(Map<String, String> environment, long ownPid, IntUnaryOperator closeOnExec)
            throws IOException {
        String count = environment.get("LISTEN_FDS");
        String pid = environment.get("LISTEN_PID");
        if (count == null || pid != null && number("LISTEN_PID", pid) != ownPid) {
            return List.of();
        }
        String[] names = environment.getOrDefault("LISTEN_FDNAMES", "").split(":");
        List<Passed> passed = new ArrayList<>();
        int n = number("LISTEN_FDS", count);
        for (int i = 0; i < n; i++) {
            int r = closeOnExec.applyAsInt(FIRST + i);
            if (r < 0) {
                throw Errno.failed("LISTEN_FDS=" + n + ": fcntl(F_SETFD, fd " + (FIRST + i) + ")", -r);
            }
            // As sd_listen_fds_with_names(3) calls what has no name.
            String name = i < names.length && !names[i].isEmpty() ? names[i] : "unknown";
            passed.add(new Passed(FIRST + i, name));
        }
        return passed;
    }

    private static int number(String variable, String value) throws IOException {
        try {
            return Math.toIntExact(Long.parseUnsignedLong(value));
        } catch (NumberFormatException | ArithmeticException e) {
            throw new IOException(variable + "=" + value + " in the environment is not a number");
        }
    }

    /** What is done with a descriptor that is taken. */
    public interface Use<T> {
        T with(int number) throws IOException;
    }

    /**
     * Takes one.
     *
     * @param use what becomes its owner, unless it throws: then it stays here
     * @throws IOException if it has been taken already
     */
    public static synchronized <T> T take(Passed fd, Use<T> use) throws IOException {
        if (!untaken().contains(fd)) {
            throw new IOException("fd " + fd.number + " (" + fd.name + ") has been taken already");
        }
        T result = use.with(fd.number);
        untaken.remove(fd);
        return result;
    }

    /** What sets a socket up as a channel's own was. */
    interface HandOver {
        /**
         * Sets a socket up, whose number stays open during the call, and makes it the channel's; nothing is set meanwhile.
         *
         * @param change what makes it the channel's
         */
        void to(int number, Family family, Change change) throws IOException;
    }

    /** What makes another socket the channel's. */
    interface Change {
        void run() throws IOException;
    }

    /**
     * Binds a channel by giving it the socket that was passed for the address, if the user wants that: its number is
     * made to stand for that socket. Nobody waits for a socket that is not bound, but it may be registered: its keys, if
     * it has any, are then to be {@link OpenSelectors#watchAnew watched anew}.
     *
     * @param fd the channel's descriptor, under a reference
     * @param kind {@link ServerSocketChannel} or {@link java.nio.channels.DatagramChannel}
     * @param family the channel's family
     * @param address null for any
     * @param handOver brings along what the program has set
     * @return the family of the socket; null if there is none for the address
     * @throws IllegalArgumentException if the user's choice is neither true nor false
     */
    static synchronized Family bind(Fd fd, Class<? extends SelectableChannel> kind, Family family,
            SocketAddress address, HandOver handOver) throws IOException {
        if (!Platform.isTrue("org.anyfd.listenFds", CHOICE) || address == null) {
            return null;
        }
        SocketAddress wanted = family.check(address);
        Passed found = null;
        Family its = null;
        for (Passed passed : untaken()) {
            Adoption socket = Adoption.of(passed.number);
            if (socket != null && socket.channel() == kind && isFor(passed.number, socket, family, wanted)
                    && (found == null || socket.family() == family)) {
                found = passed;
                its = socket.family();
            }
        }
        return found == null ? null : give(found, its, kind, fd, handOver);
    }

    private static Family give(Passed socket, Family family, Class<?> kind, Fd fd, HandOver handOver)
            throws IOException {
        return take(socket, passed -> {
            handOver.to(passed, family, () -> {
                if (kind == ServerSocketChannel.class) {
                    Adoption.setNonBlocking(passed);
                }
                int r = fd.replace(passed);
                if (r < 0) {
                    throw Errno.failed("dup2(" + passed + ", " + fd.number() + ")", -r);
                }
            });
            Sys.fcntl(fd.number(), Consts.F_SETFD, Consts.FD_CLOEXEC);
            Sys.close(passed);
            return family;
        });
    }

    /**
     * Whether a socket has the address. One wildcard is like another, for Java writes 0.0.0.0 where it means both
     * families; but a datagram channel can send by a socket of its own family only.
     */
    private static boolean isFor(int number, Adoption socket, Family family, SocketAddress address) throws IOException {
        if (socket.family() == Family.UNIX || family == Family.UNIX) {
            return socket.family() == family && (address instanceof UnixName name
                ? Arrays.equals(name.sunPath(), Family.sunPath(number))
                : samePath(address, family.localAddress(number)));
        }
        if (socket.family() != family && socket.channel() != ServerSocketChannel.class) {
            return false;
        }
        InetSocketAddress wanted = (InetSocketAddress) address;
        InetSocketAddress has = (InetSocketAddress) socket.family().localAddress(number);
        return wanted.getPort() == has.getPort() && wanted.getPort() != 0
            && (wanted.getAddress().equals(has.getAddress())
                || wanted.getAddress().isAnyLocalAddress() && has.getAddress().isAnyLocalAddress());
    }

    /** A socket whose file was deleted cannot be reached any more. */
    private static boolean samePath(SocketAddress wanted, SocketAddress has) throws IOException {
        Path path = ((UnixDomainSocketAddress) wanted).getPath();
        Path its = ((UnixDomainSocketAddress) has).getPath();
        return !its.toString().isEmpty() && Files.exists(path) && Files.exists(its) && Files.isSameFile(path, its);
    }

    /** The exception of a bind that failed, with a word on why no passed socket was taken, if the user wanted that. */
    static IOException explained(BindException e) throws IOException {
        if (!TAKEN_BY_BIND) {
            return e;
        }
        BindException explained = new BindException(e.getMessage() + " (org.anyfd.listenFds: " + whyNotTaken() + ")");
        explained.initCause(e);
        return explained;
    }

    private static String whyNotTaken() throws IOException {
        if (System.getenv("LISTEN_FDS") == null) {
            return "no LISTEN_FDS in the environment";
        }
        String pid = System.getenv("LISTEN_PID");
        long own = ProcessHandle.current().pid();
        if (pid != null && number("LISTEN_PID", pid) != own) {
            return "LISTEN_PID=" + pid + ", but this is process " + own + "; a script must exec java";
        }
        List<String> left = new ArrayList<>();
        for (Passed fd : untaken()) {
            left.add(describe(fd));
        }
        return "passed and not taken: " + (left.isEmpty() ? "none" : String.join(", ", left));
    }

    /** Such as {@code fd 3 "http" ServerSocketChannel 0.0.0.0:80}. */
    public static synchronized String describe(Passed fd) throws IOException {
        String named = "fd " + fd.number + " \"" + fd.name + "\"";
        if (!untaken().contains(fd)) {
            return named + " (taken)";
        }
        Adoption socket = Adoption.of(fd.number);
        return socket == null ? named : named + " " + socket.channel().getSimpleName() + " " + address(fd);
    }

    /** Where a socket is bound; null if it is taken, or none that NIO has a class for. */
    public static synchronized SocketAddress address(Passed fd) throws IOException {
        Adoption socket = untaken().contains(fd) ? Adoption.of(fd.number) : null;
        return socket == null ? null : socket.family().localAddress(fd.number);
    }
}
