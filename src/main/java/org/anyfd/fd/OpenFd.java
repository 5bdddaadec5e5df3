package org.anyfd.fd;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.anyfd.channel.Family;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Sys;

/**
 * What an open descriptor of this process is: see {@link Fds#list} and {@link Fds#describe}. As it was when asked.
 *
 * @param fd its number
 * @param kind what sort of thing it refers to
 * @param target what: the link in {@code /proc/self/fd}, proc(5), such as {@code /var/log/my.log} or {@code socket:[12345]}
 * @param readable whether it is open for reading
 * @param writable whether it is open for writing
 * @param local the address of a socket over IPv4, IPv6 or Unix, with port 0 or an empty path if it is not bound; else null
 * @param remote the peer's address, if such a socket is connected; else null
 */
public record OpenFd(int fd, Kind kind, String target, boolean readable, boolean writable, SocketAddress local,
        SocketAddress remote) {
    /** What a descriptor can refer to. */
    public enum Kind {
        /** A regular file, also one in memory only (memfd_create(2)). */
        FILE,
        /** A directory. */
        DIRECTORY,
        /** A character device, terminals among them. */
        CHARACTER_DEVICE,
        /** A block device, such as a disk. */
        BLOCK_DEVICE,
        /** A pipe or a FIFO. */
        PIPE,
        /** A stream socket that listens. */
        LISTENER,
        /** Another stream socket, connected or not. */
        STREAM,
        /** A datagram socket. */
        DATAGRAM,
        /** A socket of another type: sequenced packets, raw. */
        OTHER_SOCKET,
        /** A counter: eventfd(2), {@link EventFdChannel}. */
        EVENTFD,
        /** A timer: timerfd_create(2), {@link TimerFdChannel}. */
        TIMERFD,
        /** Signals: signalfd(2), which anyfd does not use; see {@link SignalChannel}. */
        SIGNALFD,
        /** Changes of files: inotify(7), {@link InotifyChannel}. */
        INOTIFY,
        /** A set of descriptors, such as a selector's: epoll(7). */
        EPOLL,
        /** A process: pidfd_open(2), {@link PidFdChannel}. */
        PIDFD,
        /** Anything else: io_uring, perf events, ... */
        OTHER
    }

    /**
     * Asks the kernel.
     *
     * @throws IOException if it is not open
     */
    static OpenFd of(int fd) throws IOException {
        int flags = Sys.fcntl(fd, Consts.F_GETFL, 0);
        if (flags < 0) {
            throw Errno.failed("fcntl(F_GETFL, fd " + fd + ")", -flags);
        }
        String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
        int mode = flags & Consts.O_ACCMODE;
        Kind kind = kind(fd, target);
        Family family = Family.ofDomain(Family.getInt(fd, Consts.SOL_SOCKET, Consts.SO_DOMAIN));
        return new OpenFd(fd, kind, target, mode != Consts.O_WRONLY, mode != Consts.O_RDONLY,
            family == null ? null : family.localAddress(fd), family == null ? null : family.remoteAddress(fd));
    }

    /** For a channel of one kind that takes a descriptor over. */
    static void require(int fd, Kind kind) throws IOException {
        OpenFd found = of(fd);
        if (found.kind != kind) {
            throw new IOException("not of kind " + kind + ": fd " + found);
        }
    }

    /** A number that the kernel tells of a descriptor of some kinds in {@code /proc/self/fdinfo}: proc(5). */
    static int info(int fd, String name) throws IOException {
        String file = "/proc/self/fdinfo/" + fd;
        // Not a channel, which an interrupt would close.
        try (InputStream in = new FileInputStream(file)) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.US_ASCII).split("\n")) {
                if (line.startsWith(name + ":")) {
                    return Integer.parseInt(line.substring(name.length() + 1).strip());
                }
            }
        }
        throw new IOException("no " + name + " in " + file);
    }

    private static Kind kind(int fd, String target) throws IOException {
        return switch (FoundFd.kind(fd)) {
            case Consts.S_IFREG -> Kind.FILE;
            case Consts.S_IFDIR -> Kind.DIRECTORY;
            case Consts.S_IFCHR -> Kind.CHARACTER_DEVICE;
            case Consts.S_IFBLK -> Kind.BLOCK_DEVICE;
            case Consts.S_IFIFO -> Kind.PIPE;
            case Consts.S_IFSOCK -> socketKind(fd);
            default -> anonymousKind(target);
        };
    }

    private static Kind socketKind(int fd) {
        return switch (Family.getInt(fd, Consts.SOL_SOCKET, Consts.SO_TYPE)) {
            case Consts.SOCK_STREAM -> Family.getInt(fd, Consts.SOL_SOCKET, Consts.SO_ACCEPTCONN) == 1
                ? Kind.LISTENER : Kind.STREAM;
            case Consts.SOCK_DGRAM -> Kind.DATAGRAM;
            default -> Kind.OTHER_SOCKET;
        };
    }

    /** Files without a type. Linux 6.9 called a pidfd {@code pidfd:[...]}. */
    static Kind anonymousKind(String target) {
        return switch (target) {
            case "anon_inode:[eventfd]" -> Kind.EVENTFD;
            case "anon_inode:[timerfd]" -> Kind.TIMERFD;
            case "anon_inode:[signalfd]" -> Kind.SIGNALFD;
            case "anon_inode:inotify" -> Kind.INOTIFY;
            case "anon_inode:[eventpoll]" -> Kind.EPOLL;
            case "anon_inode:[pidfd]" -> Kind.PIDFD;
            default -> target.startsWith("pidfd:") ? Kind.PIDFD : Kind.OTHER;
        };
    }

    /** Such as {@code 7 STREAM /127.0.0.1:41234 -> /127.0.0.1:80}. */
    @Override
    public String toString() {
        return fd + " " + kind + " " + (local == null ? target : remote == null ? local : local + " -> " + remote);
    }
}
