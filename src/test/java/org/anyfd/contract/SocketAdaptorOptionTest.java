package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Socket;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The options of the Socket of a SocketChannel. */
@Bounded
class SocketAdaptorOptionTest {
    private SocketChannel channel;
    private Socket socket;

    @BeforeEach
    void open() throws Exception {
        channel = SocketChannel.open();
        socket = channel.socket();
    }

    @AfterEach
    void close() throws Exception {
        channel.close();
    }

    @Test
    void defaultsAreOff() throws Exception {
        assertEquals(0, socket.getSoTimeout());
        assertEquals(-1, socket.getSoLinger());
        assertFalse(socket.getTcpNoDelay());
        assertFalse(socket.getKeepAlive());
        assertFalse(socket.getReuseAddress());
        assertFalse(socket.getOOBInline());
        assertEquals(0, socket.getTrafficClass());
    }

    @Test
    void optionsAreTheChannels() throws Exception {
        socket.setTcpNoDelay(true);
        socket.setKeepAlive(true);
        socket.setReuseAddress(true);
        socket.setSoLinger(true, 7);
        socket.setTrafficClass(16);
        socket.setSendBufferSize(65536);
        socket.setReceiveBufferSize(32768);
        assertTrue(channel.getOption(StandardSocketOptions.TCP_NODELAY));
        assertTrue(channel.getOption(StandardSocketOptions.SO_KEEPALIVE));
        assertTrue(channel.getOption(StandardSocketOptions.SO_REUSEADDR));
        assertEquals(7, channel.getOption(StandardSocketOptions.SO_LINGER));
        assertEquals(16, channel.getOption(StandardSocketOptions.IP_TOS));
        assertEquals(65536, channel.getOption(StandardSocketOptions.SO_SNDBUF));
        assertEquals(32768, channel.getOption(StandardSocketOptions.SO_RCVBUF));
        assertTrue(socket.getTcpNoDelay());
        assertTrue(socket.getKeepAlive());
        assertTrue(socket.getReuseAddress());
        assertEquals(7, socket.getSoLinger());
        assertEquals(16, socket.getTrafficClass());
        assertEquals(65536, socket.getSendBufferSize());
        assertEquals(32768, socket.getReceiveBufferSize());
    }

    @Test
    void soTimeoutIsKept() throws Exception {
        socket.setSoTimeout(1234);
        assertEquals(1234, socket.getSoTimeout());
        assertEquals("timeout < 0",
                assertThrowsExactly(IllegalArgumentException.class, () -> socket.setSoTimeout(-1)).getMessage());
        socket.setSoTimeout(0);
        assertEquals(0, socket.getSoTimeout());
    }

    @Test
    void lingerIsClampedAndTurnedOff() throws Exception {
        socket.setSoLinger(true, 70_000);
        assertEquals(65_535, socket.getSoLinger());
        socket.setSoLinger(true, -1);
        assertEquals(-1, socket.getSoLinger());
        socket.setSoLinger(true, 0);
        assertEquals(0, socket.getSoLinger());
        socket.setSoLinger(false, 5);
        assertEquals(-1, socket.getSoLinger());
    }

    @Test
    void sizesAndClassesOutOfRangeAreRefused() throws Exception {
        assertEquals("Invalid send size",
                assertThrowsExactly(IllegalArgumentException.class, () -> socket.setSendBufferSize(0)).getMessage());
        assertEquals("Invalid receive size",
                assertThrowsExactly(IllegalArgumentException.class, () -> socket.setReceiveBufferSize(-1)).getMessage());
        assertThrowsExactly(IllegalArgumentException.class, () -> socket.setTrafficClass(256));
        assertThrowsExactly(IllegalArgumentException.class, () -> socket.setTrafficClass(-1));
    }

