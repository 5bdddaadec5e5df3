package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.DatagramChannel;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Channels connected to one peer, and the end of that. */
@Bounded
class DatagramConnectTest {
    private Udp udp;

    @BeforeEach
    void open() throws IOException {
        udp = Udp.connected();
    }

    @AfterEach
    void close() throws IOException {
        udp.close();
    }

    // -- connecting --

    @Test
    void connectedChannelHasBothAddresses() throws IOException {
        assertTrue(udp.near.isConnected());
        assertEquals(udp.nearAddress, udp.near.getLocalAddress());
        assertEquals(udp.farAddress, udp.near.getRemoteAddress());
    }

    @Test
    void connectChoosesTheLocalAddress() throws IOException {
        try (DatagramChannel channel = DatagramChannel.open()) {
            assertSame(channel, channel.connect(udp.nearAddress));
            InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
            assertEquals(Tcp.loopback4(), local.getAddress());
            assertNotEquals(0, local.getPort());
        }
    }

    @Test
    void remoteAddressIsTheObjectThatWasGiven() throws IOException {
        InetSocketAddress named = new InetSocketAddress("localhost", 9);
        try (DatagramChannel channel = DatagramChannel.open().connect(named)) {
            assertSame(named, channel.getRemoteAddress());
        }
    }

    @Test
    void connectedChannelCannotBeConnectedAgain() {
        assertThrowsExactly(AlreadyConnectedException.class, () -> udp.near.connect(udp.farAddress));
        assertThrowsExactly(AlreadyConnectedException.class,
            () -> udp.near.connect(new InetSocketAddress(Tcp.loopback4(), 0)));
    }

    @Test
    void nobodyConnectsToPortZero() throws IOException {
        try (DatagramChannel channel = DatagramChannel.open()) {
            SocketException e = assertThrowsExactly(SocketException.class,
                () -> channel.connect(new InetSocketAddress(Tcp.loopback4(), 0)));
            assertEquals("Can't connect to port 0", e.getMessage());
            assertNull(channel.getLocalAddress());
            assertFalse(channel.isConnected());
            assertTrue(channel.isOpen());
        }
    }

    @Test
    void connectThatFailsLeavesTheChannelUnconnected() throws IOException {
        try (DatagramChannel channel = Udp.bound()) {
            SocketAddress local = channel.getLocalAddress();
            // Class E, RFC 1112: never a destination.
            InetAddress reserved = InetAddress.getByAddress(new byte[] {(byte) 240, 0, 0, 1});
            assertThrowsExactly(SocketException.class, () -> channel.connect(new InetSocketAddress(reserved, 9)));
            assertFalse(channel.isConnected());
            assertTrue(channel.isOpen());
            assertNull(channel.getRemoteAddress());
            assertEquals(local, channel.getLocalAddress());
            channel.connect(Udp.discard());
        }
    }

    @Test
    void connectionToAnyAddressIsToThisMachine() throws IOException {
        InetSocketAddress any = new InetSocketAddress(Tcp.wildcard4(), 9);
        try (DatagramChannel channel = DatagramChannel.open().connect(any)) {
            assertEquals(any, channel.getRemoteAddress());
            assertTrue(((InetSocketAddress) channel.getLocalAddress()).getAddress().isLoopbackAddress());
        }
    }

    @Test
    void connectOverIpv6() throws IOException {
        assumeTrue(Tcp.ipv6Available());
        try (Udp ipv6 = Udp.pair(Tcp.loopback6())) {
            ipv6.near.connect(ipv6.farAddress);
            assertEquals(1, ipv6.near.write(Tcp.bytes(1)));
            assertEquals(ipv6.nearAddress, Udp.receive(ipv6.far, 1));
            ipv6.near.disconnect();
            assertEquals(ipv6.nearAddress, ipv6.near.getLocalAddress());
        }
    }

    @Test
    void connectDiscardsWhatIsQueued() throws IOException {
        try (Udp fresh = Udp.pair()) {
            Udp.send(udp.near.disconnect(), fresh.nearAddress, 1);
            for (int i = 0; i < 5; i++) {
                Udp.send(fresh.far, fresh.nearAddress, 2);
            }
            Udp.receive(fresh.near, 1);
            fresh.near.connect(fresh.farAddress);
            Udp.send(fresh.far, fresh.nearAddress, 3);
            Udp.receive(fresh.near, 3);
        }
    }

