package org.anyfd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.channel.Selectable;
import org.anyfd.fd.EventFdChannel;
import org.anyfd.fd.FdChannel;
import org.anyfd.fd.Fds;
import org.anyfd.fd.NativeSocket;
import org.anyfd.fd.PtyChannel;
import org.anyfd.fd.TtyChannel;
import org.anyfd.fd.UnixDatagramChannel;
import org.anyfd.fd.UnixSeqPacketChannel;
import org.anyfd.fd.UnixSeqPacketServerChannel;
import org.anyfd.fd.ZeroCopy;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Sys;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Directories;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Any descriptor becomes the channel that it is, in the state it is in. */
@Bounded
class AdoptTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();
    @TempDir(factory = Directories.class)
    Path directory;

    /** The sockets that NIO has classes for. */
    enum Sort {
        IPV4, IPV6, UNIX;

        StandardProtocolFamily family() {
            return switch (this) {
                case IPV4 -> StandardProtocolFamily.INET;
                case IPV6 -> StandardProtocolFamily.INET6;
                case UNIX -> StandardProtocolFamily.UNIX;
            };
        }

        SocketAddress any(Path directory) throws IOException {
            return switch (this) {
                case IPV4 -> new InetSocketAddress(Inet4Address.getByName("127.0.0.1"), 0);
                case IPV6 -> new InetSocketAddress(InetAddress.getByName("::1"), 0);
                case UNIX -> UnixDomainSocketAddress.of(directory.resolve("socket"));
            };
        }
    }

    /** The number of a channel's socket as another process would pass it: blocking, inheritable, and ours to give away. */
    private int passed(SelectableChannel channel) throws IOException {
        int number = fds.aside(fds.closing(Raw.dup(((NativeSelectableChannel) channel).getFD())));
        channel.close();
        Raw.setNonBlocking(number, false);
        Sys.fcntl(number, Consts.F_SETFD, 0);
        return number;
    }

    private <C extends SelectableChannel> C adopt(int number, Class<C> kind) throws IOException {
        C channel = fds.closing(AnyFdSelectorProvider.adopt(number, kind));
        fds.giveAway(number);
        assertTrue(channel.isBlocking());
        assertEquals(1, Sys.fcntl(((Selectable) channel).fd().number(), Consts.F_GETFD, 0), "FD_CLOEXEC");
        return channel;
    }

    private ServerSocketChannel listener(Sort sort) throws IOException {
        return fds.closing(ServerSocketChannel.open(sort.family()).bind(sort.any(directory)));
    }

    /** A connection: the end to be adopted and its peer. */
    private record Ends(SocketChannel near, SocketChannel far) {
    }

    private Ends connection(Sort sort) throws IOException {
        try (ServerSocketChannel listener = listener(sort)) {
            SocketChannel near = fds.closing(SocketChannel.open(listener.getLocalAddress()));
            return new Ends(near, fds.closing(listener.accept()));
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }

    // -- Listening sockets --

    @ParameterizedTest
    @EnumSource
    void listeningSocketAccepts(Sort sort) throws Exception {
        ServerSocketChannel made = listener(sort);
        SocketAddress address = made.getLocalAddress();
        ServerSocketChannel server = adopt(passed(made), ServerSocketChannel.class);
        assertEquals(address, server.getLocalAddress());
        assertThrows(java.nio.channels.AlreadyBoundException.class, () -> server.bind(null));

        Tasks.Task<SocketChannel> accepting = fds.run(server::accept).awaitBlocked();
        SocketChannel client = fds.closing(SocketChannel.open(address));
        SocketChannel accepted = fds.closing(accepting.get());
        client.write(bytes("x"));
        assertEquals(1, accepted.read(ByteBuffer.allocate(9)));

        server.configureBlocking(false);
        assertNull(server.accept());
        try (Selector selector = Selector.open()) {
            server.register(selector, SelectionKey.OP_ACCEPT);
            assertEquals(0, selector.selectNow());
            fds.closing(SocketChannel.open(address));
            assertEquals(1, selector.select());
            fds.closing(server.accept());
        }
    }

    @Test
    void acceptDoesNotWaitForAConnectionThatAnotherProcessTakes() throws Exception {
        ServerSocketChannel made = listener(Sort.IPV4);
        SocketAddress address = made.getLocalAddress();
        int number = passed(made);
        ServerSocketChannel other = adopt(fds.closing(Raw.dup(number)), ServerSocketChannel.class);
        ServerSocketChannel server = adopt(number, ServerSocketChannel.class);
        server.configureBlocking(false);
        fds.closing(SocketChannel.open(address));
        fds.closing(other.accept());
        assertNull(server.accept());
    }

    @Test
    void closeWakesABlockedAccept() throws Exception {
        ServerSocketChannel server = adopt(passed(listener(Sort.IPV4)), ServerSocketChannel.class);
        Tasks.Task<?> accepting = fds.run(server::accept).awaitBlocked();
        server.close();
        assertThrows(AsynchronousCloseException.class, accepting::get);
    }

    // -- Connections --

    @ParameterizedTest
    @EnumSource
    void connectionIsConnected(Sort sort) throws Exception {
        Ends ends = connection(sort);
        SocketAddress local = ends.near().getLocalAddress();
        SocketAddress remote = ends.near().getRemoteAddress();
        SocketChannel channel = adopt(passed(ends.near()), SocketChannel.class);
        assertTrue(channel.isConnected());
        assertEquals(local, channel.getLocalAddress());
        assertEquals(remote, channel.getRemoteAddress());

        Tasks.Task<Integer> reading = fds.run(() -> channel.read(ByteBuffer.allocate(9))).awaitBlocked();
        ends.far().write(bytes("ab"));
        assertEquals(2, reading.get());
        channel.write(bytes("cde"));
        assertEquals(3, ends.far().read(ByteBuffer.allocate(9)));
        channel.shutdownOutput();
        assertEquals(-1, ends.far().read(ByteBuffer.allocate(9)));
        ends.far().close();
        assertEquals(-1, channel.read(ByteBuffer.allocate(9)));
    }

    @ParameterizedTest
    @EnumSource
    void flagsOfAConnectionStayAsTheyAre(Sort sort) throws Exception {
        Ends ends = connection(sort);
        int number = passed(ends.near());
        int shared = fds.closing(Raw.dup(number));
        SocketChannel channel = adopt(number, SocketChannel.class);
        channel.configureBlocking(false);
        assertEquals(0, channel.read(ByteBuffer.allocate(1)));
        while (channel.write(ByteBuffer.allocate(1 << 20)) > 0) {
            // until there is no room
        }
        while (channel.write(new ByteBuffer[] {ByteBuffer.allocate(1 << 20), ByteBuffer.allocate(1 << 20)}) > 0) {
            // in this way, too
        }
        try (Selector selector = Selector.open()) {
            channel.register(selector, SelectionKey.OP_READ);
            assertEquals(0, selector.selectNow());
            ends.far().write(bytes("x"));
            assertEquals(1, selector.select());
            assertFalse(Raw.isNonBlocking(shared));
        }
        channel.close();
        assertFalse(Raw.isNonBlocking(shared));
    }

    @Test
    void fileIsSentToAnAdoptedConnectionIfThatCannotWait() throws Exception {
        Ends ends = connection(Sort.IPV4);
        SocketChannel channel = adopt(passed(ends.near()), SocketChannel.class);
        FdChannel file = fds.closing(FdChannel.open(Files.writeString(directory.resolve("file"), "abc")));
        String refused = assertThrows(UnsupportedOperationException.class,
            () -> ZeroCopy.sendfile(file, 0, 3, channel)).getMessage();
        assertTrue(refused.contains("Fds.setFlag"), refused);
        Fds.setFlag(Fds.fileno(channel), Fds.Flag.NONBLOCK, true);
        assertEquals(3, ZeroCopy.sendfile(file, 0, 3, channel));
        assertEquals(3, ends.far().read(ByteBuffer.allocate(9)));
    }

    @Test
    void aByteThatAnotherProcessTakesIsNotReady() throws Exception {
        Ends ends = connection(Sort.IPV4);
        int number = passed(ends.near());
        int shared = fds.closing(Raw.dup(number));
        SocketChannel channel = adopt(number, SocketChannel.class);
        channel.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            for (int i = 0; i < 5; i++) {
                ends.far().write(bytes("x"));
                assertEquals(1, selector.select());
                selector.selectedKeys().clear();
                // As servers do around each request.
                key.interestOps(0);
                selector.selectNow();
                assertEquals(1, Raw.read(shared).length);
                key.interestOps(SelectionKey.OP_READ);
                assertEquals(0, selector.selectNow());
                assertEquals(0, channel.read(ByteBuffer.allocate(1)));
            }
        }
    }

    @Test
    void shutOutputIsKnown() throws Exception {
        Ends ends = connection(Sort.IPV4);
        ends.near().shutdownOutput();
        SocketChannel channel = adopt(passed(ends.near()), SocketChannel.class);
        assertTrue(channel.socket().isOutputShutdown());
        assertThrows(ClosedChannelException.class, () -> channel.write(bytes("x")));
        ends.far().write(bytes("x"));
        assertEquals(1, channel.read(ByteBuffer.allocate(9)));
    }

    @Test
    void outputThatThePeerDoesNotShutIsOpen() throws Exception {
        Ends ends = connection(Sort.IPV4);
        ends.far().shutdownOutput();
        SocketChannel channel = adopt(passed(ends.near()), SocketChannel.class);
        assertEquals(-1, channel.read(ByteBuffer.allocate(9)));
        assertFalse(channel.socket().isOutputShutdown());
        assertEquals(1, channel.write(bytes("x")));
    }

    @Test
    void resetConnectionSaysSo() throws Exception {
        Ends ends = connection(Sort.IPV4);
        ends.far().setOption(StandardSocketOptions.SO_LINGER, 0).close();
        int number = passed(ends.near());
        Tasks.await(() -> (Raw.poll(number) & Consts.POLLHUP) != 0, "reset");
        SocketChannel channel = adopt(number, SocketChannel.class);
        assertTrue(channel.isConnected());
        assertNull(channel.getRemoteAddress());
        assertThrows(SocketException.class, () -> channel.read(ByteBuffer.allocate(9)));
    }

    @ParameterizedTest
    @EnumSource
    void newSocketConnects(Sort sort) throws Exception {
        ServerSocketChannel listener = listener(sort);
        SocketChannel channel = adopt(passed(SocketChannel.open(sort.family())), SocketChannel.class);
        assertFalse(channel.isConnected());
        assertNull(channel.getLocalAddress());
        assertTrue(channel.connect(listener.getLocalAddress()));
        fds.closing(listener.accept());
    }

    @Test
    void boundSocketIsBound() throws Exception {
        SocketChannel made = SocketChannel.open(StandardProtocolFamily.INET).bind(Sort.IPV4.any(directory));
        SocketAddress address = made.getLocalAddress();
        SocketChannel channel = adopt(passed(made), SocketChannel.class);
        assertEquals(address, channel.getLocalAddress());
        assertFalse(channel.isConnected());
    }

    @Test
    void connectionUnderWayIsFinished() throws Exception {
        ServerSocketChannel listener = fds.closing(ServerSocketChannel.open());
        listener.bind(Sort.IPV4.any(directory), 1);
        // Two have room in a backlog of 1; the next one waits for it in SYN_SENT.
        for (int i = 0; i < 2; i++) {
            fds.closing(SocketChannel.open(listener.getLocalAddress()));
        }
        int backlog = ((NativeSelectableChannel) listener).getFD();
        Tasks.await(() -> Raw.backlog(backlog) == 2, "backlog full");
        SocketChannel pending = SocketChannel.open();
        pending.configureBlocking(false);
        assertFalse(pending.connect(listener.getLocalAddress()));
        SocketChannel channel = adopt(passed(pending), SocketChannel.class);
        assertTrue(channel.isConnectionPending());
        assertNull(channel.getRemoteAddress());
        for (int i = 0; i < 2; i++) {
            fds.closing(listener.accept());
        }
        // The kernel sends the SYN again after a second.
        assertTrue(channel.finishConnect());
        assertEquals(listener.getLocalAddress(), channel.getRemoteAddress());
    }

    // -- Datagrams --

    @ParameterizedTest
    @EnumSource(names = {"IPV4", "IPV6"})
    void datagramSocketReceivesAndSends(Sort sort) throws Exception {
        DatagramChannel made = DatagramChannel.open(sort.family()).bind(sort.any(directory));
        InetSocketAddress address = (InetSocketAddress) made.getLocalAddress();
        int number = passed(made);
        int shared = fds.closing(Raw.dup(number));
        DatagramChannel channel = adopt(number, DatagramChannel.class);
        assertEquals(address, channel.getLocalAddress());
        assertFalse(channel.isConnected());

        DatagramChannel peer = fds.closing(DatagramChannel.open(sort.family()).bind(sort.any(directory)));
        Tasks.Task<SocketAddress> receiving = fds.run(() -> channel.receive(ByteBuffer.allocate(9))).awaitBlocked();
        peer.send(bytes("ab"), address);
        assertEquals(peer.getLocalAddress(), receiving.get());
        channel.send(bytes("cd"), peer.getLocalAddress());
        assertEquals(address, peer.receive(ByteBuffer.allocate(9)));
        channel.configureBlocking(false);
        assertNull(channel.receive(ByteBuffer.allocate(9)));
        assertFalse(Raw.isNonBlocking(shared));
    }

    @Test
    void connectedDatagramSocketIsConnected() throws Exception {
        DatagramChannel peer = fds.closing(DatagramChannel.open().bind(Sort.IPV4.any(directory)));
        DatagramChannel made = DatagramChannel.open(StandardProtocolFamily.INET).connect(peer.getLocalAddress());
        DatagramChannel channel = adopt(passed(made), DatagramChannel.class);
        assertEquals(peer.getLocalAddress(), channel.getRemoteAddress());
        channel.configureBlocking(false);
        assertEquals(0, channel.read(ByteBuffer.allocate(9)));
        channel.write(bytes("x"));
        peer.receive(ByteBuffer.allocate(9));
    }

    @Test
    void newDatagramSocketIsNotBound() throws Exception {
        int number = fds.aside(fds.closing(Raw.socket(Consts.AF_INET, Consts.SOCK_DGRAM)));
        DatagramChannel channel = adopt(number, DatagramChannel.class);
        assertNull(channel.getLocalAddress());
        channel.bind(Sort.IPV4.any(directory));
    }

    // -- Everything else --

    @Test
    void otherUnixSocketsAreThemselves() throws Exception {
        Raw.Pair datagrams = fds.closing(Raw.sockets(Consts.SOCK_DGRAM));
        Raw.write(datagrams.second(), (byte) 1, (byte) 2);
        assertEquals(2, adopt(fds.aside(datagrams.first()), UnixDatagramChannel.class).read(ByteBuffer.allocate(9)));
        Raw.Pair packets = fds.closing(Raw.sockets(Consts.SOCK_SEQPACKET));
        Raw.write(packets.second(), (byte) 1, (byte) 2);
        assertEquals(2, adopt(fds.aside(packets.first()), UnixSeqPacketChannel.class).read(ByteBuffer.allocate(9)));
        int listening = fds.closing(Raw.dup(fds.closing(UnixSeqPacketServerChannel.open().bind(null)).getFD()));
        UnixSeqPacketServerChannel server = adopt(listening, UnixSeqPacketServerChannel.class);
        fds.closing(UnixSeqPacketChannel.open(server.getLocalAddress()));
        assertTrue(fds.closing(server.accept()).isOpen());
    }

    @Test
    void socketsOfOtherFamiliesAreNativeSockets() throws Exception {
        int netlink = 16;
        int number = fds.aside(fds.closing(Raw.socket(netlink, Consts.SOCK_DGRAM)));
        NativeSocket channel = adopt(number, NativeSocket.class);
        channel.configureBlocking(false);
        assertNull(channel.receive(ByteBuffer.allocate(9)));
    }

    @Test
    void eventfdIsACounter() throws Exception {
        int number = fds.aside(fds.closing(Raw.eventfd(7)));
        EventFdChannel channel = adopt(number, EventFdChannel.class);
        channel.configureBlocking(false);
        assertEquals(7, channel.take());
        assertEquals(0, channel.take());
        assertTrue(channel.add(1));
        assertEquals(1, channel.take());
        assertFalse(Raw.isNonBlocking(number));
    }

    @Test
    void pipesAndFilesAreFdChannels() throws Exception {
        Raw.Pair pipe = fds.pipe();
        FdChannel reader = adopt(fds.aside(pipe.first()), FdChannel.class);
        Raw.write(pipe.second(), (byte) 1);
        assertEquals(1, reader.read(ByteBuffer.allocate(9)));
        assertEquals(SelectionKey.OP_READ, reader.validOps());

        adopt(fds.aside(fds.closing(Raw.open(Path.of("/dev/zero"), Consts.O_RDONLY))), FdChannel.class);
    }

    @Test
    void terminalsAndTheirMastersAreToldApart() throws Exception {
        Raw.Pair pty = fds.pty();
        int terminal = fds.aside(pty.second());
        TtyChannel tty = adopt(terminal, TtyChannel.class);
        assertFalse(Raw.isOpen(terminal), "opened anew");
        PtyChannel master = adopt(pty.first(), PtyChannel.class);
        assertEquals(1, tty.write(ByteBuffer.wrap(new byte[] {'x'})));
        assertEquals(1, master.read(ByteBuffer.allocate(9)));
    }

    @Test
    void eventfdIsACounterWhoseFlagsStayAsTheyAre() throws Exception {
        int number = fds.aside(fds.closing(Raw.eventfd(3)));
        int shared = fds.closing(Raw.dup(number));
        EventFdChannel event = adopt(number, EventFdChannel.class);
        assertEquals(3, event.take());
        Tasks.Task<Long> taking = fds.run(event::take).awaitBlocked();
        assertTrue(event.add(4));
        assertEquals(4, taking.get());
        event.configureBlocking(false);
        assertEquals(0, event.take());
        assertTrue(event.add(-1L >>> 1));
        assertFalse(Raw.isNonBlocking(shared));
        assertThrows(IOException.class, () -> EventFdChannel.own(fds.pipe().first()));
    }

    // -- What cannot be --

    @Test
    void wrongNumbersAreRefused() throws Exception {
        assertThrows(IllegalArgumentException.class, () -> AnyFdSelectorProvider.adopt(-1));
        IOException notOpen = assertThrows(IOException.class, () -> AnyFdSelectorProvider.adopt(12345));
        assertEquals("fcntl(F_GETFD, fd 12345): EBADF bad file descriptor", notOpen.getMessage());
    }

    @Test
    void otherKindIsRefusedAndLeftAsItWas() throws Exception {
        int listener = passed(listener(Sort.IPV4));
        IOException refused =
            assertThrows(IOException.class, () -> AnyFdSelectorProvider.adopt(listener, SocketChannel.class));
        assertEquals("fd " + listener + " is a ServerSocketChannel, not a SocketChannel", refused.getMessage());
        assertThrows(IOException.class, () -> AnyFdSelectorProvider.adopt(listener, FdChannel.class));
        assertFalse(Raw.isNonBlocking(listener));
        assertEquals(0, Sys.fcntl(listener, Consts.F_GETFD, 0));
        Channel channel = fds.closing(AnyFdSelectorProvider.adopt(listener));
        fds.giveAway(listener);
        assertTrue(channel instanceof ServerSocketChannel);
    }
}
