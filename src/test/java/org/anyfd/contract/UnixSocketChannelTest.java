package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stream sockets of the Unix domain: connecting, names, bytes. */
@Bounded
class UnixSocketChannelTest {
    @TempDir
    Path directory;

    private UnixDomainSocketAddress name(String file) {
        return UnixDomainSocketAddress.of(directory.resolve(file));
    }

    // -- names --

    @Test
    void aNewChannelHasNoAddresses() throws Exception {
        try (SocketChannel channel = Unix.open()) {
            assertNull(channel.getLocalAddress());
            assertNull(channel.getRemoteAddress());
            assertFalse(channel.isConnected());
        }
    }

    @Test
    void aClientIsUnnamedOnceConnected() throws Exception {
        try (ServerSocketChannel listener = Unix.listen(directory.resolve("s")); SocketChannel client = Unix.open()) {
            assertTrue(client.connect(name("s")));
            try (SocketChannel accepted = listener.accept()) {
                assertEquals(Unix.UNNAMED, client.getLocalAddress());
                assertEquals(name("s"), client.getRemoteAddress());
                assertEquals(name("s"), accepted.getLocalAddress());
                assertEquals(Unix.UNNAMED, accepted.getRemoteAddress());
            }
        }
    }

    @Test
    void aBoundClientShowsItsName() throws Exception {
        try (ServerSocketChannel listener = Unix.listen(directory.resolve("s")); SocketChannel client = Unix.open()) {
            assertSame(client, client.bind(name("c")));
            assertEquals(name("c"), client.getLocalAddress());
            client.connect(name("s"));
            try (SocketChannel accepted = listener.accept()) {
                assertEquals(name("c"), client.getLocalAddress());
                assertEquals(name("c"), accepted.getRemoteAddress());
            }
        }
    }

    @Test
    void bindToNoNameIsUnnamed() throws Exception {
        for (UnixDomainSocketAddress none : new UnixDomainSocketAddress[] {null, Unix.UNNAMED}) {
            try (ServerSocketChannel listener = Unix.listen(directory.resolve("s" + none));
                    SocketChannel client = Unix.open()) {
                client.bind(none);
                assertEquals(Unix.UNNAMED, client.getLocalAddress());
                assertThrowsExactly(AlreadyBoundException.class, () -> client.bind(none));
                assertThrowsExactly(AlreadyBoundException.class, () -> client.bind(name("late")));
                client.connect(listener.getLocalAddress());
                assertEquals(Unix.UNNAMED, client.getLocalAddress());
            }
        }
    }

    @Test
    void bindToAnExistingFileIsRefused() throws Exception {
        Files.createFile(directory.resolve("file"));
        try (SocketChannel channel = Unix.open()) {
            assertEquals("Address already in use",
                    assertThrowsExactly(BindException.class, () -> channel.bind(name("file"))).getMessage());
            assertTrue(channel.isOpen());
            assertNull(channel.getLocalAddress());
        }
    }

    @Test
    void bindAfterConnectIsRefused() throws Exception {
        try (Unix unix = Unix.pair(directory)) {
            assertThrowsExactly(AlreadyBoundException.class, () -> unix.client.bind(null));
            assertThrowsExactly(AlreadyBoundException.class, () -> unix.server.bind(name("x")));
        }
    }

    @Test
    void addressesOfOtherFamiliesAreRefused() throws Exception {
        try (SocketChannel channel = Unix.open(); SocketChannel inet = SocketChannel.open()) {
            InetSocketAddress address = new InetSocketAddress(Tcp.loopback4(), 1);
            assertThrowsExactly(UnsupportedAddressTypeException.class, () -> channel.bind(address));
            assertThrowsExactly(UnsupportedAddressTypeException.class, () -> channel.connect(address));
            assertThrowsExactly(NullPointerException.class, () -> channel.connect(null));
            assertThrowsExactly(UnsupportedAddressTypeException.class, () -> inet.connect(name("s")));
            assertTrue(channel.isOpen());
            assertTrue(inet.isOpen());
        }
    }

