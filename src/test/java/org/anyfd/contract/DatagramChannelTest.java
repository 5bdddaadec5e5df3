package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.channels.spi.SelectorProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Datagram channels before anything is sent: states, binding, and which check comes first. */
@Bounded
class DatagramChannelTest {
    private static final SocketAddress UNIX = UnixDomainSocketAddress.of("/nowhere");
    private static final ByteBuffer READ_ONLY = ByteBuffer.allocate(1).asReadOnlyBuffer();

    private DatagramChannel channel;

    @BeforeEach
    void open() throws IOException {
        channel = DatagramChannel.open();
    }

    @AfterEach
    void close() throws IOException {
        channel.close();
    }

    private static ByteBuffer one() {
        return ByteBuffer.allocate(1);
    }

    private static int portOfADroppedChannel() throws IOException {
        DatagramChannel dropped = DatagramChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        return ((InetSocketAddress) dropped.getLocalAddress()).getPort();
    }

    private static boolean isFree(int port) {
        try (DatagramChannel next = DatagramChannel.open()) {
            next.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }

    // -- states --

    @Test
    void channelThatIsDroppedFreesItsPort() throws IOException {
        int port = portOfADroppedChannel();
        do {
            System.gc();
        } while (!isFree(port)); // and the time is bounded
    }

    @Test
    void newChannelIsOpenBlockingUnboundAndUnconnected() throws IOException {
        assertTrue(channel.isOpen());
        assertTrue(channel.isBlocking());
        assertFalse(channel.isRegistered());
        assertFalse(channel.isConnected());
        assertNull(channel.getLocalAddress());
        assertNull(channel.getRemoteAddress());
        assertEquals(SelectionKey.OP_READ | SelectionKey.OP_WRITE, channel.validOps());
        assertSame(SelectorProvider.provider(), channel.provider());
    }

    @Test
    void closedChannelHasNoAddresses() throws IOException {
        channel.connect(Udp.discard());
        channel.close();
        assertFalse(channel.isConnected());
        assertThrowsExactly(ClosedChannelException.class, channel::getLocalAddress);
        assertThrowsExactly(ClosedChannelException.class, channel::getRemoteAddress);
        assertThrowsExactly(ClosedChannelException.class, () -> channel.configureBlocking(true));
        channel.close();
    }

    @Test
    void closedChannelRefusesEverythingButDisconnect() throws IOException {
        channel.close();
        assertAllClosed();
        assertSame(channel, channel.disconnect());
    }

    @Test
    void closedConnectedNonBlockingChannelRefusesEverything() throws IOException {
        channel.connect(Udp.discard()).configureBlocking(false);
        channel.close();
        assertAllClosed();
    }

    /** On JDK 17 some of these are the subclass that tells of another thread's close. */
    private void assertAllClosed() {
        ByteBuffer[] array = {one()};
        Executable[] operations = {
            () -> channel.bind(null), () -> channel.connect(Udp.discard()),
            () -> channel.receive(one()), () -> channel.send(one(), Udp.discard()),
            () -> channel.read(one()), () -> channel.read(array), () -> channel.write(one()), () -> channel.write(array),
            () -> channel.read(READ_ONLY), () -> channel.send(one(), new InetSocketAddress(Tcp.loopback4(), 0)),
            () -> channel.connect(new InetSocketAddress(Tcp.loopback4(), 0)),
            () -> channel.getOption(StandardSocketOptions.SO_RCVBUF),
        };
        for (Executable operation : operations) {
            assertThrows(ClosedChannelException.class, operation);
        }
    }

    // -- binding --

    @Test
    void bindToNullIsToAnyAddressAndAFreePort() throws IOException {
        assertSame(channel, channel.bind(null));
        InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
        assertTrue(local.getAddress().isAnyLocalAddress());
        assertNotEquals(0, local.getPort());
        assertEquals(local, channel.getLocalAddress());
        assertNull(channel.getRemoteAddress());
    }

    @Test
    void anyAddressIsOfTheSocketsFamily() throws IOException {
        try (DatagramChannel ipv4 = DatagramChannel.open(StandardProtocolFamily.INET).bind(null)) {
            assertEquals(Tcp.wildcard4(), ((InetSocketAddress) ipv4.getLocalAddress()).getAddress());
        }
        assumeTrue(Tcp.ipv6Available());
        channel.bind(new InetSocketAddress(Tcp.wildcard4(), 0));
        assertEquals(Tcp.wildcard6(), ((InetSocketAddress) channel.getLocalAddress()).getAddress());
    }

    @Test
    void ipv4AddressIsShownAsSuchOnEverySocket() throws IOException {
        channel.bind(new InetSocketAddress(Tcp.loopback4(), 0));
        InetAddress local = ((InetSocketAddress) channel.getLocalAddress()).getAddress();
        assertInstanceOf(Inet4Address.class, local);
        assertEquals(Tcp.loopback4(), local);
    }

    @Test
    void boundChannelCannotBeBoundAgain() throws IOException {
        channel.bind(null);
        assertThrowsExactly(AlreadyBoundException.class, () -> channel.bind(null));
        assertThrowsExactly(AlreadyBoundException.class, () -> channel.bind(Tcp.unresolved()));
        assertThrowsExactly(AlreadyBoundException.class, () -> channel.bind(UNIX));
    }

    @Test
    void connectedChannelIsBound() throws IOException {
        channel.connect(Udp.discard());
        assertThrowsExactly(AlreadyBoundException.class, () -> channel.bind(null));
    }

    @Test
    void closedIsNoticedBeforeTheAddressToBindTo() throws IOException {
        channel.close();
        assertThrowsExactly(ClosedChannelException.class, () -> channel.bind(Tcp.unresolved()));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.bind(UNIX));
    }

