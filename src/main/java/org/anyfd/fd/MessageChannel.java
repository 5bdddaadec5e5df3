package org.anyfd.fd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ScatteringByteChannel;
import java.util.Objects;
import org.anyfd.channel.Bytes;
import org.anyfd.channel.Io;
import org.anyfd.channel.Message;
import org.anyfd.channel.MessageSocket;
import org.anyfd.poll.Await;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/** What the sockets of this package that pass messages share: reading and writing, one each. */
abstract class MessageChannel extends SocketDescriptor
        implements ByteChannel, ScatteringByteChannel, GatheringByteChannel, MessageSocket {
    MessageChannel(int number, int validOps) {
        super(number, validOps);
    }

    /**
     * Reads a message. Of one that is longer than the buffer, the rest is lost. One without bytes reads as end-of-stream,
     * as with {@link java.nio.channels.DatagramChannel}.
     *
     * @return the number of bytes; 0 if there is none now, in non-blocking mode; -1 at end-of-stream
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the read
     * @throws IOException with the kernel's reason, such as {@code Connection reset by peer}
     */
    @Override
    public final int read(ByteBuffer dst) throws IOException {
        Objects.requireNonNull(dst);
        readLock.lock();
        try {
            if (!Message.isLarge(dst)) {
                return Bytes.read(this, io, dst);
            }
            Bytes.requireWritable(dst);
            ByteBuffer whole = ByteBuffer.allocateDirect(dst.remaining());
            int n = Bytes.read(this, io, whole);
            dst.put(whole.flip());
            return n;
        } finally {
            readLock.unlock();
        }
    }

    @Override
    public final long read(ByteBuffer[] dsts) throws IOException {
        return read(dsts, 0, dsts.length);
    }

    /** Reads a message into several buffers, of which heap buffers take 256 KiB of it in all; as {@link #read(ByteBuffer)}. */
    @Override
    public final long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, dsts.length);
        readLock.lock();
        try {
            return Bytes.read(this, io, dsts, offset, length);
        } finally {
            readLock.unlock();
        }
    }

    /**
     * Writes what remains as one message to the peer; from an empty buffer none.
     *
     * @return the number of bytes; 0 if there is no room now, in non-blocking mode
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the write
     * @throws IOException with the kernel's reason, such as {@code Broken pipe}, {@code Message too long} or
     *     {@code Transport endpoint is not connected}
     */
    @Override
    public final int write(ByteBuffer src) throws IOException {
        Objects.requireNonNull(src);
        writeLock.lock();
        try {
            if (!Message.isLarge(src)) {
                return Bytes.write(this, io, src);
            }
            ByteBuffer whole = ByteBuffer.allocateDirect(src.remaining()).put(src.duplicate()).flip();
            int n = Bytes.write(this, io, whole);
            src.position(src.position() + n);
            return n;
        } finally {
            writeLock.unlock();
        }
    }

    @Override
    public final long write(ByteBuffer[] srcs) throws IOException {
        return write(srcs, 0, srcs.length);
    }

    /**
     * Writes what remains of several buffers as one message, as {@link #write(ByteBuffer)}.
     *
     * @throws IllegalArgumentException if these are more than 1024 buffers, or heap buffers hold more than 256 KiB
     */
    @Override
    public final long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, srcs.length);
        requireOneMessage(srcs, offset, length);
        writeLock.lock();
        try {
            return Bytes.write(this, io, srcs, offset, length);
        } finally {
            writeLock.unlock();
        }
    }

    /** One system call carries no more, and the rest would be a message of its own. */
    private static void requireOneMessage(ByteBuffer[] srcs, int offset, int length) {
        long heap = 0;
        for (int i = offset; i < offset + length; i++) {
            heap += srcs[i].isDirect() ? 0 : srcs[i].remaining();
        }
        if (length > Consts.IOV_MAX || heap > Scratch.MAX_DATA) {
            throw new IllegalArgumentException("a message of " + length + " buffers, " + heap + " bytes of them on the heap: "
                + "at most " + Consts.IOV_MAX + " and " + Scratch.MAX_DATA + "; use direct buffers");
        }
    }

    /**
     * Internal; see {@link FdPassing}.
     *
     * @hidden
     */
    @Override
    public final int send(Io.Call call) throws IOException {
        writeLock.lock();
        try {
            Bytes.requireOpen(this);
            return transferred(io.call(call, Consts.POLLOUT, Await.FOREVER));
        } finally {
            writeLock.unlock();
        }
    }

    /**
     * Internal; see {@link FdPassing}.
     *
     * @hidden
     */
    @Override
    public final int receive(Io.Call call) throws IOException {
        readLock.lock();
        try {
            Bytes.requireOpen(this);
            return transferred(io.call(call, Consts.POLLIN, Await.FOREVER));
        } finally {
            readLock.unlock();
        }
    }

    /** shutdown(2). */
    final void shut(int how) throws IOException {
        checked(use((fd, s) -> Sys.shutdown(fd, how)));
    }
}
