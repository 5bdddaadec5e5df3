package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Listening sockets of the Unix domain. */
@Bounded
class UnixServerSocketChannelTest {
    @TempDir
    Path directory;

    private UnixDomainSocketAddress name(String file) {
        return UnixDomainSocketAddress.of(directory.resolve(file));
    }

    private static Path path(ServerSocketChannel channel) throws Exception {
        return ((UnixDomainSocketAddress) channel.getLocalAddress()).getPath();
    }

    @Test
    void bindCreatesAFileThatCloseLeaves() throws Exception {
        try (ServerSocketChannel channel = Unix.openServer()) {
            assertNull(channel.getLocalAddress());
            assertSame(channel, channel.bind(name("s")));
            assertEquals(name("s"), channel.getLocalAddress());
            assertTrue(Files.exists(directory.resolve("s")));
        }
        assertTrue(Files.exists(directory.resolve("s")));
    }

    @Test
    void bindToNullTakesATemporaryName() throws Exception {
        try (ServerSocketChannel one = Unix.openServer().bind(null);
                ServerSocketChannel other = Unix.openServer().bind(null)) {
            Path file = path(one);
            try {
                assertTrue(file.getFileName().toString().matches("socket_-?[0-9]+"), file.toString());
                assertEquals(Path.of(System.getProperty("java.io.tmpdir")), file.getParent());
                assertNotEquals(file, path(other));
                assertTrue(Files.exists(file));
                try (SocketChannel client = SocketChannel.open(one.getLocalAddress());
                        SocketChannel accepted = one.accept()) {
                    assertEquals(one.getLocalAddress(), accepted.getLocalAddress());
                    assertTrue(client.isConnected());
                }
                one.close();
                assertTrue(Files.exists(file));
            } finally {
                Files.delete(file);
                Files.delete(path(other));
            }
        }
    }

    @Test
    void bindToTheUnnamedAddressIsRefused() throws Exception {
        try (ServerSocketChannel channel = Unix.openServer()) {
            assertEquals("Server socket cannot bind to unnamed address",
                    assertThrowsExactly(BindException.class, () -> channel.bind(Unix.UNNAMED)).getMessage());
            assertNull(channel.getLocalAddress());
            channel.bind(name("s"));
        }
    }

    @Test
    void bindToAnExistingFileIsRefused() throws Exception {
        Unix.listen(directory.resolve("dead")).close();
        Files.createFile(directory.resolve("file"));
        try (ServerSocketChannel channel = Unix.openServer()) {
            for (String taken : new String[] {"dead", "file"}) {
                assertEquals("Address already in use",
                        assertThrowsExactly(BindException.class, () -> channel.bind(name(taken))).getMessage());
            }
            assertTrue(channel.isOpen());
        }
    }

    @Test
    void bindInAMissingDirectoryFails() throws Exception {
        try (ServerSocketChannel channel = Unix.openServer()) {
            assertEquals("No such file or directory",
                    assertThrowsExactly(SocketException.class, () -> channel.bind(name("none/s"))).getMessage());
        }
    }

    @Test
    void bindTwiceIsRefused() throws Exception {
        try (ServerSocketChannel channel = Unix.listen(directory.resolve("s"))) {
            assertThrowsExactly(AlreadyBoundException.class, () -> channel.bind(null));
            assertThrowsExactly(AlreadyBoundException.class, () -> channel.bind(name("t")));
            assertFalse(Files.exists(directory.resolve("t")));
        }
    }

    @Test
    void addressesOfOtherFamiliesAreRefused() throws Exception {
        try (ServerSocketChannel channel = Unix.openServer(); ServerSocketChannel inet = ServerSocketChannel.open()) {
            assertThrowsExactly(UnsupportedAddressTypeException.class,
                    () -> channel.bind(new InetSocketAddress(Tcp.loopback4(), 0)));
            assertThrowsExactly(UnsupportedAddressTypeException.class, () -> inet.bind(name("s")));
        }
    }

