package org.anyfd.fd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ScatteringByteChannel;
import java.nio.channels.SelectionKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.anyfd.channel.Attempt;
import org.anyfd.channel.Bytes;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;

/** What the channels of bytes share: reading and writing in the directions that the descriptor is open for. */
abstract class StreamChannel extends DescriptorChannel
        implements ByteChannel, ScatteringByteChannel, GatheringByteChannel {
    private final int number;

    /**
     * Makes a channel.
     *
     * @param number what {@link #getFD} says: {@code fd}'s, or that of the descriptor it stands for
     * @param accessMode O_RDONLY, O_WRONLY or O_RDWR
     */
    StreamChannel(Fd fd, int number, Attempt attempt, int accessMode) {
        super(fd, attempt, validOps(accessMode));
        this.number = number;
    }

    private static int validOps(int accessMode) {
        return switch (accessMode) {
            case Consts.O_RDONLY -> SelectionKey.OP_READ;
            case Consts.O_WRONLY -> SelectionKey.OP_WRITE;
            default -> SelectionKey.OP_READ | SelectionKey.OP_WRITE;
        };
    }

    /** The number of the descriptor, for a borrowed one the number that was given. */
    @Override
    public final int getFD() {
        return number;
    }

    /**
     * Reads what is there.
     *
     * @return the number of bytes; 0 if there are none now, in non-blocking mode; -1 at end-of-stream
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the read
     * @throws NonReadableChannelException if it is open for writing only
     * @throws IOException with the kernel's reason, such as {@code Input/output error} for a terminal that hung up
     */
    @Override
    public final int read(ByteBuffer dst) throws IOException {
        Objects.requireNonNull(dst);
        requireOp(SelectionKey.OP_READ);
        readLock.lock();
        try {
            return Bytes.read(this, io, dst);
        } finally {
            readLock.unlock();
        }
    }

    @Override
    public final long read(ByteBuffer[] dsts) throws IOException {
        return read(dsts, 0, dsts.length);
    }

    @Override
    public final long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, dsts.length);
        requireOp(SelectionKey.OP_READ);
        readLock.lock();
        try {
            return Bytes.read(this, io, dsts, offset, length);
        } finally {
            readLock.unlock();
        }
    }

    /**
     * Writes: in blocking mode all that remains, else what can be written now.
     *
     * @return the number of bytes, possibly 0
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the write
     * @throws NonWritableChannelException if it is open for reading only
     * @throws IOException with the kernel's reason, such as {@code Broken pipe}
     */
    @Override
    public final int write(ByteBuffer src) throws IOException {
        Objects.requireNonNull(src);
        requireOp(SelectionKey.OP_WRITE);
        writeLock.lock();
        try {
            return Bytes.write(this, io, src);
        } finally {
            writeLock.unlock();
        }
    }

    @Override
    public final long write(ByteBuffer[] srcs) throws IOException {
        return write(srcs, 0, srcs.length);
    }

    @Override
    public final long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, srcs.length);
        requireOp(SelectionKey.OP_WRITE);
        writeLock.lock();
        try {
            return Bytes.write(this, io, srcs, offset, length);
        } finally {
            writeLock.unlock();
        }
    }

    /** The name of the file: the link in /proc/self/fd, proc(5). Empty if there is no /proc. */
    @Override
    String what() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd().number())).toString();
    }

    final void requireOp(int op) throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        if ((validOps() & op) == 0) {
            throw op == SelectionKey.OP_READ
                ? new NonReadableChannelException()
                : new NonWritableChannelException();
        }
    }
}
