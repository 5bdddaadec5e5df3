package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The socket of a datagram channel: its states, addresses and options. */
@Bounded
class DatagramSocketAdaptorTest {
    private static final SocketAddress UNIX = UnixDomainSocketAddress.of("/nowhere");

    private DatagramChannel channel;
    private DatagramSocket socket;

    @BeforeEach
    void open() throws IOException {
        channel = DatagramChannel.open();
        socket = channel.socket();
    }

    @AfterEach
    void close() throws IOException {
        channel.close();
    }

    private static void assertRefused(Class<? extends Exception> exactly, String message, Executable call) {
        assertEquals(message, assertThrowsExactly(exactly, call).getMessage());
    }

    // -- channel and socket --

    @Test
    void socketAndChannelBelongTogether() throws IOException {
        assertSame(socket, channel.socket());
        assertSame(channel, socket.getChannel());
        assertInstanceOf(MulticastSocket.class, socket);
        try (DatagramChannel other = DatagramChannel.open()) {
            assertNotEquals(socket, other.socket());
        }
    }

    @Test
    void socketCostsNoDescriptor() throws IOException {
        int opened = descriptorsOf(10);
        // What earlier tests have left to the collector may be closed meanwhile.
        for (int i = 0; i < 5 && opened != 10; i++) {
            opened = descriptorsOf(10);
        }
        assertEquals(10, opened);
    }

    private static int descriptorsOf(int sockets) throws IOException {
        int before = Tcp.openDescriptors();
        DatagramChannel[] channels = new DatagramChannel[sockets];
        for (int i = 0; i < channels.length; i++) {
            channels[i] = DatagramChannel.open();
            channels[i].socket().bind(null);
        }
        int opened = Tcp.openDescriptors() - before;
        for (DatagramChannel each : channels) {
            each.socket().close();
        }
        return opened;
    }

    @Test
    void closeClosesBoth() throws IOException {
        socket.close();
        assertFalse(channel.isOpen());
        assertTrue(socket.isClosed());
        socket.close();
        try (DatagramChannel other = DatagramChannel.open()) {
            other.close();
            assertTrue(other.socket().isClosed());
        }
    }

    // -- states --

    private void assertState(boolean bound, InetSocketAddress local, InetSocketAddress remote) {
        assertEquals(bound, socket.isBound());
        assertEquals(remote != null, socket.isConnected());
        assertEquals(remote, socket.getRemoteSocketAddress());
        assertEquals(remote == null ? null : remote.getAddress(), socket.getInetAddress());
        assertEquals(remote == null ? -1 : remote.getPort(), socket.getPort());
        assertEquals(local, socket.getLocalSocketAddress());
        if (local != null) {
            assertEquals(local.getAddress(), socket.getLocalAddress());
            assertEquals(local.getPort(), socket.getLocalPort());
        }
    }

    @Test
    void newSocketHasNoAddresses() {
        assertState(false, null, null);
        assertFalse(socket.isClosed());
        assertTrue(socket.getLocalAddress().isAnyLocalAddress());
        assertEquals(0, socket.getLocalPort());
    }

    @Test
    void boundSocketHasALocalAddress() throws IOException {
        socket.bind(new InetSocketAddress(Tcp.loopback4(), 0));
        assertState(true, (InetSocketAddress) channel.getLocalAddress(), null);
        assertEquals(Tcp.loopback4(), socket.getLocalAddress());
        assertNotEquals(0, socket.getLocalPort());
    }

    @Test
    void bindToNullIsToAnyAddress() throws IOException {
        socket.bind(null);
        assertTrue(socket.getLocalAddress().isAnyLocalAddress());
        assertState(true, (InetSocketAddress) channel.getLocalAddress(), null);
    }

    @Test
    void connectedSocketHasBothAddresses() throws IOException {
        socket.connect(Udp.discard());
        assertTrue(channel.isConnected());
        assertState(true, (InetSocketAddress) channel.getLocalAddress(), Udp.discard());
        socket.disconnect();
        assertFalse(channel.isConnected());
        assertState(true, (InetSocketAddress) channel.getLocalAddress(), null);
        socket.disconnect();
    }

    @Test
    void closedSocketRemembersItsPeerOnly() throws IOException {
        socket.connect(Udp.discard());
        socket.close();
        assertState(true, null, Udp.discard());
        assertNull(socket.getLocalAddress());
        assertEquals(-1, socket.getLocalPort());
        socket.disconnect();
        assertTrue(socket.isConnected());
    }

