package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The ServerSocket of a ServerSocketChannel. */
@Bounded
class ServerSocketAdaptorTest {
    private static final UnixDomainSocketAddress UNIX = UnixDomainSocketAddress.of("/tmp/not-inet");

    private ServerSocketChannel channel;
    private ServerSocket socket;

    @BeforeEach
    void open() throws Exception {
        channel = ServerSocketChannel.open();
        socket = channel.socket();
    }

    @AfterEach
    void close() throws Exception {
        channel.close();
    }

    private void listen() throws Exception {
        socket.bind(new InetSocketAddress(Tcp.loopback4(), 0));
    }

    private SocketChannel client() throws Exception {
        return SocketChannel.open(socket.getLocalSocketAddress());
    }

    private static SocketException socketException(String message, Executable operation) {
        SocketException thrown = assertThrowsExactly(SocketException.class, operation);
        assertEquals(message, thrown.getMessage());
        return thrown;
    }

    // -- state --

    @Test
    void aChannelHasOneServerSocket() {
        assertSame(socket, channel.socket());
        assertSame(channel, socket.getChannel());
    }

    @Test
    void anUnboundServerSocketHasNoAddress() throws Exception {
        assertFalse(socket.isBound());
        assertFalse(socket.isClosed());
        assertEquals(-1, socket.getLocalPort());
        assertNull(socket.getInetAddress());
        assertNull(socket.getLocalSocketAddress());
        assertEquals("ServerSocket[unbound]", socket.toString());
        assertEquals(0, socket.getSoTimeout());
        assertTrue(socket.getReuseAddress());
    }

    @Test
    void aBoundServerSocketHasTheChannelsAddress() throws Exception {
        listen();
        InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
        assertTrue(socket.isBound());
        assertEquals(local, socket.getLocalSocketAddress());
        assertEquals(local.getPort(), socket.getLocalPort());
        assertEquals(Tcp.loopback4(), socket.getInetAddress());
        assertEquals("ServerSocket[addr=/127.0.0.1,localport=" + local.getPort() + "]", socket.toString());
    }

    @Test
    void whatTheChannelDoesShowsInTheServerSocket() throws Exception {
        channel.bind(new InetSocketAddress(Tcp.loopback4(), 0));
        assertTrue(socket.isBound());
        assertEquals(channel.getLocalAddress(), socket.getLocalSocketAddress());
        channel.close();
        assertTrue(socket.isClosed());
    }

    @Test
    void aClosedServerSocketKeepsItsAddress() throws Exception {
        channel.bind(new InetSocketAddress(Tcp.loopback4(), 0));
        InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
        channel.close();
        assertTrue(socket.isBound());
        assertEquals(local, socket.getLocalSocketAddress());
        assertEquals(local.getPort(), socket.getLocalPort());
        assertEquals(Tcp.loopback4(), socket.getInetAddress());
        assertTrue(socket.toString().startsWith("ServerSocket[addr="));
    }

    @Test
    void closingTheServerSocketClosesTheChannel() throws Exception {
        socket.close();
        socket.close();
        assertFalse(channel.isOpen());
    }

    // -- bind --

    @Test
    void bindToNullTakesTheWildcard() throws Exception {
        try (ServerSocketChannel inet = ServerSocketChannel.open(StandardProtocolFamily.INET)) {
            inet.socket().bind(null);
            assertEquals(Tcp.wildcard4(), inet.socket().getInetAddress());
            assertTrue(inet.socket().getLocalPort() > 0);
        }
    }

    @Test
    void bindTakesAnyBacklog() throws Exception {
        socket.bind(new InetSocketAddress(Tcp.loopback4(), 0), -5);
        try (SocketChannel client = client(); Socket accepted = socket.accept()) {
            assertEquals(client.getLocalAddress(), accepted.getRemoteSocketAddress());
        }
    }

    @Test
    void bindTranslatesTheChannelsExceptions() throws Exception {
        assertInstanceOf(UnsupportedAddressTypeException.class,
                socketException("Unsupported address type", () -> socket.bind(UNIX)).getCause());
        assertInstanceOf(UnresolvedAddressException.class,
                socketException("Unresolved address", () -> socket.bind(Tcp.unresolved())).getCause());
        listen();
        assertInstanceOf(AlreadyBoundException.class,
                socketException("Already bound", () -> socket.bind(null)).getCause());
    }

    @Test
    void bindToATakenPortFails() throws Exception {
        listen();
        try (ServerSocketChannel other = ServerSocketChannel.open()) {
            SocketAddress taken = socket.getLocalSocketAddress();
            BindException thrown = assertThrowsExactly(BindException.class, () -> other.socket().bind(taken));
            assertEquals("Address already in use", thrown.getMessage());
        }
    }

    @Test
    void bindOfAClosedServerSocketFails() throws Exception {
        channel.close();
        assertThrowsExactly(ClosedChannelException.class, () -> socket.bind(null));
    }

    // -- accept --

    @Test
    void acceptGivesASocketWithAChannel() throws Exception {
        listen();
        for (int timeoutMillis : new int[] {0, 20_000}) {
            socket.setSoTimeout(timeoutMillis);
            try (SocketChannel client = client(); Socket accepted = socket.accept()) {
                assertSame(accepted, accepted.getChannel().socket());
                assertTrue(accepted.getChannel().isBlocking());
                assertEquals(client.getLocalAddress(), accepted.getRemoteSocketAddress());
                accepted.getOutputStream().write(3);
                assertEquals(3, client.socket().getInputStream().read());
            }
        }
    }

