package org.anyfd.channel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import org.anyfd.poll.Await;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * The sending direction of a stream socket: writes until the connection breaks or the program's own shutdownOutput.
 * One channel's; any thread may call any method, one writes at a time: it holds this lock for as long as it takes.
 */
final class Sender extends OperationLock {
    private volatile boolean shut;

    Sender(NativeSocketChannel channel, boolean shut) {
        super(channel, channel.fd(), Fd.WRITING);
        this.shut = shut;
    }

    private NativeSocketChannel channel() {
        return (NativeSocketChannel) channel;
    }

    int write(ByteBuffer src) throws IOException {
        lock();
        try {
            channel().requireConnected();
            requireOutput();
            if (!src.hasRemaining()) {
                channel().io().touch();
                return 0;
            }
            return (int) result(channel().io().write(src));
        } finally {
            unlock();
        }
    }

    long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        lock();
        try {
            channel().requireConnected();
            requireOutput();
            if (!Buffers.hasRemaining(srcs, offset, length)) {
                channel().io().touch();
                return 0;
            }
            return result(channel().io().write(srcs, offset, length));
        } finally {
            unlock();
        }
    }

    long transfer(TransferTarget.Transfer transfer, long count) throws IOException {
        lock();
        try {
            channel().requireConnected();
            requireOutput();
            channel().makeNonBlockingFile();
            return result(channel().io().transfer(transfer, count));
        } finally {
            unlock();
        }
    }

    /**
     * Writes a stream's bytes, all of them.
     *
     * @throws IllegalBlockingModeException if the channel is non-blocking
     */
    void write(byte[] bytes, int offset, int length) throws IOException {
        ByteBuffer src = ByteBuffer.wrap(bytes, offset, length);
        lock();
        try {
            while (src.hasRemaining()) {
                channel().requireConnected();
                channel().requireBlocking();
                if (shut) {
                    throw new ClosedChannelException();
                }
                result(channel().io().write(src));
            }
        } finally {
            unlock();
        }
    }

    /**
     * Sends a byte of urgent data, tcp(7).
     *
     * @return false if the channel is non-blocking and there is no room
     */
    boolean writeUrgent(int data) throws IOException {
        lock();
        try {
            channel().requireConnected();
            requireOutput();
            return result(channel().io().call(fd -> sendUrgent(fd, (byte) data), Consts.POLLOUT, Await.FOREVER)) == 1;
        } finally {
            unlock();
        }
    }

    /** As {@link MessageSocket#send}. */
    int call(Io.Call call) throws IOException {
        lock();
        try {
            channel().requireConnected();
            requireOutput();
            int n = channel().io().call(call, Consts.POLLOUT, Await.FOREVER);
            return n == -Errno.EAGAIN ? n : (int) result(n);
        } finally {
            unlock();
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
            Connection.shutdown(channel().fd(), Consts.SHUT_WR);
        }
    }

    boolean isShut() {
        return shut;
    }
}
