package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Datagrams between channels that are not connected. */
@Bounded
class DatagramSendReceiveTest {
    /** The most a UDP datagram holds: 65535 bytes less the headers of IPv4 and UDP. */
    private static final int LARGEST = 65507;

    /** Buffers that are not simply an array from end to end. */
    enum Kind {
        HEAP {
            @Override
            ByteBuffer allocate(int size) {
                return ByteBuffer.allocate(size);
            }
        },
        DIRECT {
            @Override
            ByteBuffer allocate(int size) {
                return ByteBuffer.allocateDirect(size);
            }
        },
        HEAP_SLICE {
            @Override
            ByteBuffer allocate(int size) {
                return ByteBuffer.allocate(size + 20).position(7).limit(size + 7).slice();
            }
        },
        DIRECT_SLICE {
            @Override
            ByteBuffer allocate(int size) {
                return ByteBuffer.allocateDirect(size + 20).position(7).limit(size + 7).slice();
            }
        };

        abstract ByteBuffer allocate(int size);
    }

    private Udp udp;

    @BeforeEach
    void open() throws IOException {
        udp = Udp.pair();
    }

    @AfterEach
    void close() throws IOException {
        udp.close();
    }

    // -- contents --

    @ParameterizedTest
    @EnumSource
    void datagramIsWhatRemainsInTheBuffer(Kind kind) throws IOException {
        ByteBuffer src = kind.allocate(10).put(Tcp.bytes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)).position(2).limit(6);
        assertEquals(4, udp.near.send(src, udp.farAddress));
        assertEquals(6, src.position());
        assertEquals(6, src.limit());
        Udp.receive(udp.far, 2, 3, 4, 5);
        src.position(2);
        assertEquals(4, udp.near.send(src.asReadOnlyBuffer(), udp.farAddress));
        Udp.receive(udp.far, 2, 3, 4, 5);
        assertEquals(2, src.position());
    }

    @ParameterizedTest
    @EnumSource
    void datagramIsPutAtThePosition(Kind kind) throws IOException {
        ByteBuffer dst = kind.allocate(10).position(3).limit(8);
        Udp.send(udp.near, udp.farAddress, 1, 2);
        assertEquals(udp.nearAddress, udp.far.receive(dst));
        assertEquals(5, dst.position());
        assertEquals(8, dst.limit());
        assertEquals(Tcp.bytes(0, 0, 0, 1, 2, 0, 0, 0), dst.position(0));
    }

    @ParameterizedTest
    @EnumSource
    void bytesThatDoNotFitAreLost(Kind kind) throws IOException {
        ByteBuffer dst = kind.allocate(10).position(1).limit(4);
        Udp.send(udp.near, udp.farAddress, 1, 2, 3, 4, 5);
        Udp.send(udp.near, udp.farAddress, 6);
        assertEquals(udp.nearAddress, udp.far.receive(dst));
        assertEquals(4, dst.position());
        assertEquals(Tcp.bytes(0, 1, 2, 3, 0, 0), dst.clear().limit(6));
        Udp.receive(udp.far, 6);
    }

    @ParameterizedTest
    @EnumSource
    void datagramIsConsumedByAFullBuffer(Kind kind) throws IOException {
        Udp.send(udp.near, udp.farAddress, 1);
        Udp.send(udp.near, udp.farAddress, 2);
        ByteBuffer full = kind.allocate(5).position(5);
        assertEquals(udp.nearAddress, udp.far.receive(full));
        assertEquals(5, full.position());
        Udp.receive(udp.far, 2);
    }

    @ParameterizedTest
    @EnumSource
    void datagramWithoutBytesArrives(Kind kind) throws IOException {
        assertEquals(0, udp.near.send(kind.allocate(0), udp.farAddress));
        ByteBuffer dst = kind.allocate(5).position(2);
        assertEquals(udp.nearAddress, udp.far.receive(dst));
        assertEquals(2, dst.position());
    }

    @ParameterizedTest
    @EnumSource
    void largestDatagramArrivesWhole(Kind kind) throws IOException {
        byte[] bytes = Tcp.random(1, LARGEST);
        ByteBuffer src = kind.allocate(LARGEST).put(bytes).flip();
        udp.far.setOption(StandardSocketOptions.SO_RCVBUF, 4 * LARGEST);
        udp.near.setOption(StandardSocketOptions.SO_SNDBUF, 4 * LARGEST);
        assertEquals(LARGEST, udp.near.send(src, udp.farAddress));
        ByteBuffer dst = kind.allocate(2 * LARGEST);
        assertEquals(udp.nearAddress, udp.far.receive(dst));
        byte[] received = new byte[dst.flip().remaining()];
        dst.get(received);
        assertArrayEquals(bytes, received);
    }

    @ParameterizedTest
    @ValueSource(ints = {LARGEST + 1, 70_000, 300_000, 1_000_000})
    void tooLargeDatagramIsRefusedAndStaysInTheBuffer(int size) throws IOException {
        for (Kind kind : Kind.values()) {
            ByteBuffer src = kind.allocate(size);
            SocketException e =
                assertThrowsExactly(SocketException.class, () -> udp.near.send(src, udp.farAddress));
            assertEquals("Message too long", e.getMessage());
            assertEquals(0, src.position());
        }
        Udp.send(udp.near, udp.farAddress, 1);
        Udp.receive(udp.far, 1);
    }

    @Test
    void datagramsOfAllSizesArriveInOrder() throws IOException {
        Random random = new Random(42);
        ByteBuffer dst = ByteBuffer.allocate(1 << 16);
        for (int i = 0; i < 500; i++) {
            byte[] bytes = Tcp.random(i, random.nextInt(i % 50 == 0 ? 60_000 : 2_000));
            Kind from = Kind.values()[random.nextInt(4)];
            udp.near.send(from.allocate(bytes.length).put(bytes).flip(), udp.farAddress);
            assertEquals(udp.nearAddress, udp.far.receive(dst.clear()));
            byte[] received = new byte[dst.flip().remaining()];
            dst.get(received);
            assertArrayEquals(bytes, received);
        }
    }

    @Test
    void boundariesBetweenDatagramsAreKept() throws IOException {
        for (int i = 0; i < 20; i++) {
            Udp.send(udp.near, udp.farAddress, i, i);
        }
        for (int i = 0; i < 20; i++) {
            Udp.receive(udp.far, i, i);
        }
    }

    // -- non-blocking --

    @Test
    void nonBlockingReceiveOfNothingIsNull() throws IOException {
        udp.far.configureBlocking(false);
        ByteBuffer dst = ByteBuffer.allocate(4);
        assertNull(udp.far.receive(dst));
        assertEquals(0, dst.position());
        Udp.send(udp.near, udp.farAddress, 1);
        Udp.awaitReadable(udp.far);
        assertEquals(udp.nearAddress, udp.far.receive(dst));
        assertNull(udp.far.receive(dst));
        assertEquals(1, dst.position());
    }

    @Test
    void nonBlockingSendSendsAllOrNothing() throws IOException {
        udp.near.configureBlocking(false);
        for (int i = 0; i < 200; i++) {
            ByteBuffer src = ByteBuffer.allocate(50_000);
            int sent = udp.near.send(src, udp.farAddress);
            assertTrue(sent == 0 || sent == 50_000, "sent " + sent);
            assertEquals(sent, src.position());
        }
    }

    // -- addresses --

    @Test
    void sameSenderIsTheSameObject() throws IOException {
        Udp.send(udp.near, udp.farAddress, 1);
        Udp.send(udp.near, udp.farAddress, 2);
        SocketAddress first = Udp.receive(udp.far, 1);
        assertSame(first, Udp.receive(udp.far, 2));
    }

    @Test
    void sendersThatTakeTurnsAreToldApart() throws IOException {
        try (DatagramChannel third = Udp.bound()) {
            for (int i = 0; i < 10; i++) {
                Udp.send(udp.near, udp.farAddress, i);
                Udp.send(third, udp.farAddress, i);
                assertEquals(udp.nearAddress, Udp.receive(udp.far, i));
                assertEquals(third.getLocalAddress(), Udp.receive(udp.far, i));
            }
        }
    }

    @Test
    void targetsThatTakeTurnsGetTheirOwn() throws IOException {
        try (DatagramChannel third = Udp.bound()) {
            for (int i = 0; i < 10; i++) {
                Udp.send(udp.near, udp.farAddress, 2 * i);
                Udp.send(udp.near, third.getLocalAddress(), 2 * i + 1);
                Udp.receive(udp.far, 2 * i);
                Udp.receive(third, 2 * i + 1);
            }
        }
    }

    @Test
    void replyGoesToTheSender() throws IOException {
        Udp.send(udp.near, udp.farAddress, 1);
        udp.far.send(Tcp.bytes(2), Udp.receive(udp.far, 1));
        assertEquals(udp.farAddress, Udp.receive(udp.near, 2));
    }

    @Test
    void ipv4SenderIsShownAsSuchOnADualStackSocket() throws IOException {
        Udp.send(udp.near, udp.farAddress, 1);
        InetSocketAddress sender = (InetSocketAddress) Udp.receive(udp.far, 1);
        assertInstanceOf(Inet4Address.class, sender.getAddress());
        assertEquals(udp.nearAddress, sender);
    }

    @Test
    void ipv6SenderIsShownAsSuch() throws IOException {
        assumeTrue(Tcp.ipv6Available());
        try (Udp ipv6 = Udp.pair(Tcp.loopback6())) {
            Udp.send(ipv6.near, ipv6.farAddress, 1);
            InetSocketAddress sender = (InetSocketAddress) Udp.receive(ipv6.far, 1);
            assertEquals(ipv6.nearAddress, sender);
            assertEquals("0:0:0:0:0:0:0:1", sender.getAddress().getHostAddress());
        }
    }

    @Test
    void ipv4AndIpv6ReachOneSocketBoundToAnyAddress() throws IOException {
        assumeTrue(Tcp.ipv6Available());
        try (DatagramChannel any = DatagramChannel.open().bind(null);
                DatagramChannel ipv4 = DatagramChannel.open(StandardProtocolFamily.INET);
                DatagramChannel dual = DatagramChannel.open()) {
            Udp.send(ipv4, new InetSocketAddress(Tcp.loopback4(), Udp.port(any)), 4);
            assertEquals(new InetSocketAddress(Tcp.loopback4(), Udp.port(ipv4)), Udp.receive(any, 4));
            Udp.send(dual, new InetSocketAddress(Tcp.loopback6(), Udp.port(any)), 6);
            assertEquals(new InetSocketAddress(Tcp.loopback6(), Udp.port(dual)), Udp.receive(any, 6));
            Udp.send(dual, new InetSocketAddress(Tcp.loopback4(), Udp.port(any)), 4);
            assertEquals(new InetSocketAddress(Tcp.loopback4(), Udp.port(dual)), Udp.receive(any, 4));
        }
    }

    @Test
    void ipv4ChannelsTalk() throws IOException {
        try (DatagramChannel one = DatagramChannel.open(StandardProtocolFamily.INET);
                DatagramChannel other = DatagramChannel.open(StandardProtocolFamily.INET)) {
            one.bind(new InetSocketAddress(Tcp.loopback4(), 0));
            other.bind(new InetSocketAddress(Tcp.loopback4(), 0));
            for (int i = 0; i < 3; i++) {
                Udp.send(one, other.getLocalAddress(), i);
                assertEquals(one.getLocalAddress(), Udp.receive(other, i));
            }
            Udp.send(one, other.getLocalAddress(), 1);
            Udp.send(one, other.getLocalAddress(), 2);
            SocketAddress first = Udp.receive(other, 1);
            assertSame(first, Udp.receive(other, 2));
        }
    }

    @Test
    void anyAddressAsTargetIsThisMachine() throws IOException {
        try (DatagramChannel any = DatagramChannel.open().bind(null); DatagramChannel from = DatagramChannel.open()) {
            Udp.send(from, new InetSocketAddress(Tcp.wildcard4(), Udp.port(any)), 1);
            assertEquals(new InetSocketAddress(Tcp.loopback4(), Udp.port(from)), Udp.receive(any, 1));
            assumeTrue(Tcp.ipv6Available());
            Udp.send(from, new InetSocketAddress(Tcp.wildcard6(), Udp.port(any)), 2);
            assertEquals(new InetSocketAddress(Tcp.loopback6(), Udp.port(from)), Udp.receive(any, 2));
        }
    }

    @Test
    void addressOfTheOtherFamilyIsRefusedByABoundSocket() throws IOException {
        assumeTrue(Tcp.ipv6Available());
        SocketException e = assertThrowsExactly(SocketException.class,
            () -> udp.near.send(Tcp.bytes(1), new InetSocketAddress(Tcp.loopback6(), 9)));
        assertEquals("Address family not supported by protocol", e.getMessage());
    }

    @Test
    void broadcastIsRefusedUnlessAllowed() throws IOException {
        InetAddress everybody = InetAddress.getByAddress(new byte[] {-1, -1, -1, -1});
        try (DatagramChannel channel = DatagramChannel.open()) {
            assertEquals("Permission denied", assertThrowsExactly(BindException.class,
                () -> channel.send(Tcp.bytes(1), new InetSocketAddress(everybody, 9))).getMessage());
            assertTrue(channel.isOpen());
            // The broadcast address of loopback, where nobody listens to this port.
            channel.setOption(StandardSocketOptions.SO_BROADCAST, true);
            Udp.send(channel, new InetSocketAddress("127.255.255.255", 9), 1);
        }
    }

    // -- errors of others --

    @Test
    void nobodyAtTheTargetIsNoErrorOfAnUnconnectedChannel() throws IOException {
        try (DatagramChannel deaf = Udp.deaf()) {
            for (int i = 0; i < 20; i++) {
                Udp.send(udp.near, deaf.getLocalAddress(), i);
            }
            Udp.send(udp.far, udp.nearAddress, 7);
            assertEquals(udp.farAddress, Udp.receive(udp.near, 7));
            udp.near.configureBlocking(false);
            assertNull(udp.near.receive(ByteBuffer.allocate(1)));
        }
    }
}
