package org.anyfd.channel;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.DirectBuffers;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.SockAddr;
import org.anyfd.sys.Sys;

/**
 * The receiving direction of a datagram socket. One channel's; any thread may call any method, one receives at a time:
 * it holds this lock for as long as it takes. The bytes of a datagram that do not fit are lost.
 *
 * <p>The sender of several datagrams in a row is the same object each time, so that receiving from one peer allocates
 * nothing.
 */
final class DatagramReceiver extends OperationLock implements Io.Call {
    // Guarded by this lock.
    /** The last sender, and as the kernel wrote it. */
    private InetSocketAddress sender;
    private RawAddress written;
    /** Where to, of the receive under way. */
    private ByteBuffer dst;

    DatagramReceiver(NativeDatagramChannel channel) {
        super(channel, channel.fd(), Fd.READING);
    }

    private NativeDatagramChannel channel() {
        return (NativeDatagramChannel) channel;
    }

    /**
     * Receives a datagram.
     *
     * @param timeoutNanos how long to wait in blocking mode, or {@link org.anyfd.poll.Await#FOREVER}
     * @return the sender; null if there is no datagram now (non-blocking) or in time
     */
    InetSocketAddress receive(ByteBuffer dst, long timeoutNanos) throws IOException {
        lock();
        try {
            Bytes.requireOpen(channel());
            return receiveOpen(dst, timeoutNanos);
        } finally {
            unlock();
        }
    }

    /**
     * Receives for a socket, as {@link #receive}.
     *
     * @throws java.nio.channels.IllegalBlockingModeException if the channel is non-blocking
     */
    InetSocketAddress receiveBlocking(ByteBuffer dst, long timeoutNanos) throws IOException {
        lock();
        try {
            Bytes.requireOpen(channel());
            channel().requireBlocking();
            return receiveOpen(dst, timeoutNanos);
        } finally {
            unlock();
        }
    }

    private InetSocketAddress receiveOpen(ByteBuffer dst, long timeoutNanos) throws IOException {
        channel().association().bindIfUnbound();
        this.dst = dst;
        try {
            int n = channel().io().call(this, Consts.POLLIN, timeoutNanos);
            if (n >= 0) {
                return sender;
            }
            if (n == -Errno.EAGAIN) {
                return null;
            }
            throw n == -Errno.ECONNREFUSED ? new PortUnreachableException() : Errno.socketException(-n);
        } finally {
            this.dst = null;
        }
    }

    @Override
    public int attempt(int fd) {
        Scratch s = Scratch.take();
        try {
            int pos = dst.position();
            int len = Math.min(Buffers.remaining(dst, pos), Scratch.MAX_DATA);
            ByteBuffer data = Buffers.isDirect(dst) ? dst : s.data(len);
            long base = data == dst ? DirectBuffers.address(dst) + pos : s.dataAddress();
            s.small().putInt(SockAddr.MAX_LEN, SockAddr.MAX_LEN);
            int n = (int) Sys.recvfrom(fd, base, len, Consts.MSG_DONTWAIT, s.smallAddress(),
                    s.smallAddress() + SockAddr.MAX_LEN);
            if (n < 0) {
                // What a peer refused before disconnect is nobody's error now.
                return n == -Errno.ECONNREFUSED && channel().association().remote() == null ? -Errno.EINTR : n;
            }
            if (data != dst) {
                dst.put(pos, data, 0, n);
            }
            dst.position(pos + n);
            sentBy(s.small(), s.small().getInt(SockAddr.MAX_LEN));
            return n;
        } finally {
            s.give();
        }
    }

    private void sentBy(ByteBuffer address, int len) {
        if (sender == null || !written.isAt(address, len)) {
            sender = null; // or what fails from here on would leave it to another address
            if (written == null) {
                written = new RawAddress();
            }
            written.copyFrom(address, len);
            sender = (InetSocketAddress) channel().family().decode(address, len);
        }
    }

    int read(ByteBuffer dst) throws IOException {
        lock();
        try {
            channel().requireConnected();
            Bytes.requireWritable(dst);
            if (!dst.hasRemaining()) {
                channel().io().touch();
                return 0;
            }
            return (int) result(channel().io().read(dst));
        } finally {
            unlock();
        }
    }

    long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        lock();
        try {
            channel().requireConnected();
            for (int i = offset; i < offset + length; i++) {
                Bytes.requireWritable(dsts[i]);
            }
            if (!Buffers.hasRemaining(dsts, offset, length)) {
                channel().io().touch();
                return 0;
            }
            return result(channel().io().read(dsts, offset, length));
        } finally {
            unlock();
        }
    }

    /** A datagram without bytes reads as end-of-stream, as with the JDK; only {@link #receive} tells it apart. */
    private static long result(long n) throws IOException {
        return n == 0 ? -1 : DatagramSender.result(n);
    }
}
