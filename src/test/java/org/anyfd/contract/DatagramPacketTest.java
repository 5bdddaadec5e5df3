package org.anyfd.contract;

import static org.anyfd.contract.Selecting.assertTimedOut;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.IllegalBlockingModeException;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets sent and received through the socket of a datagram channel. */
@Bounded
class DatagramPacketTest {
    private Udp udp;
    private DatagramSocket socket;

    @BeforeEach
    void open() throws IOException {
        udp = Udp.pair();
        socket = udp.near.socket();
    }

    @AfterEach
    void close() throws IOException {
        Thread.interrupted();
        udp.close();
    }

    private static DatagramPacket room(int length) {
        return new DatagramPacket(new byte[length], length);
    }

    private DatagramPacket toFar(int... values) {
        byte[] bytes = Tcp.bytes(values).array();
        return new DatagramPacket(bytes, bytes.length, udp.farAddress);
    }

    /** Sends a datagram of this size, receives it into the packet and returns the packet's length. */
    private int received(DatagramPacket packet, int size) throws IOException {
        udp.far.send(ByteBuffer.allocate(size), udp.nearAddress);
        socket.receive(packet);
        return packet.getLength();
    }

    // -- the room in a packet --

    @Test
    void packetTakesLongDatagramsAfterShortOnes() throws IOException {
        DatagramPacket packet = room(100);
        int[] sizes = {3, 50, 10, 100, 0, 1, 99, 200, 7};
        for (int size : sizes) {
            assertEquals(Math.min(size, 100), received(packet, size));
        }
    }

