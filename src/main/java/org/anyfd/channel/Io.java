package org.anyfd.channel;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NetworkChannel;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.locks.LockSupport;
import org.anyfd.poll.Await;
import org.anyfd.poll.Fd;
import org.anyfd.poll.StandIn;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * Internal. The one loop that every operation of every channel runs: try, and in blocking mode wait and try again until it
 * is done, the channel is closed or the thread interrupted.
 *
 * <p>A channel has one and calls it under its own read or write lock, which is also the reference under which the number is
 * used: {@link OperationLock}. Results are {@code n >= 0} (0: end-of-stream for a read) or -errno, with -EAGAIN only in
 * non-blocking mode; the channel turns them into values and exceptions.
 */
public final class Io {
    /** The channel, for what only a subclass of AbstractInterruptibleChannel may call. */
    public interface Host {
        boolean isBlocking();

        /** {@code begin()}. */
        void beginBlocking();

        /** {@code end(completed)}. */
        void endBlocking(boolean completed) throws AsynchronousCloseException;

        Object blockingLock();

        /** The channel, as it describes itself, for recordings. */
        default Object channel() {
            return this;
        }

        /** The peer of a socket, if it has one; else null. For recordings; asks for no lock. */
        default SocketAddress peer() {
            return null;
        }
    }

    private static final AtomicReferenceFieldUpdater<Io, EdgeWatch> WATCH =
        AtomicReferenceFieldUpdater.newUpdater(Io.class, EdgeWatch.class, "watch");
    /** The deadline of an operation that may wait for ever. */
    private static final long NEVER = Long.MIN_VALUE;
    /**
     * Tries after which an operation pauses before it waits again, so as not to spin over what poll(2) calls ready and
     * cannot be done: an eventfd that takes less than is to be added, a socket with queued errors.
     */
    private static final int ENOUGH_TRIES = 8;
    private static final long PAUSE_NANOS = 1_000_000;
    /** A wait that takes less has found something at once: twice what poll(2) takes then. */
    private static final long NO_WAIT_NANOS = 2_000;

    private final Host host;
    private final Fd fd;
    /** Changed by {@link KernelReads} under the channel's locks for both directions, else to what never waits. */
    private volatile Attempt attempt;
    /** Where to note what transfers say of readiness, or null. Set by selectors, by compare-and-set. */
    private volatile EdgeWatch watch;
    /** Whether it is recorded as a socket. */
    private final boolean socket;
    /** Whether the last operation in blocking mode that reads had to wait. Guarded by the channel's lock for reading. */
    private boolean readWaited;

    public Io(Host host, Fd fd, Attempt attempt) {
        this.host = host;
        this.fd = fd;
        this.attempt = attempt;
        this.socket = host instanceof NetworkChannel;
    }

    /** How to try from now on: called under the channel's locks for both directions, unless it is what never waits. */
    void attempt(Attempt attempt) {
        this.attempt = attempt;
    }

    EdgeWatch watch() {
        return watch;
    }

    boolean compareAndSetWatch(EdgeWatch before, EdgeWatch after) {
        return WATCH.compareAndSet(this, before, after);
    }

    /** Whom to tell of transfers, or null. */
    private Readiness readiness() {
        EdgeWatch edges = watch;
        return edges != null && edges.active ? edges : null;
    }

    private static long before(Readiness readiness) {
        return readiness == null ? 0 : readiness.before();
    }

    /**
     * Reads into one buffer.
     *
     * @throws ClosedChannelException or a subclass, if the channel is closed before anything was read
     */
    public long read(ByteBuffer dst) throws IOException {
        return read(dst, Await.FOREVER);
    }

