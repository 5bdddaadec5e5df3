package org.anyfd.channel;

import java.io.FileInputStream;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.FileNames;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.SockAddr;
import org.anyfd.sys.Sys;

/**
 * Internal. A protocol family: its sockets, which addresses they take, and how these are written for the kernel. All
 * that differs between families, so that the channels need not ask which one is theirs.
 */
public enum Family {
    INET(Consts.AF_INET),
    INET6(Consts.AF_INET6),
    UNIX(Consts.AF_UNIX);

    private final int domain;

    Family(int domain) {
        this.domain = domain;
    }

    /** Looked at once, and not before a socket is wanted. */
    private static final class Ipv6 {
        static final boolean AVAILABLE =
            !Boolean.getBoolean("java.net.preferIPv4Stack") && kernelHas() && anyAddress("/proc/net/if_inet6");

        private static boolean kernelHas() {
            int fd = Sys.socket(Consts.AF_INET6, Consts.SOCK_STREAM | Consts.SOCK_CLOEXEC, 0);
            if (fd >= 0) {
                Sys.close(fd);
            }
            return fd >= 0;
        }
    }

    /**
     * Whether an interface has an IPv6 address: none has with the sysctl {@code net.ipv6.conf.all.disable_ipv6}, as in many
     * containers, where the kernel gives IPv6 sockets still. The JDK does without IPv6 then, and has to be followed: what
     * connects to {@code ::}, a listener's address, would find no {@code ::1}.
     */
    static boolean anyAddress(String file) {
        try (FileInputStream addresses = new FileInputStream(file)) {
            return addresses.read() >= 0;
        } catch (IOException without) {
            return false;
        }
    }

    /** The family of a channel for which the program names none: IPv6, whose sockets serve IPv4 too, if there is IPv6. */
    public static Family preferred() {
        return Ipv6.AVAILABLE ? INET6 : INET;
    }

    /**
     * The family a program names.
     *
     * @throws UnsupportedOperationException if it is none of ours, or this machine has no IPv6
     */
    public static Family of(ProtocolFamily family) {
        Objects.requireNonNull(family);
        if (family == StandardProtocolFamily.INET) {
            return INET;
        }
        if (family == StandardProtocolFamily.INET6) {
            if (!Ipv6.AVAILABLE) {
                throw new UnsupportedOperationException("IPv6 not available");
            }
            return INET6;
        }
        if (family == StandardProtocolFamily.UNIX) {
            return UNIX;
        }
        throw new UnsupportedOperationException("Protocol family not supported");
    }

    public int domain() {
        return domain;
    }

    /**
     * Opens a non-blocking socket that children do not inherit.
     *
     * @param type SOCK_STREAM or SOCK_DGRAM
     * @return the number; the caller owns it
     */
    public int socket(int type) throws IOException {
        int fd = Sys.socket(domain, type | Consts.SOCK_NONBLOCK | Consts.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw Errno.socketException(-fd);
        }
        if (this == INET6) {
            // ipv6(7): whether a socket serves IPv4 as well is a sysctl by default.
            int r = setInt(fd, Consts.IPPROTO_IPV6, Consts.IPV6_V6ONLY, 0);
            if (r < 0) {
                Sys.close(fd);
                throw Errno.socketException(-r);
            }
        }
        return fd;
    }

    static int setInt(int fd, int level, int name, int value) {
        Scratch s = Scratch.take();
        try {
            s.small().putInt(0, value);
            return Sys.setsockopt(fd, level, name, s.smallAddress(), Integer.BYTES);
        } finally {
            s.give();
        }
    }

    /** The value of an int option, or -errno. For options whose values are not negative. */
    public static int getInt(int fd, int level, int name) {
        Scratch s = Scratch.take();
        try {
            s.small().putInt(0, 0).putInt(4, Integer.BYTES);
            int r = Sys.getsockopt(fd, level, name, s.smallAddress(), s.smallAddress() + 4);
            return r < 0 ? r : s.small().getInt(0);
        } finally {
            s.give();
        }
    }

