package org.anyfd.fd;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ClosedChannelException;
import org.anyfd.channel.Family;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Scratch;

/**
 * A connected Unix-domain socket of sequenced packets, unix(7): a connection as a stream has, with an end, but each read
 * gives one message as it was written.
 *
 * <pre>{@code
 * UnixSeqPacketChannel channel = UnixSeqPacketChannel.open(UnixDomainSocketAddress.of("/run/my.socket"));
 * channel.write(request);
 * channel.read(answer.clear());
 * }</pre>
 *
 * <p>It is connected for all of its life: to a {@link UnixSeqPacketServerChannel}, or to the other of a {@link #pair}.
 * Addresses are a {@link java.net.UnixDomainSocketAddress} or an {@link AbstractUnixAddress}. See {@link FdPassing} for messages
 * with descriptors, {@link PeerCredentials} for who the peer is.
 *
 * <p><b>Messages.</b> Of one that is longer than the buffer, the rest is lost. One without bytes cannot be told from
 * end-of-stream, so none is written.
 *
 * <p>Safe for use by several threads: one reader and one writer at a time. Close and interrupt end a blocked operation.
 */
public final class UnixSeqPacketChannel extends UnixMessageChannel {
    /** Takes a socket over. */
    UnixSeqPacketChannel(int number) {
        super(number);
    }

    /**
     * Connects to a server. Waits while its backlog is full; an interrupt ends that.
     *
     * @throws java.nio.channels.UnsupportedAddressTypeException if it is not a Unix address
     * @throws java.net.ConnectException if nobody listens there
     * @throws java.nio.channels.ClosedByInterruptException if the thread is interrupted
     * @throws IOException with the kernel's reason, such as EMFILE, or {@code Protocol wrong type for socket} if it is
     *     a socket of another type
     */
    public static UnixSeqPacketChannel open(SocketAddress remote) throws IOException {
        Family.UNIX.check(remote);
        UnixSeqPacketChannel channel = new UnixSeqPacketChannel(socket(Consts.AF_UNIX, Consts.SOCK_SEQPACKET, 0));
        try {
            channel.connect(remote);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private void connect(SocketAddress remote) throws IOException {
        byte[] address;
        Scratch s = Scratch.take();
        try {
            address = new byte[Family.UNIX.encode(s.small(), remote)];
            s.small().get(0, address);
        } finally {
            s.give();
        }
        send(new Connect(address, true));
    }

    /**
     * Opens two sockets that are connected to each other, socketpair(2).
     *
     * @throws IOException if the kernel gives no descriptors (EMFILE, ENFILE)
     */
    public static UnixSeqPacketChannel[] pair() throws IOException {
        int[] pair = socketpair(Consts.AF_UNIX, Consts.SOCK_SEQPACKET, 0);
        return new UnixSeqPacketChannel[] {new UnixSeqPacketChannel(pair[0]), new UnixSeqPacketChannel(pair[1])};
    }

    /**
     * Gives the socket a name, which the peer sees only if it asks later.
     *
     * @param address null for an abstract name of the kernel's choice
     * @throws AlreadyBoundException if it has one, as one that was accepted has
     * @throws java.nio.channels.UnsupportedAddressTypeException if it is not a Unix address
     * @throws java.net.BindException if the name is taken or not permitted
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    @Override
    public UnixSeqPacketChannel bind(SocketAddress address) throws IOException {
        names.bind(address);
        return this;
    }

    /**
     * Ends the reading direction: a read gives what is there already, then end-of-stream; the peer's writes fail.
     *
     * @throws ClosedChannelException if the channel is closed
     */
    public UnixSeqPacketChannel shutdownInput() throws IOException {
        shut(Consts.SHUT_RD);
        return this;
    }

    /**
     * Ends the writing direction: the peer reads end-of-stream after the last message.
     *
     * @throws ClosedChannelException if the channel is closed
     */
    public UnixSeqPacketChannel shutdownOutput() throws IOException {
        shut(Consts.SHUT_WR);
        return this;
    }

    @Override
    public <T> UnixSeqPacketChannel setOption(SocketOption<T> name, T value) throws IOException {
        names.set(name, value);
        return this;
    }
}
