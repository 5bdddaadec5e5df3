package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/**
 * Two blocking datagram channels, each bound to a port of loopback, and what the datagram tests need around them.
 *
 * <p>That nothing has arrived is shown by a marker sent afterwards: the receiver gets the marker first.
 */
final class Udp implements AutoCloseable {
    final DatagramChannel near;
    final DatagramChannel far;
    final InetSocketAddress nearAddress;
    final InetSocketAddress farAddress;

    private Udp(DatagramChannel near, DatagramChannel far) throws IOException {
        this.near = near;
        this.far = far;
        this.nearAddress = (InetSocketAddress) near.getLocalAddress();
        this.farAddress = (InetSocketAddress) far.getLocalAddress();
    }

    /** A pair over IPv4, on dual-stack sockets if there are such. */
    static Udp pair() throws IOException {
        return new Udp(bound(), bound());
    }

    /** A pair over the given loopback address. */
    static Udp pair(InetAddress host) throws IOException {
        return new Udp(bound(host), bound(host));
    }

    /** A pair of which each is connected to the other. */
    static Udp connected() throws IOException {
        Udp udp = pair();
        udp.near.connect(udp.farAddress);
        udp.far.connect(udp.nearAddress);
        return udp;
    }

    static DatagramChannel bound() throws IOException {
        return bound(Tcp.loopback4());
    }

    static DatagramChannel bound(InetAddress host) throws IOException {
        return DatagramChannel.open().bind(new InetSocketAddress(host, 0));
    }

    /**
     * A channel that hears nobody. Who sends to its address is told that the port is unreachable, and nobody else can get
     * the port while the channel is open.
     */
    static DatagramChannel deaf() throws IOException {
        return bound().connect(discard());
    }

    /** An address of loopback that nothing will be sent to in earnest. */
    static InetSocketAddress discard() {
        return new InetSocketAddress(Tcp.loopback4(), 9);
    }

    @Override
    public void close() throws IOException {
        near.close();
        far.close();
    }

    /** Sends a datagram of the values. */
    static void send(DatagramChannel from, SocketAddress to, int... values) throws IOException {
        assertEquals(values.length, from.send(Tcp.bytes(values), to), "bytes sent");
    }

    /** Receives a datagram, in blocking mode, and insists that it has these values; returns the sender. */
    static SocketAddress receive(DatagramChannel channel, int... values) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        SocketAddress sender = channel.receive(buffer);
        assertEquals(Tcp.bytes(values), buffer.flip(), "bytes received");
        return sender;
    }

    /** Waits until something can be received, be it an error. The channel must be in non-blocking mode. */
    static void awaitReadable(DatagramChannel channel) throws IOException {
        long deadline = System.nanoTime() + Tcp.PATIENCE_NANOS;
        try (Selector selector = Selector.open()) {
            channel.register(selector, SelectionKey.OP_READ);
            while (selector.select(100) == 0) {
                Tcp.pause(deadline, "readable channel");
            }
        }
    }

    static int port(DatagramChannel channel) throws IOException {
        return ((InetSocketAddress) channel.getLocalAddress()).getPort();
    }
}