    @Test
    void socketClosedBeforeItWasBoundIsUnbound() {
        socket.close();
        assertState(false, null, null);
        assertNull(socket.getLocalAddress());
        assertEquals(-1, socket.getLocalPort());
    }

    // -- bind and connect --

    @Test
    void bindTellsWhyNot() throws IOException {
        assertThrowsExactly(UnsupportedAddressTypeException.class, () -> socket.bind(UNIX));
        SocketException unresolved =
            assertThrowsExactly(SocketException.class, () -> socket.bind(Tcp.unresolved()));
        assertEquals("Unresolved address", unresolved.getMessage());
        assertInstanceOf(UnresolvedAddressException.class, unresolved.getCause());
        try (DatagramChannel other = Udp.bound()) {
            SocketAddress taken = other.getLocalAddress();
            assertRefused(BindException.class, "Address already in use", () -> socket.bind(taken));
        }
        socket.bind(null);
        SocketException again = assertThrowsExactly(SocketException.class, () -> socket.bind(null));
        assertEquals("Already bound", again.getMessage());
        assertInstanceOf(AlreadyBoundException.class, again.getCause());
        socket.close();
        SocketException closed = assertThrowsExactly(SocketException.class, () -> socket.bind(null));
        assertEquals("Socket is closed", closed.getMessage());
        assertInstanceOf(ClosedChannelException.class, closed.getCause());
    }

    @Test
    void connectTellsWhyNot() {
        assertRefused(IllegalArgumentException.class, "Address can't be null", () -> socket.connect(null));
        assertRefused(IllegalArgumentException.class, "Address can't be null", () -> socket.connect(null, 1));
        assertRefused(IllegalArgumentException.class, "port out of range:-1",
            () -> socket.connect(Tcp.loopback4(), -1));
        assertRefused(IllegalArgumentException.class, "port out of range:65536",
            () -> socket.connect(Tcp.loopback4(), 65536));
        assertThrowsExactly(UnsupportedAddressTypeException.class, () -> socket.connect(UNIX));
        assertRefused(SocketException.class, "Unresolved address", () -> socket.connect(Tcp.unresolved()));
        assertRefused(SocketException.class, "Can't connect to port 0",
            () -> socket.connect(new InetSocketAddress(Tcp.loopback4(), 0)));
        UncheckedIOException unchecked =
            assertThrowsExactly(UncheckedIOException.class, () -> socket.connect(Tcp.loopback4(), 0));
        assertInstanceOf(SocketException.class, unchecked.getCause());
        assertFalse(socket.isConnected());
    }

    @Test
    void ipv4SocketTellsThatItHasNoIpv6() throws IOException {
        try (DatagramChannel ipv4 = DatagramChannel.open(StandardProtocolFamily.INET)) {
            InetSocketAddress address = new InetSocketAddress(Tcp.loopback6(), 9);
            assertRefused(SocketException.class, "Unsupported address type", () -> ipv4.socket().bind(address));
            assertRefused(SocketException.class, "Unsupported address type", () -> ipv4.socket().connect(address));
        }
    }

    @Test
    void connectIsToAnotherPeerEachTime() throws IOException {
        socket.connect(Udp.discard());
        socket.connect(Tcp.loopback4(), 10);
        assertEquals(new InetSocketAddress(Tcp.loopback4(), 10), channel.getRemoteAddress());
    }

    @Test
    void connectOfAClosedSocketDoesNothing() throws IOException {
        socket.close();
        socket.connect(Udp.discard());
        socket.connect(Tcp.loopback4(), 9);
        assertFalse(socket.isConnected());
        assertRefused(SocketException.class, "Unresolved address", () -> socket.connect(Tcp.unresolved()));
    }

    // -- options --

    @Test
    void timeoutIsKeptAndChecked() throws IOException {
        assertEquals(0, socket.getSoTimeout());
        socket.setSoTimeout(5);
        assertEquals(5, socket.getSoTimeout());
        assertRefused(IllegalArgumentException.class, "timeout < 0", () -> socket.setSoTimeout(-1));
        socket.close();
        assertRefused(SocketException.class, "Socket is closed", () -> socket.setSoTimeout(-1));
        assertRefused(SocketException.class, "Socket is closed", socket::getSoTimeout);
    }

