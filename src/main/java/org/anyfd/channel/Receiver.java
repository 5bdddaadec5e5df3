package org.anyfd.channel;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.IllegalBlockingModeException;
import org.anyfd.poll.Await;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * The receiving direction of a stream socket: reads until the peer's end-of-stream, a reset, or the program's own
 * shutdownInput. One channel's; any thread may call any method, one reads at a time: it holds this lock for as long as it
 * takes.
 */
final class Receiver extends OperationLock {
    private volatile boolean shut;
    /** Guarded by this lock: a reset was read, which every later read reports again. */
    private boolean reset;

    Receiver(NativeSocketChannel channel) {
        super(channel, channel.fd(), Fd.READING);
    }

    private NativeSocketChannel channel() {
        return (NativeSocketChannel) channel;
    }

    int read(ByteBuffer dst) throws IOException {
        lock();
        try {
            channel().requireConnected();
            if (ended()) {
                return -1;
            }
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
            if (ended()) {
                return -1;
            }
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

    /**
     * Reads for a stream: at least one byte into a range that is not empty.
     *
     * @param timeoutNanos how long it may take, or {@link org.anyfd.poll.Await#FOREVER}
     * @throws IllegalBlockingModeException if the channel is non-blocking
     * @throws SocketTimeoutException if the time is over; the stream can be read on
     */
    int read(byte[] bytes, int offset, int length, long timeoutNanos) throws IOException {
        lock();
        try {
            channel().requireConnected();
            channel().requireBlocking();
            if (ended()) {
                return -1;
            }
            long n = channel().io().read(ByteBuffer.wrap(bytes, offset, length), timeoutNanos);
            if (n == -Errno.EAGAIN && !shut) {
                channel().requireBlocking();
                throw new SocketTimeoutException("Read timed out");
            }
            return (int) result(n);
        } finally {
            unlock();
        }
    }

    /** As {@link MessageSocket#receive}. */
    int call(Io.Call call) throws IOException {
        lock();
        try {
            channel().requireConnected();
            if (ended()) {
                return 0;
            }
            int n = channel().io().call(call, Consts.POLLIN, Await.FOREVER);
            return n == -Errno.EAGAIN && !shut ? n : (int) Math.max(result(n), 0);
        } finally {
            unlock();
        }
    }

    private boolean ended() throws SocketException {
        if (reset && !shut) {
            throw new SocketException("Connection reset");
        }
        return shut;
    }

    private long result(long n) throws IOException {
        if (n > 0) {
            return n;
        }
        if (n == 0 || shut) {
            return -1;
        }
        if (n == -Errno.EAGAIN) {
            return 0;
        }
        if (n == -Errno.ECONNRESET) {
            reset = true;
            throw new SocketException("Connection reset");
        }
        throw Errno.ioException((int) -n);
    }

    /** How many bytes can be read without waiting. */
    int available() throws IOException {
        channel().requireConnected();
        if (shut) {
            return 0;
        }
        int[] count = new int[1];
        Numbered.use(channel().fd(), number -> {
            Scratch s = Scratch.take();
            try {
                int r = Sys.ioctl(number, Consts.FIONREAD, s.smallAddress());
                if (r < 0) {
                    throw Errno.ioException(-r);
                }
                count[0] = s.small().getInt(0);
            } finally {
                s.give();
            }
        });
        return count[0];
    }

    /** Ends the direction; a read under way returns -1. */
    void shutdown() throws IOException {
        if (!shut) {
            Connection.shutdown(channel().fd(), Consts.SHUT_RD);
            shut = true;
        }
    }

    boolean isShut() {
        return shut;
    }
}