    @Test
    void connectDiscardsWhatIsQueuedBehindARefusal() throws IOException {
        try (DatagramChannel deaf = Udp.deaf(); DatagramChannel channel = connectedTo(deaf)) {
            channel.write(Tcp.bytes(1));
            channel.configureBlocking(false);
            Udp.awaitReadable(channel);
            channel.disconnect();
            try (Udp fresh = Udp.pair()) {
                Udp.send(fresh.near, channel.getLocalAddress(), 2);
                channel.connect(fresh.farAddress).configureBlocking(true);
                Udp.send(fresh.far, channel.getLocalAddress(), 3);
                Udp.receive(channel, 3);
            }
        }
    }

    // -- only the peer --

    @Test
    void onlyThePeersDatagramsArrive() throws IOException {
        try (DatagramChannel stranger = Udp.bound()) {
            Udp.send(stranger, udp.nearAddress, 1);
            udp.far.write(Tcp.bytes(2));
            assertEquals(udp.farAddress, Udp.receive(udp.near, 2));
        }
    }

    @Test
    void sendingToThePeerByNameIsAllowed() throws IOException {
        assertEquals(1, udp.near.send(Tcp.bytes(1), new InetSocketAddress(Tcp.loopback4(), udp.farAddress.getPort())));
        Udp.receive(udp.far, 1);
        assertThrowsExactly(AlreadyConnectedException.class, () -> udp.near.send(Tcp.bytes(1), Udp.discard()));
        assertThrowsExactly(AlreadyConnectedException.class,
            () -> udp.near.send(Tcp.bytes(1), new InetSocketAddress(Tcp.loopback4(), 0)));
    }

    // -- reading and writing --

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void writeIsADatagramAndReadIsOne(boolean direct) throws IOException {
        ByteBuffer src = direct ? ByteBuffer.allocateDirect(3) : ByteBuffer.allocate(3);
        src.put(Tcp.bytes(1, 2, 3)).flip();
        assertEquals(3, udp.near.write(src));
        assertEquals(3, src.position());
        assertEquals(1, udp.near.write(Tcp.bytes(4)));
        ByteBuffer dst = direct ? ByteBuffer.allocateDirect(10) : ByteBuffer.allocate(10);
        assertEquals(3, udp.far.read(dst));
        assertEquals(1, udp.far.read(dst));
        assertEquals(Tcp.bytes(1, 2, 3, 4), dst.flip());
    }

    @Test
    void readLosesWhatDoesNotFit() throws IOException {
        udp.near.write(Tcp.bytes(1, 2, 3));
        udp.near.write(Tcp.bytes(4));
        ByteBuffer two = ByteBuffer.allocate(2);
        assertEquals(2, udp.far.read(two));
        assertEquals(Tcp.bytes(1, 2), two.flip());
        Udp.receive(udp.far, 4);
    }

    @Test
    void readOfNothingLeavesTheDatagram() throws IOException {
        udp.near.write(Tcp.bytes(1));
        assertEquals(0, udp.far.read(ByteBuffer.allocate(0)));
        assertEquals(0, udp.far.read(new ByteBuffer[] {ByteBuffer.allocate(0)}));
        Udp.receive(udp.far, 1);
    }

    @Test
    void nothingIsWrittenFromAnEmptyBuffer() throws IOException {
        ByteBuffer empty = ByteBuffer.allocate(0);
        assertEquals(0, udp.near.write(empty));
        assertEquals(0, udp.near.write(new ByteBuffer[] {empty, empty}));
        assertEquals(0, udp.near.send(empty, udp.farAddress));
        udp.near.write(Tcp.bytes(1));
        Udp.receive(udp.far, 1);
    }

    /** {@code receive} tells it from an end of stream, which a datagram channel does not have. */
    @Test
    void datagramWithoutBytesReadsAsEndOfStream() throws IOException {
        udp.near.disconnect();
        udp.near.send(ByteBuffer.allocate(0), udp.farAddress);
        assertEquals(-1, udp.far.read(ByteBuffer.allocate(1)));
        udp.near.send(ByteBuffer.allocate(0), udp.farAddress);
        assertEquals(-1, udp.far.read(new ByteBuffer[] {ByteBuffer.allocate(1)}));
        Udp.send(udp.near, udp.farAddress, 1);
        assertEquals(1, udp.far.read(ByteBuffer.allocate(1)));
    }

