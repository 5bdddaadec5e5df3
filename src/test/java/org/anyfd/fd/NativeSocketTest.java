package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sockets of the families that {@code java.nio} has no class for, and every other object that a selector can watch. */
@Bounded
class NativeSocketTest {
    private static final int AF_INET = 2;
    private static final int AF_NETLINK = 16;
    private static final int AF_PACKET = 17;
    private static final int AF_CAN = 29;
    private static final int AF_VSOCK = 40;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_RAW = 3;
    private static final int SOL_SOCKET = 1;
    private static final int SO_TYPE = 3;
    private static final int SO_RCVTIMEO = 20;

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    /** Opens a socket, or says why the test cannot be made here. */
    private NativeSocket open(int domain, int type, int protocol) throws IOException {
        try {
            return fds.closing(NativeSocket.open(domain, type, protocol));
        } catch (IOException e) {
            for (String reason : new String[] {"EAFNOSUPPORT", "EPERM", "EPROTONOSUPPORT", "EACCES"}) {
                if (e.getMessage().contains(reason)) {
                    abort("not on this machine: " + e.getMessage());
                }
            }
            throw e;
        }
    }

    private static ByteBuffer struct(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    }

    private static byte[] inet(int port) {
        ByteBuffer address = struct(16).putShort((short) AF_INET);
        address.order(ByteOrder.BIG_ENDIAN).putShort((short) port).put(new byte[] {127, 0, 0, 1});
        return address.array();
    }

    private static int port(byte[] inet) {
        return ByteBuffer.wrap(inet).getShort(2) & 0xffff;
    }

    // -- Netlink --

    /** The kernel's list of network interfaces: RTM_GETLINK, rtnetlink(7). */
    @Test
    void netlinkListsTheInterfaces() throws IOException {
        int rtmGetLink = 18;
        int rtmNewLink = 16;
        int requestDump = 0x301;
        int done = 3;
        NativeSocket netlink = open(AF_NETLINK, SOCK_RAW, 0);
        netlink.bind(struct(12).putShort((short) AF_NETLINK).array());
        netlink.configureBlocking(false);
        boolean loopback = false;
        try (Selector selector = Selector.open()) {
            netlink.register(selector, OP_READ);
            assertEquals(0, selector.selectNow());
            // struct nlmsghdr, struct ifinfomsg
            ByteBuffer request = struct(32).putInt(32).putShort((short) rtmGetLink).putShort((short) requestDump)
                .putInt(1).putInt(0).position(32);
            assertEquals(32, netlink.send(request.flip(), struct(12).putShort((short) AF_NETLINK).array()));
            ByteBuffer answer = ByteBuffer.allocateDirect(32768).order(ByteOrder.nativeOrder());
            for (int type = 0; type != done;) {
                selector.selectedKeys().clear();
                assertEquals(1, selector.select());
                byte[] kernel = netlink.receive(answer.clear());
                assertArrayEquals(struct(12).putShort((short) AF_NETLINK).array(), kernel, "from port 0");
                answer.flip();
                for (int at = 0; at < answer.limit() && type != done; at += (answer.getInt(at) + 3) & ~3) {
                    type = answer.getShort(at + 4);
                    loopback |= type == rtmNewLink && contains(answer, at, "lo\0");
                }
            }
            selector.selectedKeys().clear();
            assertEquals(0, selector.selectNow());
        }
        assertTrue(loopback);
    }