    @Test
    void addressesThatCannotBeBoundLeaveTheChannelUnbound() throws IOException {
        try (DatagramChannel other = Udp.bound()) {
            SocketAddress taken = other.getLocalAddress();
            assertThrowsExactly(UnresolvedAddressException.class, () -> channel.bind(Tcp.unresolved()));
            assertThrowsExactly(UnsupportedAddressTypeException.class, () -> channel.bind(UNIX));
            assertEquals("Address already in use",
                assertThrowsExactly(BindException.class, () -> channel.bind(taken)).getMessage());
            // TEST-NET-3, RFC 5737: nobody's address.
            InetAddress foreign = InetAddress.getByAddress(new byte[] {(byte) 203, 0, 113, 7});
            assertEquals("Cannot assign requested address", assertThrowsExactly(BindException.class,
                () -> channel.bind(new InetSocketAddress(foreign, 0))).getMessage());
        }
        assertNull(channel.getLocalAddress());
        channel.bind(null);
    }

    @Test
    void ipv4ChannelRefusesIpv6Addresses() throws IOException {
        try (DatagramChannel ipv4 = DatagramChannel.open(StandardProtocolFamily.INET)) {
            InetSocketAddress ipv6 = new InetSocketAddress(Tcp.loopback6(), 9);
            assertThrowsExactly(UnsupportedAddressTypeException.class, () -> ipv4.bind(ipv6));
            assertThrowsExactly(UnsupportedAddressTypeException.class, () -> ipv4.connect(ipv6));
            assertThrowsExactly(UnsupportedAddressTypeException.class, () -> ipv4.send(one(), ipv6));
            assertNull(ipv4.getLocalAddress());
        }
    }

    @Test
    void closeGivesThePortBack() throws IOException {
        channel.bind(new InetSocketAddress(Tcp.loopback4(), 0));
        SocketAddress address = channel.getLocalAddress();
        channel.close();
        try (DatagramChannel next = DatagramChannel.open()) {
            assertEquals(address, next.bind(address).getLocalAddress());
        }
    }