    @Test
    void aRelativeNameIsKeptAsItIs() throws Exception {
        UnixDomainSocketAddress relative = UnixDomainSocketAddress.of("relative-" + ProcessHandle.current().pid());
        try (ServerSocketChannel channel = Unix.openServer().bind(relative)) {
            assertEquals(relative, channel.getLocalAddress());
        } finally {
            Files.delete(relative.getPath());
        }
    }

    @Test
    void aNameOf107BytesIsTooLong() throws Exception {
        try (ServerSocketChannel channel = Unix.openServer()) {
            assertEquals("Unix domain path too long", assertThrowsExactly(SocketException.class,
                    () -> channel.bind(UnixDomainSocketAddress.of("/" + "x".repeat(106)))).getMessage());
            assertTrue(channel.isOpen());
        }
    }

    @Test
    void acceptNeedsAName() throws Exception {
        try (ServerSocketChannel channel = Unix.openServer()) {
            assertThrowsExactly(NotYetBoundException.class, channel::accept);
        }
    }

    @Test
    void acceptWaitsForAConnection() throws Exception {
        try (ServerSocketChannel channel = Unix.listen(directory.resolve("s"))) {
            Task<SocketChannel> acceptor = Task.start(channel::accept).awaitIn("accept");
            try (SocketChannel client = SocketChannel.open(name("s")); SocketChannel accepted = acceptor.get()) {
                assertTrue(accepted.isBlocking());
                assertSame(channel.provider(), accepted.provider());
                assertTrue(client.isConnected());
            }
        }
    }

    @Test
    void nonBlockingAcceptWithoutAConnectionGivesNull() throws Exception {
        try (ServerSocketChannel channel = Unix.listen(directory.resolve("s"))) {
            channel.configureBlocking(false);
            assertNull(channel.accept());
            try (SocketChannel client = SocketChannel.open(name("s")); SocketChannel accepted = channel.accept()) {
                assertTrue(accepted.isBlocking());
                assertTrue(client.isConnected());
            }
        }
    }

    @Test
    void closeEndsABlockedAccept() throws Exception {
        try (ServerSocketChannel channel = Unix.listen(directory.resolve("s"))) {
            Task<SocketChannel> acceptor = Task.start(channel::accept).awaitIn("accept");
            channel.close();
            acceptor.fails(AsynchronousCloseException.class);
        }
    }

    @Test
    void interruptEndsABlockedAcceptAndCloses() throws Exception {
        try (ServerSocketChannel channel = Unix.listen(directory.resolve("s"))) {
            Task<SocketChannel> acceptor = Task.start(channel::accept).awaitIn("accept");
            acceptor.interrupt();
            acceptor.fails(ClosedByInterruptException.class);
            assertFalse(channel.isOpen());
        }
    }

    @Test
    void aClosedChannelIsClosed() throws Exception {
        ServerSocketChannel channel = Unix.listen(directory.resolve("s"));
        channel.close();
        assertThrowsExactly(ClosedChannelException.class, channel::getLocalAddress);
        assertThrowsExactly(ClosedChannelException.class, () -> channel.bind(null));
        assertThrows(ClosedChannelException.class, channel::accept);
    }

    @Test
    void thereIsNoSocketAdaptor() throws Exception {
        try (ServerSocketChannel channel = Unix.openServer()) {
            assertEquals("Not supported",
                    assertThrowsExactly(UnsupportedOperationException.class, channel::socket).getMessage());
        }
    }

    @Test
    void theOnlyOptionIsTheReceiveBuffer() throws Exception {
        try (ServerSocketChannel channel = Unix.openServer()) {
            assertEquals(Set.of(StandardSocketOptions.SO_RCVBUF), channel.supportedOptions());
            channel.setOption(StandardSocketOptions.SO_RCVBUF, 65536);
            assertEquals(65536, channel.getOption(StandardSocketOptions.SO_RCVBUF));
            assertThrowsExactly(UnsupportedOperationException.class,
                    () -> channel.setOption(StandardSocketOptions.SO_REUSEADDR, true));
        }
    }
}
