package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Bounded;
import org.junit.jupiter.api.Test;

/** Where anyfd differs from the JDK's provider on purpose, as docs/COMPATIBILITY.md says. */
@Bounded
class DifferencesTest {
    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /** A connection of two channels, first the one that asked for it. */
    private record Connection(SocketChannel client, SocketChannel server) implements AutoCloseable {
        static Connection open() throws IOException {
            try (ServerSocketChannel listener = ServerSocketChannel.open().bind(anyPort())) {
                SocketChannel client = SocketChannel.open(listener.getLocalAddress());
                return new Connection(client, listener.accept());
            }
        }

        void resetByServer() throws IOException {
            server.setOption(StandardSocketOptions.SO_LINGER, 0);
            server.close();
        }

        @Override
        public void close() throws IOException {
            client.close();
            server.close();
        }
    }

    @Test
    void closedBlockingChannelIsClosedPlainly() throws Exception {
        DatagramChannel datagram = DatagramChannel.open();
        datagram.close();
        assertThrowsExactly(ClosedChannelException.class, () -> datagram.receive(ByteBuffer.allocate(1)));
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.close();
        assertThrowsExactly(ClosedChannelException.class, listener::accept);
        Pipe pipe = Pipe.open();
        pipe.source().close();
        pipe.sink().close();
        assertThrowsExactly(ClosedChannelException.class, () -> pipe.source().read(ByteBuffer.allocate(1)));
    }

    @Test
    void connectInterestOfAConnectedChannelWaits() throws Exception {
        try (Connection c = Connection.open(); Selector selector = Selector.open()) {
            c.client.configureBlocking(false);
            c.client.register(selector, OP_CONNECT);
            long start = System.nanoTime();
            assertEquals(0, selector.select(50));
            assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(45));
        }
    }

    @Test
    void hangUpAddsToTheReadySet() throws Exception {
        try (Connection c = Connection.open(); Selector selector = Selector.open()) {
            c.server.write(ByteBuffer.allocate(1));
            c.client.configureBlocking(false);
            SelectionKey key = c.client.register(selector, OP_READ);
            assertEquals(1, selector.select());
            key.interestOps(OP_WRITE);
            c.resetByServer();
            assertEquals(1, selector.select());
            assertEquals(OP_READ | OP_WRITE, key.readyOps());
        }
    }

    @Test
    void closeInBlockingModeTellsThePeerThoughACancelledKeyIsLeft() throws Exception {
        try (Connection c = Connection.open(); Selector selector = Selector.open()) {
            c.client.configureBlocking(false);
            c.client.register(selector, OP_READ).cancel();
            c.client.configureBlocking(true);
            c.client.close();
            assertEquals(-1, c.server.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void datagramAfterADeadPeerIsSent() throws Exception {
        try (DatagramChannel nobody = DatagramChannel.open(); DatagramChannel channel = DatagramChannel.open()) {
            // Bound, so that nobody else has the port, but deaf to all but itself.
            nobody.bind(anyPort()).connect(nobody.getLocalAddress());
            channel.bind(anyPort()).configureBlocking(false);
            channel.connect(nobody.getLocalAddress());
            channel.write(ByteBuffer.allocate(1));
            try (Selector selector = Selector.open()) {
                channel.register(selector, OP_READ);
                assertEquals(1, selector.select());
            }
            channel.disconnect();
            assertEquals(3, channel.send(ByteBuffer.allocate(3), channel.getLocalAddress()));
            channel.configureBlocking(true);
            ByteBuffer dst = ByteBuffer.allocate(10);
            channel.receive(dst);
            assertEquals(3, dst.position());
        }
    }

    @Test
    void writeAfterShutdownOutputLeavesTheResetToTheReader() throws Exception {
        try (Connection c = Connection.open()) {
            c.client.shutdownOutput();
            c.resetByServer();
            try (Selector selector = Selector.open()) {
                c.client.configureBlocking(false);
                c.client.register(selector, OP_READ);
                assertEquals(1, selector.select());
            }
            assertThrowsExactly(AsynchronousCloseException.class, () -> c.client.write(ByteBuffer.allocate(1)));
            SocketException reset = assertThrows(SocketException.class, () -> c.client.read(ByteBuffer.allocate(1)));
            assertEquals("Connection reset", reset.getMessage());
        }
    }

    @Test
    void adaptorMadeAfterTheCloseKnowsNoLocalAddress() throws Exception {
        ServerSocketChannel listener = ServerSocketChannel.open().bind(anyPort());
        listener.close();
        assertTrue(listener.socket().isBound());
        assertNull(listener.socket().getLocalSocketAddress());
        assertEquals(-1, listener.socket().getLocalPort());
    }

    @Test
    void optionsAreThoseThatCanBeNamed() throws Exception {
        try (SocketChannel channel = SocketChannel.open();
             SocketChannel unix = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            assertFalse(channel.supportedOptions().stream().anyMatch(o -> o.name().equals("SO_OOBINLINE")));
            SocketException e = assertThrows(SocketException.class,
                () -> unix.getOption(ExtendedSocketOptions.SO_PEERCRED));
            assertEquals("Transport endpoint is not connected", e.getMessage());
        }
    }

    @Test
    void descriptorsAreNonBlockingAndCloseOnExec() throws Exception {
        Pipe pipe = Pipe.open();
        try (ServerSocketChannel listener = ServerSocketChannel.open().bind(anyPort());
             SocketChannel client = SocketChannel.open(listener.getLocalAddress());
             SocketChannel accepted = listener.accept();
             DatagramChannel datagram = DatagramChannel.open();
             Pipe.SourceChannel source = pipe.source();
             Pipe.SinkChannel sink = pipe.sink()) {
            for (SelectableChannel each : List.of(listener, client, accepted, datagram, source, sink)) {
                int flags = flags(((Selectable) each).fd().number());
                assertEquals(Consts.O_NONBLOCK | Consts.O_CLOEXEC, flags & (Consts.O_NONBLOCK | Consts.O_CLOEXEC),
                    each.toString());
            }
        }
    }

    private static int flags(int fd) throws IOException {
        String line = Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd)).stream()
            .filter(each -> each.startsWith("flags:")).findFirst().orElseThrow();
        return Integer.parseInt(line.replaceAll("\\D", ""), 8);
    }
}
