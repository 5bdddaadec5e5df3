package org.anyfd.channel;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import java.util.Set;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.channel.Connection.State;
import org.anyfd.poll.Await;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;

/**
 * Internal. A stream socket.
 *
 * <p>Locks, outer to inner: {@link Receiver}, {@link Sender}. A read holds the first, a write the second, for
 * as long as it takes; connect, bind and a change to non-blocking mode hold both. Options, addresses, shutdown and close
 * take neither and so never wait for a blocked read or write.
 */
public final class NativeSocketChannel extends SocketChannel
        implements Selectable, MessageSocket, TransferTarget, NativeSelectableChannel, KernelReads.Host {
    private static final Connection NEW = new Connection(State.UNCONNECTED, false, null, false);
    /** But for its peer. */
    private static final Connection ACCEPTED = new Connection(State.CONNECTED, true, null, false);

    private final Family family;
    private final Fd fd;
    /** Whether a selector may watch it edge-triggered. */
    private final boolean edges;
    private final Io io;
    private final Receiver receiver;
    private final Sender sender;
    private final LocalAddress local;

    /** Written under both locks; goes down the list only. */
    private volatile State state;
    /**
     * The address connected to, as the program gave it; null if an adopted connection's is not known any more. Written
     * with {@link #state}, before it.
     */
    private volatile SocketAddress remote;
    /** Null before a read has asked. Written under the read lock. */
    private volatile KernelReads kernelReads;
    /** Whether SO_LINGER may differ from its default, off. */
    private volatile boolean lingerSet;
    /** Whether another process may have this socket too. */
    private volatile boolean passed;
    /** Made when first asked for; guarded by {@link #local}'s monitor. */
    private SocketAdaptor adaptor;

    private NativeSocketChannel(SelectorProvider provider, Family family, Fd fd, Attempt attempt, boolean edges,
            Connection connection) {
        super(provider);
        this.family = family;
        this.fd = fd;
        this.edges = edges;
        this.io = new Io(this, fd, attempt);
        this.receiver = new Receiver(this);
        this.sender = new Sender(this, connection.outputShut());
        this.local = new LocalAddress(family, fd, connection.bound());
        this.remote = connection.remote();
        this.state = connection.state();
    }

    /** The channel of a socket of our own, which is non-blocking. */
    private static NativeSocketChannel own(SelectorProvider provider, Family family, int number, Connection connection) {
        // unix(7): a read also ends where passed descriptors begin, so a short one does not say that nothing is left.
        boolean edges = family != Family.UNIX;
        return new NativeSocketChannel(provider, family, Fd.own(number), Attempt.PLAIN, edges, connection);
    }

    /** Opens an unconnected socket. */
    public static NativeSocketChannel open(SelectorProvider provider, Family family) throws IOException {
        return own(provider, family, family.socket(Consts.SOCK_STREAM), NEW);
    }

    /** The channel of a connection just accepted; takes the number over, which is non-blocking. */
    public static NativeSocketChannel accepted(SelectorProvider provider, Family family, int number, SocketAddress remote) {
        NativeSocketChannel channel = own(provider, family, number, ACCEPTED);
        channel.remote = remote;
        return channel;
    }

    /**
     * The channel of a socket that another process made, and that is non-blocking unless connected. Others may have it
     * and read, so a selector always asks the kernel about it.
     */
    static NativeSocketChannel adopted(SelectorProvider provider, Family family, Fd fd, Connection connection) {
        NativeSocketChannel channel = new NativeSocketChannel(provider, family, fd, Attempt.DONTWAIT, false, connection);
        channel.lingerSet = true;
        return channel;
    }

    // -- Selection --

    @Override
    public Fd fd() {
        return fd;
    }

    @Override
    public int getFD() {
        return fd.number();
    }

    @Override
    public Io soleIo() {
        return edges && state == State.CONNECTED && !passed ? io : null;
    }

    /** What the other process reads is read by nobody here, and the connection is not ended by a close here. */
    @Override
    public void passed() {
        passed = true;
        KernelReads reads = kernelReads;
        if (reads != null) {
            reads.giveUp();
        }
        io.attempt(Attempt.DONTWAIT); // the other process may clear O_NONBLOCK
        EdgeWatch.taken(io);
    }

    /** Not where another process would notice the shutdown(2) that ends them; an adopted socket counts as lingering. */
    @Override
    public boolean kernelReads(Io io) {
        if (passed || lingerSet) {
            return false;
        }
        if (kernelReads == null) {
            kernelReads = new KernelReads(fd, sender);
        }
        // Once more: passed() found no KernelReads to give up, or it is seen here that it was called.
        return !passed && kernelReads.begin(io);
    }

    /** OP_CONNECT on a connected channel can never be ready, and watching for it would report each select anew. */
    @Override
    public int eventsFor(int interest) {
        return Ops.events(state == State.CONNECTED ? interest & ~SelectionKey.OP_CONNECT : interest);
    }

    /** Reading and writing are ready once connected, connecting while it is pending; all are after an error. */
    @Override
    public int readyFor(int events, int interest) {
        if ((events & (Consts.POLLERR | Consts.POLLHUP)) != 0) {
            return interest;
        }
        return Ops.ready(events, interest) & switch (state) {
            case UNCONNECTED -> 0;
            case PENDING -> SelectionKey.OP_CONNECT;
            case CONNECTED -> SelectionKey.OP_READ | SelectionKey.OP_WRITE;
        };
    }

    // -- Reading and writing --

    @Override
    public int read(ByteBuffer dst) throws IOException {
        return receiver.read(Objects.requireNonNull(dst));
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, dsts.length);
        return receiver.read(dsts, offset, length);
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        return sender.write(Objects.requireNonNull(src));
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, srcs.length);
        return sender.write(srcs, offset, length);
    }

    @Override
    public long transfer(TransferTarget.Transfer transfer, long count) throws IOException {
        return sender.transfer(transfer, count);
    }

    /** The calls of transfers have no flag of their own that says not to wait. Under the write lock, by who found it open. */
    void makeNonBlockingFile() {
        KernelReads reads = kernelReads;
        if (reads != null) {
            reads.giveUp();
        }
    }

    @Override
    public int send(Io.Call call) throws IOException {
        family.requireUnix();
        return sender.call(call);
    }

    @Override
    public int receive(Io.Call call) throws IOException {
        family.requireUnix();
        return receiver.call(call);
    }

    Io io() {
        return io;
    }

    Receiver receiver() {
        return receiver;
    }

    Sender sender() {
        return sender;
    }

    void requireConnected() throws ClosedChannelException {
        Bytes.requireOpen(this);
        if (state != State.CONNECTED) {
            throw new NotYetConnectedException();
        }
    }

    void requireBlocking() {
        if (!isBlocking()) {
            throw new IllegalBlockingModeException();
        }
    }

    @Override
    public void beginBlocking() {
        begin();
    }

    @Override
    public void endBlocking(boolean completed) throws AsynchronousCloseException {
        end(completed);
    }

    // -- Connecting --

    @Override
    public SocketChannel bind(SocketAddress address) throws IOException {
        lockBoth();
        try {
            Bytes.requireOpen(this);
            if (state == State.PENDING) {
                throw new ConnectionPendingException();
            }
            local.bind(number -> family.bindStream(number, address));
            local.named(address);
            return this;
        } finally {
            unlockBoth();
        }
    }

    @Override
    public boolean connect(SocketAddress address) throws IOException {
        return connect(address, Await.FOREVER);
    }

    /**
     * Connects, as {@link java.net.Socket#connect} does.
     *
     * @param timeoutNanos how long it may take, or {@link Await#FOREVER}
     * @throws IllegalBlockingModeException if the channel is non-blocking
     * @throws java.net.SocketTimeoutException if the time is over; the channel is closed then
     */
    void connectBlocking(SocketAddress address, long timeoutNanos) throws IOException {
        family.check(address);
        lockBoth();
        try {
            requireBlocking();
            connect(address, timeoutNanos);
        } finally {
            unlockBoth();
        }
    }

    private boolean connect(SocketAddress address, long timeoutNanos) throws IOException {
        SocketAddress target = family.remote(family.check(address));
        lockBoth();
        try {
            Bytes.requireOpen(this);
            if (state == State.CONNECTED) {
                throw new AlreadyConnectedException();
            }
            if (state == State.PENDING) {
                throw new ConnectionPendingException();
            }
            remote = target;
            state = State.PENDING;
            return connected(new Connecting(family, target, isBlocking()), timeoutNanos);
        } finally {
            unlockBoth();
        }
    }

    @Override
    public boolean finishConnect() throws IOException {
        lockBoth();
        try {
            if (isConnected()) {
                return true;
            }
            Bytes.requireOpen(this);
            if (state != State.PENDING) {
                throw new NoConnectionPendingException();
            }
            return connected(Connecting.underWay(family), Await.FOREVER);
        } finally {
            unlockBoth();
        }
    }

    /** Goes on with connecting; a failure closes the channel. */
    private boolean connected(Connecting connecting, long timeoutNanos) throws IOException {
        try {
            int r = io.call(connecting, Consts.POLLOUT, timeoutNanos);
            if (r == 0) {
                local.renewed();
                if (remote == null) {
                    // Somebody else had begun to connect.
                    Numbered.use(fd, number -> remote = family.remoteAddress(number));
                }
                state = State.CONNECTED;
                return true;
            }
            connecting.check(r, isBlocking());
            return false;
        } catch (IOException e) {
            close();
            throw HostInfo.added(e, remote);
        }
    }

    @Override
    public boolean isConnected() {
        return isOpen() && state == State.CONNECTED;
    }

    @Override
    public boolean isConnectionPending() {
        return isOpen() && state == State.PENDING;
    }

    private void lockBoth() {
        receiver.lock();
        sender.lock();
    }

    private void unlockBoth() {
        sender.unlock();
        receiver.unlock();
    }

    // -- Half-close, addresses, options --

    @Override
    public SocketChannel shutdownInput() throws IOException {
        requireConnected();
        receiver.shutdown();
        return this;
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException {
        requireConnected();
        sender.shutdown();
        return this;
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        Bytes.requireOpen(this);
        return local.get();
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException {
        Bytes.requireOpen(this);
        return remote;
    }

    LocalAddress local() {
        return local;
    }

    /** As {@link #getRemoteAddress}, also after close. */
    @Override
    public SocketAddress peer() {
        return remote;
    }

    @Override
    public <T> SocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        if (name == StandardSocketOptions.SO_LINGER) {
            lingerSet = true;
        }
        options().set(name, value);
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
        return new FdOptions(family == Family.UNIX ? Options.UNIX_STREAM : Options.STREAM, family, fd);
    }

    // -- Lifecycle --

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
        // But for KernelReads the socket itself is always non-blocking, and an operation keeps the mode it began with.
        if (!block) {
            lockBoth();
            if (kernelReads != null) {
                kernelReads.end(io);
            }
            unlockBoth();
        }
        Bytes.requireOpen(this);
    }

    /** Prompt and without locks: it may run inside Thread.interrupt, and by a thread that is reading. */
    @Override
    protected void implCloseSelectableChannel() throws IOException {
        try {
            if (isRegistered() && state == State.CONNECTED && !passed) {
                Connection.endUnlessLinger(fd, lingerSet ? options() : null);
            }
        } finally {
            fd.close();
            EdgeWatch.closed(io);
        }
    }

    @Override
    public Socket socket() {
        if (family == Family.UNIX) {
            throw new UnsupportedOperationException("Not supported");
        }
        synchronized (local) {
            if (adaptor == null) {
                local.keep();
                adaptor = SocketAdaptor.of(this, fd);
            }
            return adaptor;
        }
    }

    @Override
    public String toString() {
        StringBuilder s = new StringBuilder("java.nio.channels.SocketChannel[");
        if (!isOpen()) {
            return s.append("closed]").toString();
        }
        s.append(state.text).append(receiver.isShut() ? " ishut" : "").append(sender.isShut() ? " oshut" : "");
        try {
            SocketAddress here = getLocalAddress();
            s.append(here == null ? "" : " local=" + here);
        } catch (IOException closedMeanwhile) {
            s.append(" closed");
        }
        return s.append(remote == null ? "" : " remote=" + remote).append(']').toString();
    }
}
