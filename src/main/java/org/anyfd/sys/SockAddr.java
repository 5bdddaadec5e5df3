package org.anyfd.sys;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * Internal. The codec between Java's addresses and the kernel's {@code struct sockaddr}, {@code ip(7)}, {@code ipv6(7)},
 * {@code unix(7)}. Stateless, without system calls; any thread may call it.
 *
 * <p>A struct lies in a buffer of native byte order at a given offset; {@link #MAX_LEN} bytes hold any of them. Ports
 * and addresses are big endian on the wire side of the struct, family and scope id are native.
 */
public final class SockAddr {
    /** Room for any address: {@code sizeof(struct sockaddr_storage)}. */
    public static final int MAX_LEN = Layouts.SOCKADDR_STORAGE;
    /** The longest path, in bytes, that the JDK's channels take. */
    public static final int MAX_PATH = 106;
    /** The longest path or abstract name, in bytes, that the kernel takes: {@code sizeof(sun_path)}. */
    public static final int MAX_SUN_PATH = Layouts.SOCKADDR_UN - Layouts.SOCKADDR_UN_PATH;

    private static final byte[] ANY = new byte[16];

    private SockAddr() {
    }

    /**
     * Writes an Internet address for a socket of the given domain and returns its length in bytes.
     *
     * <p>On an {@code AF_INET6} socket an IPv4 address takes its mapped form {@code ::ffff:a.b.c.d}, except that
     * 0.0.0.0 becomes {@code ::}, which stands for both families.
     *
     * @throws IllegalArgumentException if the domain is {@code AF_INET} and the address is not IPv4
     */
    public static int encode(ByteBuffer m, int off, int domain, InetAddress address, int port) {
        if (domain == Consts.AF_INET6) {
            return encode6(m, off, address, port);
        }
        if (!(address instanceof Inet4Address)) {
            throw new IllegalArgumentException("not an IPv4 address: " + address);
        }
        m.putShort(off, (short) Consts.AF_INET);
        putPort(m, off + Layouts.SOCKADDR_IN_PORT, port);
        m.put(off + Layouts.SOCKADDR_IN_ADDR, address.getAddress());
        m.putLong(off + Layouts.SOCKADDR_IN_ZERO, 0);
        return Layouts.SOCKADDR_IN;
    }

    private static int encode6(ByteBuffer m, int off, InetAddress address, int port) {
        int at = off + Layouts.SOCKADDR_IN6_ADDR;
        int scope = 0;
        if (address instanceof Inet6Address) {
            m.put(at, address.getAddress());
            scope = ((Inet6Address) address).getScopeId();
        } else {
            m.put(at, ANY);
            if (!address.isAnyLocalAddress()) {
                m.putShort(at + 10, (short) 0xffff);
                m.put(at + 12, address.getAddress());
            }
        }
        m.putShort(off, (short) Consts.AF_INET6);
        putPort(m, off + Layouts.SOCKADDR_IN6_PORT, port);
        m.putInt(off + Layouts.SOCKADDR_IN6_FLOWINFO, 0);
        m.putInt(off + Layouts.SOCKADDR_IN6_SCOPE_ID, scope);
        return Layouts.SOCKADDR_IN6;
    }

    /**
     * Writes a Unix address and returns its length in bytes.
     *
     * @param path a path without NUL; or an abstract name, which begins with NUL and may contain more of them; or
     *             nothing, for the unnamed address
     * @throws IllegalArgumentException if it is longer than {@link #MAX_SUN_PATH}
     */
    public static int encode(ByteBuffer m, int off, byte[] path) {
        if (path.length > MAX_SUN_PATH) {
            throw new IllegalArgumentException(path.length + " bytes do not fit into sun_path");
        }
        int at = off + Layouts.SOCKADDR_UN_PATH;
        m.putShort(off, (short) Consts.AF_UNIX);
        m.put(at, path);
        int len = Layouts.SOCKADDR_UN_PATH + path.length;
        // An abstract name ends where the length says; of a path the kernel takes 108 bytes without NUL too, unix(7).
        if (path.length == 0 || path[0] == 0 || path.length == MAX_SUN_PATH) {
            return len;
        }
        m.put(at + path.length, (byte) 0);
        return len + 1;
    }

    /** Writes the address that dissolves a datagram socket's association, {@code connect(2)}, and returns its length. */
    public static int encodeUnspec(ByteBuffer m, int off) {
        m.putLong(off, 0);
        m.putLong(off + 8, 0);
        m.putShort(off, (short) Consts.AF_UNSPEC);
        return Layouts.SOCKADDR_IN;
    }

    /** The address family, {@code AF_*}. */
    public static int family(ByteBuffer m, int off) {
        return m.getShort(off);
    }

    /** The port of an {@code AF_INET} or {@code AF_INET6} address. */
    public static int port(ByteBuffer m, int off) {
        assert Layouts.SOCKADDR_IN_PORT == Layouts.SOCKADDR_IN6_PORT;
        int at = off + Layouts.SOCKADDR_IN_PORT;
        return (m.get(at) & 0xff) << 8 | m.get(at + 1) & 0xff;
    }

    /**
     * Reads an Internet address; null if the struct holds another family.
     *
     * <p>A mapped address comes out as IPv4. A scope id stays a number. No name is looked up.
     */
    public static InetSocketAddress decodeInet(ByteBuffer m, int off) {
        int family = family(m, off);
        try {
            if (family == Consts.AF_INET) {
                return new InetSocketAddress(address4(m, off + Layouts.SOCKADDR_IN_ADDR), port(m, off));
            }
            return family == Consts.AF_INET6 ? new InetSocketAddress(address6(m, off), port(m, off)) : null;
        } catch (UnknownHostException e) {
            throw new AssertionError(e); // thrown for a wrong number of bytes only
        }
    }

    private static InetAddress address4(ByteBuffer m, int at) throws UnknownHostException {
        byte[] bytes = new byte[4];
        m.get(at, bytes);
        return InetAddress.getByAddress(bytes);
    }

    private static InetAddress address6(ByteBuffer m, int off) throws UnknownHostException {
        int at = off + Layouts.SOCKADDR_IN6_ADDR;
        if (m.getLong(at) == 0 && m.getShort(at + 8) == 0 && m.getShort(at + 10) == (short) 0xffff) {
            return address4(m, at + 12);
        }
        byte[] bytes = new byte[16];
        m.get(at, bytes);
        int scope = m.getInt(off + Layouts.SOCKADDR_IN6_SCOPE_ID);
        // Given as a scope id, 0 would be shown, as in "::1%0".
        return scope > 0 ? Inet6Address.getByAddress(null, bytes, scope) : InetAddress.getByAddress(bytes);
    }

    /**
     * Reads a Unix address: a path without its trailing NUL, an abstract name with its leading one, or nothing for the
     * unnamed address.
     *
     * @param len what the kernel returned as the address's length; it may exceed {@code sizeof(struct sockaddr_un)} by
     *            the NUL that ends a path of 108 bytes, {@code unix(7)}
     */
    public static byte[] decodeUnix(ByteBuffer m, int off, int len) {
        int at = off + Layouts.SOCKADDR_UN_PATH;
        int max = Math.min(len - Layouts.SOCKADDR_UN_PATH, MAX_SUN_PATH);
        int n = Math.max(max, 0);
        if (n > 0 && m.get(at) != 0) {
            n = 1;
            while (n < max && m.get(at + n) != 0) {
                n++;
            }
        }
        byte[] path = new byte[n];
        m.get(at, path);
        return path;
    }

    private static void putPort(ByteBuffer m, int at, int port) {
        m.put(at, (byte) (port >> 8));
        m.put(at + 1, (byte) port);
    }
}