    /**
     * Reads into one buffer.
     *
     * @param timeoutNanos how long it may wait in blocking mode, or {@link Await#FOREVER}
     * @return as {@link #read(ByteBuffer)}; -EAGAIN in blocking mode says that the time is over
     */
    long read(ByteBuffer dst, long timeoutNanos) throws IOException {
        long deadline = deadline(timeoutNanos);
        IoEvent event = Recording.event(Consts.POLLIN, socket);
        boolean blocking = start();
        long n = -Errno.EAGAIN;
        int tries = 0;
        try {
            boolean inKernel = waitFirst(blocking, Consts.POLLIN, deadline);
            while (fd.isOpen()) {
                n = inKernel ? readInKernel(dst) : readOnce(dst, attempt);
                if (!again(n, tries++, blocking, Consts.POLLIN, deadline)) {
                    break;
                }
            }
        } finally {
            finish(blocking, n >= 0, event, n, timeoutNanos);
        }
        return n;
    }

    /** Reads into several buffers, as {@link #read(ByteBuffer)}. */
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        IoEvent event = Recording.event(Consts.POLLIN, socket);
        boolean blocking = start();
        long n = -Errno.EAGAIN;
        int tries = 0;
        try {
            waitFirst(blocking, Consts.POLLIN, NEVER);
            while (fd.isOpen()) {
                n = readOnce(dsts, offset, length);
                if (!again(n, tries++, blocking, Consts.POLLIN, NEVER)) {
                    break;
                }
            }
        } finally {
            finish(blocking, n >= 0, event, n, Await.FOREVER);
        }
        return n;
    }

    /** Writes from one buffer: in blocking mode all of it, else what can be written now. */
    public long write(ByteBuffer src) throws IOException {
        IoEvent event = Recording.event(Consts.POLLOUT, socket);
        boolean blocking = start();
        long total = 0;
        long n = -Errno.EAGAIN;
        int tries = 0;
        try {
            while (fd.isOpen()) {
                n = writeOnce(src);
                if (n > 0) {
                    total += n;
                    tries = 0;
                }
                if (n >= 0 && (!blocking || !src.hasRemaining())
                        || n < 0 && !again(n, tries++, blocking, Consts.POLLOUT, NEVER)) {
                    break;
                }
            }
        } finally {
            finish(blocking, total > 0 || n >= 0, event, total, Await.FOREVER);
        }
        return total > 0 ? total : n;
    }

    /** Writes from several buffers, of which the first {@code IOV_MAX} that are not empty; as {@link #write(ByteBuffer)}. */
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        int end = offset + Buffers.batch(srcs, offset, length);
        int from = offset;
        ByteBuffer[] left = srcs;
        IoEvent event = Recording.event(Consts.POLLOUT, socket);
        boolean blocking = start();
        long total = 0;
        long n = -Errno.EAGAIN;
        int tries = 0;
        try {
            while (fd.isOpen()) {
                n = writeOnce(left, from, end - from);
                if (n > 0) {
                    left = blocking ? Buffers.apart(left, from, end - from, n) : left;
                    from = Buffers.advance(left, from, end - from, n);
                    total += n;
                    tries = 0;
                }
                if (n >= 0 && (!blocking || !Buffers.hasRemaining(left, from, end - from))
                        || n < 0 && !again(n, tries++, blocking, Consts.POLLOUT, NEVER)) {
                    break;
                }
            }
        } finally {
            finish(blocking, total > 0 || n >= 0, event, total, Await.FOREVER);
        }
        return total > 0 ? total : n;
    }

    /** Runs a transfer: in blocking mode until all is moved or the source ends. */
    long transfer(TransferTarget.Transfer transfer, long count) throws IOException {
        IoEvent event = Recording.event(Consts.POLLOUT, socket);
        boolean blocking = start();
        long total = 0;
        long n = -Errno.EAGAIN;
        int tries = 0;
        try {
            requireNonBlockingFile();
            while (fd.isOpen()) {
                n = transferOnce(transfer, total);
                if (n > 0) {
                    total += n;
                    tries = 0;
                }
                if (n == 0 || n > 0 && (!blocking || total == count)
                        || n < 0 && !again(n, tries++, blocking, Consts.POLLOUT, NEVER)) {
                    break;
                }
            }
        } finally {
            finish(blocking, total > 0 || n >= 0, event, total, Await.FOREVER);
        }
        return total > 0 ? total : n;
    }

    /** The calls of transfers have no flag of their own that says not to wait. */
    private void requireNonBlockingFile() {
        if (attempt != Attempt.PLAIN && (Sys.fcntl(fd.number(), Consts.F_GETFL, 0) & Consts.O_NONBLOCK) == 0) {
            throw new UnsupportedOperationException("fd " + fd.number() + " was opened elsewhere without O_NONBLOCK, and "
                + "the kernel can move bytes to such a descriptor only by waiting; read and write them, or set the flag by "
                + "Fds.setFlag if whoever shares the descriptor does not mind");
        }
    }

    private long transferOnce(TransferTarget.Transfer transfer, long done) {
        Readiness readiness = readiness();
        long before = before(readiness);
        long n = transfer.attempt(fd.number(), done);
        // How much room is left a transfer that ended early does not say: its source may have been at its end.
        if (readiness != null && n == -Errno.EAGAIN) {
            readiness.written(before, n, 1);
        }
        return n;
    }

    private long readInKernel(ByteBuffer dst) {
        if (!fd.enterSocketCall()) {
            return -Errno.EAGAIN;
        }
        try {
            long n = readOnce(dst, Attempt.WAITING);
            // Not the peer's end-of-stream, but the shutdown(2) of our close.
            return n == 0 && !fd.isOpen() ? -Errno.EAGAIN : n;
        } finally {
            fd.leaveSocketCall();
        }
    }

    private long readOnce(ByteBuffer dst, Attempt attempt) {
        Readiness readiness = readiness();
        long before = before(readiness);
        int room = dst.remaining();
        long n = Buffers.read(attempt, fd, dst);
        if (readiness != null) {
            // What is copied is no more at a time. Of as much that was read in place the kernel is asked, needlessly.
            readiness.read(before, n, Math.min(room, Scratch.MAX_DATA));
        }
        return n;
    }

    private long readOnce(ByteBuffer[] dsts, int offset, int length) {
        Readiness readiness = readiness();
        long before = before(readiness);
        long asked = readiness == null ? 0 : Buffers.carried(dsts, offset, length);
        long n = Buffers.read(attempt, fd, dsts, offset, length);
        if (readiness != null) {
            readiness.read(before, n, asked);
        }
        return n;
    }

    private long writeOnce(ByteBuffer src) {
        Readiness readiness = readiness();
        long before = before(readiness);
        int asked = src.remaining();
        long n = Buffers.write(attempt, fd, src);
        if (readiness != null) {
            readiness.written(before, n, asked);
        }
        return n;
    }

    private long writeOnce(ByteBuffer[] srcs, int offset, int length) {
        Readiness readiness = readiness();
        long before = before(readiness);
        long asked = readiness == null ? 0 : Buffers.carried(srcs, offset, length);
        long n = Buffers.write(attempt, fd, srcs, offset, length);
        if (readiness != null) {
            readiness.written(before, n, asked);
        }
        return n;
    }

    private int callOnce(Call call, int events) {
        Readiness readiness = readiness();
        long before = before(readiness);
        int n = call.attempt(fd.number());
        if (readiness != null && n == -Errno.EAGAIN) {
            // What the call was asked for does not count: there is not even the least of it.
            if (events == Consts.POLLIN) {
                readiness.read(before, n, 1);
            } else {
                readiness.written(before, n, 1);
            }
        }
        return n;
    }

    /** What an operation on empty buffers comes to: no system call, but a blocked-to-be thread's interrupt still closes. */
    public void touch() throws IOException {
        finish(start(), fd.isOpen(), null, 0, 0);
    }

    /** An operation of one system call that is tried until it can be done. */
    public interface Call {
        /** Makes the call, under a reference; n >= 0 or -errno. */
        int attempt(int fd);

        /** Whether what it returns is a number of bytes. */
        default boolean movesBytes() {
            return true;
        }
    }

    /**
     * Runs a call that gives up with EAGAIN, such as accept.
     *
     * @param timeoutNanos how long it may wait in blocking mode, or {@link Await#FOREVER}
     * @return as {@link Call}; -EAGAIN in blocking mode says that the time is over
     */
    public int call(Call call, int events, long timeoutNanos) throws IOException {
        long deadline = deadline(timeoutNanos);
        IoEvent event = Recording.event(call, events, socket);
        boolean blocking = start();
        int n = -Errno.EAGAIN;
        int tries = 0;
        try {
            waitFirst(blocking, events, deadline);
            while (fd.isOpen()) {
                n = callOnce(call, events);
                if (!again(n, tries++, blocking, events, deadline)) {
                    break;
                }
            }
        } finally {
            finish(blocking, n >= 0, event, n, timeoutNanos);
        }
        return n;
    }

    /** In terms of System.nanoTime. */
    private static long deadline(long timeoutNanos) {
        return timeoutNanos < 0 ? NEVER : System.nanoTime() + timeoutNanos;
    }

    private boolean start() throws ClosedChannelException {
        // And from here on until its lock is let go the number may be used.
        if (!fd.isOpen()) {
            throw new ClosedChannelException();
        }
        boolean blocking = host.isBlocking();
        if (blocking) {
            // Closes the channel if the thread is interrupted already.
            host.beginBlocking();
        }
        return blocking;
    }

    /**
     * Waits before the first try where the last operation had to: a connection that answers questions is empty each time,
     * and the try that says so can be saved. But a wait that takes more than poll(2) costs more than it saves.
     *
     * @return whether the try itself shall wait, in the kernel
     */
    private boolean waitFirst(boolean blocking, int events, long deadline) throws IOException {
        if (!readWaited || !blocking || events != Consts.POLLIN || !Await.waitsInKernel()
                || Thread.holdsLock(host.blockingLock())) {
            return false;
        }
        if (deadline == NEVER && host instanceof KernelReads.Host stream && stream.kernelReads(this)) {
            return true;
        }
        long begun = System.nanoTime();
        again(-Errno.EAGAIN, 0, true, events, deadline);
        readWaited = System.nanoTime() - begun > NO_WAIT_NANOS;
        return false;
    }

    /**
     * Whether to try once more; waits first, if the last try gave up with EAGAIN.
     *
     * @param tries how many such tries came before the last one
     */
    private boolean again(long n, int tries, boolean blocking, int events, long deadline) throws IOException {
        if (n == -Errno.EINTR) {
            return true;
        }
        if (n != -Errno.EAGAIN || !blocking) {
            return false;
        }
        if (events == Consts.POLLIN) {
            readWaited = true;
        }
        if (tries >= ENOUGH_TRIES) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        long left = deadline == NEVER ? Await.FOREVER : Math.max(0, deadline - System.nanoTime());
        if (left == 0) {
            return false;
        }
        if (tries > 0) {
            await(events, left);
            return true;
        }
        await(events, Await.first(left));
        if (Thread.currentThread().isInterrupted()) {
            // Closes the channel, unless the interrupt itself did.
            host.beginBlocking();
        }
        return true;
    }

    /**
     * Waits. Does not keep the channel's monitor meanwhile, with which the streams of java.nio.channels.Channels call:
     * a read that waits would keep others from writing.
     */
    private void await(int events, long timeoutNanos) throws IOException {
        Object monitor = host.blockingLock();
        if (!Thread.holdsLock(monitor)) {
            Await.ready(fd, events, timeoutNanos);
            return;
        }
        IOException[] failure = new IOException[1];
        StandIn.await(monitor, () -> {
            try {
                Await.ready(fd, events, timeoutNanos);
            } catch (IOException e) {
                failure[0] = e;
            }
        });
        if (failure[0] != null) {
            throw failure[0];
        }
    }

    private void finish(boolean blocking, boolean completed, IoEvent event, long n, long timeoutNanos)
            throws AsynchronousCloseException {
        try {
            if (event != null) {
                event.done(host, fd, n, timeoutNanos);
            }
        } finally {
            if (blocking) {
                host.endBlocking(completed);
            }
        }
    }

    @Override
    public String toString() {
        return fd.toString();
    }
}