    private static boolean contains(ByteBuffer message, int at, String name) {
        byte[] bytes = new byte[message.getInt(at)];
        message.get(at, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1).contains(name);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closeAndInterruptEndAReceive(boolean interrupt) throws Exception {
        NativeSocket netlink = open(AF_NETLINK, SOCK_RAW, 0);
        Tasks.Task<byte[]> blocked = fds.run(() -> netlink.receive(ByteBuffer.allocate(9))).awaitBlocked();
        if (interrupt) {
            blocked.thread().interrupt();
            assertThrowsExactly(ClosedByInterruptException.class, blocked::get);
        } else {
            netlink.close();
            assertThrowsExactly(AsynchronousCloseException.class, blocked::get);
        }
        assertFalse(netlink.isOpen());
    }

    // -- Other families --

    /** packet(7): what passes the loopback interface. */
    @Test
    void packetSocketSeesFrames() throws Exception {
        int all = 3;
        NativeSocket frames = open(AF_PACKET, SOCK_DGRAM, 0);
        int loopback = NetworkInterface.getByInetAddress(InetAddress.getLoopbackAddress()).getIndex();
        ByteBuffer address = struct(20).putShort((short) AF_PACKET);
        address.order(ByteOrder.BIG_ENDIAN).putShort((short) all).order(ByteOrder.nativeOrder()).putInt(loopback);
        frames.bind(address.array());
        frames.configureBlocking(false);
        String mark = "anyfd-" + System.nanoTime();
        try (Selector selector = Selector.open(); DatagramChannel udp = DatagramChannel.open()) {
            frames.register(selector, OP_READ);
            udp.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
            ByteBuffer frame = ByteBuffer.allocate(65536);
            boolean seen = false;
            while (!seen) {
                // Again and again: the frames of other programs may have left no room for the last one.
                udp.send(ByteBuffer.wrap(mark.getBytes(StandardCharsets.US_ASCII)), udp.getLocalAddress());
                assertEquals(1, selector.select());
                byte[] from = frames.receive(frame.clear());
                assertEquals(loopback, ByteBuffer.wrap(from).order(ByteOrder.nativeOrder()).getInt(4));
                seen = new String(frame.array(), 0, frame.position(), StandardCharsets.ISO_8859_1).contains(mark);
                selector.selectedKeys().clear();
            }
        }
    }

    @Test
    void vsockListens() throws IOException {
        NativeSocket vsock = open(AF_VSOCK, SOCK_STREAM, 0);
        int any = -1;
        // struct sockaddr_vm: family, reserved, port, cid
        vsock.bind(struct(16).putShort((short) AF_VSOCK).putShort((short) 0).putInt(any).putInt(any).array());
        vsock.listen(1);
        vsock.configureBlocking(false);
        assertNull(vsock.accept());
        assertEquals(AF_VSOCK, ByteBuffer.wrap(vsock.localAddress()).order(ByteOrder.nativeOrder()).getShort());
        try (Selector selector = Selector.open()) {
            vsock.register(selector, OP_ACCEPT);
            assertEquals(0, selector.selectNow());
        }
    }

    /** Needs a kernel with CAN and a virtual bus: ip link add dev vcan0 type vcan; ip link set vcan0 up. */
    @Test
    void canBusCarriesFrames() throws IOException {
        int canRaw = 1;
        NativeSocket one = open(AF_CAN, SOCK_RAW, canRaw);
        NativeSocket other = open(AF_CAN, SOCK_RAW, canRaw);
        NetworkInterface bus = NetworkInterface.getByName("vcan0");
        if (bus == null) {
            abort("the kernel has CAN, but there is no interface vcan0");
        }
        // struct sockaddr_can: family, ifindex, two ids; struct can_frame: id, length, 3 reserved, 8 data
        byte[] address = struct(24).putShort((short) AF_CAN).putShort((short) 0).putInt(bus.getIndex()).array();
        one.bind(address);
        other.bind(address);
        one.write(struct(16).putInt(0x123).putInt(2).put((byte) 7).put((byte) 8).rewind());
        ByteBuffer frame = struct(16);
        assertEquals(16, other.read(frame));
        assertEquals(0x123, frame.getInt(0));
        assertEquals(7, frame.get(8));
    }

    // -- Connections --

    @Test
    void tcpConnectsAndAccepts() throws Exception {
        NativeSocket server = open(AF_INET, SOCK_STREAM, 0).bind(inet(0)).listen(5);
        server.configureBlocking(false);
        NativeSocket client = open(AF_INET, SOCK_STREAM, 0);
        client.configureBlocking(false);
        assertNull(server.accept());
        try (Selector selector = Selector.open()) {
            SelectionKey accepting = server.register(selector, OP_ACCEPT);
            assertEquals(0, selector.selectNow());
            if (!client.connect(server.localAddress())) {
                SelectionKey key = client.register(selector, OP_CONNECT);
                while (!key.isConnectable()) {
                    selector.select();
                }
                assertTrue(client.finishConnect());
                key.cancel();
            }
            selector.selectedKeys().clear();
            assertEquals(1, selector.select());
            assertTrue(accepting.isAcceptable());
        }
        NativeSocket accepted = fds.closing(server.accept());
        assertArrayEquals(client.localAddress(), accepted.remoteAddress());
        client.write(ByteBuffer.allocate(3));
        client.shutdown(1);
        ByteBuffer buffer = ByteBuffer.allocate(9);
        assertEquals(3, accepted.read(buffer));
        assertEquals(-1, accepted.read(buffer));
    }

    /** poll(2) calls such a socket writable, and it has no error. */
    @Test
    void socketThatNeverBeganToConnectDoesNotFinish() throws Exception {
        NativeSocket client = open(AF_INET, SOCK_STREAM, 0);
        client.configureBlocking(false);
        assertEquals("Transport endpoint is not connected",
            assertThrowsExactly(SocketException.class, client::finishConnect).getMessage());
    }

    @Test
    void blockingConnectWaits() throws Exception {
        ServerSocketChannel server = fds.closing(ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0)));
        int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
        NativeSocket client = open(AF_INET, SOCK_STREAM, 0);
        assertTrue(client.connect(inet(port)));
        assertEquals(port, port(client.remoteAddress()));
        server.close();
        NativeSocket late = open(AF_INET, SOCK_STREAM, 0);
        assertThrowsExactly(ConnectException.class, () -> late.connect(inet(port)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closeAndInterruptEndAnAccept(boolean interrupt) throws Exception {
        NativeSocket server = open(AF_INET, SOCK_STREAM, 0).bind(inet(0)).listen(5);
        Tasks.Task<NativeSocket> blocked = fds.run(server::accept).awaitBlocked();
        if (interrupt) {
            blocked.thread().interrupt();
            assertThrowsExactly(ClosedByInterruptException.class, blocked::get);
        } else {
            server.close();
            assertThrowsExactly(AsynchronousCloseException.class, blocked::get);
        }
    }

    @Test
    void pairIsConnected() throws IOException {
        NativeSocket[] pair = NativeSocket.pair(1, SOCK_DGRAM, 0);
        fds.closing(pair[0]);
        fds.closing(pair[1]);
        assertEquals(2, pair[0].send(ByteBuffer.allocate(2), new byte[0]));
        assertEquals(0, pair[1].receive(ByteBuffer.allocate(9)).length);
    }

    // -- Options and wrong use --

    @Test
    void optionsAreBytes() throws IOException {
        NativeSocket socket = open(AF_INET, SOCK_STREAM, 0);
        assertArrayEquals(struct(4).putInt(SOCK_STREAM).array(), socket.getOption(SOL_SOCKET, SO_TYPE, 100));
        byte[] timeval = struct(16).putLong(7).putLong(500_000).array();
        assertEquals(16, socket.setOption(SOL_SOCKET, SO_RCVTIMEO, timeval).getOption(SOL_SOCKET, SO_RCVTIMEO, 16).length);
        assertEquals(2, socket.setOption(SOL_SOCKET, 2, 1).getOption(SOL_SOCKET, 2, 2).length, "as much as there is room");
    }

    @Test
    void wrongUseIsClear() throws IOException {
        NativeSocket socket = open(AF_INET, SOCK_STREAM, 0);
        String fd = "fd " + socket.getFD();
        assertEquals("socket(999, 1, 0): EAFNOSUPPORT address family not supported by protocol",
            assertThrowsExactly(IOException.class, () -> NativeSocket.open(999, 1, 0)).getMessage());
        assertEquals("socketpair(2, 1, 0): EOPNOTSUPP operation not supported",
            assertThrowsExactly(IOException.class, () -> NativeSocket.pair(2, 1, 0)).getMessage());
        assertEquals("bind on " + fd + ": EINVAL invalid argument",
            assertThrowsExactly(IOException.class, () -> socket.bind(new byte[1])).getMessage());
        assertEquals("getpeername on " + fd + ": ENOTCONN transport endpoint is not connected",
            assertThrowsExactly(IOException.class, socket::remoteAddress).getMessage());
        assertEquals("setsockopt(1, 999) on " + fd + ": ENOPROTOOPT protocol not available",
            assertThrowsExactly(IOException.class, () -> socket.setOption(SOL_SOCKET, 999, 1)).getMessage());
        assertEquals("an address of 129 bytes; the kernel's longest has 128",
            assertThrowsExactly(IllegalArgumentException.class, () -> socket.connect(new byte[129])).getMessage());
        assertThrowsExactly(IllegalArgumentException.class, () -> socket.getOption(SOL_SOCKET, SO_TYPE, -1));
        assertThrowsExactly(IllegalArgumentException.class, () -> socket.setOption(SOL_SOCKET, 1, new byte[4097]));
        assertThrows(IOException.class, socket::accept);
        socket.close();
        assertThrowsExactly(ClosedChannelException.class, () -> socket.bind(inet(0)));
        assertThrowsExactly(ClosedChannelException.class, () -> socket.connect(inet(1)));
        assertThrowsExactly(ClosedChannelException.class, socket::accept);
        assertThrowsExactly(ClosedChannelException.class, socket::localAddress);
        assertEquals("org.anyfd.fd.NativeSocket[closed]", socket.toString());
    }

    // -- Not sockets: what FdChannel takes --

    /** A virtual interface: /dev/net/tun reports an error until TUNSETIFF has said what it shall be. */
    @Test
    void tunCarriesPackets() throws Exception {
        long tunSetIff = 0x400454caL;
        short tunWithoutHeader = 0x1001;
        FdChannel tun;
        try {
            tun = fds.closing(FdChannel.open(Path.of("/dev/net/tun"), StandardOpenOption.READ, StandardOpenOption.WRITE));
        } catch (IOException e) {
            abort("no tun devices here: " + e);
            return;
        }
        tun.configureBlocking(false);
        assertEquals("File descriptor in bad state",
            assertThrows(IOException.class, () -> tun.read(ByteBuffer.allocate(9))).getMessage());
        Scratch s = Scratch.take();
        int r;
        try {
            // struct ifreq: name, flags
            s.small().put(0, new byte[40]).putShort(16, tunWithoutHeader);
            r = Sys.ioctl(tun.getFD(), tunSetIff, s.smallAddress());
        } finally {
            s.give();
        }
        if (r < 0) {
            abort("no tun devices for this process: errno " + -r);
        }
        try (Selector selector = Selector.open()) {
            tun.register(selector, OP_READ);
            assertEquals(0, selector.selectNow());
            assertEquals(0, tun.read(ByteBuffer.allocate(9)));
        }
    }

    @Test
    void epollNestsAndMemoryIsAlwaysReady() throws IOException {
        int inner = fds.closing(Raw.epoll());
        EventFdChannel event = fds.closing(EventFdChannel.open(0));
        Raw.epollAdd(inner, event.getFD());
        FdChannel nested = fds.own(inner);
        FdChannel memory = fds.own(fds.closing(Raw.memfd()));
        nested.configureBlocking(false);
        memory.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            SelectionKey key = nested.register(selector, OP_READ);
            assertEquals(0, selector.selectNow());
            event.add(1);
            assertEquals(1, selector.select());
            assertTrue(key.isReadable());
            event.take();
            selector.selectedKeys().clear();
            assertEquals(0, selector.selectNow());
            memory.register(selector, OP_READ);
            assertEquals(1, selector.select());
        }
        assertEquals(3, memory.write(ByteBuffer.allocate(3)));
        assertEquals(-1, memory.read(ByteBuffer.allocate(3)), "at its end");
    }
}