    @Test
    void aNameOf106BytesFits() throws Exception {
        Path longest = longName(106);
        try (ServerSocketChannel listener = Unix.listen(longest);
                SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(longest));
                SocketChannel accepted = listener.accept()) {
            assertEquals(UnixDomainSocketAddress.of(longest), accepted.getLocalAddress());
            assertEquals(UnixDomainSocketAddress.of(longest), client.getRemoteAddress());
        }
    }

    @Test
    void aNameOf107BytesIsTooLong() throws Exception {
        UnixDomainSocketAddress tooLong = UnixDomainSocketAddress.of(longName(107));
        try (SocketChannel bound = Unix.open(); SocketChannel connected = Unix.open()) {
            assertEquals("Unix domain path too long",
                    assertThrowsExactly(SocketException.class, () -> bound.bind(tooLong)).getMessage());
            assertTrue(bound.isOpen());
            assertEquals("Unix domain path too long",
                    assertThrowsExactly(SocketException.class, () -> connected.connect(tooLong)).getMessage());
            assertFalse(connected.isOpen());
        }
    }

    private Path longName(int length) {
        int missing = length - directory.toString().length() - 1;
        assumeTrue(missing > 0, "the temporary directory's name is too long");
        return directory.resolve("x".repeat(missing));
    }

    @Test
    void namesAreBytesOfTheFileSystem() throws Exception {
        assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "file names are not UTF-8");
        Path path = directory.resolve("gr\u00fc\u00dfe\u20ac");
        try (ServerSocketChannel listener = Unix.listen(path);
                SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            assertTrue(Files.exists(path));
            assertEquals(UnixDomainSocketAddress.of(path), listener.getLocalAddress());
            assertEquals(UnixDomainSocketAddress.of(path), client.getRemoteAddress());
        }
    }

    // -- connect --

    @Test
    void connectToNothingFailsAndCloses() throws Exception {
        try (SocketChannel channel = Unix.open()) {
            assertEquals("No such file or directory",
                    assertThrowsExactly(SocketException.class, () -> channel.connect(name("none"))).getMessage());
            assertFalse(channel.isOpen());
        }
    }

    @Test
    void connectToWhatDoesNotListenIsRefusedAndCloses() throws Exception {
        Unix.listen(directory.resolve("dead")).close();
        Files.createFile(directory.resolve("file"));
        for (UnixDomainSocketAddress address : new UnixDomainSocketAddress[] {name("dead"), name("file"), Unix.UNNAMED}) {
            for (boolean blocking : new boolean[] {true, false}) {
                try (SocketChannel channel = Unix.open()) {
                    channel.configureBlocking(blocking);
                    assertEquals("Connection refused",
                            assertThrowsExactly(ConnectException.class, () -> channel.connect(address)).getMessage());
                    assertFalse(channel.isOpen());
                    assertThrows(ClosedChannelException.class, channel::finishConnect);
                }
            }
        }
    }

    @Test
    void nonBlockingConnectIsDoneAtOnce() throws Exception {
        try (ServerSocketChannel listener = Unix.listen(directory.resolve("s")); SocketChannel client = Unix.open()) {
            client.configureBlocking(false);
            assertTrue(client.connect(name("s")));
            assertTrue(client.isConnected());
            assertFalse(client.isConnectionPending());
            assertTrue(client.finishConnect());
            assertThrowsExactly(AlreadyConnectedException.class, () -> client.connect(name("s")));
            assertTrue(client.isOpen());
            assertTrue(listener.isOpen());
        }
    }

    @Test
    void nonBlockingConnectToAFullBacklogFailsAndCloses() throws Exception {
        try (Unix.Full full = new Unix.Full(directory.resolve("s")); SocketChannel client = Unix.open()) {
            client.configureBlocking(false);
            assertEquals("Resource temporarily unavailable",
                    assertThrowsExactly(SocketException.class, () -> client.connect(full.address)).getMessage());
            assertFalse(client.isOpen());
        }
    }

    @Test
    void connectWaitsUntilTheBacklogHasRoom() throws Exception {
        try (Unix.Full full = new Unix.Full(directory.resolve("s")); SocketChannel client = Unix.open()) {
            Task<Boolean> connector = Task.start(() -> client.connect(full.address)).awaitIn("connect");
            full.listener.accept().close();
            assertTrue(connector.get());
            assertTrue(client.isConnected());
        }
    }

    @Test
    void closeEndsABlockedConnect() throws Exception {
        try (Unix.Full full = new Unix.Full(directory.resolve("s")); SocketChannel client = Unix.open()) {
            Task<Boolean> connector = Task.start(() -> client.connect(full.address)).awaitIn("connect");
            client.close();
            connector.fails(AsynchronousCloseException.class);
        }
    }

    @Test
    void interruptEndsABlockedConnectAndCloses() throws Exception {
        try (Unix.Full full = new Unix.Full(directory.resolve("s")); SocketChannel client = Unix.open()) {
            Task<Boolean> connector = Task.start(() -> client.connect(full.address)).awaitIn("connect");
            connector.interrupt();
            connector.fails(ClosedByInterruptException.class);
            assertTrue(connector.interrupted());
            assertFalse(client.isOpen());
        }
    }

    // -- bytes --

    @Test
    void bytesGoBothWays() throws Exception {
        byte[] data = Tcp.random(1, 2_000_000);
        try (Unix unix = Unix.pair(directory)) {
            Task<byte[]> there = Task.start(() -> Tcp.readFully(unix.server, data.length));
            assertEquals(data.length, unix.client.write(ByteBuffer.wrap(data)));
            assertArrayEquals(data, there.get());
            ByteBuffer[] gathered = {Tcp.bytes(1, 2), ByteBuffer.allocateDirect(1), Tcp.bytes(3)};
            assertEquals(4, unix.server.write(gathered));
            assertArrayEquals(new byte[] {1, 2, 0, 3}, Tcp.readFully(unix.client, 4));
        }
    }

    @Test
    void aSelectorReportsUnixSockets() throws Exception {
        try (Selector selector = Selector.open();
                ServerSocketChannel listener = Unix.listen(directory.resolve("s"));
                SocketChannel client = Unix.open()) {
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT);
            client.connect(name("s"));
            assertEquals(1, selector.select(20_000));
            try (SocketChannel accepted = listener.accept()) {
                selector.selectedKeys().clear();
                accepted.configureBlocking(false);
                SelectionKey key = accepted.register(selector, SelectionKey.OP_READ);
                assertEquals(0, selector.selectNow());
                client.write(ByteBuffer.wrap("x".getBytes(StandardCharsets.US_ASCII)));
                assertEquals(1, selector.select(20_000));
                assertTrue(key.isReadable());
            }
        }
    }

    @Test
    void endOfStreamAndBrokenPipe() throws Exception {
        try (Unix unix = Unix.pair(directory)) {
            unix.server.close();
            assertEquals(-1, unix.client.read(ByteBuffer.allocate(1)));
            assertEquals("Broken pipe",
                    assertThrowsExactly(IOException.class, () -> unix.client.write(Tcp.bytes(1))).getMessage());
        }
    }

    @Test
    void closeWithUnreadDataResetsThePeer() throws Exception {
        try (Unix unix = Unix.pair(directory)) {
            unix.client.write(Tcp.bytes(1));
            unix.server.close();
            for (int i = 0; i < 2; i++) {
                assertEquals("Connection reset", assertThrowsExactly(SocketException.class,
                        () -> unix.client.read(ByteBuffer.allocate(1))).getMessage());
            }
            assertTrue(unix.client.isOpen());
        }
    }

    @Test
    void halfClose() throws Exception {
        try (Unix unix = Unix.pair(directory)) {
            unix.client.shutdownOutput();
            assertEquals(-1, unix.server.read(ByteBuffer.allocate(1)));
            unix.server.write(Tcp.bytes(5));
            assertArrayEquals(new byte[] {5}, Tcp.readFully(unix.client, 1));
            unix.client.shutdownInput();
            assertEquals(-1, unix.client.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void closeEndsABlockedRead() throws Exception {
        try (Unix unix = Unix.pair(directory);
                Task<Integer> reader =
                        Task.start(() -> unix.client.read(ByteBuffer.allocate(1))).awaitIn("read")) {
            unix.client.close();
            reader.fails(AsynchronousCloseException.class);
            assertEquals(-1, unix.server.read(ByteBuffer.allocate(1)));
        }
    }

    // -- options and adaptor --

    @Test
    void thereIsNoSocketAdaptor() throws Exception {
        try (SocketChannel channel = Unix.open()) {
            assertEquals("Not supported",
                    assertThrowsExactly(UnsupportedOperationException.class, channel::socket).getMessage());
        }
    }

    @Test
    void optionsAreThoseOfTheDomain() throws Exception {
        try (SocketChannel channel = Unix.open()) {
            Set<String> names = channel.supportedOptions().stream().map(o -> o.name()).collect(Collectors.toSet());
            names.remove("SO_PEERCRED"); // Of the module jdk.net, which may be absent.
            assertEquals(Set.of("SO_SNDBUF", "SO_RCVBUF", "SO_LINGER"), names);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, 65536);
            assertEquals(65536, channel.getOption(StandardSocketOptions.SO_SNDBUF));
            channel.setOption(StandardSocketOptions.SO_LINGER, 3);
            assertEquals(3, channel.getOption(StandardSocketOptions.SO_LINGER));
            assertThrowsExactly(UnsupportedOperationException.class,
                    () -> channel.setOption(StandardSocketOptions.TCP_NODELAY, true));
        }
    }

    @Test
    void thePeersCredentialsAreThisProcesss() throws Exception {
        try (Unix unix = Unix.pair(directory); SocketChannel unconnected = Unix.open()) {
            jdk.net.UnixDomainPrincipal peer = unix.server.getOption(jdk.net.ExtendedSocketOptions.SO_PEERCRED);
            assertEquals(Files.getOwner(directory), peer.user());
            assertThrowsExactly(SocketException.class,
                    () -> unconnected.getOption(jdk.net.ExtendedSocketOptions.SO_PEERCRED));
            assertThrows(SocketException.class,
                    () -> unix.client.setOption(jdk.net.ExtendedSocketOptions.SO_PEERCRED, peer));
        }
    }
}
