package org.anyfd.channel;

import java.io.IOException;
import java.lang.ref.Cleaner;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.MembershipKey;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.poll.Await;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Sys;

/**
 * Internal. A UDP socket.
 *
 * <p>Receiving holds the receiver's lock, sending the sender's, for as long as it takes; bind, connect, disconnect and a
 * change to non-blocking mode hold both, the receiver's first. Options, addresses, multicast memberships and close take
 * neither and so never wait for a blocked receiver.
 */
public final class NativeDatagramChannel extends DatagramChannel
        implements Selectable, NativeSelectableChannel, Io.Host {
    /** Closes what a program dropped without closing it, as with the JDK's datagram channels and no others. */
    private static final Cleaner CLEANER = Cleaner.create();

    private final Family family;
    private final Fd fd;
    /** Closes it. */
    private final Cleaner.Cleanable closing;
    private final Io io;
    private final DatagramReceiver receiver;
    private final DatagramSender sender;
    /** Changed under both locks, but for binding. */
    private final Association association;
    private final Memberships memberships;
    private final EarlyOptions earlyOptions = new EarlyOptions();
    /** Made when it is asked for. */
    private final AtomicReference<DatagramSocketAdaptor> adaptor = new AtomicReference<>();

    private NativeDatagramChannel(SelectorProvider provider, Family family, Fd fd, InetSocketAddress local,
            InetSocketAddress remote) {
        super(provider);
        this.family = family;
        this.fd = fd;
        this.io = new Io(this, fd, Attempt.DONTWAIT);
        this.receiver = new DatagramReceiver(this);
        this.sender = new DatagramSender(this);
        this.association = new Association(family, fd, local, remote);
        this.memberships = new Memberships(this, family, fd);
        this.closing = CLEANER.register(this, fd::close);
    }

    /** Opens an unbound socket. */
    public static NativeDatagramChannel open(SelectorProvider provider, Family family) throws IOException {
        if (family == Family.UNIX) {
            throw new UnsupportedOperationException("Protocol family not supported");
        }
        int number = family.socket(Consts.SOCK_DGRAM);
        int r = Memberships.onlyJoined(number, family);
        if (r < 0) {
            Sys.close(number);
            throw Errno.socketException(-r);
        }
        return new NativeDatagramChannel(provider, family, Fd.own(number), null, null);
    }

    /** The channel of a socket that another process made, bound or not, connected or not. */
    static NativeDatagramChannel adopted(SelectorProvider provider, Family family, Fd fd) throws IOException {
        InetSocketAddress local = (InetSocketAddress) family.localAddress(fd.number());
        return new NativeDatagramChannel(provider, family, fd, local.getPort() == 0 ? null : local,
            (InetSocketAddress) family.remoteAddress(fd.number()));
    }

    @Override
    public Fd fd() {
        return fd;
    }

    @Override
    public int getFD() {
        return fd.number();
    }

    // -- Receiving and sending --

    @Override
    public SocketAddress receive(ByteBuffer dst) throws IOException {
        Bytes.requireWritable(dst);
        return receiver.receive(dst, Await.FOREVER);
    }

    @Override
    public int send(ByteBuffer src, SocketAddress target) throws IOException {
        return sender.send(Objects.requireNonNull(src), target);
    }

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

    Family family() {
        return family;
    }

    Io io() {
        return io;
    }

    DatagramReceiver receiver() {
        return receiver;
    }

    DatagramSender sender() {
        return sender;
    }

    void requireConnected() throws ClosedChannelException {
        Bytes.requireOpen(this);
        if (association.remote() == null) {
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

    @Override
    public SocketAddress peer() {
        return association.remote();
    }

    // -- Addresses --

    @Override
    public DatagramChannel bind(SocketAddress address) throws IOException {
        lockBoth();
        try {
            Bytes.requireOpen(this);
            if (association.bind(address, this::handOver)) {
                OpenSelectors.watchAnew(this);
            }
            return this;
        } finally {
            unlockBoth();
        }
    }

    /** A {@link PassedFds.HandOver}. */
    private void handOver(int number, Family family, PassedFds.Change change) throws IOException {
        earlyOptions.handOver(number, family, () -> memberships.handOver(number, change));
    }

    @Override
    public DatagramChannel connect(SocketAddress address) throws IOException {
        InetSocketAddress peer = (InetSocketAddress) family.check(address);
        lockBoth();
        try {
            Bytes.requireOpen(this);
            if (association.remote() != null) {
                throw new AlreadyConnectedException();
            }
            association.connect(peer);
            return this;
        } finally {
            unlockBoth();
        }
    }

    /** Connects for the adaptor: anew if there is a connection, and not at all if the channel is closed. */
    void reconnect(SocketAddress address) throws IOException {
        InetSocketAddress peer = (InetSocketAddress) family.check(address);
        lockBoth();
        try {
            if (isOpen()) {
                association.disconnect();
                association.connect(peer);
            }
        } finally {
            unlockBoth();
        }
    }

    @Override
    public DatagramChannel disconnect() throws IOException {
        lockBoth();
        try {
            if (isOpen()) {
                association.disconnect();
            }
            return this;
        } finally {
            unlockBoth();
        }
    }

    @Override
    public boolean isConnected() {
        return isOpen() && association.remote() != null;
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        Bytes.requireOpen(this);
        return association.local();
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException {
        Bytes.requireOpen(this);
        return association.remote();
    }

    /** What the addresses are, also after close. */
    Association association() {
        return association;
    }

    private void lockBoth() {
        receiver.lock();
        sender.lock();
    }

    private void unlockBoth() {
        sender.unlock();
        receiver.unlock();
    }

    // -- Multicast, options --

    @Override
    public MembershipKey join(InetAddress group, NetworkInterface netif) throws IOException {
        return memberships.join(group, netif, null);
    }

    @Override
    public MembershipKey join(InetAddress group, NetworkInterface netif, InetAddress source) throws IOException {
        return memberships.join(group, netif, Objects.requireNonNull(source));
    }

    /** The membership for all senders, or null: for the adaptor. */
    MembershipKey membership(InetAddress group, NetworkInterface netif) {
        return memberships.find(group, netif, null);
    }

    @Override
    public <T> DatagramChannel setOption(SocketOption<T> name, T value) throws IOException {
        earlyOptions.set(options(), name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return options().get(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return Options.DATAGRAM.supported();
    }

    private FdOptions options() {
        return new FdOptions(Options.DATAGRAM, family, fd);
    }

    // -- Lifecycle --

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
        // The socket itself is always non-blocking; but an operation that may wait keeps the mode it began with.
        if (!block) {
            lockBoth();
            unlockBoth();
        }
        Bytes.requireOpen(this);
    }

    /** Prompt: it may run inside Thread.interrupt, and by a thread that is receiving. */
    @Override
    protected void implCloseSelectableChannel() {
        // Nothing is left for the garbage collector to find, and for the cleaner's thread to do.
        closing.clean();
        memberships.close();
    }

    @Override
    public DatagramSocket socket() {
        if (adaptor.get() == null) {
            adaptor.compareAndSet(null, DatagramSocketAdaptor.of(this));
        }
        return adaptor.get();
    }

    @Override
    public String toString() {
        String name = "java.nio.channels.DatagramChannel[";
        try {
            SocketAddress here = getLocalAddress();
            InetSocketAddress there = association.remote();
            return name + (here == null ? "unbound" : "local=" + here) + (there == null ? "" : " remote=" + there)
                + ", " + fd + "]";
        } catch (IOException e) {
            return name + "closed]";
        }
    }
}
