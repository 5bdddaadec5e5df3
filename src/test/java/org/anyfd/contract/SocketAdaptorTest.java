package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The Socket of a SocketChannel: connecting, state and addresses. */
@Bounded
class SocketAdaptorTest {
    private static final UnixDomainSocketAddress UNIX = UnixDomainSocketAddress.of("/tmp/not-inet");
    private static final boolean JDK17 = Runtime.version().feature() == 17;

    private static SocketException socketException(String message, Executable operation) {
        SocketException thrown = assertThrowsExactly(SocketException.class, operation);
        assertEquals(message, thrown.getMessage());
        return thrown;
    }

    // -- identity --

    @Test
    void aChannelHasOneSocket() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            assertSame(channel.socket(), channel.socket());
            assertSame(channel, channel.socket().getChannel());
        }
    }

    @Test
    void anAcceptedChannelHasASocket() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            assertSame(tcp.server, tcp.server.socket().getChannel());
            assertTrue(tcp.server.socket().isConnected());
        }
    }

    @Test
    void aClosedChannelHasASocket() throws Exception {
        SocketChannel channel = SocketChannel.open();
        channel.close();
        assertTrue(channel.socket().isClosed());
    }

    @Test
    void aSocketCostsNoDescriptor() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            int before = Tcp.openDescriptors();
            assertNotNull(tcp.client.socket().getInputStream());
            assertNotNull(tcp.server.socket().getOutputStream());
            int after = Tcp.openDescriptors();
            // What earlier tests have left to the collector may be closed meanwhile.
            assertTrue(after <= before, () -> after + " open, before " + before);
        }
    }

    // -- state --

    @Test
    void anUnconnectedSocketHasNoAddresses() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            Socket socket = channel.socket();
            assertFalse(socket.isConnected());
            assertFalse(socket.isBound());
            assertFalse(socket.isClosed());
            assertFalse(socket.isInputShutdown());
            assertFalse(socket.isOutputShutdown());
            assertNull(socket.getInetAddress());
            assertEquals(0, socket.getPort());
            assertNull(socket.getRemoteSocketAddress());
            assertEquals(-1, socket.getLocalPort());
            assertNull(socket.getLocalSocketAddress());
            assertEquals("0.0.0.0", socket.getLocalAddress().getHostAddress());
            assertEquals("Socket[unconnected]", socket.toString());
        }
    }

    @Test
    void aBoundSocketHasALocalAddressOnly() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            Socket socket = channel.socket();
            socket.bind(new InetSocketAddress(Tcp.loopback4(), 0));
            assertTrue(socket.isBound());
            assertFalse(socket.isConnected());
            assertEquals(channel.getLocalAddress(), socket.getLocalSocketAddress());
            assertEquals(Tcp.loopback4(), socket.getLocalAddress());
            assertTrue(socket.getLocalPort() > 0);
            assertEquals(0, socket.getPort());
            assertEquals("Socket[unconnected]", socket.toString());
        }
    }

    @Test
    void aConnectedSocketHasTheChannelsAddresses() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Socket socket = tcp.client.socket();
            InetSocketAddress local = (InetSocketAddress) tcp.client.getLocalAddress();
            InetSocketAddress remote = (InetSocketAddress) tcp.client.getRemoteAddress();
            assertTrue(socket.isConnected());
            assertTrue(socket.isBound());
            assertEquals(remote, socket.getRemoteSocketAddress());
            assertEquals(remote.getAddress(), socket.getInetAddress());
            assertEquals(remote.getPort(), socket.getPort());
            assertEquals(local, socket.getLocalSocketAddress());
            assertEquals(local.getAddress(), socket.getLocalAddress());
            assertEquals(local.getPort(), socket.getLocalPort());
            assertEquals("Socket[addr=/127.0.0.1,port=" + remote.getPort() + ",localport=" + local.getPort() + "]",
                    socket.toString());
        }
    }

    @Test
    void aPendingSocketHasARemoteAddressOnly() throws Exception {
        try (FullListener listener = new FullListener(); SocketChannel channel = listener.pending()) {
            Socket socket = channel.socket();
            assertFalse(socket.isConnected());
            assertFalse(socket.isBound());
            assertEquals(listener.address(), socket.getRemoteSocketAddress());
            assertNull(socket.getLocalSocketAddress());
            assertEquals(-1, socket.getLocalPort());
            socketException("Socket is not connected", socket::getInputStream);
        }
    }

    @Test
    void whatTheChannelDoesShowsInTheSocket() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen(); SocketChannel channel = SocketChannel.open()) {
            Socket socket = channel.socket();
            channel.connect(listener.getLocalAddress());
            assertTrue(socket.isConnected());
            assertEquals(listener.getLocalAddress(), socket.getRemoteSocketAddress());
            channel.shutdownInput();
            assertTrue(socket.isInputShutdown());
            channel.shutdownOutput();
            assertTrue(socket.isOutputShutdown());
            channel.close();
            assertTrue(socket.isClosed());
        }
    }

    @Test
    void aClosedSocketKeepsItsAddresses() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Socket socket = tcp.client.socket();
            SocketAddress remote = socket.getRemoteSocketAddress();
            InetSocketAddress local = (InetSocketAddress) socket.getLocalSocketAddress();
            int port = socket.getPort();
            socket.close();
            assertTrue(socket.isClosed());
            assertFalse(socket.isConnected());
            assertTrue(socket.isBound());
            assertEquals(remote, socket.getRemoteSocketAddress());
            assertEquals(Tcp.loopback4(), socket.getInetAddress());
            assertEquals(port, socket.getPort());
            assertEquals(local, socket.getLocalSocketAddress());
            assertEquals(local.getPort(), socket.getLocalPort());
            assertEquals("0.0.0.0", socket.getLocalAddress().getHostAddress());
            assertEquals("Socket[unconnected]", socket.toString());
        }
    }

    @Test
    void aClosedSocketKnowsItsPortThoughNobodyAskedBefore() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen(); SocketChannel channel = SocketChannel.open()) {
            Socket socket = channel.socket();
            channel.connect(listener.getLocalAddress());
            try (SocketChannel accepted = listener.accept()) {
                InetSocketAddress seen = (InetSocketAddress) accepted.getRemoteAddress();
                channel.close();
                assertEquals(seen.getPort(), socket.getLocalPort());
            }
        }
    }

    @Test
    void closingTheSocketClosesTheChannel() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.socket().close();
            tcp.client.socket().close();
            assertFalse(tcp.client.isOpen());
            assertEquals(-1, tcp.server.read(Tcp.bytes(0)));
        }
    }

    // -- connect --

    @Test
    void connectConnectsTheChannel() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen(); SocketChannel channel = SocketChannel.open()) {
            channel.socket().connect(listener.getLocalAddress());
            assertTrue(channel.isConnected());
        }
    }

    @Test
    void connectInTimeConnectsTheChannel() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen(); SocketChannel channel = SocketChannel.open()) {
            channel.socket().connect(listener.getLocalAddress(), 20_000);
            assertTrue(channel.isConnected());
            assertTrue(channel.isBlocking());
        }
    }

    @Test
    void connectThatTakesTooLongCloses() throws Exception {
        try (FullListener listener = new FullListener(); SocketChannel channel = SocketChannel.open()) {
            InetSocketAddress address = listener.address();
            long start = System.nanoTime();
            SocketTimeoutException late = assertThrowsExactly(
                    SocketTimeoutException.class, () -> channel.socket().connect(address, 100));
            assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(99));
            assertEquals("Connect timed out", late.getMessage());
            assertFalse(channel.isOpen());
        }
    }

    @Test
    void connectToAClosedPortIsRefusedAndCloses() throws Exception {
        for (int timeoutMillis : new int[] {0, 20_000}) {
            try (SocketChannel deaf = Tcp.deaf(); SocketChannel channel = SocketChannel.open()) {
                ConnectException refused = assertThrowsExactly(ConnectException.class,
                        () -> channel.socket().connect(deaf.getLocalAddress(), timeoutMillis));
                assertEquals("Connection refused", refused.getMessage());
                assertFalse(channel.isOpen());
            }
        }
    }

    @Test
    void connectChecksItsArgumentsFirst() throws Exception {
        SocketChannel channel = SocketChannel.open();
        Socket socket = channel.socket();
        channel.close();
        assertEquals("connect: The address can't be null",
                assertThrowsExactly(IllegalArgumentException.class, () -> socket.connect(null, -1)).getMessage());
        assertEquals("connect: timeout can't be negative",
                assertThrowsExactly(IllegalArgumentException.class,
                        () -> socket.connect(new InetSocketAddress(Tcp.loopback4(), 1), -1)).getMessage());
    }

    @Test
    void connectInNonBlockingModeIsRefused() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen(); SocketChannel channel = SocketChannel.open()) {
            channel.configureBlocking(false);
            SocketAddress address = listener.getLocalAddress();
            assertThrowsExactly(IllegalBlockingModeException.class, () -> channel.socket().connect(address));
            assertThrowsExactly(IllegalBlockingModeException.class, () -> channel.socket().connect(address, 100));
            assertTrue(channel.isOpen());
            assertFalse(channel.isConnectionPending());
        }
    }

    @Test
    void connectTwiceIsRefused() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            SocketAddress remote = tcp.client.getRemoteAddress();
            Exception thrown = assertThrows(Exception.class, () -> tcp.client.socket().connect(remote));
            if (!JDK17 || !(thrown instanceof AlreadyConnectedException)) {
                assertEquals("Already connected", assertInstanceOf(SocketException.class, thrown).getMessage());
                assertInstanceOf(AlreadyConnectedException.class, thrown.getCause());
            }
            assertTrue(tcp.client.isConnected());
        }
    }

    @Test
    void connectWhileTheChannelConnectsIsRefused() throws Exception {
        try (FullListener listener = new FullListener(); SocketChannel channel = listener.pending()) {
            channel.configureBlocking(true);
            InetSocketAddress address = listener.address();
            assertThrowsExactly(ConnectionPendingException.class, () -> channel.socket().connect(address));
            assertThrowsExactly(ConnectionPendingException.class, () -> channel.socket().bind(null));
            assertTrue(channel.isConnectionPending());
        }
    }

    @Test
    void connectToAnUnresolvedNameFails() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            UnknownHostException unknown = assertThrowsExactly(
                    UnknownHostException.class, () -> channel.socket().connect(Tcp.unresolved()));
            if (!JDK17) {
                assertEquals(Tcp.unresolved().toString(), unknown.getMessage());
                assertFalse(channel.isOpen());
            }
        }
    }

    @Test
    void connectToAnUnresolvedNameLeavesAConnectionAsItIs() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Exception thrown = assertThrows(Exception.class, () -> tcp.client.socket().connect(Tcp.unresolved()));
            if (!JDK17 || !(thrown instanceof UnknownHostException)) {
                assertEquals("Already connected", assertInstanceOf(SocketException.class, thrown).getMessage());
            }
            assertTrue(tcp.client.isConnected());
        }
    }

    @Test
    void connectToAnotherKindOfAddressLeavesTheSocketOpen() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            assertInstanceOf(UnsupportedAddressTypeException.class,
                    socketException("Unsupported address type", () -> channel.socket().connect(UNIX)).getCause());
            assertTrue(channel.isOpen());
        }
    }

    @Test
    void connectToTheWildcardGoesToLoopback() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen(); SocketChannel channel = SocketChannel.open()) {
            int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
            channel.socket().connect(new InetSocketAddress(Tcp.wildcard4(), port));
            assertEquals(new InetSocketAddress(Tcp.loopback4(), port), channel.socket().getRemoteSocketAddress());
        }
    }

    @Test
    void connectOfAClosedSocketFails() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen(); SocketChannel channel = SocketChannel.open()) {
            channel.close();
            SocketAddress address = listener.getLocalAddress();
            assertThrows(ClosedChannelException.class, () -> channel.socket().connect(address));
            assertThrows(ClosedChannelException.class, () -> channel.socket().connect(address, 100));
        }
    }

    @Test
    void closeEndsABlockedConnect() throws Exception {
        for (int timeoutMillis : new int[] {0, 20_000}) {
            try (FullListener listener = new FullListener(); SocketChannel channel = SocketChannel.open()) {
                InetSocketAddress address = listener.address();
                Task<Void> connector = Task.<Void>start(() -> {
                    channel.socket().connect(address, timeoutMillis);
                    return null;
                }).awaitIn("connect");
                channel.socket().close();
                connector.fails(AsynchronousCloseException.class);
            }
        }
    }

    @Test
    void interruptEndsABlockedConnectAndCloses() throws Exception {
        for (int timeoutMillis : new int[] {0, 20_000}) {
            try (FullListener listener = new FullListener(); SocketChannel channel = SocketChannel.open()) {
                InetSocketAddress address = listener.address();
                Task<Void> connector = Task.<Void>start(() -> {
                    channel.socket().connect(address, timeoutMillis);
                    return null;
                }).awaitIn("connect");
                connector.interrupt();
                connector.fails(ClosedByInterruptException.class);
                assertTrue(connector.interrupted());
                assertFalse(channel.isOpen());
            }
        }
    }

    // -- bind --

    @Test
    void bindToNullTakesTheWildcard() throws Exception {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET)) {
            channel.socket().bind(null);
            assertEquals(Tcp.wildcard4(), channel.socket().getLocalAddress());
            assertTrue(channel.socket().getLocalPort() > 0);
        }
    }

    @Test
    void bindTranslatesTheChannelsExceptions() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            Socket socket = channel.socket();
            assertInstanceOf(UnsupportedAddressTypeException.class,
                    socketException("Unsupported address type", () -> socket.bind(UNIX)).getCause());
            assertInstanceOf(UnresolvedAddressException.class,
                    socketException("Unresolved address", () -> socket.bind(Tcp.unresolved())).getCause());
            socket.bind(null);
            assertInstanceOf(AlreadyBoundException.class,
                    socketException("Already bound", () -> socket.bind(null)).getCause());
            assertTrue(channel.isOpen());
        }
    }

    @Test
    void bindToATakenPortFails() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen(); SocketChannel channel = SocketChannel.open()) {
            BindException taken = assertThrowsExactly(
                    BindException.class, () -> channel.socket().bind(listener.getLocalAddress()));
            assertEquals("Address already in use", taken.getMessage());
        }
    }

    @Test
    void bindOfAClosedSocketFails() throws Exception {
        SocketChannel channel = SocketChannel.open();
        channel.close();
        assertThrowsExactly(ClosedChannelException.class, () -> channel.socket().bind(null));
    }

    // -- shutdown --

    @Test
    void shutdownOfAnUnconnectedSocketIsRefused() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            assertInstanceOf(NotYetConnectedException.class,
                    socketException("Socket is not connected", channel.socket()::shutdownInput).getCause());
            socketException("Socket is not connected", channel.socket()::shutdownOutput);
        }
    }

    @Test
    void shutdownOfAClosedSocketFails() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.close();
            assertThrowsExactly(ClosedChannelException.class, tcp.client.socket()::shutdownInput);
            assertThrowsExactly(ClosedChannelException.class, tcp.client.socket()::shutdownOutput);
        }
    }

    @Test
    void shutdownOutputEndsThePeersInput() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.socket().shutdownOutput();
            tcp.client.socket().shutdownOutput();
            assertTrue(tcp.client.socket().isOutputShutdown());
            assertEquals(-1, tcp.server.read(Tcp.bytes(0)));
        }
    }

    /** java.net's own sockets do not know the channel's, and need not. */
    @Test
    void aPlainSocketTalksToAnAdaptor() throws IOException {
        try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
                SocketChannel channel = SocketChannel.open()) {
            channel.socket().connect(plain.getLocalSocketAddress(), 20_000);
            try (Socket accepted = plain.accept()) {
                channel.socket().getOutputStream().write(5);
                assertEquals(5, accepted.getInputStream().read());
            }
        }
    }
}