    @Test
    void acceptWaitsForAConnection() throws Exception {
        listen();
        for (int timeoutMillis : new int[] {0, 20_000}) {
            socket.setSoTimeout(timeoutMillis);
            Task<Socket> acceptor = Task.start(socket::accept).awaitIn("accept");
            try (SocketChannel client = client(); Socket accepted = acceptor.get()) {
                assertEquals(client.getLocalAddress(), accepted.getRemoteSocketAddress());
            }
        }
    }

    @Test
    void anAcceptThatTakesTooLongLeavesTheServerSocketUsable() throws Exception {
        listen();
        socket.setSoTimeout(80);
        long start = System.nanoTime();
        SocketTimeoutException late = assertThrowsExactly(SocketTimeoutException.class, socket::accept);
        assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(79));
        assertEquals("Accept timed out", late.getMessage());
        assertTrue(channel.isBlocking());
        socket.setSoTimeout(20_000);
        try (SocketChannel client = client(); Socket accepted = socket.accept()) {
            assertEquals(client.getLocalAddress(), accepted.getRemoteSocketAddress());
        }
    }

    @Test
    void anUnboundServerSocketDoesNotAccept() throws Exception {
        for (boolean blocking : new boolean[] {true, false}) {
            channel.configureBlocking(blocking);
            assertInstanceOf(NotYetBoundException.class,
                    socketException("Socket is not bound yet", socket::accept).getCause());
        }
    }

    @Test
    void aNonBlockingAcceptTakesWhatIsThere() throws Exception {
        listen();
        channel.configureBlocking(false);
        assertThrowsExactly(IllegalBlockingModeException.class, socket::accept);
        try (SocketChannel client = client(); Socket accepted = acceptSoon()) {
            assertEquals(client.getLocalAddress(), accepted.getRemoteSocketAddress());
            assertTrue(accepted.getChannel().isBlocking());
        }
    }

    private Socket acceptSoon() throws Exception {
        long deadline = System.nanoTime() + Tcp.PATIENCE_NANOS;
        for (;;) {
            try {
                return socket.accept();
            } catch (IllegalBlockingModeException nothingYet) {
                Tcp.pause(deadline, "a connection");
            }
        }
    }

    @Test
    void aNonBlockingAcceptWithATimeoutIsRefused() throws Exception {
        listen();
        socket.setSoTimeout(100);
        channel.configureBlocking(false);
        try (SocketChannel client = client()) {
            assertTrue(client.isConnected());
            assertThrowsExactly(IllegalBlockingModeException.class, socket::accept);
        }
    }

    @Test
    void closeEndsABlockedAccept() throws Exception {
        for (int timeoutMillis : new int[] {0, 20_000}) {
            try (ServerSocketChannel listener = Tcp.listen()) {
                listener.socket().setSoTimeout(timeoutMillis);
                Task<Socket> acceptor = Task.start(listener.socket()::accept).awaitIn("accept");
                listener.socket().close();
                acceptor.fails(AsynchronousCloseException.class);
            }
        }
    }

    @Test
    void interruptEndsABlockedAcceptAndCloses() throws Exception {
        for (int timeoutMillis : new int[] {0, 20_000}) {
            try (ServerSocketChannel listener = Tcp.listen()) {
                listener.socket().setSoTimeout(timeoutMillis);
                Task<Socket> acceptor = Task.start(listener.socket()::accept).awaitIn("accept");
                acceptor.interrupt();
                acceptor.fails(ClosedByInterruptException.class);
                assertTrue(acceptor.interrupted());
                assertFalse(listener.isOpen());
            }
        }
    }

    @Test
    void acceptOfAClosedServerSocketFails() throws Exception {
        listen();
        channel.close();
        assertThrows(ClosedChannelException.class, socket::accept);
    }

    // -- options --

    @Test
    void optionsAreTheChannels() throws Exception {
        socket.setReuseAddress(false);
        assertFalse(channel.getOption(StandardSocketOptions.SO_REUSEADDR));
        assertFalse(socket.getReuseAddress());
        socket.setReceiveBufferSize(65536);
        assertEquals(65536, channel.getOption(StandardSocketOptions.SO_RCVBUF));
        assertEquals(65536, socket.getReceiveBufferSize());
        assertSame(socket, socket.setOption(StandardSocketOptions.SO_REUSEADDR, true));
        assertTrue(socket.getOption(StandardSocketOptions.SO_REUSEADDR));
        assertEquals(channel.supportedOptions(), socket.supportedOptions());
        assertThrowsExactly(UnsupportedOperationException.class,
                () -> socket.setOption(StandardSocketOptions.TCP_NODELAY, true));
    }

    @Test
    void valuesOutOfRangeAreRefused() throws Exception {
        assertEquals("timeout < 0",
                assertThrowsExactly(IllegalArgumentException.class, () -> socket.setSoTimeout(-1)).getMessage());
        assertEquals("size cannot be 0 or negative",
                assertThrowsExactly(IllegalArgumentException.class, () -> socket.setReceiveBufferSize(0)).getMessage());
    }

    @Test
    void gettersAndSettersOfAClosedServerSocketSaySo() throws Exception {
        socket.setPerformancePreferences(1, 2, 3);
        channel.close();
        socket.setPerformancePreferences(1, 2, 3);
        List<Executable> calls = List.of(
                socket::getSoTimeout, () -> socket.setSoTimeout(-1),
                socket::getReuseAddress, () -> socket.setReuseAddress(true),
                socket::getReceiveBufferSize, () -> socket.setReceiveBufferSize(1));
        for (Executable call : calls) {
            socketException("Socket is closed", call);
        }
        assertThrowsExactly(ClosedChannelException.class, () -> socket.getOption(StandardSocketOptions.SO_RCVBUF));
    }
}
