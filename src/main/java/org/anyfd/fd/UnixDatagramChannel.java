package org.anyfd.fd;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ClosedChannelException;
import java.util.Objects;
import org.anyfd.channel.Bytes;
import org.anyfd.channel.Family;
import org.anyfd.channel.Io;
import org.anyfd.channel.Message;
import org.anyfd.poll.Await;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.SockAddr;
import org.anyfd.sys.Sys;

/**
 * A Unix-domain datagram socket, unix(7): messages between processes of one machine, which neither get lost nor overtake
 * each other. What syslog's {@code /dev/log} and systemd's {@code NOTIFY_SOCKET} are.
 *
 * <pre>{@code
 * UnixDatagramChannel log = UnixDatagramChannel.open().bind(UnixDomainSocketAddress.of("/run/my.log"));
 * log.configureBlocking(false);
 * log.register(selector, SelectionKey.OP_READ);
 * SocketAddress from = log.receive(buffer);      // null if there is no message
 * }</pre>
 *
 * <p>Addresses are a {@link java.net.UnixDomainSocketAddress} or an {@link AbstractUnixAddress}. The file of a path stays
 * when the channel is closed; see {@link UnixSockets} for that and for its mode, {@link FdPassing} for messages with
 * descriptors, {@link PeerCredentials} for who sent one.
 *
 * <p><b>Readiness.</b> Ready for OP_READ when there is a message. For OP_WRITE always, unless connected to a peer whose
 * queue is full (net.unix.max_dgram_qlen): only a connected channel can wait for room in a selector.
 *
 * <p>Safe for use by several threads: one reader and one writer at a time. Close and interrupt end a blocked operation.
 */
public final class UnixDatagramChannel extends UnixMessageChannel {
    private final Io.Call sending = this::sendOnce;
    private final Io.Call receiving = this::receiveOnce;

    // Guarded by the write lock: of the send under way, and the last target as the kernel reads it.
    private ByteBuffer src;
    private SocketAddress target;
    private final byte[] encoded = new byte[SockAddr.MAX_LEN];
    private int encodedLen;

    // Guarded by the read lock: of the receive under way.
    private ByteBuffer dst;
    private SocketAddress sender;

    /** Takes a socket over. */
    UnixDatagramChannel(int number) {
        super(number);
    }

    /**
     * Opens a socket without a name, which can send, and receive once it is bound or connected.
     *
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE)
     */
    public static UnixDatagramChannel open() throws IOException {
        return new UnixDatagramChannel(socket(Consts.AF_UNIX, Consts.SOCK_DGRAM, 0));
    }

    /**
     * Opens two sockets that are connected to each other, socketpair(2).
     *
     * @throws IOException if the kernel gives no descriptors (EMFILE, ENFILE)
     */
    public static UnixDatagramChannel[] pair() throws IOException {
        int[] pair = socketpair(Consts.AF_UNIX, Consts.SOCK_DGRAM, 0);
        return new UnixDatagramChannel[] {new UnixDatagramChannel(pair[0]), new UnixDatagramChannel(pair[1])};
    }

    /**
     * Gives the socket a name.
     *
     * @param address null for an abstract name of the kernel's choice
     * @throws AlreadyBoundException if it has one
     * @throws java.nio.channels.UnsupportedAddressTypeException if it is not a Unix address
     * @throws java.net.BindException if the name is taken, also by a file that an earlier socket left; or not permitted
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    @Override
    public UnixDatagramChannel bind(SocketAddress address) throws IOException {
        names.bind(address);
        return this;
    }

    /**
     * Connects: reads and writes are with this peer alone from now on. May be called again, for another one.
     *
     * @throws java.nio.channels.UnsupportedAddressTypeException if it is not a Unix address
     * @throws java.net.ConnectException if nobody has that socket open
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    public UnixDatagramChannel connect(SocketAddress remote) throws IOException {
        Family.UNIX.check(remote);
        checked(use((fd, s) -> Sys.connect(fd, s.smallAddress(), encode(s.small(), remote))));
        return this;
    }

    /**
     * Dissolves the connection, if there is one.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    public UnixDatagramChannel disconnect() throws IOException {
        checked(use((fd, s) -> Sys.connect(fd, s.smallAddress(), SockAddr.encodeUnspec(s.small(), 0))));
        return this;
    }

    private static int encode(ByteBuffer m, SocketAddress address) throws IOException {
        return Family.UNIX.encode(m, address);
    }

    /**
     * Sends what remains of the buffer, possibly nothing, as one message. In blocking mode waits while the receiver's
     * queue is full; for a receiver other than the connected peer, by looking every millisecond.
     *
     * @return the number of bytes; 0 if there is no room now, in non-blocking mode
     * @throws java.nio.channels.UnsupportedAddressTypeException if it is not a Unix address
     * @throws java.net.ConnectException if nobody has that socket open
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the wait
     * @throws IOException with the kernel's reason, such as {@code No such file or directory} or {@code Message too long}
     */
    public int send(ByteBuffer src, SocketAddress target) throws IOException {
        Objects.requireNonNull(src);
        Family.UNIX.check(target);
        writeLock.lock();
        try {
            Bytes.requireOpen(this);
            encode(target);
            this.src = src;
            return Math.max(transferred(io.call(sending, Consts.POLLOUT, Await.FOREVER)), 0);
        } finally {
            this.src = null;
            writeLock.unlock();
        }
    }

    private void encode(SocketAddress address) throws IOException {
        if (address == target) {
            return;
        }
        Scratch s = Scratch.take();
        try {
            encodedLen = encode(s.small(), address);
            s.small().get(0, encoded, 0, encodedLen);
            target = address;
        } finally {
            s.give();
        }
    }

    private int sendOnce(int fd) {
        Scratch s = Scratch.take();
        try {
            s.small().put(0, encoded, 0, encodedLen);
            return Message.send(fd, s, src, encodedLen, 0);
        } finally {
            s.give();
        }
    }

    /**
     * Receives a message. Of one that is longer than the buffer, the rest is lost. In blocking mode waits for one.
     *
     * @return who sent it, unnamed for a socket without a name; null if there is none now, in non-blocking mode
     * @throws IllegalArgumentException if the buffer is read-only
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the wait
     * @throws IOException with the kernel's reason
     */
    public SocketAddress receive(ByteBuffer dst) throws IOException {
        Bytes.requireWritable(dst);
        readLock.lock();
        try {
            Bytes.requireOpen(this);
            this.dst = dst;
            int n = transferred(io.call(receiving, Consts.POLLIN, Await.FOREVER));
            return n == -Errno.EAGAIN ? null : sender;
        } finally {
            this.dst = null;
            readLock.unlock();
        }
    }

    private int receiveOnce(int fd) {
        Scratch s = Scratch.take();
        try {
            int n = Message.receive(fd, s, dst, 0, 0);
            if (n >= 0) {
                sender = AbstractUnixAddress.decode(s.small(), Message.addressLen(s));
            }
            return n;
        } finally {
            s.give();
        }
    }

    @Override
    public <T> UnixDatagramChannel setOption(SocketOption<T> name, T value) throws IOException {
        names.set(name, value);
        return this;
    }
}
