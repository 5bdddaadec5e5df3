package org.anyfd.fd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pairs, abstract names of streams, and the file of a bound socket. */
@Bounded
class UnixSocketsTest {
    private interface Opening {
        NetworkChannel open() throws IOException;
    }

    /** What can be bound to a file. */
    enum Kind {
        STREAM_SERVER(() -> ServerSocketChannel.open(StandardProtocolFamily.UNIX)),
        STREAM(() -> SocketChannel.open(StandardProtocolFamily.UNIX)),
        DATAGRAM(UnixDatagramChannel::open),
        SEQPACKET_SERVER(UnixSeqPacketServerChannel::open);

        final Opening opening;

        Kind(Opening opening) {
            this.opening = opening;
        }
    }

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    @TempDir
    Path directory;

    @SuppressWarnings("unchecked") // each is such a channel
    private <C extends SelectableChannel & NetworkChannel> C open(Kind kind) throws IOException {
        return (C) fds.closing(kind.opening.open());
    }

    private UnixDomainSocketAddress path(String name) {
        return UnixDomainSocketAddress.of(directory.resolve(name));
    }

    private static String mode(UnixDomainSocketAddress address) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(address.getPath()));
    }

    @Test
    void pairIsConnected() throws IOException {
        SocketChannel[] pair = UnixSockets.pair();
        fds.closing(pair[0]);
        fds.closing(pair[1]);
        assertTrue(pair[0].isConnected());
        assertTrue(pair[0].isBlocking());
        assertEquals(UnixDomainSocketAddress.of(""), pair[0].getRemoteAddress());
        assertEquals(3, pair[0].write(ByteBuffer.allocate(3)));
        assertEquals(3, pair[1].read(ByteBuffer.allocate(9)));
        try (Selector selector = Selector.open()) {
            pair[1].configureBlocking(false).register(selector, SelectionKey.OP_READ);
            assertEquals(0, selector.selectNow());
            pair[0].close();
            assertEquals(1, selector.select());
        }
        assertEquals(-1, pair[1].read(ByteBuffer.allocate(9)));
    }

    @Test
    void streamsTakeAbstractNames() throws IOException {
        AbstractUnixAddress name = AbstractUnixAddress.of("anyfd-test-" + System.nanoTime());
        ServerSocketChannel server = open(Kind.STREAM_SERVER);
        assertEquals(name, server.bind(name).getLocalAddress());
        SocketChannel client = open(Kind.STREAM);
        AbstractUnixAddress own = AbstractUnixAddress.of("anyfd-test-client-" + System.nanoTime());
        assertEquals(own, client.bind(own).getLocalAddress());
        assertTrue(client.connect(name));
        assertEquals(name, client.getRemoteAddress());
        SocketChannel accepted = fds.closing(server.accept());
        assertEquals(UnixDomainSocketAddress.of(""), accepted.getRemoteAddress(), "as the JDK shows it");
        client.write(ByteBuffer.allocate(2));
        assertEquals(2, accepted.read(ByteBuffer.allocate(9)));
        ServerSocketChannel tcp = fds.closing(ServerSocketChannel.open());
        assertThrowsExactly(UnsupportedAddressTypeException.class, () -> tcp.bind(name));
    }

    /** The umask of the test is taken to be the usual one, which keeps others from writing. */
    @ParameterizedTest
    @EnumSource
    void fileHasTheModeAskedFor(Kind kind) throws IOException {
        for (String mode : new String[] {"rw-------", "---------", "rw-rw-rw-", "rwxrwxrwx", "-w--w--w-"}) {
            UnixDomainSocketAddress address = path("s" + mode);
            UnixSockets.bind(open(kind), address, PosixFilePermissions.fromString(mode));
            assertEquals(mode, mode(address));
        }
    }

    /** Of a narrower mode there is no moment at which the file permits more: the kernel makes it so. */
    @Test
    void fileIsMadeNarrow() throws IOException {
        UnixDatagramChannel channel = open(Kind.DATAGRAM);
        org.anyfd.sys.Sockets.fchmod(channel.getFD(), 0);
        channel.bind(path("s"));
        assertEquals("---------", mode(path("s")));
    }

    @ParameterizedTest
    @EnumSource
    void closeRemovesTheFile(Kind kind) throws IOException {
        open(kind).bind(path("kept")).close();
        assertTrue(Files.exists(path("kept").getPath()));
        closeUnlinked(open(kind));
        assertFalse(Files.exists(path("s").getPath()));
    }

    private <C extends SelectableChannel & NetworkChannel> void closeUnlinked(C channel) throws IOException {
        channel.bind(path("s"));
        UnixSockets.unlinkOnClose(channel).close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void registeredChannelRemovesTheFileAtOnce(boolean registered) throws IOException {
        ServerSocketChannel server = UnixSockets.unlinkOnClose(
            UnixSockets.<ServerSocketChannel>bind(open(Kind.STREAM_SERVER), path("s"),
                PosixFilePermissions.fromString("rw-------")));
        try (Selector selector = Selector.open()) {
            if (registered) {
                server.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
            }
            server.close();
            assertFalse(Files.exists(path("s").getPath()));
        }
    }

    @Test
    void fileOfASuccessorStays() throws IOException {
        ServerSocketChannel server = open(Kind.STREAM_SERVER);
        UnixSockets.unlinkOnClose(server.bind(path("s")));
        Files.delete(path("s").getPath());
        open(Kind.STREAM_SERVER).bind(path("s"));
        server.close();
        assertTrue(Files.exists(path("s").getPath()));
        ServerSocketChannel other = open(Kind.STREAM_SERVER);
        UnixSockets.unlinkOnClose(other.bind(path("t")));
        Files.delete(path("t").getPath());
        other.close();
    }

    @Test
    void wrongUseIsClear() throws IOException {
        UnixDatagramChannel unbound = open(Kind.DATAGRAM);
        assertThrowsExactly(IllegalArgumentException.class, () -> UnixSockets.unlinkOnClose(unbound));
        ServerSocketChannel inet = fds.closing(ServerSocketChannel.open().bind(new InetSocketAddress("localhost", 0)));
        assertEquals("not bound to a path: " + inet, assertThrowsExactly(IllegalArgumentException.class,
            () -> UnixSockets.unlinkOnClose(inet)).getMessage());
        unbound.bind(null);
        assertThrowsExactly(IllegalArgumentException.class, () -> UnixSockets.unlinkOnClose(unbound));
        assertThrowsExactly(AlreadyBoundException.class,
            () -> UnixSockets.bind(unbound, path("s"), PosixFilePermissions.fromString("rw-------")));
        unbound.close();
        assertThrows(java.nio.channels.ClosedChannelException.class,
            () -> UnixSockets.bind(unbound, path("s"), PosixFilePermissions.fromString("rw-------")));
        assertThrows(java.nio.channels.ClosedChannelException.class, () -> UnixSockets.unlinkOnClose(unbound));
    }
}