    /** Throws if its sockets carry nothing but bytes. */
    void requireUnix() {
        if (this != UNIX) {
            throw new UnsupportedOperationException("not a Unix socket: " + this);
        }
    }

    /**
     * Checks an address that a program passes.
     *
     * @throws NullPointerException if it is null
     * @throws UnsupportedAddressTypeException if it is not of this family
     * @throws UnresolvedAddressException if its host name is not resolved
     */
    public SocketAddress check(SocketAddress address) {
        Objects.requireNonNull(address);
        if (this == UNIX) {
            if (!(address instanceof UnixDomainSocketAddress || address instanceof UnixName)) {
                throw new UnsupportedAddressTypeException();
            }
            return address;
        }
        if (!(address instanceof InetSocketAddress inet)) {
            throw new UnsupportedAddressTypeException();
        }
        if (inet.isUnresolved()) {
            throw new UnresolvedAddressException();
        }
        if (this == INET && !(inet.getAddress() instanceof Inet4Address)) {
            throw new UnsupportedAddressTypeException();
        }
        return inet;
    }

    /** The address to connect or send to: a wildcard stands for this machine. */
    SocketAddress remote(SocketAddress address) {
        if (address instanceof InetSocketAddress inet && inet.getAddress().isAnyLocalAddress()) {
            return new InetSocketAddress(loopback(inet.getAddress()), inet.getPort());
        }
        return address;
    }