    @Test
    void settersSetTheChannelsOptions() throws IOException {
        socket.setReceiveBufferSize(8192);
        socket.setSendBufferSize(16384);
        socket.setReuseAddress(true);
        socket.setBroadcast(true);
        socket.setTrafficClass(8);
        assertEquals(8192, channel.getOption(StandardSocketOptions.SO_RCVBUF));
        assertEquals(16384, channel.getOption(StandardSocketOptions.SO_SNDBUF));
        assertTrue(channel.getOption(StandardSocketOptions.SO_REUSEADDR));
        assertTrue(channel.getOption(StandardSocketOptions.SO_BROADCAST));
        assertEquals(8, channel.getOption(StandardSocketOptions.IP_TOS));
        assertEquals(8192, socket.getReceiveBufferSize());
        assertEquals(16384, socket.getSendBufferSize());
        assertTrue(socket.getReuseAddress());
        assertTrue(socket.getBroadcast());
        assertEquals(8, socket.getTrafficClass());
    }

    @Test
    void optionsAreTheChannels() throws IOException {
        assertEquals(channel.supportedOptions(), socket.supportedOptions());
        assertSame(socket, socket.setOption(StandardSocketOptions.SO_RCVBUF, 4096));
        assertEquals(4096, socket.getOption(StandardSocketOptions.SO_RCVBUF));
        assertThrowsExactly(NullPointerException.class, () -> socket.getOption(null));
        assertRefused(UnsupportedOperationException.class, "'TCP_NODELAY' not supported",
            () -> socket.setOption(StandardSocketOptions.TCP_NODELAY, true));
        assertRefused(IllegalArgumentException.class, "Invalid value 'null'",
            () -> socket.setOption(StandardSocketOptions.SO_RCVBUF, null));
        socket.close();
        assertThrowsExactly(ClosedChannelException.class,
            () -> socket.setOption(StandardSocketOptions.SO_RCVBUF, 4096));
        assertThrowsExactly(ClosedChannelException.class, () -> socket.getOption(StandardSocketOptions.SO_RCVBUF));
    }

    @Test
    void settersCheckTheirValues() {
        assertRefused(IllegalArgumentException.class, "Invalid send size", () -> socket.setSendBufferSize(0));
        assertRefused(IllegalArgumentException.class, "Invalid receive size", () -> socket.setReceiveBufferSize(-1));
        assertThrowsExactly(IllegalArgumentException.class, () -> socket.setTrafficClass(256));
    }

    @Test
    void closedSocketHasNoOptions() {
        socket.close();
        Executable[] calls = {
            () -> socket.setReuseAddress(true), socket::getReuseAddress, () -> socket.setBroadcast(true),
            socket::getBroadcast, () -> socket.setSendBufferSize(1), socket::getSendBufferSize,
            () -> socket.setReceiveBufferSize(1), socket::getReceiveBufferSize, () -> socket.setTrafficClass(256),
            socket::getTrafficClass,
        };
        for (Executable call : calls) {
            SocketException e = assertThrowsExactly(SocketException.class, call);
            assertEquals("Socket is closed", e.getMessage());
            assertInstanceOf(ClosedChannelException.class, e.getCause());
        }
        assertThrowsExactly(IllegalArgumentException.class, () -> socket.setSendBufferSize(0));
        assertNotNull(socket.supportedOptions());
    }

    // -- with the JDK's own sockets --

    @Test
    void talksToASocketOfTheJdk() throws IOException {
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        try (DatagramSocket jdk = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            jdk.send(new DatagramPacket(new byte[] {1, 2}, 2, socket.getLocalSocketAddress()));
            DatagramPacket packet = new DatagramPacket(new byte[10], 10);
            socket.receive(packet);
            assertEquals(2, packet.getLength());
            assertEquals(jdk.getLocalSocketAddress(), packet.getSocketAddress());
            socket.send(packet);
            jdk.receive(packet);
            assertEquals(socket.getLocalSocketAddress(), packet.getSocketAddress());
        }
    }

    @Test
    void timeoutDoesNotConcernTheChannel() throws Exception {
        socket.bind(new InetSocketAddress(Tcp.loopback4(), 0));
        socket.setSoTimeout(1);
        assertThrowsExactly(SocketTimeoutException.class, () -> socket.receive(new DatagramPacket(new byte[1], 1)));
        try (Task<?> receiver = Task.start(() -> {
            Udp.receive(channel, 1);
            return null;
        }).awaitIn("receive"); DatagramChannel sender = DatagramChannel.open()) {
            Udp.send(sender, channel.getLocalAddress(), 1);
            receiver.get();
        }
    }
}
