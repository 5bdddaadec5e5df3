package org.anyfd.fd;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.SelectorProvider;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.channel.Attempt;
import org.anyfd.channel.Bytes;
import org.anyfd.channel.Io;
import org.anyfd.channel.OperationLock;
import org.anyfd.channel.Selectable;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Errno;

/**
 * What the channels of this package share: one descriptor, a lock for each direction, and the lifecycle.
 *
 * <p>Locks, outer to inner: {@link #readLock}, {@link #writeLock}. A read holds the first, a write the second, for as
 * long as it takes; a change of the blocking mode waits for both; close takes neither.
 */
abstract class DescriptorChannel extends AbstractSelectableChannel implements NativeSelectableChannel, Selectable {
    final Io io;
    final OperationLock readLock;
    final OperationLock writeLock;
    private final Fd fd;
    private final int validOps;

    DescriptorChannel(Fd fd, Attempt attempt, int validOps) {
        super(SelectorProvider.provider());
        this.fd = fd;
        this.readLock = new OperationLock(this, fd, Fd.READING);
        this.writeLock = new OperationLock(this, fd, Fd.WRITING);
        this.validOps = validOps;
        this.io = new Io(new Host(), fd, attempt);
    }

    /** Gives the I/O loop what only a channel may call, without making it public. */
    private final class Host implements Io.Host {
        @Override
        public boolean isBlocking() {
            return DescriptorChannel.this.isBlocking();
        }

        @Override
        public Object blockingLock() {
            return DescriptorChannel.this.blockingLock();
        }

        @Override
        public Object channel() {
            return DescriptorChannel.this;
        }

        @Override
        public void beginBlocking() {
            begin();
        }

        @Override
        public void endBlocking(boolean completed) throws AsynchronousCloseException {
            end(completed);
        }
    }

    /**
     * Internal.
     *
     * @hidden
     */
    @Override
    public final Fd fd() {
        return fd;
    }

    /** Makes one system call that does not wait, under a reference; n >= 0 or -errno. */
    final int call(Io.Call call) throws ClosedChannelException {
        if (!fd.acquire()) {
            throw new ClosedChannelException();
        }
        try {
            return call.attempt(fd.number());
        } finally {
            fd.release();
        }
    }

    /**
     * The number of the descriptor: its {@code fileno()}. It stays this channel's until the channel is closed.
     */
    @Override
    public int getFD() {
        return fd.number();
    }

    @Override
    public final int validOps() {
        return validOps;
    }

    @Override
    protected final void implConfigureBlocking(boolean block) throws IOException {
        // The file's own mode does not change; but an operation that may wait keeps the mode it began with.
        if (!block) {
            readLock.lock();
            writeLock.lock();
            writeLock.unlock();
            readLock.unlock();
        }
        Bytes.requireOpen(this);
    }

    /** Prompt, and with no locks but leaves: it may run inside Thread.interrupt. */
    @Override
    protected final void implCloseSelectableChannel() throws IOException {
        int r;
        try {
            beforeClose();
        } finally {
            r = fd.close();
        }
        if (r < 0) {
            throw Errno.failed("close(" + fd + ")", -r);
        }
    }

    /** What else there is to do while the descriptor is still open; prompt, as the close itself. */
    void beforeClose() {
    }

    /**
     * Such as {@code org.anyfd.fd.FdChannel[fd 0, /dev/pts/1]}, or {@code org.anyfd.fd.FdChannel[closed]}. Any thread may
     * ask, also while another reads; the kernel is asked for names that may change.
     */
    @Override
    public final String toString() {
        return getClass().getName() + "[" + (isOpen() && fd.acquire() ? described() : "closed") + "]";
    }

    /** Under a reference that is given back. */
    private String described() {
        String anew = fd.number() == getFD() ? "" : ", opened anew as " + fd;
        try {
            String what = what();
            return "fd " + getFD() + anew + (what.isEmpty() ? "" : ", " + what);
        } catch (IOException closedMeanwhile) {
            return "fd " + getFD() + anew;
        } finally {
            fd.release();
        }
    }

    /** What it is beyond a descriptor of its class, for {@link #toString}: waits for nobody. */
    String what() throws IOException {
        return "";
    }
}