    private static InetAddress loopback(InetAddress like) {
        return address(like instanceof Inet6Address
            ? new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}
            : new byte[] {127, 0, 0, 1});
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible); // thrown for a wrong number of bytes only
        }
    }

    /** What an unnamed bind binds to. */
    SocketAddress wildcard() {
        return switch (this) {
            case UNIX -> UnixDomainSocketAddress.of("");
            // Not Java's own wildcard, which may be the IPv6 one (java.net.preferIPv6Addresses).
            case INET -> new InetSocketAddress(address(new byte[4]), 0);
            case INET6 -> new InetSocketAddress(address(new byte[16]), 0);
        };
    }

    /**
     * Writes a checked address at the start of the buffer; returns its length in bytes.
     *
     * @throws SocketException if a Unix path is longer than the kernel or the JDK allows, or several interfaces have a
     *     link-local address that is given without a scope
     */
    public int encode(ByteBuffer m, SocketAddress address) throws SocketException {
        if (address instanceof UnixName name) {
            return SockAddr.encode(m, 0, name.sunPath());
        }
        if (address instanceof UnixDomainSocketAddress unix) {
            byte[] path = FileNames.bytes(unix.getPath());
            if (path.length > SockAddr.MAX_PATH) {
                throw new SocketException("Unix domain path too long");
            }
            return SockAddr.encode(m, 0, path);
        }
        InetSocketAddress inet = (InetSocketAddress) address;
        return SockAddr.encode(m, 0, domain, LinkLocal.scoped(inet.getAddress()), inet.getPort());
    }

    /** Reads the address, {@code len} bytes, that the kernel wrote at the start of the buffer. */
    public SocketAddress decode(ByteBuffer m, int len) {
        if (this == UNIX) {
            return path(SockAddr.decodeUnix(m, 0, len));
        }
        return SockAddr.decodeInet(m, 0);
    }

    /** A name that Java cannot write, abstract or of bytes that its encoding lacks, is shown as none, as by the JDK. */
    private static UnixDomainSocketAddress path(byte[] name) {
        try {
            return UnixDomainSocketAddress.of(FileNames.string(name));
        } catch (InvalidPathException unwritable) {
            return UnixDomainSocketAddress.of("");
        }
    }

    /** The family of a socket, by its SO_DOMAIN; null if it is none of ours. */
    public static Family ofDomain(int domain) {
        for (Family family : values()) {
            if (family.domain == domain) {
                return family;
            }
        }
        return null;
    }

    /** The peer that the kernel says a socket has: getpeername(2); null if none. The number must stay open. */
    public SocketAddress remoteAddress(int fd) {
        Scratch s = Scratch.take();
        try {
            s.small().putInt(SockAddr.MAX_LEN, SockAddr.MAX_LEN);
            int r = Sys.getpeername(fd, s.smallAddress(), s.smallAddress() + SockAddr.MAX_LEN);
            return r < 0 ? null : decode(s.small(), s.small().getInt(SockAddr.MAX_LEN));
        } finally {
            s.give();
        }
    }

    /** The address that the kernel says a socket has: getsockname(2). The number must stay open during the call. */
    public SocketAddress localAddress(int fd) throws IOException {
        Scratch s = Scratch.take();
        try {
            return decode(s.small(), getsockname(fd, s));
        } finally {
            s.give();
        }
    }

    /** As {@link #localAddress}, of a Unix socket, but as the kernel has it: an abstract name too. */
    static byte[] sunPath(int fd) throws IOException {
        Scratch s = Scratch.take();
        try {
            return SockAddr.decodeUnix(s.small(), 0, getsockname(fd, s));
        } finally {
            s.give();
        }
    }

    /** Writes the address at the start of the scratch's small area; returns its length. */
    private static int getsockname(int fd, Scratch s) throws IOException {
        s.small().putInt(SockAddr.MAX_LEN, SockAddr.MAX_LEN);
        int r = Sys.getsockname(fd, s.smallAddress(), s.smallAddress() + SockAddr.MAX_LEN);
        if (r < 0) {
            throw Errno.socketException(-r);
        }
        return s.small().getInt(SockAddr.MAX_LEN);
    }

    /**
     * Binds a socket that will connect. The number must stay open during the call.
     *
     * @param address what the program passes, or null for any
     */
    void bindStream(int fd, SocketAddress address) throws IOException {
        SocketAddress checked = address == null ? wildcard() : check(address);
        // A Unix socket needs no name to connect; one with the unnamed address it has already.
        if (!isUnnamed(checked)) {
            bind(fd, checked);
        }
    }

    /** Binds a socket that will listen, as {@link #bindStream}. */
    public void bindListener(int fd, SocketAddress address) throws IOException {
        if (this == UNIX && address == null) {
            bindTemporary(fd);
            return;
        }
        SocketAddress checked = address == null ? wildcard() : check(address);
        if (isUnnamed(checked)) {
            throw new BindException("Server socket cannot bind to unnamed address");
        }
        bind(fd, checked);
    }

    /** As the JDK names it; nobody removes the file. */
    private void bindTemporary(int fd) throws IOException {
        String directory = System.getProperty("jdk.net.unixdomain.tmpdir", System.getProperty("java.io.tmpdir"));
        for (int tries = 0; tries < 10; tries++) {
            String name = "socket_" + ThreadLocalRandom.current().nextInt();
            try {
                bind(fd, UnixDomainSocketAddress.of(Path.of(directory, name)));
                return;
            } catch (BindException taken) {
                // The next number may be free.
            }
        }
        throw new BindException("Could not bind to temporary name");
    }

    /** Whether it is the Unix address that names nothing. */
    public boolean isUnnamed(SocketAddress address) {
        return address instanceof UnixDomainSocketAddress unix && unix.getPath().toString().isEmpty();
    }

    /** Binds a socket. The number must stay open during the call. */
    void bind(int fd, SocketAddress address) throws IOException {
        Scratch s = Scratch.take();
        try {
            int r = Sys.bind(fd, s.smallAddress(), encode(s.small(), address));
            if (r < 0) {
                throw Errno.socketException(-r);
            }
        } finally {
            s.give();
        }
    }
}
