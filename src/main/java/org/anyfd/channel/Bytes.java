package org.anyfd.channel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;
import org.anyfd.sys.Errno;

/**
 * Internal. Reading and writing bytes as the channels do it whose only state is open or closed: the checks before, in
 * the JDK's order, and the meaning of the result. Called under the channel's lock for that direction.
 */
public final class Bytes {
    private Bytes() {
    }

    /** As {@link java.nio.channels.ReadableByteChannel#read}. */
    public static int read(Channel channel, Io io, ByteBuffer dst) throws IOException {
        requireOpen(channel);
        requireWritable(dst);
        if (!dst.hasRemaining()) {
            io.touch();
            return 0;
        }
        return (int) readResult(io, io.read(dst));
    }

    /** As {@link java.nio.channels.ScatteringByteChannel#read(ByteBuffer[], int, int)}, of which the range is checked. */
    public static long read(Channel channel, Io io, ByteBuffer[] dsts, int offset, int length) throws IOException {
        requireOpen(channel);
        for (int i = offset; i < offset + length; i++) {
            requireWritable(dsts[i]);
        }
        if (!Buffers.hasRemaining(dsts, offset, length)) {
            io.touch();
            return 0;
        }
        return readResult(io, io.read(dsts, offset, length));
    }

    /** As {@link java.nio.channels.WritableByteChannel#write}. */
    public static int write(Channel channel, Io io, ByteBuffer src) throws IOException {
        requireOpen(channel);
        if (!src.hasRemaining()) {
            io.touch();
            return 0;
        }
        return (int) result("write", io, io.write(src));
    }

    /** As {@link TransferTarget#transfer}. */
    public static long transfer(Channel channel, Io io, TransferTarget.Transfer transfer, long count) throws IOException {
        requireOpen(channel);
        return result("write", io, io.transfer(transfer, count));
    }

    /** As {@link java.nio.channels.GatheringByteChannel#write(ByteBuffer[], int, int)}, of which the range is checked. */
    public static long write(Channel channel, Io io, ByteBuffer[] srcs, int offset, int length) throws IOException {
        requireOpen(channel);
        if (!Buffers.hasRemaining(srcs, offset, length)) {
            io.touch();
            return 0;
        }
        return result("write", io, io.write(srcs, offset, length));
    }

    /** Throws if the channel is closed. */
    public static void requireOpen(Channel channel) throws ClosedChannelException {
        if (!channel.isOpen()) {
            throw new ClosedChannelException();
        }
    }

    /** Throws if nothing can be read into the buffer. */
    public static void requireWritable(ByteBuffer dst) {
        if (dst.isReadOnly()) {
            throw new IllegalArgumentException("Read-only buffer");
        }
    }

    private static long readResult(Io io, long n) throws IOException {
        return n == 0 ? -1 : result("read", io, n);
    }

    private static long result(String call, Io io, long n) throws IOException {
        if (n >= 0) {
            return n;
        }
        if (n == -Errno.EAGAIN) {
            return 0;
        }
        if (n == -Errno.EBADF) {
            // No java.nio program meets it: somebody has closed the number behind our back. Which one?
            throw Errno.failed(call + "(" + io + ")", Errno.EBADF);
        }
        throw Errno.ioException((int) -n);
    }
}