    @Test
    void urgentDataCanBeInline() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.socket().setOOBInline(true);
            assertTrue(tcp.server.socket().getOOBInline());
            tcp.client.write(Tcp.bytes(1));
            tcp.client.socket().sendUrgentData(0x102);
            tcp.client.write(Tcp.bytes(3));
            byte[] got = Tcp.readFully(tcp.server, 3);
            assertEquals(List.of(1, 2, 3), List.of((int) got[0], (int) got[1], (int) got[2]));
            tcp.server.socket().setOOBInline(false);
            assertFalse(tcp.server.socket().getOOBInline());
        }
    }

    @Test
    void urgentDataIsOutOfTheStreamByDefault() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.write(Tcp.bytes(1));
            tcp.client.socket().sendUrgentData(2);
            tcp.client.write(Tcp.bytes(3));
            byte[] got = Tcp.readFully(tcp.server, 2);
            assertEquals(List.of(1, 3), List.of((int) got[0], (int) got[1]));
        }
    }

    @Test
    void urgentDataWithoutRoomFails() throws Exception {
        try (Tcp tcp = Tcp.narrowPair()) {
            Tcp.fill(tcp.client);
            tcp.client.configureBlocking(false);
            assertEquals("Socket buffer full",
                    assertThrows(java.io.IOException.class, () -> sendUntilFull(tcp.client.socket())).getMessage());
        }
    }

    private static void sendUntilFull(Socket socket) throws Exception {
        long deadline = System.nanoTime() + Tcp.PATIENCE_NANOS;
        while (System.nanoTime() - deadline < 0) {
            socket.sendUrgentData(1);
        }
    }

    @Test
    void urgentDataNeedsAnOpenOutput() throws Exception {
        assertThrowsExactly(NotYetConnectedException.class, () -> socket.sendUrgentData(1));
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.shutdownOutput();
            assertThrows(ClosedChannelException.class, () -> tcp.client.socket().sendUrgentData(1));
            tcp.client.close();
            assertThrowsExactly(ClosedChannelException.class, () -> tcp.client.socket().sendUrgentData(1));
        }
    }

    @Test
    void genericOptionsAreTheChannels() throws Exception {
        assertSame(channel.supportedOptions(), channel.supportedOptions());
        assertEquals(channel.supportedOptions(), socket.supportedOptions());
        assertSame(socket, socket.setOption(StandardSocketOptions.TCP_NODELAY, true));
        assertTrue(socket.getOption(StandardSocketOptions.TCP_NODELAY));
        assertThrowsExactly(NullPointerException.class, () -> socket.setOption(null, 1));
        assertThrowsExactly(UnsupportedOperationException.class,
                () -> socket.getOption(StandardSocketOptions.SO_BROADCAST));
        channel.close();
        assertThrowsExactly(ClosedChannelException.class, () -> socket.getOption(StandardSocketOptions.TCP_NODELAY));
        assertThrowsExactly(ClosedChannelException.class,
                () -> socket.setOption(StandardSocketOptions.TCP_NODELAY, true));
    }

    @Test
    void performancePreferencesAreIgnored() throws Exception {
        socket.setPerformancePreferences(1, 2, 3);
        channel.close();
        socket.setPerformancePreferences(1, 2, 3);
    }

    @Test
    void gettersAndSettersOfAClosedSocketSaySo() throws Exception {
        channel.close();
        List<Executable> calls = List.of(
                socket::getSoTimeout, () -> socket.setSoTimeout(-1),
                socket::getSoLinger, () -> socket.setSoLinger(true, 1),
                socket::getTcpNoDelay, () -> socket.setTcpNoDelay(true),
                socket::getKeepAlive, () -> socket.setKeepAlive(true),
                socket::getReuseAddress, () -> socket.setReuseAddress(true),
                socket::getOOBInline, () -> socket.setOOBInline(true),
                socket::getTrafficClass, () -> socket.setTrafficClass(256),
                socket::getSendBufferSize, () -> socket.setSendBufferSize(1),
                socket::getReceiveBufferSize, () -> socket.setReceiveBufferSize(1));
        for (Executable call : calls) {
            assertEquals("Socket is closed", assertThrowsExactly(SocketException.class, call).getMessage());
        }
    }
}