    @Test
    void gatherIsOneDatagramAndScatterReadsOne() throws IOException {
        ByteBuffer direct = ByteBuffer.allocateDirect(2).put(Tcp.bytes(3, 4)).flip();
        ByteBuffer[] srcs = {Tcp.bytes(9), Tcp.bytes(1, 2), ByteBuffer.allocate(0), direct, Tcp.bytes(5), Tcp.bytes(9)};
        assertEquals(5, udp.near.write(srcs, 1, 4));
        assertEquals(1, udp.near.write(Tcp.bytes(6)));
        ByteBuffer[] dsts = {ByteBuffer.allocate(1), ByteBuffer.allocateDirect(2), ByteBuffer.allocate(0),
            ByteBuffer.allocate(9)};
        assertEquals(5, udp.far.read(dsts));
        assertEquals(Tcp.bytes(1), dsts[0].flip());
        assertEquals(Tcp.bytes(2, 3), dsts[1].flip());
        assertEquals(Tcp.bytes(4, 5), dsts[3].flip());
        assertEquals(0, srcs[0].position());
        assertFalse(srcs[4].hasRemaining());
        Udp.receive(udp.far, 6);
    }

    @Test
    void scatterLosesWhatDoesNotFit() throws IOException {
        udp.near.write(Tcp.bytes(1, 2, 3, 4, 5));
        udp.near.write(Tcp.bytes(6));
        ByteBuffer[] dsts = {ByteBuffer.allocate(1), ByteBuffer.allocate(2)};
        assertEquals(3, udp.far.read(dsts));
        Udp.receive(udp.far, 6);
    }

    @Test
    void gatherTakesTheFirst1024BuffersThatAreNotEmpty() throws IOException {
        ByteBuffer[] srcs = new ByteBuffer[3000];
        Arrays.setAll(srcs, i -> i % 2 == 0 ? ByteBuffer.allocate(0) : ByteBuffer.allocate(1));
        assertEquals(1024, udp.near.write(srcs));
        ByteBuffer dst = ByteBuffer.allocate(3000);
        assertEquals(1024, udp.far.read(dst));
    }

    @Test
    void tooLargeDatagramIsRefusedAndStaysInTheBuffers() throws IOException {
        ByteBuffer[] srcs = {ByteBuffer.allocate(40_000), ByteBuffer.allocateDirect(40_000)};
        ByteBuffer src = ByteBuffer.allocate(300_000);
        Executable[] writes = {() -> udp.near.write(srcs), () -> udp.near.write(src),
            () -> udp.near.send(src, udp.farAddress)};
        for (Executable write : writes) {
            assertEquals("Message too long", assertThrowsExactly(IOException.class, write).getMessage());
        }
        assertEquals(0, srcs[0].position());
        assertEquals(0, src.position());
        udp.near.write(Tcp.bytes(1));
        Udp.receive(udp.far, 1);
    }

    @Test
    void receiveTellsThePeer() throws IOException {
        udp.far.write(Tcp.bytes(1));
        udp.far.write(Tcp.bytes(2));
        SocketAddress first = Udp.receive(udp.near, 1);
        assertEquals(udp.farAddress, first);
        assertSame(first, Udp.receive(udp.near, 2));
    }

    // -- a peer that is not there --

    private static DatagramChannel connectedTo(DatagramChannel peer) throws IOException {
        return Udp.bound().connect(peer.getLocalAddress());
    }

    @Test
    void deadPeerIsToldToTheReader() throws IOException {
        try (DatagramChannel deaf = Udp.deaf(); DatagramChannel channel = connectedTo(deaf)) {
            Executable[] reads = {() -> channel.read(ByteBuffer.allocate(1)),
                () -> channel.read(new ByteBuffer[] {ByteBuffer.allocate(1)}),
                () -> channel.receive(ByteBuffer.allocate(1))};
            for (Executable read : reads) {
                channel.write(Tcp.bytes(1));
                assertNull(assertThrowsExactly(PortUnreachableException.class, read).getMessage());
                assertTrue(channel.isOpen());
                assertTrue(channel.isConnected());
            }
        }
    }

