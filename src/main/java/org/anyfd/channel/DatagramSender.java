package org.anyfd.channel;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyConnectedException;
import org.anyfd.poll.Await;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.DirectBuffers;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * The sending direction of a datagram socket. One channel's; any thread may call any method, one sends at a time: it holds
 * this lock for as long as it takes. A datagram is sent as a whole or not at all.
 *
 * <p>The last target stays encoded, so that sending to one peer allocates nothing.
 */
final class DatagramSender extends OperationLock implements Io.Call {
    // Guarded by this lock.
    /** The last target, and as the kernel reads it. */
    private InetSocketAddress target;
    private RawAddress encoded;
    /** Of the send under way. */
    private ByteBuffer src;

    DatagramSender(NativeDatagramChannel channel) {
        super(channel, channel.fd(), Fd.WRITING);
    }

    private NativeDatagramChannel channel() {
        return (NativeDatagramChannel) channel;
    }

    /** Sends what remains in the buffer as one datagram; returns its length, or 0 if there is no room for it now. */
    int send(ByteBuffer src, SocketAddress target) throws IOException {
        InetSocketAddress checked = (InetSocketAddress) channel().family().check(target);
        lock();
        try {
            Bytes.requireOpen(channel());
            return sendOpen(src, checked);
        } finally {
            unlock();
        }
    }

    /**
     * Sends for a socket, as {@link #send}.
     *
     * @throws java.nio.channels.IllegalBlockingModeException if the channel is non-blocking
     */
    void sendBlocking(ByteBuffer src, SocketAddress target) throws IOException {
        InetSocketAddress checked = (InetSocketAddress) channel().family().check(target);
        lock();
        try {
            Bytes.requireOpen(channel());
            channel().requireBlocking();
            sendOpen(src, checked);
        } finally {
            unlock();
        }
    }

    private int sendOpen(ByteBuffer src, InetSocketAddress address) throws IOException {
        InetSocketAddress peer = channel().association().remote();
        if (peer != null) {
            if (!address.equals(peer)) {
                throw new AlreadyConnectedException();
            }
            return sendToPeer(src);
        }
        channel().association().bindIfUnbound();
        if (address.getPort() == 0) {
            throw new SocketException("Can't send to port 0");
        }
        encode(address);
        this.src = src;
        try {
            int n = channel().io().call(this, Consts.POLLOUT, Await.FOREVER);
            if (n < 0 && n != -Errno.EAGAIN) {
                throw Errno.socketException(-n);
            }
            return Math.max(n, 0);
        } finally {
            this.src = null;
        }
    }

    /** Knows the last target by identity: Inet6Address.equals does not look at the scope. */
    private void encode(InetSocketAddress address) throws IOException {
        if (address == target) {
            return;
        }
        Scratch s = Scratch.take();
        try {
            Family family = channel().family();
            int len = family.encode(s.small(), family.remote(address));
            if (encoded == null) {
                encoded = new RawAddress();
            }
            encoded.copyFrom(s.small(), len);
            target = address;
        } finally {
            s.give();
        }
    }

    @Override
    public int attempt(int fd) {
        Scratch s = Scratch.take();
        try {
            int pos = src.position();
            // The scratch holds more than a datagram can: what is cut here is refused, as the whole would be.
            int len = Math.min(Buffers.remaining(src, pos), Scratch.MAX_DATA);
            boolean isDirect = Buffers.isDirect(src);
            if (!isDirect) {
                s.data(len).put(0, src, pos, len);
            }
            long base = isDirect ? DirectBuffers.address(src) + pos : s.dataAddress();
            int n = (int) Sys.sendto(fd, base, len, Consts.MSG_DONTWAIT, s.smallAddress(), encoded.copyTo(s.small()));
            if (n > 0) {
                src.position(pos + n);
            }
            // What a peer refused before disconnect is nobody's error now.
            return n == -Errno.ECONNREFUSED ? -Errno.EINTR : n;
        } finally {
            s.give();
        }
    }

    int write(ByteBuffer src) throws IOException {
        lock();
        try {
            channel().requireConnected();
            return sendToPeer(src);
        } finally {
            unlock();
        }
    }

    /** Sends nothing if there is nothing in the buffer, as the JDK. */
    private int sendToPeer(ByteBuffer src) throws IOException {
        if (!src.hasRemaining()) {
            channel().io().touch();
            return 0;
        }
        return (int) result(channel().io().write(src));
    }

    /** Sends one datagram, of the first {@code IOV_MAX} buffers that are not empty. */
    long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        lock();
        try {
            channel().requireConnected();
            if (!Buffers.hasRemaining(srcs, offset, length)) {
                channel().io().touch();
                return 0;
            }
            return result(channel().io().write(srcs, offset, length));
        } finally {
            unlock();
        }
    }

    /** What came of a transfer from or to the peer. */
    static long result(long n) throws IOException {
        if (n >= 0) {
            return n;
        }
        if (n == -Errno.EAGAIN) {
            return 0;
        }
        throw n == -Errno.ECONNREFUSED ? new PortUnreachableException() : Errno.ioException((int) -n);
    }
}
