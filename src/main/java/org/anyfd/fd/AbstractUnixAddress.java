package org.anyfd.fd;

import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.anyfd.channel.Family;
import org.anyfd.channel.UnixName;
import org.anyfd.sys.SockAddr;

/**
 * A name in Linux's abstract namespace of Unix sockets, unix(7). It is no file: it needs no directory and no permission,
 * and is gone with the socket. Any process of the same network namespace may connect to it.
 *
 * <pre>{@code
 * ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)
 *     .bind(AbstractUnixAddress.of("my-service"));
 * }</pre>
 *
 * <p>The Unix channels of this package take it wherever they take a {@link java.net.UnixDomainSocketAddress}, and so do
 * anyfd's {@code SocketChannel} and {@code ServerSocketChannel} of the family UNIX; but {@code SocketChannel.open(address)},
 * which is the JDK's code, knows no such address: open one, then connect. {@code getRemoteAddress} of an accepted
 * {@code SocketChannel} shows such a name as unnamed, as the JDK's does.
 *
 * <p>Immutable.
 */
public final class AbstractUnixAddress extends SocketAddress implements UnixName {
    private static final long serialVersionUID = 1;

    /** NUL, then the name. */
    private final byte[] sunPath;

    private AbstractUnixAddress(byte[] sunPath) {
        this.sunPath = sunPath;
    }

    /**
     * The address of a name.
     *
     * @param name 1 to 107 bytes in UTF-8, without the NUL that C programs put before it ({@code @} in ss(8))
     * @throws IllegalArgumentException if it is empty or too long
     */
    public static AbstractUnixAddress of(String name) {
        return of(name.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The address of a name that need not be text.
     *
     * @param name 1 to 107 bytes of any value
     * @throws IllegalArgumentException if it is empty or too long
     */
    public static AbstractUnixAddress of(byte[] name) {
        if (name.length == 0 || name.length >= SockAddr.MAX_SUN_PATH) {
            throw new IllegalArgumentException("an abstract name has 1 to " + (SockAddr.MAX_SUN_PATH - 1)
                + " bytes, this has " + name.length);
        }
        byte[] sunPath = new byte[name.length + 1];
        System.arraycopy(name, 0, sunPath, 1, name.length);
        return new AbstractUnixAddress(sunPath);
    }

    /** Reads any Unix address, {@code len} bytes at the start of the buffer. */
    static SocketAddress decode(ByteBuffer m, int len) {
        byte[] path = SockAddr.decodeUnix(m, 0, len);
        return path.length > 1 && path[0] == 0 ? new AbstractUnixAddress(path) : Family.UNIX.decode(m, len);
    }

    /** The name's bytes, without a leading NUL; a copy. */
    public byte[] name() {
        return Arrays.copyOfRange(sunPath, 1, sunPath.length);
    }

    /**
     * Internal.
     *
     * @hidden
     */
    @Override
    public byte[] sunPath() {
        return sunPath.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AbstractUnixAddress address && Arrays.equals(sunPath, address.sunPath);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sunPath);
    }

    /** As ss(8) shows it: {@code @name}. */
    @Override
    public String toString() {
        return "@" + new String(sunPath, 1, sunPath.length - 1, StandardCharsets.UTF_8);
    }
}
