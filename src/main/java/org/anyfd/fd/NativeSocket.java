package org.anyfd.fd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.util.Objects;
import org.anyfd.channel.Adoption;
import org.anyfd.channel.Bytes;
import org.anyfd.channel.Family;
import org.anyfd.channel.Message;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.SockAddr;
import org.anyfd.sys.Sys;

/**
 * A socket of any family, type and protocol that the kernel has: netlink, packet, CAN, vsock, raw IP, MPTCP and those to
 * come. Numbers, addresses and option values are what C programs pass, in the byte order of the machine unless the man
 * page says otherwise.
 *
 * <pre>{@code
 * int AF_NETLINK = 16, SOCK_RAW = 3, NETLINK_ROUTE = 0, RTMGRP_LINK = 1;
 * NativeSocket links = NativeSocket.open(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
 * links.bind(ByteBuffer.allocate(12).order(ByteOrder.nativeOrder())
 *     .putShort((short) AF_NETLINK).putShort((short) 0).putInt(0).putInt(RTMGRP_LINK).array());
 * links.configureBlocking(false);
 * links.register(selector, SelectionKey.OP_READ);      // ready when a network interface comes, goes or changes
 * }</pre>
 *
 * <p>TCP, UDP and Unix sockets are more comfortable as what {@code java.nio} and this package have for them.
 *
 * <p>Its operations of interest are all four; which of them mean something depends on the kind of socket.
 *
 * <p>Safe for use by several threads: one reader or acceptor and one writer at a time. Close and interrupt end a blocked
 * operation.
 */
public final class NativeSocket extends MessageChannel {
    private static final int MAX_OPTION = 4096;

    /** Takes a socket over, which is non-blocking. */
    private NativeSocket(int number) {
        super(number, SelectionKey.OP_READ | SelectionKey.OP_WRITE | SelectionKey.OP_ACCEPT | SelectionKey.OP_CONNECT);
    }

    /**
     * Opens a socket: socket(2). Children do not inherit it.
     *
     * @param domain such as 17, AF_PACKET
     * @param type such as 3, SOCK_RAW
     * @param protocol 0 for the only or the usual one
     * @throws IOException if the kernel has no such family (EAFNOSUPPORT), type or protocol, the process may not have it
     *     (EPERM), or the kernel gives no descriptor
     */
    public static NativeSocket open(int domain, int type, int protocol) throws IOException {
        return new NativeSocket(socket(domain, type, protocol));
    }

    /**
     * Opens two sockets that are connected to each other: socketpair(2).
     *
     * @throws IOException as {@link #open}, and if the family has no pairs (EOPNOTSUPP)
     */
    public static NativeSocket[] pair(int domain, int type, int protocol) throws IOException {
        int[] pair = socketpair(domain, type, protocol);
        return new NativeSocket[] {new NativeSocket(pair[0]), new NativeSocket(pair[1])};
    }

    /** Takes over a socket that another process made. */
    static NativeSocket adopted(int number) throws IOException {
        // For accept(2) and connect(2) there is no MSG_DONTWAIT.
        Adoption.setNonBlocking(number);
        return new NativeSocket(number);
    }

    /**
     * Binds the socket: bind(2).
     *
     * @param address the struct sockaddr of the family, with its family field, at most 128 bytes
     * @throws IllegalArgumentException if it is longer
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    public NativeSocket bind(byte[] address) throws IOException {
        requireLength(address);
        int r = use((fd, s) -> {
            s.small().put(0, address);
            return Sys.bind(fd, s.smallAddress(), address.length);
        });
        requireDone("bind", r);
        return this;
    }

    /**
     * Connects the socket: connect(2). In blocking mode waits until that is done.
     *
     * @param address as for {@link #bind}
     * @return false in non-blocking mode if it goes on, until OP_CONNECT and {@link #finishConnect}
     * @throws IllegalArgumentException if the address is longer than 128 bytes
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the wait
     * @throws IOException with the kernel's reason, such as {@code Connection refused}
     */
    public boolean connect(byte[] address) throws IOException {
        requireLength(address);
        return send(new Connect(address.clone(), isBlocking())) == 0;
    }

    /**
     * Goes on with connecting, as {@link #connect}.
     *
     * @return false in non-blocking mode if it is not done yet
     * @throws ClosedChannelException as {@link #connect}
     * @throws IOException if it failed, with the kernel's reason
     */
    public boolean finishConnect() throws IOException {
        return send(new Connect(null, isBlocking())) == 0;
    }

    /**
     * Listens for connections: listen(2).
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    public NativeSocket listen(int backlog) throws IOException {
        requireDone("listen", use((fd, s) -> Sys.listen(fd, backlog)));
        return this;
    }

    /**
     * Accepts a connection: accept4(2). In blocking mode waits for one.
     *
     * @return the connection, in blocking mode; null if there is none now, in non-blocking mode
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the wait
     * @throws IOException with the kernel's reason
     */
    public NativeSocket accept() throws IOException {
        int n = acceptNumber();
        return n < 0 ? null : new NativeSocket(n);
    }

    /**
     * Ends a direction: shutdown(2).
     *
     * @param how 0 for reading, 1 for writing, 2 for both
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    public NativeSocket shutdown(int how) throws IOException {
        requireDone("shutdown", use((fd, s) -> Sys.shutdown(fd, how)));
        return this;
    }

    /**
     * The socket's own address: getsockname(2).
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    public byte[] localAddress() throws IOException {
        return address("getsockname", Sys::getsockname);
    }

    /**
     * The peer's address: getpeername(2).
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason, such as {@code ENOTCONN}
     */
    public byte[] remoteAddress() throws IOException {
        return address("getpeername", Sys::getpeername);
    }