    @Test
    void reuseAddressLetsTwoBindOnePort() throws IOException {
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true).bind(null);
        try (DatagramChannel other = DatagramChannel.open()) {
            other.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            assertEquals(channel.getLocalAddress(), other.bind(channel.getLocalAddress()).getLocalAddress());
        }
    }

    @Test
    void sendingAndReceivingAndConnectingBind() throws IOException {
        channel.send(one(), Udp.discard());
        assertWildcard(channel);
        try (DatagramChannel receiver = DatagramChannel.open()) {
            receiver.configureBlocking(false);
            assertNull(receiver.receive(one()));
            assertWildcard(receiver);
        }
        try (DatagramChannel connected = DatagramChannel.open()) {
            connected.connect(Udp.discard());
            assertNotNull(connected.getLocalAddress());
        }
    }

    private static void assertWildcard(DatagramChannel channel) throws IOException {
        InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
        assertTrue(local.getAddress().isAnyLocalAddress());
        assertNotEquals(0, local.getPort());
    }

    // -- which check comes first --

    @Test
    void receiveChecksItsBufferFirst() throws IOException {
        channel.close();
        assertThrowsExactly(NullPointerException.class, () -> channel.receive(null));
        assertEquals("Read-only buffer",
            assertThrowsExactly(IllegalArgumentException.class, () -> channel.receive(READ_ONLY)).getMessage());
    }

    @Test
    void sendChecksBufferAndAddressFirst() throws IOException {
        channel.close();
        assertThrowsExactly(NullPointerException.class, () -> channel.send(null, UNIX));
        assertThrowsExactly(NullPointerException.class, () -> channel.send(one(), null));
        assertThrowsExactly(UnsupportedAddressTypeException.class, () -> channel.send(one(), UNIX));
        assertThrowsExactly(UnresolvedAddressException.class, () -> channel.send(one(), Tcp.unresolved()));
    }

    @Test
    void connectChecksItsAddressFirst() throws IOException {
        channel.close();
        assertThrowsExactly(NullPointerException.class, () -> channel.connect(null));
        assertThrowsExactly(UnsupportedAddressTypeException.class, () -> channel.connect(UNIX));
        assertThrowsExactly(UnresolvedAddressException.class, () -> channel.connect(Tcp.unresolved()));
    }

    @Test
    void nothingIsSentToPortZero() {
        SocketException e = assertThrowsExactly(SocketException.class,
            () -> channel.send(one(), new InetSocketAddress(Tcp.loopback4(), 0)));
        assertEquals("Can't send to port 0", e.getMessage());
        assertTrue(channel.isOpen());
    }

    @Test
    void unconnectedChannelCannotReadOrWrite() {
        ByteBuffer[] array = {one()};
        assertThrowsExactly(NotYetConnectedException.class, () -> channel.read(one()));
        assertThrowsExactly(NotYetConnectedException.class, () -> channel.read(READ_ONLY));
        assertThrowsExactly(NotYetConnectedException.class, () -> channel.read(array));
        assertThrowsExactly(NotYetConnectedException.class, () -> channel.read(new ByteBuffer[1]));
        assertThrowsExactly(NotYetConnectedException.class, () -> channel.write(one()));
        assertThrowsExactly(NotYetConnectedException.class, () -> channel.write(array));
        assertThrowsExactly(NotYetConnectedException.class, () -> channel.write(ByteBuffer.allocate(0)));
    }

    @Test
    void readAndWriteCheckTheirArgumentsBeforeTheConnection() {
        assertThrowsExactly(NullPointerException.class, () -> channel.read((ByteBuffer) null));
        assertThrowsExactly(NullPointerException.class, () -> channel.write((ByteBuffer) null));
        assertThrowsExactly(NullPointerException.class, () -> channel.read((ByteBuffer[]) null));
        assertThrowsExactly(NullPointerException.class, () -> channel.write((ByteBuffer[]) null));
        assertThrowsExactly(IndexOutOfBoundsException.class, () -> channel.read(new ByteBuffer[1], 0, 2));
        assertThrowsExactly(IndexOutOfBoundsException.class, () -> channel.write(new ByteBuffer[1], -1, 1));
    }

    @Test
    void connectedChannelChecksItsBuffers() throws IOException {
        channel.connect(Udp.discard());
        assertEquals("Read-only buffer",
            assertThrowsExactly(IllegalArgumentException.class, () -> channel.read(READ_ONLY)).getMessage());
        assertThrowsExactly(IllegalArgumentException.class, () -> channel.read(new ByteBuffer[] {READ_ONLY}));
        assertThrowsExactly(NullPointerException.class, () -> channel.read(new ByteBuffer[1]));
        assertThrowsExactly(NullPointerException.class, () -> channel.write(new ByteBuffer[1]));
    }

    @Test
    void readsOfNothingReadNothing() throws IOException {
        channel.connect(Udp.discard()).configureBlocking(false);
        assertEquals(0, channel.read(ByteBuffer.allocate(0)));
        assertEquals(0, channel.read(new ByteBuffer[0]));
        assertEquals(0, channel.read(one()));
        assertEquals(0, channel.read(new ByteBuffer[] {one(), one()}));
        assertEquals(0, channel.write(new ByteBuffer[0]));
    }
}
