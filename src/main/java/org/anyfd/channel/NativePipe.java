package org.anyfd.channel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/** Internal. A pipe(7). Each end has one lock, held by a read or write for as long as it takes. */
public final class NativePipe extends Pipe {
    private final Source source;
    private final Sink sink;

    private NativePipe(SelectorProvider provider, int readEnd, int writeEnd) {
        this.source = new Source(provider, readEnd);
        this.sink = new Sink(provider, writeEnd);
    }

    /**
     * Opens a pipe.
     *
     * @throws IOException if the kernel gives no descriptors (EMFILE, ENFILE)
     */
    public static NativePipe open(SelectorProvider provider) throws IOException {
        Scratch s = Scratch.take();
        try {
            int r = Sys.pipe2(s.smallAddress(), Consts.O_NONBLOCK | Consts.O_CLOEXEC);
            if (r < 0) {
                throw Errno.ioException(-r);
            }
            return new NativePipe(provider, s.small().getInt(0), s.small().getInt(Integer.BYTES));
        } finally {
            s.give();
        }
    }

    @Override
    public SourceChannel source() {
        return source;
    }

    @Override
    public SinkChannel sink() {
        return sink;
    }

    private static final class Source extends SourceChannel implements Selectable, NativeSelectableChannel, Io.Host {
        private final Fd fd;
        private final Io io;
        private final OperationLock lock;

        Source(SelectorProvider provider, int number) {
            super(provider);
            fd = Fd.own(number);
            lock = new OperationLock(this, fd, Fd.READING);
            io = new Io(this, fd, Attempt.PLAIN);
        }

        /** The other process may clear O_NONBLOCK. */
        @Override
        public void passed() {
            io.attempt(Attempt.NOWAIT);
        }

        @Override
        public int read(ByteBuffer dst) throws IOException {
            Objects.requireNonNull(dst);
            lock.lock();
            try {
                return Bytes.read(this, io, dst);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public long read(ByteBuffer[] dsts) throws IOException {
            return read(dsts, 0, dsts.length);
        }

        @Override
        public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, dsts.length);
            lock.lock();
            try {
                return Bytes.read(this, io, dsts, offset, length);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public Fd fd() {
            return fd;
        }

        @Override
        public int getFD() {
            return fd.number();
        }

        @Override
        public void beginBlocking() {
            begin();
        }

        @Override
        public void endBlocking(boolean completed) throws AsynchronousCloseException {
            end(completed);
        }

        @Override
        protected void implConfigureBlocking(boolean block) throws IOException {
            if (!block) {
                lock.lock();
                lock.unlock();
            }
            Bytes.requireOpen(this);
        }

        @Override
        protected void implCloseSelectableChannel() {
            fd.close();
        }

        @Override
        public String toString() {
            return "java.nio.channels.Pipe.SourceChannel[" + (isOpen() ? fd : "closed") + "]";
        }
    }

    private static final class Sink extends SinkChannel
            implements Selectable, TransferTarget, NativeSelectableChannel, Io.Host {
        private final Fd fd;
        private final Io io;
        private final OperationLock lock;

        Sink(SelectorProvider provider, int number) {
            super(provider);
            fd = Fd.own(number);
            lock = new OperationLock(this, fd, Fd.WRITING);
            io = new Io(this, fd, Attempt.PLAIN);
        }

        /** The other process may clear O_NONBLOCK. */
        @Override
        public void passed() {
            io.attempt(Attempt.NOWAIT);
        }

        @Override
        public int write(ByteBuffer src) throws IOException {
            Objects.requireNonNull(src);
            lock.lock();
            try {
                return Bytes.write(this, io, src);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public long transfer(TransferTarget.Transfer transfer, long count) throws IOException {
            lock.lock();
            try {
                return Bytes.transfer(this, io, transfer, count);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public long write(ByteBuffer[] srcs) throws IOException {
            return write(srcs, 0, srcs.length);
        }

        @Override
        public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, srcs.length);
            lock.lock();
            try {
                return Bytes.write(this, io, srcs, offset, length);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public Fd fd() {
            return fd;
        }

        @Override
        public int getFD() {
            return fd.number();
        }

        @Override
        public void beginBlocking() {
            begin();
        }

        @Override
        public void endBlocking(boolean completed) throws AsynchronousCloseException {
            end(completed);
        }

        @Override
        protected void implConfigureBlocking(boolean block) throws IOException {
            if (!block) {
                lock.lock();
                lock.unlock();
            }
            Bytes.requireOpen(this);
        }

        @Override
        protected void implCloseSelectableChannel() {
            fd.close();
        }

        @Override
        public String toString() {
            return "java.nio.channels.Pipe.SinkChannel[" + (isOpen() ? fd : "closed") + "]";
        }
    }
}