    private interface AddressOf {
        int get(int fd, long address, long len);
    }

    private byte[] address(String call, AddressOf which) throws IOException {
        byte[][] address = new byte[1][];
        requireDone(call, use((fd, s) -> {
            s.small().putInt(SockAddr.MAX_LEN, SockAddr.MAX_LEN);
            int r = which.get(fd, s.smallAddress(), s.smallAddress() + SockAddr.MAX_LEN);
            address[0] = bytes(s.small(), r < 0 ? 0 : s.small().getInt(SockAddr.MAX_LEN));
            return r;
        }));
        return address[0];
    }

    private static byte[] bytes(ByteBuffer m, int len) {
        byte[] bytes = new byte[Math.min(len, SockAddr.MAX_LEN)];
        m.get(0, bytes);
        return bytes;
    }

    /**
     * Sends what remains of the buffer as one message to an address: sendto(2). In blocking mode waits for room.
     *
     * @param target as for {@link #bind}; without bytes for the peer's
     * @return the number of bytes; 0 if there is no room now, in non-blocking mode
     * @throws IllegalArgumentException if the address is longer than 128 bytes
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the wait
     * @throws IOException with the kernel's reason
     */
    public int send(ByteBuffer src, byte[] target) throws IOException {
        Objects.requireNonNull(src);
        requireLength(target);
        return Math.max(send(fd -> {
            Scratch s = Scratch.take();
            try {
                s.small().put(0, target);
                return Message.send(fd, s, src, target.length, 0);
            } finally {
                s.give();
            }
        }), 0);
    }

    /**
     * Receives a message: recvfrom(2). In blocking mode waits for one. Of one that is longer than the buffer, the rest is
     * lost.
     *
     * @return the sender's address, without bytes for a connection; null if there is none now, in non-blocking mode
     * @throws IllegalArgumentException if the buffer is read-only
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the wait
     * @throws IOException with the kernel's reason
     */
    public byte[] receive(ByteBuffer dst) throws IOException {
        Bytes.requireWritable(dst);
        byte[][] sender = new byte[1][];
        int n = receive(fd -> {
            Scratch s = Scratch.take();
            try {
                int got = Message.receive(fd, s, dst, 0, 0);
                sender[0] = bytes(s.small(), got < 0 ? 0 : Message.addressLen(s));
                return got;
            } finally {
                s.give();
            }
        });
        return n == -Errno.EAGAIN ? null : sender[0];
    }

    /**
     * Sets an option: setsockopt(2).
     *
     * @param level such as 1, SOL_SOCKET
     * @param value what C passes, at most 4,096 bytes
     * @throws IllegalArgumentException if it is longer
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason, such as ENOPROTOOPT
     */
    public NativeSocket setOption(int level, int name, byte[] value) throws IOException {
        requireOption(value.length);
        requireDone("setsockopt(" + level + ", " + name + ")", use((fd, s) -> {
            s.small().put(0, value);
            return Sys.setsockopt(fd, level, name, s.smallAddress(), value.length);
        }));
        return this;
    }

    /** Sets an option whose value is an int, as {@link #setOption(int, int, byte[])}. */
    public NativeSocket setOption(int level, int name, int value) throws IOException {
        return setOption(level, name,
            ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(value).array());
    }

    /**
     * Gets an option: getsockopt(2).
     *
     * @param room the most bytes that the value may have, at most 4,096
     * @return the value, as long as the kernel says it is
     * @throws IllegalArgumentException if the room is negative or more
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason, such as ENOPROTOOPT
     */
    public byte[] getOption(int level, int name, int room) throws IOException {
        requireOption(room);
        byte[][] value = new byte[1][];
        requireDone("getsockopt(" + level + ", " + name + ")", use((fd, s) -> {
            s.small().putInt(MAX_OPTION, room);
            int r = Sys.getsockopt(fd, level, name, s.smallAddress(), s.smallAddress() + MAX_OPTION);
            value[0] = new byte[r < 0 ? 0 : Math.min(s.small().getInt(MAX_OPTION), room)];
            s.small().get(0, value[0]);
            return r;
        }));
        return value[0];
    }

    private static void requireOption(int len) {
        if (len < 0 || len > MAX_OPTION) {
            throw new IllegalArgumentException("an option of " + len + " bytes; 0 to " + MAX_OPTION + " are possible");
        }
    }

    private static void requireLength(byte[] address) {
        if (address.length > SockAddr.MAX_LEN) {
            throw new IllegalArgumentException("an address of " + address.length + " bytes; the kernel's longest has "
                + SockAddr.MAX_LEN);
        }
    }

    private void requireDone(String call, int r) throws IOException {
        if (r < 0) {
            throw Errno.failed(call + " on " + fd(), -r);
        }
    }

    /** The numbers that {@link #open} takes. */
    @Override
    String what() throws IOException {
        return "domain " + getInt(Consts.SO_DOMAIN) + ", type " + getInt(Consts.SO_TYPE);
    }

    private int getInt(int option) throws IOException {
        return use((fd, s) -> Family.getInt(fd, Consts.SOL_SOCKET, option));
    }
}
