package org.anyfd.fd;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NetworkChannel;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectionKey;
import java.util.Set;
import org.anyfd.channel.Adoption;
import org.anyfd.channel.Bytes;
import org.anyfd.channel.Options;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Sys;

/**
 * A Unix-domain socket that listens for connections of sequenced packets: the other side of
 * {@link UnixSeqPacketChannel#open}.
 *
 * <pre>{@code
 * UnixSeqPacketServerChannel server = UnixSeqPacketServerChannel.open().bind(AbstractUnixAddress.of("my-service"));
 * server.configureBlocking(false);
 * server.register(selector, SelectionKey.OP_ACCEPT);
 * UnixSeqPacketChannel client = server.accept();      // null if there is none
 * }</pre>
 *
 * <p>The file of a path stays when the channel is closed; see {@link UnixSockets} for that and for its mode.
 *
 * <p>Safe for use by several threads. Close and interrupt end a blocked accept.
 */
public final class UnixSeqPacketServerChannel extends SocketDescriptor implements NetworkChannel {
    private static final int DEFAULT_BACKLOG = 50;

    private final UnixNames names = new UnixNames(this, Options.UNIX_LISTENER);
    /** Whether it listens. */
    private volatile boolean bound;

    private UnixSeqPacketServerChannel(int number, boolean bound) {
        super(number, SelectionKey.OP_ACCEPT);
        this.bound = bound;
    }

    /**
     * Opens a socket, to be bound before it is registered.
     *
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE)
     */
    public static UnixSeqPacketServerChannel open() throws IOException {
        return new UnixSeqPacketServerChannel(socket(Consts.AF_UNIX, Consts.SOCK_SEQPACKET, 0), false);
    }

    /** Takes over a socket that another process made, and that listens. */
    static UnixSeqPacketServerChannel adopted(int number) throws IOException {
        // For accept(2) and connect(2) there is no MSG_DONTWAIT.
        Adoption.setNonBlocking(number);
        return new UnixSeqPacketServerChannel(number, true);
    }

    /** Gives the socket a name and listens, as {@link #bind(SocketAddress, int)} with a backlog of 50. */
    @Override
    public UnixSeqPacketServerChannel bind(SocketAddress address) throws IOException {
        return bind(address, 0);
    }

    /**
     * Gives the socket a name and listens.
     *
     * @param address null for an abstract name of the kernel's choice
     * @param backlog how many connections may wait to be accepted; less than 1 for 50
     * @throws AlreadyBoundException if it has a name
     * @throws java.nio.channels.UnsupportedAddressTypeException if it is not a Unix address
     * @throws java.net.BindException if the name is taken, also by a file that an earlier socket left; or not permitted
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    public synchronized UnixSeqPacketServerChannel bind(SocketAddress address, int backlog) throws IOException {
        names.bind(address);
        checked(use((fd, s) -> Sys.listen(fd, backlog < 1 ? DEFAULT_BACKLOG : backlog)));
        bound = true;
        return this;
    }

    /**
     * Accepts a connection. In blocking mode waits for one.
     *
     * @return the connection, in blocking mode; null if there is none now, in non-blocking mode
     * @throws NotYetBoundException if the channel is not bound
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the wait
     * @throws IOException with the kernel's reason, such as EMFILE
     */
    public UnixSeqPacketChannel accept() throws IOException {
        Bytes.requireOpen(this);
        if (!bound) {
            throw new NotYetBoundException();
        }
        int n = acceptNumber();
        return n < 0 ? null : new UnixSeqPacketChannel(n);
    }

    /**
     * The name that the socket is bound to: a {@link java.net.UnixDomainSocketAddress} or an {@link AbstractUnixAddress}.
     *
     * @return null if it is not bound
     * @throws ClosedChannelException if the channel is closed
     */
    @Override
    public SocketAddress getLocalAddress() throws IOException {
        SocketAddress local = names.local();
        return bound ? local : null;
    }

    @Override
    public <T> UnixSeqPacketServerChannel setOption(SocketOption<T> name, T value) throws IOException {
        names.set(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return names.option(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return names.options().supported();
    }

    @Override
    String what() throws IOException {
        return names.text();
    }
}