    @Test
    void deadPeerIsToldToTheWriterOnce() throws IOException {
        try (DatagramChannel deaf = Udp.deaf(); DatagramChannel channel = connectedTo(deaf)) {
            Executable[] writes = {() -> channel.write(Tcp.bytes(1)),
                () -> channel.write(new ByteBuffer[] {Tcp.bytes(1)}),
                () -> channel.send(Tcp.bytes(1), channel.getRemoteAddress())};
            channel.configureBlocking(false);
            for (Executable write : writes) {
                channel.write(Tcp.bytes(1));
                Udp.awaitReadable(channel);
                channel.write(ByteBuffer.allocate(0));
                assertThrowsExactly(PortUnreachableException.class, write);
                assertEquals(0, channel.read(ByteBuffer.allocate(1)));
            }
        }
    }

    @Test
    void disconnectForgetsTheDeadPeer() throws IOException {
        try (DatagramChannel deaf = Udp.deaf(); DatagramChannel channel = connectedTo(deaf)) {
            SocketAddress dead = channel.getRemoteAddress();
            Executable[] operations = {() -> assertNull(channel.receive(ByteBuffer.allocate(1))),
                () -> assertEquals(1, channel.send(Tcp.bytes(1), dead))};
            for (Executable operation : operations) {
                channel.write(Tcp.bytes(1));
                channel.configureBlocking(false);
                Udp.awaitReadable(channel);
                channel.disconnect();
                assertDoesNotThrow(operation);
                channel.configureBlocking(true);
                channel.connect(dead);
            }
        }
    }

    // -- disconnecting --

    @ParameterizedTest
    @ValueSource(strings = {"unbound", "any", "loopback", "port"})
    void disconnectRestoresTheLocalAddress(String from) throws IOException {
        try (DatagramChannel channel = DatagramChannel.open(); DatagramChannel sharer = DatagramChannel.open()) {
            switch (from) {
                case "any" -> channel.bind(null);
                case "loopback" -> channel.bind(new InetSocketAddress(Tcp.loopback4(), 0));
                case "port" -> {
                    // A port that is asked for by its number, and that cannot be anybody else's.
                    sharer.setOption(StandardSocketOptions.SO_REUSEADDR, true).bind(null);
                    channel.setOption(StandardSocketOptions.SO_REUSEADDR, true).bind(sharer.getLocalAddress());
                    sharer.close();
                }
                default -> channel.send(Tcp.bytes(1), Udp.discard());
            }
            SocketAddress before = channel.getLocalAddress();
            for (int i = 0; i < 3; i++) {
                channel.connect(Udp.discard());
                assertSame(channel, channel.disconnect());
                assertEquals(before, channel.getLocalAddress());
                assertNull(channel.getRemoteAddress());
                assertFalse(channel.isConnected());
            }
            int port = ((InetSocketAddress) before).getPort();
            Udp.send(udp.near.disconnect(), new InetSocketAddress(Tcp.loopback4(), port), 5);
            assertEquals(udp.nearAddress, Udp.receive(channel, 5));
        }
    }

    @Test
    void disconnectRestoresTheAddressOfAnIpv4Socket() throws IOException {
        try (DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET).bind(null)) {
            SocketAddress before = channel.getLocalAddress();
            channel.connect(Udp.discard()).disconnect();
            assertEquals(before, channel.getLocalAddress());
        }
    }

    @Test
    void disconnectOfAnUnboundConnectionKeepsThePort() throws IOException {
        try (DatagramChannel channel = DatagramChannel.open().connect(Udp.discard())) {
            int port = Udp.port(channel);
            channel.disconnect();
            assertEquals(port, Udp.port(channel));
            assertTrue(((InetSocketAddress) channel.getLocalAddress()).getAddress().isAnyLocalAddress());
        }
    }

    @Test
    void disconnectedChannelTalksToAnybody() throws IOException {
        udp.near.disconnect();
        try (DatagramChannel stranger = Udp.bound()) {
            Udp.send(stranger, udp.nearAddress, 1);
            assertEquals(stranger.getLocalAddress(), Udp.receive(udp.near, 1));
            Udp.send(udp.near, stranger.getLocalAddress(), 2);
            Udp.receive(stranger, 2);
            udp.near.connect(stranger.getLocalAddress());
            udp.near.write(Tcp.bytes(3));
            Udp.receive(stranger, 3);
        }
    }

    @Test
    void disconnectOfTheUnconnectedDoesNothing() throws IOException {
        try (DatagramChannel channel = DatagramChannel.open()) {
            assertSame(channel, channel.disconnect());
            assertNull(channel.getLocalAddress());
        }
        udp.near.disconnect().disconnect();
        udp.near.close();
        assertSame(udp.near, udp.near.disconnect());
    }
}
