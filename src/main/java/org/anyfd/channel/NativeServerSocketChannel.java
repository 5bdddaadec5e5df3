package org.anyfd.channel;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.poll.Await;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Sys;

/**
 * Internal. A listening stream socket.
 *
 * <p>An accept holds {@link #acceptLock} for as long as it takes, and a change to non-blocking mode waits for it; nothing
 * else does.
 */
public final class NativeServerSocketChannel extends ServerSocketChannel
        implements Selectable, NativeSelectableChannel, Io.Host {
    private static final int DEFAULT_BACKLOG = 50;

    /** Changes at most once, when the channel is bound. */
    private volatile Family family;
    private final Fd fd;
    private final Io io;
    private final EarlyOptions earlyOptions = new EarlyOptions();
    private final OperationLock acceptLock;
    /** Guarded by {@link #acceptLock}. */
    private final Acceptor acceptor;
    private final LocalAddress local;
    /** Made when first asked for; guarded by {@link #local}'s monitor. */
    private ServerSocketAdaptor adaptor;

    private NativeServerSocketChannel(SelectorProvider provider, Family family, Fd fd, boolean bound) {
        super(provider);
        this.family = family;
        this.fd = fd;
        this.io = new Io(this, fd, Attempt.PLAIN);
        this.acceptLock = new OperationLock(this, fd, Fd.READING);
        this.acceptor = new Acceptor(family);
        this.local = new LocalAddress(family, fd, bound);
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
        return new NativeServerSocketChannel(provider, family, Fd.own(number), false);
    }

    /** The channel of a listening socket that another process made, and that is non-blocking. */
    static NativeServerSocketChannel adopted(SelectorProvider provider, Family family, Fd fd) {
        return new NativeServerSocketChannel(provider, family, fd, true);
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
        requireOpen();
        local.bind(number -> {
            Family passed = PassedFds.bind(fd, ServerSocketChannel.class, family, address, earlyOptions::handOver);
            if (passed != null) {
                family = passed;
                return;
            }
            try {
                family.bindListener(number, address);
            } catch (BindException e) {
                throw PassedFds.explained(e);
            }
            int r = Sys.listen(number, backlog < 1 ? DEFAULT_BACKLOG : backlog);
            if (r < 0) {
                throw Errno.socketException(-r);
            }
        });
        local.named(address);
        if (fd.file() != 0) {
            OpenSelectors.watchAnew(this);
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

    /**
     * Accepts, as {@link ServerSocket#accept} does.
     *
     * @return null if the time is over
     * @throws IllegalBlockingModeException if the channel is non-blocking
     */
    SocketChannel acceptBlocking(long timeoutNanos) throws IOException {
        acceptLock.lock();
        try {
            requireOpen();
            requireBound();
            if (!isBlocking()) {
                throw new IllegalBlockingModeException();
            }
            return accept(timeoutNanos);
        } finally {
            acceptLock.unlock();
        }
    }

    /** Accepts; null if there is none now (non-blocking) or in time. */
    private SocketChannel accept(long timeoutNanos) throws IOException {
        requireOpen();
        requireBound();
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
        return local.get();
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        earlyOptions.set(options(), name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return options().get(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return options().table().supported();
    }

    private FdOptions options() {
        return new FdOptions(family == Family.UNIX ? Options.UNIX_LISTENER : Options.LISTENER, family, fd);
    }

    LocalAddress local() {
        return local;
    }

    private void requireBound() {
        if (!local.isBound()) {
            throw new NotYetBoundException();
        }
    }

    private void requireOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
        // The socket itself is always non-blocking; but an accept that may wait keeps the mode it began with.
        if (!block) {
            acceptLock.lock();
            acceptLock.unlock();
        }
        requireOpen();
    }

    /** Prompt and without locks: it may run inside Thread.interrupt. */
    @Override
    protected void implCloseSelectableChannel() {
        fd.close();
    }

    @Override
    public ServerSocket socket() {
        if (family == Family.UNIX) {
            throw new UnsupportedOperationException("Not supported");
        }
        synchronized (local) {
            if (adaptor == null) {
                local.keep();
                adaptor = new ServerSocketAdaptor(this);
            }
            return adaptor;
        }
    }

    @Override
    public String toString() {
        String name = "java.nio.channels.ServerSocketChannel[";
        try {
            SocketAddress here = getLocalAddress();
            return name + (here == null ? "unbound" : here) + ", " + fd + "]";
        } catch (IOException e) {
            return name + "closed]";
        }
    }
}
