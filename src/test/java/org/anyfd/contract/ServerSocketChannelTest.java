package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Binding and accepting. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ServerSocketChannelTest {

    private static final UnixDomainSocketAddress UNIX = UnixDomainSocketAddress.of("/tmp/not-inet");

    private static InetSocketAddress local(ServerSocketChannel channel) throws IOException {
        return (InetSocketAddress) channel.getLocalAddress();
    }

    /** Waits for a connection that is known to be on its way. */
    private static SocketChannel acceptSoon(ServerSocketChannel listener) throws IOException {
        long deadline = System.nanoTime() + Tcp.PATIENCE_NANOS;
        SocketChannel accepted;
        while ((accepted = listener.accept()) == null) {
            Tcp.pause(deadline, "connection");
        }
        return accepted;
    }

    // -- bind --

    @Test
    void newListenerIsUnbound() throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            assertNull(listener.getLocalAddress());
        }
    }

    @Test
    void bindReturnsTheChannelAndTakesAFreePort() throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            assertSame(listener, listener.bind(new InetSocketAddress(Tcp.loopback4(), 0), 5));
            assertEquals(Tcp.loopback4(), local(listener).getAddress());
            assertNotEquals(0, local(listener).getPort());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-5, 0, 1, 50, 1_000_000})
    void anyBacklogIsAccepted(int backlog) throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(Tcp.loopback4(), 0), backlog);
            try (SocketChannel channel = SocketChannel.open(local(listener)); SocketChannel accepted = listener.accept()) {
                assertEquals(channel.getLocalAddress(), accepted.getRemoteAddress());
            }
        }
    }

    /** A backlog below 1 means the default of 50, not a backlog of none. */
    @ParameterizedTest
    @ValueSource(ints = {-5, 0})
    void uselessBacklogMeansTheDefault(int backlog) throws Exception {
        List<SocketChannel> channels = new ArrayList<>();
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(Tcp.loopback4(), 0), backlog);
            for (int i = 0; i < 50; i++) {
                channels.add(SocketChannel.open(local(listener)));
            }
            for (SocketChannel channel : channels) {
                assertTrue(channel.isConnected());
            }
        } finally {
            for (SocketChannel channel : channels) {
                channel.close();
            }
        }
    }

    @Test
    void bindTwiceIsRefusedBeforeTheAddressIsLookedAt() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen()) {
            assertThrowsExactly(AlreadyBoundException.class, () -> listener.bind(null));
            assertThrowsExactly(AlreadyBoundException.class, () -> listener.bind(Tcp.unresolved()));
            assertThrowsExactly(AlreadyBoundException.class, () -> listener.bind(UNIX));
            assertTrue(listener.isOpen());
        }
    }

    @Test
    void bindToUnusableAddressLeavesTheListenerUnbound() throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            assertThrowsExactly(UnresolvedAddressException.class, () -> listener.bind(Tcp.unresolved()));
            assertThrowsExactly(UnsupportedAddressTypeException.class, () -> listener.bind(UNIX));
            assertNull(listener.getLocalAddress());
            listener.bind(null);
            assertNotNull(listener.getLocalAddress());
        }
    }

    @Test
    void bindToAUsedPortFails() throws Exception {
        try (ServerSocketChannel first = Tcp.listen(); ServerSocketChannel second = ServerSocketChannel.open()) {
            BindException failure = assertThrowsExactly(BindException.class, () -> second.bind(local(first)));
            assertEquals("Address already in use", failure.getMessage());
            assertTrue(second.isOpen());
            assertNull(second.getLocalAddress());
            second.bind(new InetSocketAddress(Tcp.loopback4(), 0));
            assertNotEquals(local(first), local(second));
        }
    }

    @Test
    void bindToAForeignAddressFails() throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            // TEST-NET-3, reserved for documentation, is nobody's address.
            BindException failure = assertThrowsExactly(BindException.class,
                    () -> listener.bind(new InetSocketAddress("203.0.113.1", 0)));
            assertEquals("Cannot assign requested address", failure.getMessage());
            assertTrue(listener.isOpen());
        }
    }

    @Test
    void listenerMayBindAgainToAPortItsClientsStillUse() throws Exception {
        InetSocketAddress address;
        SocketChannel client;
        try (ServerSocketChannel listener = Tcp.listen()) {
            address = local(listener);
            client = SocketChannel.open(address);
            // The server closes first, so its side of the connection lingers in FIN-WAIT and TIME-WAIT.
            listener.accept().close();
        }
        try (client; ServerSocketChannel again = ServerSocketChannel.open().bind(address)) {
            assertEquals(-1, client.read(ByteBuffer.allocate(1)));
            try (SocketChannel next = SocketChannel.open(address); SocketChannel accepted = again.accept()) {
                assertEquals(next.getLocalAddress(), accepted.getRemoteAddress());
            }
        }
    }

    @Test
    void closedListenerRefusesConnections() throws Exception {
        InetSocketAddress address;
        try (ServerSocketChannel listener = Tcp.listen()) {
            address = local(listener);
        }
        try (SocketChannel holder = SocketChannel.open().bind(address); SocketChannel channel = SocketChannel.open()) {
            assertEquals(address, holder.getLocalAddress());
            assertThrowsExactly(ConnectException.class, () -> channel.connect(address));
        }
    }

    @Test
    void closedListenerResetsWhatItDidNotAccept() throws Exception {
        ServerSocketChannel listener = Tcp.listen();
        try (SocketChannel channel = SocketChannel.open(local(listener))) {
            listener.close();
            IOException failure = assertThrowsExactly(SocketException.class,
                    () -> channel.read(ByteBuffer.allocate(1)));
            assertEquals("Connection reset", failure.getMessage());
        }
    }

    @Test
    void acceptedChannelSurvivesItsListener() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            // pair() has closed its listener.
            tcp.client.write(Tcp.bytes(4));
            assertArrayEquals(new byte[] {4}, Tcp.readFully(tcp.server, 1));
        }
    }

    // -- accept --

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void unboundListenerRefusesToAccept(boolean blocking) throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.configureBlocking(blocking);
            assertThrowsExactly(NotYetBoundException.class, listener::accept);
            assertTrue(listener.isOpen());
        }
    }

    @Test
    void nonBlockingAcceptWithoutConnectionReturnsNull() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen()) {
            listener.configureBlocking(false);
            assertNull(listener.accept());
            try (SocketChannel channel = SocketChannel.open(local(listener)); SocketChannel accepted = acceptSoon(listener)) {
                assertEquals(channel.getLocalAddress(), accepted.getRemoteAddress());
                assertNull(listener.accept());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void acceptedChannelIsBlockingAndConnected(boolean listenerBlocks) throws Exception {
        try (ServerSocketChannel listener = Tcp.listen()) {
            listener.configureBlocking(listenerBlocks);
            try (SocketChannel channel = SocketChannel.open(local(listener)); SocketChannel accepted = acceptSoon(listener)) {
                assertTrue(accepted.isBlocking());
                assertTrue(accepted.isConnected());
                assertFalse(accepted.isConnectionPending());
                assertFalse(accepted.isRegistered());
                try (Task<byte[]> reader = Task.start(() -> Tcp.readFully(accepted, 1)).awaitIn("read")) {
                    channel.write(Tcp.bytes(3));
                    assertArrayEquals(new byte[] {3}, reader.get());
                }
            }
        }
    }

    @Test
    void blockedAcceptReturnsWhenAConnectionComes() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen();
                Task<SocketChannel> acceptor = Task.start(listener::accept).awaitIn("accept");
                SocketChannel channel = SocketChannel.open(local(listener));
                SocketChannel accepted = acceptor.get()) {
            assertEquals(channel.getLocalAddress(), accepted.getRemoteAddress());
        }
    }

    @Test
    void connectionsAreAcceptedOnceEach() throws Exception {
        int count = 200;
        List<SocketChannel> channels = new ArrayList<>();
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(Tcp.loopback4(), 0), count);
            Set<Object> clients = new HashSet<>();
            for (int i = 0; i < count; i++) {
                SocketChannel channel = SocketChannel.open(local(listener));
                channels.add(channel);
                clients.add(channel.getLocalAddress());
            }
            assertEquals(count, clients.size());
            Set<Object> accepted = new HashSet<>();
            for (int i = 0; i < count; i++) {
                SocketChannel channel = listener.accept();
                channels.add(channel);
                accepted.add(channel.getRemoteAddress());
                assertEquals(listener.getLocalAddress(), channel.getLocalAddress());
            }
            assertEquals(clients, accepted);
            listener.configureBlocking(false);
            assertNull(listener.accept());
        } finally {
            for (SocketChannel channel : channels) {
                channel.close();
            }
        }
    }

    @Test
    void severalAcceptorsShareTheConnections() throws Exception {
        List<SocketChannel> clients = new ArrayList<>();
        try (ServerSocketChannel listener = Tcp.listen();
                Task<SocketChannel> one = Task.start(listener::accept).awaitIn("accept");
                Task<SocketChannel> other = Task.start(listener::accept).awaitIn("accept")) {
            clients.add(SocketChannel.open(local(listener)));
            clients.add(SocketChannel.open(local(listener)));
            try (SocketChannel first = one.get(); SocketChannel second = other.get()) {
                Set<Object> remotes = Set.of(first.getRemoteAddress(), second.getRemoteAddress());
                assertEquals(Set.of(clients.get(0).getLocalAddress(), clients.get(1).getLocalAddress()), remotes);
            }
        } finally {
            for (SocketChannel client : clients) {
                client.close();
            }
        }
    }

    @Test
    void connectionThatWasResetInTheBacklogIsStillAccepted() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen()) {
            Tcp.reset(SocketChannel.open(local(listener)));
            try (SocketChannel accepted = listener.accept()) {
                assertThrowsExactly(SocketException.class, () -> accepted.read(ByteBuffer.allocate(1)));
            }
        }
    }

    @Test
    void closedListenerRefusesEverything() throws Exception {
        ServerSocketChannel listener = Tcp.listen();
        listener.close();
        assertFalse(listener.isOpen());
        assertThrowsExactly(ClosedChannelException.class, listener::getLocalAddress);
        assertThrowsExactly(ClosedChannelException.class, () -> listener.bind(null));
        assertThrowsExactly(ClosedChannelException.class, () -> listener.bind(UNIX));
        assertThrowsExactly(ClosedChannelException.class, () -> listener.configureBlocking(false));
        assertThrowsExactly(ClosedChannelException.class, () -> listener.configureBlocking(true));
        assertThrowsExactly(ClosedChannelException.class,
                () -> listener.setOption(StandardSocketOptions.SO_REUSEADDR, true));
    }
}