    @Test
    void packetIsFilledFromItsOffsetToItsLength() throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[20], 5, 4);
        Udp.send(udp.far, udp.nearAddress, 1, 2);
        socket.receive(packet);
        assertEquals(2, packet.getLength());
        assertEquals(5, packet.getOffset());
        Udp.send(udp.far, udp.nearAddress, 3, 4, 5, 6, 7, 8);
        socket.receive(packet);
        assertEquals(4, packet.getLength());
        assertEquals(udp.farAddress, packet.getSocketAddress());
        byte[] expected = new byte[20];
        System.arraycopy(new byte[] {3, 4, 5, 6}, 0, expected, 5, 4);
        assertArrayEquals(expected, packet.getData());
    }

    @Test
    void lengthThatIsSetIsTheRoom() throws IOException {
        DatagramPacket packet = room(100);
        assertEquals(3, received(packet, 3));
        packet.setLength(10);
        assertEquals(10, received(packet, 50));
        assertEquals(2, received(packet, 2));
        assertEquals(10, received(packet, 50));
        packet.setLength(60);
        assertEquals(50, received(packet, 50));
        assertEquals(60, received(packet, 70));
    }

    @Test
    void dataThatIsSetIsTheRoom() throws IOException {
        DatagramPacket packet = room(100);
        assertEquals(8, received(packet, 8));
        packet.setData(new byte[8]);
        assertEquals(8, received(packet, 50));
        packet.setData(new byte[20], 4, 8);
        assertEquals(8, received(packet, 50));
        packet.setData(new byte[30]);
        assertEquals(30, received(packet, 50));
    }

    @Test
    void packetGoesFromSocketToSocket() throws IOException {
        DatagramPacket packet = room(100);
        assertEquals(3, received(packet, 3));
        Udp.send(udp.near, udp.farAddress, 1, 2, 3, 4, 5);
        udp.far.socket().receive(packet);
        assertEquals(5, packet.getLength());
        assertEquals(50, received(packet, 50));
    }

    @Test
    void echoedPacketKeepsItsRoom() throws IOException {
        DatagramPacket packet = room(100);
        for (int size : new int[] {1, 30, 2, 60}) {
            assertEquals(size, received(packet, size));
            socket.send(packet);
            assertEquals(size, packet.getLength());
            ByteBuffer echo = ByteBuffer.allocate(100);
            udp.far.receive(echo);
            assertEquals(size, echo.position());
        }
    }

    @Test
    void largestPacketArrives() throws IOException {
        byte[] bytes = Tcp.random(3, 65_507);
        socket.setReceiveBufferSize(1 << 18);
        udp.far.send(ByteBuffer.wrap(bytes), udp.nearAddress);
        DatagramPacket packet = room(70_000);
        socket.receive(packet);
        assertArrayEquals(bytes, Arrays.copyOf(packet.getData(), packet.getLength()));
    }

    // -- sending --

    @Test
    void packetIsSentFromItsOffset() throws IOException {
        socket.send(new DatagramPacket(new byte[] {1, 2, 3, 4, 5}, 1, 3, udp.farAddress));
        assertEquals(udp.nearAddress, Udp.receive(udp.far, 2, 3, 4));
    }

    @Test
    void packetWithoutBytesIsSent() throws IOException {
        socket.send(toFar());
        assertEquals(udp.nearAddress, Udp.receive(udp.far));
    }

    @Test
    void unconnectedSocketNeedsAnAddress() {
        assertEquals("Address not set",
            assertThrowsExactly(IllegalArgumentException.class, () -> socket.send(room(1))).getMessage());
        assertThrowsExactly(NullPointerException.class, () -> socket.send(null));
        assertThrowsExactly(NullPointerException.class, () -> socket.receive(null));
    }

    @Test
    void connectedSocketSendsToItsPeerOnly() throws IOException {
        socket.connect(udp.farAddress);
        DatagramPacket packet = new DatagramPacket(new byte[] {1}, 1);
        socket.send(packet);
        assertEquals(udp.farAddress, packet.getSocketAddress(), "filled in");
        Udp.receive(udp.far, 1);
        socket.send(toFar(2));
        Udp.receive(udp.far, 2);
        packet.setSocketAddress(Udp.discard());
        assertEquals("Connected and packet address differ",
            assertThrowsExactly(IllegalArgumentException.class, () -> socket.send(packet)).getMessage());
    }

    @Test
    void sendTellsWhatTheChannelSays() throws IOException {
        assertEquals("Message too long", assertThrowsExactly(SocketException.class,
            () -> socket.send(new DatagramPacket(new byte[70_000], 70_000, udp.farAddress))).getMessage());
        assertEquals("Can't send to port 0", assertThrowsExactly(SocketException.class,
            () -> socket.send(new DatagramPacket(new byte[1], 1, new InetSocketAddress(Tcp.loopback4(), 0))))
            .getMessage());
        try (DatagramChannel unbound = DatagramChannel.open()) {
            InetSocketAddress everybody = new InetSocketAddress("255.255.255.255", 9);
            assertThrowsExactly(BindException.class,
                () -> unbound.socket().send(new DatagramPacket(new byte[1], 1, everybody)));
        }
    }

    @Test
    void deadPeerIsTold() throws IOException {
        try (DatagramChannel deaf = Udp.deaf()) {
            socket.connect(deaf.getLocalAddress());
            socket.send(new DatagramPacket(new byte[1], 1));
            assertThrowsExactly(PortUnreachableException.class, () -> socket.receive(room(1)));
            assertFalse(socket.isClosed());
        }
    }

    // -- waiting --

    @Test
    void receiveTimesOutAndTheSocketGoesOn() throws IOException {
        DatagramPacket packet = room(5);
        socket.setSoTimeout(50);
        long start = System.nanoTime();
        assertEquals("Receive timed out",
            assertThrowsExactly(SocketTimeoutException.class, () -> socket.receive(packet)).getMessage());
        assertTimedOut(start, 50);
        assertEquals(5, packet.getLength());
        assertTrue(udp.near.isBlocking());
        socket.setSoTimeout((int) (Tcp.PATIENCE_NANOS / 1_000_000));
        assertEquals(3, received(packet, 3));
        socket.setSoTimeout(0);
        assertEquals(4, received(packet, 4));
    }

    @Test
    void receiverBindsItsSocket() throws IOException {
        try (DatagramChannel unbound = DatagramChannel.open()) {
            unbound.socket().setSoTimeout(1);
            assertThrowsExactly(SocketTimeoutException.class, () -> unbound.socket().receive(room(1)));
            assertTrue(unbound.socket().isBound());
        }
    }

    @Test
    void nonBlockingSocketNeitherSendsNorReceives() throws IOException {
        udp.near.configureBlocking(false);
        assertThrowsExactly(IllegalBlockingModeException.class, () -> socket.send(toFar(1)));
        assertThrowsExactly(IllegalBlockingModeException.class, () -> socket.receive(room(1)));
        socket.setSoTimeout(10);
        assertThrowsExactly(IllegalBlockingModeException.class, () -> socket.receive(room(1)));
        udp.near.configureBlocking(true);
        socket.send(toFar(1));
    }

    private static void assertClosed(SocketException e, Class<? extends ClosedChannelException> cause) {
        assertEquals("Socket closed", e.getMessage());
        assertInstanceOf(cause, e.getCause());
    }

    @Test
    void closedSocketNeitherSendsNorReceives() {
        socket.close();
        assertClosed(assertThrowsExactly(SocketException.class, () -> socket.send(toFar(1))),
            ClosedChannelException.class);
        assertClosed(assertThrowsExactly(SocketException.class, () -> socket.receive(room(1))),
            ClosedChannelException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 30_000})
    void closeWakesTheReceiver(int timeoutMillis) throws Exception {
        socket.setSoTimeout(timeoutMillis);
        try (Task<Void> receiver = receiving()) {
            socket.close();
            assertClosed(receiver.fails(SocketException.class), AsynchronousCloseException.class);
        }
    }

    private Task<Void> receiving() {
        return Task.<Void>start(() -> {
            socket.receive(room(1));
            return null;
        }).awaitIn("receive");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 30_000})
    void interruptClosesTheReceiversSocket(int timeoutMillis) throws Exception {
        socket.setSoTimeout(timeoutMillis);
        try (Task<Void> receiver = receiving()) {
            receiver.interrupt();
            if (Runtime.version().feature() > 17) {
                receiver.fails(ClosedByInterruptException.class);
            } else {
                assertClosed(receiver.fails(SocketException.class), ClosedByInterruptException.class);
            }
            assertTrue(receiver.interrupted());
            assertTrue(socket.isClosed());
        }
    }

    @Test
    void interruptedSenderClosesItsSocket() {
        Thread.currentThread().interrupt();
        assertClosed(assertThrowsExactly(SocketException.class, () -> socket.send(toFar(1))),
            ClosedByInterruptException.class);
        assertTrue(Thread.interrupted());
        assertTrue(socket.isClosed());
    }

    @Test
    void socketSendsWhileItReceives() throws Exception {
        try (Task<Void> receiver = receiving()) {
            socket.send(toFar(1));
            Udp.receive(udp.far, 1);
            socket.setReuseAddress(true);
            receiver.awaitIn("receive");
            Udp.send(udp.far, udp.nearAddress, 1);
            receiver.get();
        }
    }
}
