package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Unix sequenced packets: connections of messages, their end, readiness, and the end of what is blocked. */
@Bounded
class UnixSeqPacketChannelTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    @TempDir
    Path directory;

    private UnixSeqPacketChannel[] pair() throws IOException {
        UnixSeqPacketChannel[] pair = UnixSeqPacketChannel.pair();
        fds.closing(pair[0]);
        fds.closing(pair[1]);
        return pair;
    }

    private UnixSeqPacketServerChannel server() throws IOException {
        return fds.closing(UnixSeqPacketServerChannel.open());
    }

    private UnixDomainSocketAddress path(String name) {
        return UnixDomainSocketAddress.of(directory.resolve(name));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void connectionCarriesMessagesUntilItsEnd() throws IOException {
        UnixSeqPacketServerChannel server = server().bind(path("s"));
        UnixSeqPacketChannel client = fds.closing(UnixSeqPacketChannel.open(path("s")));
        UnixSeqPacketChannel accepted = fds.closing(server.accept());
        assertTrue(accepted.isBlocking());
        assertEquals(path("s"), client.getRemoteAddress());
        assertEquals(path("s"), accepted.getLocalAddress());
        assertEquals(UnixDomainSocketAddress.of(""), accepted.getRemoteAddress());
        client.write(bytes("one"));
        client.write(bytes("three"));
        client.shutdownOutput();
        ByteBuffer buffer = ByteBuffer.allocate(4);
        assertEquals(3, accepted.read(buffer));
        assertEquals(4, accepted.read(buffer.clear()), "the rest is lost");
        assertEquals(-1, accepted.read(buffer.clear()));
        assertEquals(1, accepted.write(bytes("x")));
        assertEquals(1, client.read(buffer.clear()));
        accepted.close();
        assertEquals(-1, client.read(buffer.clear()));
        assertEquals("Broken pipe", assertThrows(IOException.class, () -> client.write(bytes("x"))).getMessage());
    }

    @Test
    void shutdownInputEndsTheReading() throws IOException {
        UnixSeqPacketChannel[] pair = pair();
        pair[0].shutdownInput();
        assertEquals(-1, pair[0].read(ByteBuffer.allocate(1)));
        assertEquals("Broken pipe", assertThrows(IOException.class, () -> pair[1].write(bytes("x"))).getMessage());
    }

    @Test
    void selectorSeesConnectionsMessagesAndTheEndNextToTcp() throws Exception {
        UnixSeqPacketServerChannel server = server().bind(null);
        ServerSocketChannel tcp = fds.closing(ServerSocketChannel.open().bind(new InetSocketAddress("localhost", 0)));
        try (Selector selector = Selector.open()) {
            SelectionKey accepting = server.configureBlocking(false).register(selector, OP_ACCEPT);
            tcp.configureBlocking(false).register(selector, OP_ACCEPT);
            assertEquals(0, selector.selectNow());
            assertNull(server.accept());
            Tasks.Task<Integer> selecting = fds.run(() -> selector.select()).awaitBlocked();
            UnixSeqPacketChannel client = fds.closing(UnixSeqPacketChannel.open(server.getLocalAddress()));
            assertEquals(1, selecting.get());
            assertTrue(accepting.isAcceptable());
            UnixSeqPacketChannel accepted = fds.closing(server.accept());
            SelectionKey key = accepted.configureBlocking(false).register(selector, OP_READ);
            selector.selectedKeys().clear();
            assertEquals(0, selector.selectNow());
            assertEquals(0, accepted.read(ByteBuffer.allocate(1)));
            client.write(bytes("x"));
            fds.closing(SocketChannel.open(tcp.getLocalAddress()));
            // connect(2) may return before the listener has the last segment of the handshake.
            while (selector.selectedKeys().size() < 2) {
                selector.select();
            }
            assertTrue(key.isReadable());
            accepted.read(ByteBuffer.allocate(9));
            fds.closing(tcp.accept());
            selector.selectedKeys().clear();
            assertEquals(0, selector.selectNow());
            client.close();
            assertEquals(1, selector.select());
            assertEquals(-1, accepted.read(ByteBuffer.allocate(1)));
            // A hang-up comes whatever is asked for, but not without interest.
            key.interestOps(0);
            selector.selectedKeys().clear();
            assertEquals(0, selector.select(100));
        }
    }

    @Test
    void fullPeerIsNotWritable() throws Exception {
        UnixSeqPacketChannel[] pair = pair();
        pair[0].configureBlocking(false);
        while (pair[0].write(ByteBuffer.allocate(1000)) > 0) {
            // until there is no room
        }
        try (Selector selector = Selector.open()) {
            pair[0].register(selector, OP_WRITE);
            assertEquals(0, selector.selectNow());
            Tasks.Task<Integer> selecting = fds.run(() -> selector.select()).awaitBlocked();
            pair[1].configureBlocking(false);
            while (pair[1].read(ByteBuffer.allocate(1000)) > 0) {
                // until there is nothing
            }
            assertEquals(1, selecting.get());
        }
    }

    /** What each ends; the server waits for a connection, a reader for a message, a connect for room in the backlog. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closeAndInterruptEndWhatIsBlocked(boolean interrupt) throws Exception {
        UnixSeqPacketServerChannel server = server().bind(null);
        UnixSeqPacketChannel reader = pair()[0];
        end(interrupt, server, server::accept);
        end(interrupt, reader, () -> reader.read(ByteBuffer.allocate(1)));
    }

    private void end(boolean interrupt, DescriptorChannel channel, Callable<?> operation) throws Exception {
        Tasks.Task<?> blocked = fds.run(operation).awaitBlocked();
        if (interrupt) {
            blocked.thread().interrupt();
            assertThrowsExactly(ClosedByInterruptException.class, blocked::get);
        } else {
            channel.close();
            assertThrowsExactly(AsynchronousCloseException.class, blocked::get);
        }
        assertFalse(channel.isOpen());
    }

    @Test
    void connectWaitsForRoomInTheBacklog() throws Exception {
        UnixSeqPacketServerChannel server = server().bind(path("s"), 1);
        List<UnixSeqPacketChannel> clients = new ArrayList<>();
        Tasks.Task<UnixSeqPacketChannel> connecting;
        do {
            connecting = fds.run(() -> UnixSeqPacketChannel.open(path("s")));
            Tasks.Task<UnixSeqPacketChannel> task = connecting;
            Tasks.await(() -> task.future().isDone() || Thread.State.TIMED_WAITING == task.thread().getState(), "connected");
            if (connecting.future().isDone()) {
                clients.add(fds.closing(connecting.get()));
            }
        } while (connecting.future().isDone());
        fds.closing(server.accept());
        assertTrue(fds.closing(connecting.get()).isOpen());
        // One is accepted, the backlog is full again.
        Tasks.Task<UnixSeqPacketChannel> interrupted = fds.run(() -> UnixSeqPacketChannel.open(path("s")));
        Tasks.await(() -> interrupted.thread().getState() == Thread.State.TIMED_WAITING, "waits");
        interrupted.thread().interrupt();
        assertThrowsExactly(ClosedByInterruptException.class, interrupted::get);
    }

    @Test
    void wrongUseIsClear() throws IOException {
        UnixSeqPacketServerChannel server = server();
        InetSocketAddress inet = new InetSocketAddress("localhost", 1);
        assertThrowsExactly(NotYetBoundException.class, server::accept);
        assertNull(server.getLocalAddress());
        assertThrowsExactly(UnsupportedAddressTypeException.class, () -> server.bind(inet));
        server.bind(path("s"));
        assertThrowsExactly(AlreadyBoundException.class, () -> server.bind(path("t")));
        assertThrowsExactly(BindException.class, () -> server().bind(path("s")));
        assertThrowsExactly(UnsupportedAddressTypeException.class, () -> UnixSeqPacketChannel.open(inet));
        assertThrowsExactly(NullPointerException.class, () -> UnixSeqPacketChannel.open(null));
        assertEquals("No such file or directory", assertThrowsExactly(SocketException.class,
            () -> UnixSeqPacketChannel.open(path("none"))).getMessage());
        fds.closing(ServerSocketChannel.open(StandardProtocolFamily.UNIX)).bind(path("stream"));
        assertEquals("Protocol wrong type for socket", assertThrowsExactly(SocketException.class,
            () -> UnixSeqPacketChannel.open(path("stream"))).getMessage());
        server.close();
        assertThrowsExactly(ConnectException.class, () -> UnixSeqPacketChannel.open(path("s")));
        assertThrowsExactly(ClosedChannelException.class, server::accept);
        assertThrowsExactly(ClosedChannelException.class, () -> server.bind(null));
        assertEquals("org.anyfd.fd.UnixSeqPacketServerChannel[closed]", server.toString());
    }

    @Test
    void optionsAreThoseOfUnixSockets() throws IOException {
        UnixSeqPacketChannel channel = pair()[0].setOption(StandardSocketOptions.SO_SNDBUF, 50_000);
        assertEquals(50_000, channel.getOption(StandardSocketOptions.SO_SNDBUF));
        assertTrue(channel.supportedOptions().contains(StandardSocketOptions.SO_RCVBUF));
        assertThrowsExactly(UnsupportedOperationException.class,
            () -> channel.setOption(StandardSocketOptions.TCP_NODELAY, true));
    }
}
