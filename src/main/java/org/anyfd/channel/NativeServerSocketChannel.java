package org.anyfd.channel;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.poll.Await;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Sys;

/**
 * Internal. A listening stream socket.
 *
 * <p>Locks, outer to inner: {@link #acceptLock}, {@link #addressLock}. An accept holds the first for as long as it
 * takes, a change of the blocking mode waits for it; nothing else does.
 */
public final class NativeServerSocketChannel extends ServerSocketChannel
        implements Selectable, NativeSelectableChannel, Io.Host {
    private static final int DEFAULT_BACKLOG = 50;

    private final Family family;
    private final Fd fd;
    private final Io io;
    private final ReentrantLock acceptLock = new ReentrantLock();
    /** Guarded by {@link #acceptLock}. */
    private final Acceptor acceptor;
    private final Object addressLock = new Object();
    /** Written under {@link #addressLock}. */
    private volatile boolean bound;
    /** Guarded by {@link #addressLock}: the address if it was asked for. */
    private SocketAddress local;

    private NativeServerSocketChannel(SelectorProvider provider, Family family, int number) {
        super(provider);
        this.family = family;
        this.fd = Fd.own(number);
        this.io = new Io(this, fd, Attempt.PLAIN);
        this.acceptor = new Acceptor(family);
    }

    /** Opens an unbound socket. */
    public static NativeServerSocketChannel open(SelectorProvider provider, Family family) throws IOException {
        int number = family.socket(Consts.SOCK_STREAM);
        // As the JDK: a server that is started again gets its port back (socket(7)).
        int r = family == Family.UNIX ? 0 : Family.setInt(number, Consts.SOL_SOCKET, Consts.SO_REUSEADDR, 1);
        if (r < 0) {
            Sys.close(number);
            throw Errno.socketException(-r);
        }
        return new NativeServerSocketChannel(provider, family, number);
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
    public ServerSocketChannel bind(SocketAddress address, int backlog) throws IOException {
        synchronized (addressLock) {
            requireOpen();
            if (bound) {
                throw new AlreadyBoundException();
            }
            SocketAddress checked = address == null ? family.wildcard() : family.check(address);
            withFd(number -> {
                family.bindListener(number, checked);
                int r = Sys.listen(number, backlog < 1 ? DEFAULT_BACKLOG : backlog);
                if (r < 0) {
                    throw Errno.socketException(-r);
                }
            });
            bound = true;
        }
        return this;
    }

    @Override
    public SocketChannel accept() throws IOException {
        acceptLock.lock();
        try {
            return accept(Await.FOREVER);
        } finally {
            acceptLock.unlock();
        }
    }

    /** Accepts; null if there is none now (non-blocking) or in time. */
    private SocketChannel accept(long timeoutNanos) throws IOException {
        requireOpen();
        if (!bound) {
            throw new NotYetBoundException();
        }
        int n;
        acceptor.begin();
        try {
            n = io.call(acceptor, Consts.POLLIN, timeoutNanos);
        } catch (IOException e) {
            acceptor.abandon();
            throw e;
        }
        if (n >= 0) {
            return NativeSocketChannel.accepted(provider(), family, n, acceptor.remote());
        }
        if (n == -Errno.EAGAIN) {
            return null;
        }
        throw Errno.ioException(-n);
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
    public SocketAddress getLocalAddress() throws IOException {
        requireOpen();
        synchronized (addressLock) {
            if (bound && local == null) {
                withFd(number -> local = family.localAddress(number));
            }
            return local;
        }
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        Options.Row row = options().require(name);
        row.check(value);
        requireOpen();
        withFd(number -> row.set(number, family.domain(), value));
        return this;
    }

    @Override
    @SuppressWarnings("unchecked") // the row's value is of the option's type
    public <T> T getOption(SocketOption<T> name) throws IOException {
        Options.Row row = options().require(name);
        requireOpen();
        Object[] value = new Object[1];
        withFd(number -> value[0] = row.get(number, family.domain()));
        return (T) value[0];
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return options().supported();
    }

    private Options options() {
        return family == Family.UNIX ? Options.UNIX_LISTENER : Options.LISTENER;
    }

    private void requireOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    private void withFd(Numbered.Use use) throws IOException {
        Numbered.use(fd, use);
    }

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
        // The socket itself is always non-blocking; but an accept under way keeps the mode it began with.
        acceptLock.lock();
        acceptLock.unlock();
        requireOpen();
    }

    /** Prompt and without locks: it may run inside Thread.interrupt. */
    @Override
    protected void implCloseSelectableChannel() {
        fd.close();
    }

    @Override
    public ServerSocket socket() {
        throw new UnsupportedOperationException("Not supported");
    }

    @Override
    public String toString() {
        String name = "java.nio.channels.ServerSocketChannel[";
        try {
            SocketAddress here = getLocalAddress();
            return name + (here == null ? "unbound" : here) + "]";
        } catch (IOException e) {
            return name + "closed]";
        }
    }
}
