package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Unix datagrams: messages, names, readiness, and the end of what is blocked. */
@Bounded
class UnixDatagramChannelTest {
    private static final UnixDomainSocketAddress UNNAMED = UnixDomainSocketAddress.of("");

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    @TempDir
    Path directory;

    private UnixDatagramChannel open() throws IOException {
        return fds.closing(UnixDatagramChannel.open());
    }

    private UnixDatagramChannel[] pair() throws IOException {
        UnixDatagramChannel[] pair = UnixDatagramChannel.pair();
        fds.closing(pair[0]);
        fds.closing(pair[1]);
        return pair;
    }

    private UnixDomainSocketAddress path(String name) {
        return UnixDomainSocketAddress.of(directory.resolve(name));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(ByteBuffer buffer) {
        return StandardCharsets.UTF_8.decode(buffer.flip()).toString();
    }

    @Test
    void messagesKeepTheirBoundsAndOrderAndSender() throws IOException {
        UnixDatagramChannel server = open().bind(path("server"));
        UnixDatagramChannel named = open().bind(path("client"));
        UnixDatagramChannel hidden = open().bind(null);
        UnixDatagramChannel nameless = open();
        assertEquals(3, named.send(bytes("one"), path("server")));
        assertEquals(0, hidden.send(bytes(""), path("server")));
        assertEquals(5, nameless.send(bytes("three"), path("server")));
        ByteBuffer buffer = ByteBuffer.allocate(100);
        assertEquals(path("client"), server.receive(buffer));
        assertEquals("one", text(buffer));
        SocketAddress autobound = server.receive(buffer.clear());
        assertEquals(hidden.getLocalAddress(), autobound);
        assertEquals(5, assertInstanceOf(AbstractUnixAddress.class, autobound).name().length);
        assertEquals("", text(buffer));
        assertEquals(UNNAMED, server.receive(buffer.clear()));
        assertEquals("three", text(buffer));
    }

    @Test
    void answerGoesToTheSender() throws IOException {
        UnixDatagramChannel server = open().bind(AbstractUnixAddress.of("anyfd-test-" + System.nanoTime()));
        UnixDatagramChannel client = open().bind(null).connect(server.getLocalAddress());
        assertEquals(server.getLocalAddress(), client.getRemoteAddress());
        client.write(bytes("ping"));
        ByteBuffer buffer = ByteBuffer.allocateDirect(10);
        server.send(bytes("pong"), server.receive(buffer));
        assertEquals(4, client.read(buffer.clear()));
        assertEquals("pong", text(buffer));
    }

    @Test
    void messageLongerThanTheBufferIsCut() throws IOException {
        UnixDatagramChannel[] pair = pair();
        pair[0].write(bytes("long message"));
        pair[0].write(bytes("next"));
        ByteBuffer buffer = ByteBuffer.allocate(4);
        assertEquals(UNNAMED, pair[1].receive(buffer));
        assertEquals("long", text(buffer));
        assertEquals(4, pair[1].read(buffer.clear()));
        assertEquals("next", text(buffer));
    }

    /** Longer than what heap buffers are copied through in one piece. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void largeMessageIsOne(boolean direct) throws IOException {
        UnixDatagramChannel[] pair = pair();
        int size = 300_000;
        pair[0].setOption(StandardSocketOptions.SO_SNDBUF, 1 << 20);
        assumeTrue(pair[0].getOption(StandardSocketOptions.SO_SNDBUF) >= 160_000,
            "net.core.wmem_max is too small");
        ByteBuffer message = direct ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size);
        message.put(size - 1, (byte) 7);
        assertEquals(size, pair[0].write(message));
        assertFalse(message.hasRemaining());
        ByteBuffer got = direct ? ByteBuffer.allocateDirect(size + 9) : ByteBuffer.allocate(size + 9);
        assertEquals(size, pair[1].read(got));
        assertEquals(7, got.get(size - 1));
        assertEquals(size, pair[0].send(message.clear(), open().bind(path("x")).getLocalAddress()));
        pair[0].write(message.clear());
        assertEquals(UNNAMED, pair[1].receive(got.clear()));
        assertEquals(size, got.position());
    }

    @Test
    void scatterAndGatherAreOneMessage() throws IOException {
        UnixDatagramChannel[] pair = pair();
        ByteBuffer[] parts = {bytes("ab"), ByteBuffer.allocateDirect(2).put(bytes("cd")).flip(), bytes("e")};
        assertEquals(5, pair[0].write(parts));
        ByteBuffer first = ByteBuffer.allocate(3);
        ByteBuffer second = ByteBuffer.allocateDirect(9);
        assertEquals(5, pair[1].read(new ByteBuffer[] {first, second}));
        assertEquals("abc", text(first));
        assertEquals("de", text(second));
        ByteBuffer[] many = new ByteBuffer[1025];
        Arrays.setAll(many, i -> bytes("x"));
        assertThrowsExactly(IllegalArgumentException.class, () -> pair[0].write(many));
        assertThrowsExactly(IllegalArgumentException.class,
            () -> pair[0].write(new ByteBuffer[] {ByteBuffer.allocate(300_000)}));
    }

    @Test
    void tooLongMessageIsRefused() throws IOException {
        UnixDatagramChannel[] pair = pair();
        ByteBuffer tooLong = ByteBuffer.allocate(8 << 20);
        assertEquals("Message too long",
            assertThrows(IOException.class, () -> pair[0].write(tooLong)).getMessage());
        assertEquals(0, tooLong.position());
    }

    @Test
    void selectorSeesMessagesNextToTcp() throws Exception {
        UnixDatagramChannel server = open().bind(path("s"));
        ServerSocketChannel tcp = fds.closing(ServerSocketChannel.open().bind(new InetSocketAddress("localhost", 0)));
        try (Selector selector = Selector.open()) {
            SelectionKey key = server.configureBlocking(false).register(selector, OP_READ);
            tcp.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
            assertEquals(0, selector.selectNow());
            assertNull(server.receive(ByteBuffer.allocate(1)));
            Tasks.Task<Integer> selecting = fds.run(() -> selector.select()).awaitBlocked();
            open().send(bytes("x"), path("s"));
            assertEquals(1, selecting.get());
            assertTrue(key.isReadable());
            selector.selectedKeys().clear();
            fds.closing(SocketChannel.open(tcp.getLocalAddress()));
            // connect(2) may return before the listener has the last segment of the handshake.
            while (selector.selectedKeys().size() < 2) {
                selector.select();
            }
        }
    }

    /** Ready for nothing is neither a datagram socket without a peer nor one whose peer is gone. */
    @Test
    void nothingToReadDoesNotSpin() throws IOException {
        UnixDatagramChannel alone = open();
        UnixDatagramChannel[] pair = pair();
        pair[1].close();
        try (Selector selector = Selector.open()) {
            alone.configureBlocking(false).register(selector, OP_READ);
            pair[0].configureBlocking(false).register(selector, OP_READ);
            assertEquals(0, selector.select(100));
        }
        assertEquals("Connection refused",
            assertThrows(IOException.class, () -> pair[0].write(bytes("x"))).getMessage());
    }

    @Test
    void connectedChannelWaitsForRoom() throws Exception {
        UnixDatagramChannel[] pair = pair();
        pair[0].configureBlocking(false);
        int sent = 0;
        while (pair[0].write(bytes("x")) > 0) {
            sent++;
        }
        try (Selector selector = Selector.open()) {
            SelectionKey key = pair[0].register(selector, OP_WRITE);
            assertEquals(0, selector.selectNow());
            for (int i = 0; i < sent; i++) {
                pair[1].read(ByteBuffer.allocate(1));
            }
            assertEquals(1, selector.select());
            assertTrue(key.isWritable());
        }
    }

    @Test
    void fullReceiverMakesASendWait() throws Exception {
        UnixDatagramChannel server = open().bind(path("s"));
        UnixDatagramChannel client = open();
        client.configureBlocking(false);
        while (client.send(bytes("x"), path("s")) > 0) {
            // until there is no room
        }
        client.configureBlocking(true);
        Tasks.Task<Integer> sending = fds.run(() -> client.send(bytes("last"), path("s")));
        Tasks.await(() -> sending.thread().getState() == Thread.State.TIMED_WAITING, "it looks now and then");
        server.configureBlocking(false);
        ByteBuffer buffer = ByteBuffer.allocate(9);
        Tasks.await(() -> {
            try {
                return server.read(buffer.clear()) == 4;
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }, "the last message");
        assertEquals(4, sending.get());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closeAndInterruptEndAReceive(boolean read) throws Exception {
        for (boolean interrupt : new boolean[] {true, false}) {
            UnixDatagramChannel channel = pair()[0];
            Callable<Object> receive = read ? () -> channel.read(ByteBuffer.allocate(1))
                : () -> channel.receive(ByteBuffer.allocate(1));
            Tasks.Task<Object> blocked = fds.run(receive).awaitBlocked();
            if (interrupt) {
                blocked.thread().interrupt();
                assertThrowsExactly(ClosedByInterruptException.class, blocked::get);
            } else {
                channel.close();
                assertThrowsExactly(AsynchronousCloseException.class, blocked::get);
            }
            assertFalse(channel.isOpen());
        }
    }

    @Test
    void connectionIsDissolved() throws IOException {
        UnixDatagramChannel server = open().bind(path("s"));
        UnixDatagramChannel client = open();
        assertNull(client.getRemoteAddress());
        client.connect(path("s"));
        assertEquals(path("s"), client.getRemoteAddress());
        client.disconnect();
        assertNull(client.getRemoteAddress());
        assertEquals("Transport endpoint is not connected",
            assertThrows(IOException.class, () -> client.write(bytes("x"))).getMessage());
        server.connect(client.bind(path("c")).getLocalAddress());
        assertEquals(1, server.write(bytes("x")));
    }

    @Test
    void wrongUseIsClear() throws IOException {
        UnixDatagramChannel channel = open().bind(path("s"));
        InetSocketAddress inet = new InetSocketAddress("localhost", 1);
        assertThrowsExactly(AlreadyBoundException.class, () -> channel.bind(path("t")));
        assertThrowsExactly(BindException.class, () -> open().bind(path("s")));
        assertThrowsExactly(UnsupportedAddressTypeException.class, () -> open().bind(inet));
        assertThrowsExactly(UnsupportedAddressTypeException.class, () -> channel.connect(inet));
        assertThrowsExactly(UnsupportedAddressTypeException.class, () -> channel.send(bytes("x"), inet));
        assertEquals("No such file or directory",
            assertThrowsExactly(SocketException.class, () -> channel.send(bytes("x"), path("none"))).getMessage());
        assertEquals("Unix domain path too long", assertThrowsExactly(SocketException.class,
            () -> channel.send(bytes("x"), UnixDomainSocketAddress.of("/" + "x".repeat(110)))).getMessage());
        assertThrowsExactly(IllegalArgumentException.class,
            () -> channel.receive(ByteBuffer.allocate(1).asReadOnlyBuffer()));
        assertThrowsExactly(NullPointerException.class, () -> channel.send(bytes("x"), null));
        assertThrowsExactly(UnsupportedOperationException.class,
            () -> channel.getOption(StandardSocketOptions.TCP_NODELAY));
        open().bind(path("gone")).close();
        assertThrowsExactly(ConnectException.class, () -> channel.send(bytes("x"), path("gone")));
    }

    @Test
    void closedChannelRefusesEverything() throws IOException {
        UnixDatagramChannel channel = open();
        channel.close();
        assertThrowsExactly(ClosedChannelException.class, () -> channel.bind(null));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.connect(path("s")));
        assertThrowsExactly(ClosedChannelException.class, channel::disconnect);
        assertThrowsExactly(ClosedChannelException.class, () -> channel.send(bytes("x"), path("s")));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.receive(ByteBuffer.allocate(1)));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.read(ByteBuffer.allocate(1)));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.write(bytes("x")));
        assertThrowsExactly(ClosedChannelException.class, channel::getLocalAddress);
        assertThrowsExactly(ClosedChannelException.class, channel::getRemoteAddress);
        assertEquals("org.anyfd.fd.UnixDatagramChannel[closed]", channel.toString());
    }

    @Test
    void abstractNamesAreBytes() throws IOException {
        byte[] name = {1, 0, (byte) 0xff, 'x', (byte) (System.nanoTime() >> 8), (byte) System.nanoTime()};
        AbstractUnixAddress address = AbstractUnixAddress.of(name);
        assertEquals(address, open().bind(address).getLocalAddress());
        assertArrayEquals(name, address.name());
        assertEquals("@caf\u00e9", AbstractUnixAddress.of("caf\u00e9").toString());
        assertThrowsExactly(IllegalArgumentException.class, () -> AbstractUnixAddress.of(""));
        assertThrowsExactly(IllegalArgumentException.class, () -> AbstractUnixAddress.of("x".repeat(108)));
        AbstractUnixAddress longest = AbstractUnixAddress.of("x".repeat(107));
        assertEquals(longest, open().bind(longest).getLocalAddress());
    }
}
