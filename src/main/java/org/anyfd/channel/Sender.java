package org.anyfd.channel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import org.anyfd.poll.Await;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * The sending direction of a stream socket: writes until the connection breaks or the program's own shutdownOutput.
 * One channel's; any thread may call any method, one writes at a time.
 */
final class Sender {
    /** Held by a write for as long as it takes. */
    final OperationLock lock;

    private final NativeSocketChannel channel;
    private final Io io;
    private volatile boolean shut;

    Sender(NativeSocketChannel channel, OperationLock lock, Io io, boolean shut) {
        this.lock = lock;
        this.channel = channel;
        this.io = io;
        this.shut = shut;
    }

    int write(ByteBuffer src) throws IOException {
        lock.lock();
        try {
            channel.requireConnected();
            requireOutput();
            if (!src.hasRemaining()) {
                io.touch();
                return 0;
            }
            return (int) result(io.write(src));
        } finally {
            lock.unlock();
        }
    }

    long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        lock.lock();
        try {
            channel.requireConnected();
            requireOutput();
            if (!Buffers.hasRemaining(srcs, offset, length)) {
                io.touch();
                return 0;
            }
            return result(io.write(srcs, offset, length));
        } finally {
            lock.unlock();
        }
    }

    long transfer(Io.Transfer transfer, long count) throws IOException {
        lock.lock();
        try {
            channel.requireConnected();
            requireOutput();
            return result(io.transfer(transfer, count));
        } finally {
            lock.unlock();
        }
    }

    /**
     * Writes a stream's bytes, all of them.
     *
     * @throws IllegalBlockingModeException if the channel is non-blocking
     */
    void write(byte[] bytes, int offset, int length) throws IOException {
        ByteBuffer src = ByteBuffer.wrap(bytes, offset, length);
        lock.lock();
        try {
            while (src.hasRemaining()) {
                channel.requireConnected();
                channel.requireBlocking();
                if (shut) {
                    throw new ClosedChannelException();
                }
                result(io.write(src));
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sends a byte of urgent data, tcp(7).
     *
     * @return false if the channel is non-blocking and there is no room
     */
    boolean writeUrgent(int data) throws IOException {
        lock.lock();
        try {
            channel.requireConnected();
            requireOutput();
            return result(io.call(fd -> sendUrgent(fd, (byte) data), Consts.POLLOUT, Await.FOREVER)) == 1;
        } finally {
            lock.unlock();
        }
    }

    /** As {@link MessageSocket#send}. */
    int call(Io.Call call) throws IOException {
        lock.lock();
        try {
            channel.requireConnected();
            requireOutput();
            int n = io.call(call, Consts.POLLOUT, Await.FOREVER);
            return n == -Errno.EAGAIN ? n : (int) result(n);
        } finally {
            lock.unlock();
        }
    }

    private static int sendUrgent(int fd, byte data) {
        Scratch s = Scratch.take();
        try {
            s.small().put(0, data);
            return (int) Sys.send(fd, s.smallAddress(), 1, Consts.MSG_OOB | Consts.MSG_DONTWAIT | Consts.MSG_NOSIGNAL);
        } finally {
            s.give();
        }
    }

    private long result(long n) throws IOException {
        if (n >= 0) {
            return n;
        }
        if (n == -Errno.EAGAIN) {
            return 0;
        }
        requireOutput();
        throw Errno.ioException((int) -n);
    }

    /** The JDK's exception for a write after the program's own shutdownOutput. */
    private void requireOutput() throws AsynchronousCloseException {
        if (shut) {
            throw new AsynchronousCloseException();
        }
    }

    /** Ends the direction, so that the peer reads end-of-stream; a write under way fails. */
    void shutdown() throws IOException {
        if (!shut) {
            shut = true;
            channel.shutdown(Consts.SHUT_WR);
        }
    }

    boolean isShut() {
        return shut;
    }
}
