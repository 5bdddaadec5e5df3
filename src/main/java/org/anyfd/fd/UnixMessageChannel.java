package org.anyfd.fd;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectionKey;
import java.util.Set;
import org.anyfd.channel.Options;

/** What Unix datagram and seqpacket sockets share: addresses and options. */
abstract class UnixMessageChannel extends MessageChannel implements NetworkChannel {
    final UnixNames names = new UnixNames(this, Options.UNIX_STREAM);

    UnixMessageChannel(int number) {
        super(number, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
    }

    /**
     * The name that the socket is bound to: a {@link java.net.UnixDomainSocketAddress} or an {@link AbstractUnixAddress}.
     *
     * @return the unnamed address, a path without characters, if it is bound to none
     * @throws ClosedChannelException if the channel is closed
     */
    @Override
    public final SocketAddress getLocalAddress() throws IOException {
        return names.local();
    }

    /**
     * The name of the peer, unnamed for one without a name.
     *
     * @return null if not connected
     * @throws ClosedChannelException if the channel is closed
     */
    public final SocketAddress getRemoteAddress() throws IOException {
        return names.remote();
    }

    @Override
    public final <T> T getOption(SocketOption<T> name) throws IOException {
        return names.option(name);
    }

    @Override
    public final Set<SocketOption<?>> supportedOptions() {
        return names.options().supported();
    }

    @Override
    final String what() throws IOException {
        return names.text();
    }
}
