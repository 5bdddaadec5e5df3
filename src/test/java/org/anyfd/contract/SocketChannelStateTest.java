package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which methods a SocketChannel allows before, while and after it is connected, and that refusing harms nothing. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SocketChannelStateTest {

    private static final UnixDomainSocketAddress UNIX = UnixDomainSocketAddress.of("/tmp/not-inet");

    // -- unconnected --

    @Test
    void newChannelIsUnboundAndUnconnected() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            assertFalse(channel.isConnected());
            assertFalse(channel.isConnectionPending());
            assertNull(channel.getLocalAddress());
            assertNull(channel.getRemoteAddress());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void unconnectedChannelRefusesReadAndWrite(boolean blocking) throws Exception {
        ByteBuffer[] array = {ByteBuffer.allocate(1)};
        try (SocketChannel channel = SocketChannel.open()) {
            channel.configureBlocking(blocking);
            assertThrowsExactly(NotYetConnectedException.class, () -> channel.read(ByteBuffer.allocate(1)));
            assertThrowsExactly(NotYetConnectedException.class, () -> channel.write(ByteBuffer.allocate(1)));
            assertThrowsExactly(NotYetConnectedException.class, () -> channel.read(array));
            assertThrowsExactly(NotYetConnectedException.class, () -> channel.write(array));
            assertTrue(channel.isOpen());
        }
    }

    @Test
    void unconnectedComesBeforeEmptyAndReadOnlyBuffers() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            assertThrowsExactly(NotYetConnectedException.class, () -> channel.read(ByteBuffer.allocate(0)));
            assertThrowsExactly(NotYetConnectedException.class, () -> channel.write(ByteBuffer.allocate(0)));
            assertThrowsExactly(NotYetConnectedException.class,
                    () -> channel.read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
            assertThrowsExactly(NotYetConnectedException.class, () -> channel.read(new ByteBuffer[0]));
        }
    }

    @Test
    void nullAndRangeComeBeforeUnconnected() throws Exception {
        ByteBuffer[] one = {ByteBuffer.allocate(1)};
        try (SocketChannel channel = SocketChannel.open()) {
            assertThrowsExactly(NullPointerException.class, () -> channel.read((ByteBuffer) null));
            assertThrowsExactly(NullPointerException.class, () -> channel.write((ByteBuffer) null));
            assertThrowsExactly(NullPointerException.class, () -> channel.read((ByteBuffer[]) null));
            assertThrowsExactly(NullPointerException.class, () -> channel.write((ByteBuffer[]) null));
            assertThrowsExactly(NullPointerException.class, () -> channel.read(null, 0, 1));
            assertThrowsExactly(NullPointerException.class, () -> channel.write(null, 0, 1));
            assertThrowsExactly(IndexOutOfBoundsException.class, () -> channel.read(one, 0, 2));
            assertThrowsExactly(IndexOutOfBoundsException.class, () -> channel.write(one, 0, 2));
        }
    }

    @Test
    void unconnectedChannelRefusesShutdown() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            assertThrowsExactly(NotYetConnectedException.class, channel::shutdownInput);
            assertThrowsExactly(NotYetConnectedException.class, channel::shutdownOutput);
            assertTrue(channel.isOpen());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void finishConnectWithoutConnectIsRefused(boolean blocking) throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            channel.configureBlocking(blocking);
            assertThrowsExactly(NoConnectionPendingException.class, channel::finishConnect);
            assertTrue(channel.isOpen());
        }
    }

    // -- bind --

    @Test
    void bindReturnsTheChannelAndSetsTheLocalAddress() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            assertSame(channel, channel.bind(new InetSocketAddress(Tcp.loopback4(), 0)));
            InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
            assertEquals(Tcp.loopback4(), local.getAddress());
            assertNotEquals(0, local.getPort());
            assertNull(channel.getRemoteAddress());
            assertFalse(channel.isConnected());
        }
    }

    @Test
    void bindTwiceIsRefusedBeforeTheAddressIsLookedAt() throws Exception {
        try (SocketChannel channel = Tcp.deaf()) {
            assertThrowsExactly(AlreadyBoundException.class, () -> channel.bind(null));
            assertThrowsExactly(AlreadyBoundException.class, () -> channel.bind(Tcp.unresolved()));
            assertThrowsExactly(AlreadyBoundException.class, () -> channel.bind(UNIX));
            assertTrue(channel.isOpen());
        }
    }

    @Test
    void bindToUnusableAddressLeavesTheChannelUnbound() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            assertThrowsExactly(UnresolvedAddressException.class, () -> channel.bind(Tcp.unresolved()));
            assertThrowsExactly(UnsupportedAddressTypeException.class, () -> channel.bind(UNIX));
            assertNull(channel.getLocalAddress());
            channel.bind(null);
            assertNotEquals(0, ((InetSocketAddress) channel.getLocalAddress()).getPort());
        }
    }

    @Test
    void boundChannelConnectsFromItsAddress() throws Exception {
        try (var listener = Tcp.listen(); SocketChannel channel = Tcp.deaf()) {
            var local = channel.getLocalAddress();
            assertTrue(channel.connect(listener.getLocalAddress()));
            try (SocketChannel accepted = listener.accept()) {
                assertEquals(local, channel.getLocalAddress());
                assertEquals(local, accepted.getRemoteAddress());
            }
        }
    }

    // -- pending --

    @Test
    void pendingChannelHasARemoteButNoLocalAddress() throws Exception {
        try (var listener = new FullListener(); SocketChannel channel = listener.pending()) {
            assertTrue(channel.isConnectionPending());
            assertFalse(channel.isConnected());
            assertEquals(listener.address(), channel.getRemoteAddress());
            assertNull(channel.getLocalAddress());
            assertFalse(channel.finishConnect());
            assertTrue(channel.isConnectionPending());
        }
    }

    @Test
    void pendingChannelRefusesAllElseAndStaysPending() throws Exception {
        try (var listener = new FullListener(); SocketChannel channel = listener.pending()) {
            assertThrowsExactly(NotYetConnectedException.class, () -> channel.read(ByteBuffer.allocate(1)));
            assertThrowsExactly(NotYetConnectedException.class, () -> channel.write(ByteBuffer.allocate(1)));
            assertThrowsExactly(NotYetConnectedException.class, channel::shutdownInput);
            assertThrowsExactly(NotYetConnectedException.class, channel::shutdownOutput);
            assertThrowsExactly(ConnectionPendingException.class, () -> channel.connect(listener.address()));
            assertThrowsExactly(ConnectionPendingException.class, () -> channel.bind(null));
            assertThrowsExactly(ConnectionPendingException.class, () -> channel.bind(UNIX));
            assertTrue(channel.isOpen());
            assertTrue(channel.isConnectionPending());
        }
    }

    // -- connected --

    @Test
    void connectedChannelSaysSoOnBothSides() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            for (SocketChannel side : new SocketChannel[] {tcp.client, tcp.server}) {
                assertTrue(side.isConnected());
                assertFalse(side.isConnectionPending());
                assertTrue(side.isBlocking());
            }
            assertEquals(tcp.client.getLocalAddress(), tcp.server.getRemoteAddress());
            assertEquals(tcp.server.getLocalAddress(), tcp.client.getRemoteAddress());
        }
    }

    @Test
    void connectedChannelRefusesConnectAndBind() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            for (SocketChannel side : new SocketChannel[] {tcp.client, tcp.server}) {
                assertThrowsExactly(AlreadyConnectedException.class, () -> side.connect(side.getRemoteAddress()));
                assertThrowsExactly(AlreadyBoundException.class, () -> side.bind(null));
                assertThrowsExactly(AlreadyBoundException.class, () -> side.bind(UNIX));
                assertTrue(side.isOpen());
                assertTrue(side.isConnected());
            }
            tcp.client.write(Tcp.bytes(1, 2, 3));
            assertArrayEquals(new byte[] {1, 2, 3}, Tcp.readFully(tcp.server, 3));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void finishConnectOnConnectedChannelIsTrue(boolean blocking) throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.configureBlocking(blocking);
            tcp.server.configureBlocking(blocking);
            assertTrue(tcp.client.finishConnect());
            assertTrue(tcp.server.finishConnect());
        }
    }

    @Test
    void connectedChannelStaysConnectedAfterItsPeerIsGone() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.close();
            assertEquals(-1, tcp.client.read(ByteBuffer.allocate(1)));
            assertTrue(tcp.client.isConnected());
            assertTrue(tcp.client.isOpen());
        }
    }

    // -- checks that connect makes before it looks at the state --

    @Test
    void connectLooksAtTheAddressBeforeTheState() throws Exception {
        try (Tcp tcp = Tcp.pair();
                SocketChannel fresh = SocketChannel.open();
                var listener = new FullListener();
                SocketChannel pending = listener.pending()) {
            for (SocketChannel channel : new SocketChannel[] {tcp.client, fresh, pending}) {
                assertThrowsExactly(NullPointerException.class, () -> channel.connect(null));
                assertThrowsExactly(UnsupportedAddressTypeException.class, () -> channel.connect(UNIX));
                assertThrowsExactly(UnresolvedAddressException.class, () -> channel.connect(Tcp.unresolved()));
                assertTrue(channel.isOpen());
            }
            assertTrue(tcp.client.isConnected());
            assertFalse(fresh.isConnectionPending());
            assertTrue(pending.isConnectionPending());
        }
    }

    // -- toString --

    @Test
    void toStringShowsStateAndAddresses() throws Exception {
        String prefix = "java.nio.channels.SocketChannel[";
        SocketChannel channel = SocketChannel.open();
        assertEquals(prefix + "unconnected]", channel.toString());
        channel.close();
        assertEquals(prefix + "closed]", channel.toString());
        try (var listener = new FullListener(); SocketChannel pending = listener.pending()) {
            assertEquals(prefix + "connection-pending remote=" + listener.address() + "]", pending.toString());
        }
        try (Tcp tcp = Tcp.pair()) {
            String addresses = " local=" + tcp.client.getLocalAddress() + " remote=" + tcp.client.getRemoteAddress() + "]";
            assertEquals(prefix + "connected" + addresses, tcp.client.toString());
            tcp.client.shutdownOutput();
            assertEquals(prefix + "connected oshut" + addresses, tcp.client.toString());
            tcp.client.shutdownInput();
            assertEquals(prefix + "connected ishut oshut" + addresses, tcp.client.toString());
        }
    }
}
