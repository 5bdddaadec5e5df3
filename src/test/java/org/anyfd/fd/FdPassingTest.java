package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.anyfd.it.ChildJvm;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Directories;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Channels sent over Unix sockets: what arrives, and that nothing leaks when it does not. */
@Bounded
class FdPassingTest {
    /** The sockets that carry them. */
    enum Carrier {
        STREAM, DATAGRAM, SEQPACKET;

        SelectableChannel[] pair() throws IOException {
            return switch (this) {
                case STREAM -> UnixSockets.pair();
                case DATAGRAM -> UnixDatagramChannel.pair();
                case SEQPACKET -> UnixSeqPacketChannel.pair();
            };
        }
    }

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    @TempDir(factory = Directories.class)
    Path directory;

    private SelectableChannel[] pair(Carrier carrier) throws IOException {
        SelectableChannel[] pair = carrier.pair();
        fds.closing(pair[0]);
        fds.closing(pair[1]);
        return pair;
    }

    private EventFdChannel event(long value) throws IOException {
        return fds.closing(EventFdChannel.open(value));
    }

    private FdPassing.Received receive(SelectableChannel socket, ByteBuffer dst) throws IOException {
        return fds.closing(FdPassing.receive(socket, dst));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String text(ByteBuffer buffer) {
        return StandardCharsets.US_ASCII.decode(buffer.flip()).toString();
    }

    @Test
    void passedPipeDoesNotWaitThoughTheOtherProcessMakesItBlocking() throws IOException {
        SelectableChannel[] pair = pair(Carrier.STREAM);
        Pipe pipe = Pipe.open();
        fds.closing(pipe.source()).configureBlocking(false);
        fds.closing(pipe.sink()).configureBlocking(false);
        FdPassing.send(pair[0], bytes("x"), pipe.source(), pipe.sink());
        Fds.setFlag(Fds.fileno(pipe.source()), Fds.Flag.NONBLOCK, false);
        Fds.setFlag(Fds.fileno(pipe.sink()), Fds.Flag.NONBLOCK, false);
        assertEquals(0, pipe.source().read(ByteBuffer.allocate(1)));
        int n = 0;
        while (n < 1 << 20 && pipe.sink().write(ByteBuffer.allocate(4096)) > 0) {
            n += 4096;
        }
        assertTrue(n < 1 << 20, "full at " + n);
    }

    @ParameterizedTest
    @EnumSource
    void channelsComeWithTheirBytes(Carrier carrier) throws IOException {
        SelectableChannel[] pair = pair(carrier);
        EventFdChannel sent = event(3);
        assertEquals(5, FdPassing.send(pair[0], bytes("hello"), sent, event(4)));
        ByteBuffer buffer = ByteBuffer.allocate(100);
        FdPassing.Received received = receive(pair[1], buffer);
        assertEquals(5, received.count());
        assertEquals("hello", text(buffer));
        assertEquals(2, received.channels().size());
        EventFdChannel first = assertInstanceOf(EventFdChannel.class, received.channels().get(0));
        assertEquals(4, assertInstanceOf(EventFdChannel.class, received.channels().get(1)).take());
        assertTrue(first.isBlocking());
        assertEquals(3, first.take());
        sent.add(9);
        assertEquals(9, first.take(), "the same counter");
        assertEquals(UnixDomainSocketAddress.of(""), received.sender());
        assertNull(received.credentials());
        received.close();
        assertFalse(first.isOpen());
        assertTrue(sent.isOpen());
    }

    @ParameterizedTest
    @EnumSource
    void bytesNeedNoChannels(Carrier carrier) throws IOException {
        SelectableChannel[] pair = pair(carrier);
        assertEquals(2, FdPassing.send(pair[0], bytes("hi")));
        FdPassing.Received received = receive(pair[1], ByteBuffer.allocateDirect(100));
        assertEquals(2, received.count());
        assertEquals(List.of(), received.channels());
        if (carrier == Carrier.DATAGRAM) {
            UnixDatagramChannel receiver = ((UnixDatagramChannel) pair[1]).bind(null);
            ((UnixDatagramChannel) pair[0]).send(ByteBuffer.allocate(0), receiver.getLocalAddress());
            assertEquals(0, receive(receiver, ByteBuffer.allocate(100)).count());
            assertEquals("Operation not permitted", assertThrowsExactly(SocketException.class, () ->
                fds.closing(UnixDatagramChannel.open()).send(bytes("x"), receiver.getLocalAddress()),
                "it is connected to another").getMessage());
        } else {
            pair[0].close();
            assertEquals(-1, receive(pair[1], ByteBuffer.allocate(100)).count());
        }
    }

    @ParameterizedTest
    @EnumSource
    void nonBlockingReceiveHasNothing(Carrier carrier) throws Exception {
        SelectableChannel[] pair = pair(carrier);
        pair[1].configureBlocking(false);
        assertNull(FdPassing.receive(pair[1], ByteBuffer.allocate(1)));
        try (Selector selector = Selector.open()) {
            pair[1].register(selector, OP_READ);
            assertEquals(0, selector.selectNow());
            FdPassing.send(pair[0], bytes("x"), event(1));
            assertEquals(1, selector.select());
            assertEquals(1, receive(pair[1], ByteBuffer.allocate(1)).channels().size());
        }
    }

    @ParameterizedTest
    @EnumSource
    void nonBlockingSendWithoutRoomSendsNothing(Carrier carrier) throws Exception {
        SelectableChannel[] pair = pair(carrier);
        pair[0].configureBlocking(false);
        while (((ByteChannel) pair[0]).write(ByteBuffer.allocate(1000)) > 0) {
            // until there is no room
        }
        ByteBuffer src = bytes("x");
        assertEquals(0, FdPassing.send(pair[0], src, event(1)));
        assertTrue(src.hasRemaining());
    }

    /** A stream's reads do not run over the place where channels were passed. */
    @Test
    void eachSendOfAStreamIsReceivedApart() throws IOException {
        SelectableChannel[] pair = pair(Carrier.STREAM);
        FdPassing.send(pair[0], bytes("one"), event(1));
        FdPassing.send(pair[0], bytes("two"), event(2), event(3));
        ByteBuffer buffer = ByteBuffer.allocate(100);
        assertEquals(1, receive(pair[1], buffer).channels().size());
        assertEquals("one", text(buffer));
        assertEquals(2, receive(pair[1], buffer.clear()).channels().size());
        assertEquals("two", text(buffer));
    }

    /** In blocking mode all is sent, the channels once. */
    @Test
    void longSendOfAStreamIsSentWhole() throws Exception {
        SelectableChannel[] pair = pair(Carrier.STREAM);
        int size = 3_000_000;
        EventFdChannel sent = event(1);
        Tasks.Task<Integer> sending = fds.run(() -> FdPassing.send(pair[0], ByteBuffer.allocate(size), sent));
        ByteBuffer buffer = ByteBuffer.allocate(size);
        int channels = 0;
        while (buffer.hasRemaining()) {
            channels += receive(pair[1], buffer).channels().size();
        }
        assertEquals(size, sending.get());
        assertEquals(1, channels);
    }

    @Test
    void asManyAsTheKernelCarries() throws IOException {
        SelectableChannel[] pair = pair(Carrier.SEQPACKET);
        SelectableChannel[] many = new SelectableChannel[253];
        Arrays.fill(many, event(1));
        FdPassing.send(pair[0], bytes("x"), many);
        assertEquals(253, receive(pair[1], ByteBuffer.allocate(1)).channels().size());
        SelectableChannel[] tooMany = Arrays.copyOf(many, 254);
        tooMany[253] = many[0];
        assertEquals("254 channels; a message carries 253", assertThrowsExactly(IllegalArgumentException.class,
            () -> FdPassing.send(pair[0], bytes("x"), tooMany)).getMessage());
    }

    // -- What gets lost leaks nothing; Descriptors counts --

    @ParameterizedTest
    @EnumSource
    void plainReadDropsThem(Carrier carrier) throws IOException {
        SelectableChannel[] pair = pair(carrier);
        FdPassing.send(pair[0], bytes("x"), event(1));
        assertEquals(1, ((ByteChannel) pair[1]).read(ByteBuffer.allocate(1)));
    }

    @Test
    void cutMessageKeepsItsChannels() throws IOException {
        SelectableChannel[] pair = pair(Carrier.DATAGRAM);
        FdPassing.send(pair[0], bytes("long"), event(1));
        assertEquals(1, receive(pair[1], ByteBuffer.allocate(2)).channels().size());
    }

    @Test
    void neverReceivedIsClosedWithTheSocket() throws IOException {
        SelectableChannel[] pair = pair(Carrier.STREAM);
        Pipe pipe = Pipe.open();
        fds.closing(pipe.source());
        FdPassing.send(pair[0], bytes("x"), pipe.sink());
        pipe.sink().close();
        pair[0].close();
        pair[1].close();
        assertEquals(-1, pipe.source().read(ByteBuffer.allocate(1)));
    }

    /** What waits holds no copy of all that there is to do, nor makes one at each try. */
    @Test
    void hugeBufferIsCopiedPieceByPiece() throws Exception {
        SelectableChannel[] pair = pair(Carrier.STREAM);
        byte[] sent = new byte[64 << 20];
        new Random(1).nextBytes(sent);
        byte[] received = new byte[sent.length];
        long before = directBytes();
        Tasks.Task<Integer> sending =
            fds.run(() -> FdPassing.send(pair[0], ByteBuffer.wrap(sent), event(5))).awaitBlocked();
        ByteBuffer dst = ByteBuffer.wrap(received);
        try (FdPassing.Received first = receive(pair[1], dst)) {
            assertEquals(5, ((EventFdChannel) first.channels().get(0)).take());
        }
        while (dst.hasRemaining()) {
            receive(pair[1], dst);
        }
        assertEquals(sent.length, sending.get());
        long copied = directBytes() - before;
        assertTrue(copied < 4 << 20, () -> copied + " bytes of native memory");
        assertTrue(Arrays.equals(sent, received));
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct")).mapToLong(BufferPoolMXBean::getMemoryUsed).sum();
    }

    /** A process that may have no more files gets some of them, and MSG_CTRUNC. */
    @Test
    void truncationClosesWhatArrived() throws Exception {
        ChildJvm.Result child = ChildJvm.run(List.of(), Truncated.class);
        assertEquals("""
            recvmsg: MSG_CTRUNC: of the channels that were passed 3 arrived, and are closed; the others met a limit, such \
            as that of open files (RLIMIT_NOFILE)
            bytes: 2
            closed: true
            then: 1
            """, child.quietly());
    }

    /** Leaves room for three descriptors and is passed five. */
    static final class Truncated {
        private Truncated() {
        }

        public static void main(String[] args) throws Exception {
            SocketChannel[] pair = UnixSockets.pair();
            EventFdChannel event = EventFdChannel.open(1);
            FdPassing.send(pair[0], bytes("hi"), event, event, event, event, event);
            FdPassing.send(pair[0], bytes("x"), event);
            ByteBuffer buffer = ByteBuffer.allocate(9);
            // Loads the classes that the message of the exception needs, while files can be opened.
            FdPassing.send(pair[1], bytes("x"), event);
            FdPassing.receive(pair[0], buffer).close();
            buffer.clear();
            List<Integer> taken = new java.util.ArrayList<>();
            for (int fd; (fd = org.anyfd.sys.Sys.fcntl(event.getFD(), org.anyfd.sys.Consts.F_DUPFD_CLOEXEC, 0)) >= 0;) {
                taken.add(fd);
            }
            for (int i = 0; i < 3; i++) {
                org.anyfd.sys.Sys.close(taken.remove(taken.size() - 1));
            }
            String message = "";
            try {
                FdPassing.receive(pair[1], buffer);
            } catch (IOException e) {
                message = e.getMessage();
            }
            int free = 0;
            while (org.anyfd.sys.Sys.fcntl(event.getFD(), org.anyfd.sys.Consts.F_DUPFD_CLOEXEC, 0) >= 0) {
                free++;
            }
            taken.forEach(org.anyfd.sys.Sys::close);
            System.out.println(message);
            System.out.println("bytes: " + buffer.position());
            System.out.println("closed: " + (free == 3));
            System.out.println("then: " + FdPassing.receive(pair[1], buffer).count());
        }
    }

    @Test
    void interruptThatComesLateClosesWhatArrived() throws Exception {
        SelectableChannel[] pair = pair(Carrier.STREAM);
        FdPassing.send(pair[0], bytes("x"), event(1));
        Tasks.Task<FdPassing.Received> receiving = fds.run(() -> {
            Thread.currentThread().interrupt();
            return FdPassing.receive(pair[1], ByteBuffer.allocate(1));
        });
        assertThrowsExactly(ClosedByInterruptException.class, receiving::get);
        assertFalse(pair[1].isOpen());
    }

    @ParameterizedTest
    @EnumSource
    void interruptEndsABlockedReceive(Carrier carrier) throws Exception {
        SelectableChannel[] pair = pair(carrier);
        Tasks.Task<FdPassing.Received> blocked =
            fds.run(() -> FdPassing.receive(pair[1], ByteBuffer.allocate(1))).awaitBlocked();
        blocked.thread().interrupt();
        assertThrowsExactly(ClosedByInterruptException.class, blocked::get);
    }

    /** NIO shuts a registered connection down when it is closed; but then the receiver would lose it, too. */
    @Test
    void registeredConnectionLivesOnAfterItWasPassed() throws IOException {
        SelectableChannel[] pair = pair(Carrier.STREAM);
        ServerSocketChannel server = fds.closing(ServerSocketChannel.open().bind(new InetSocketAddress("localhost", 0)));
        SocketChannel client = fds.closing(SocketChannel.open(server.getLocalAddress()));
        SocketChannel accepted = fds.closing(server.accept());
        try (Selector selector = Selector.open()) {
            accepted.configureBlocking(false).register(selector, OP_READ);
            selector.selectNow();
            FdPassing.send(pair[0], bytes("x"), accepted);
            accepted.close();
            selector.selectNow();
            SocketChannel received = (SocketChannel) receive(pair[1], ByteBuffer.allocate(1)).channels().get(0);
            assertEquals(client.getLocalAddress(), received.getRemoteAddress());
            assertEquals(2, received.write(bytes("hi")));
            assertEquals(2, client.read(ByteBuffer.allocate(9)));
            received.close();
            assertEquals(-1, client.read(ByteBuffer.allocate(9)));
        }
    }

    @Test
    void wrongUseIsClear() throws IOException {
        SelectableChannel[] pair = pair(Carrier.STREAM);
        EventFdChannel event = event(1);
        assertEquals("no byte to send the channels with", assertThrowsExactly(IllegalArgumentException.class,
            () -> FdPassing.send(pair[0], ByteBuffer.allocate(0), event)).getMessage());
        assertEquals("no room in the buffer", assertThrowsExactly(IllegalArgumentException.class,
            () -> FdPassing.receive(pair[0], ByteBuffer.allocate(0))).getMessage());
        assertThrowsExactly(IllegalArgumentException.class,
            () -> FdPassing.receive(pair[0], ByteBuffer.allocate(1).asReadOnlyBuffer()));
        DatagramChannel udp = fds.closing(DatagramChannel.open());
        assertEquals("not a Unix socket of anyfd: " + udp, assertThrowsExactly(UnsupportedOperationException.class,
            () -> FdPassing.send(udp, bytes("x"), event)).getMessage());
        ServerSocketChannel server = fds.closing(ServerSocketChannel.open().bind(new InetSocketAddress("localhost", 0)));
        SocketChannel tcp = fds.closing(SocketChannel.open(server.getLocalAddress()));
        assertThrowsExactly(UnsupportedOperationException.class, () -> FdPassing.send(tcp, bytes("x"), event));
        assertThrowsExactly(UnsupportedOperationException.class, () -> FdPassing.receive(tcp, ByteBuffer.allocate(1)));
        SocketChannel unconnected = fds.closing(SocketChannel.open(StandardProtocolFamily.UNIX));
        assertThrowsExactly(NotYetConnectedException.class, () -> FdPassing.send(unconnected, bytes("x"), event));
        event.close();
        assertThrowsExactly(ClosedChannelException.class, () -> FdPassing.send(pair[0], bytes("x"), event));
        pair[1].close();
        assertEquals("Broken pipe",
            assertThrows(IOException.class, () -> FdPassing.send(pair[0], bytes("x"), event(1))).getMessage());
        pair[0].close();
        assertThrowsExactly(ClosedChannelException.class, () -> FdPassing.receive(pair[0], ByteBuffer.allocate(1)));
    }

    // -- Between two processes --

    @Test
    void otherProcessHasTheRightChannels() throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("s"));
        UnixSeqPacketServerChannel door = fds.closing(UnixSeqPacketServerChannel.open().bind(address));
        String poller = System.getProperty("org.anyfd.poller", "epoll");
        Process child = new ProcessBuilder(ChildJvm.command(List.of("-Dorg.anyfd.poller=" + poller), PassedProbe.class,
            address.getPath().toString())).inheritIO().start();
        try {
            UnixSeqPacketChannel worker = fds.closing(fds.run(door::accept).get());
            passAll(worker);
            assertTrue(child.waitFor(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS));
            assertEquals(0, child.exitValue());
        } finally {
            child.destroyForcibly().waitFor();
        }
    }

    private void passAll(UnixSeqPacketChannel worker) throws Exception {
        ServerSocketChannel server = fds.closing(ServerSocketChannel.open().bind(new InetSocketAddress("localhost", 0)));
        ByteBuffer buffer = ByteBuffer.allocate(9);
        pass(worker, EventFdChannel.open(42), "eventfd 42 cloexec");

        SocketChannel client = fds.closing(SocketChannel.open(server.getLocalAddress()));
        client.write(bytes("echo"));
        pass(worker, server.accept(), "socket cloexec");
        assertEquals(4, client.read(buffer));
        assertEquals(-1, client.read(buffer), "closed in both processes");

        SocketChannel next = fds.closing(SocketChannel.open(server.getLocalAddress()));
        pass(worker, server, "server cloexec");
        assertEquals(2, next.read(buffer.clear()));

        DatagramChannel udp = fds.closing(DatagramChannel.open().bind(new InetSocketAddress("localhost", 0)));
        DatagramChannel peer = fds.closing(DatagramChannel.open());
        peer.send(bytes("echo"), udp.getLocalAddress());
        pass(worker, udp, "datagrams cloexec");
        assertTrue(peer.receive(buffer.clear()) != null);

        Pipe pipe = Pipe.open();
        pipe.sink().write(bytes("pipe"));
        pass(worker, pipe.source(), "fd pipe cloexec");
        pipe.sink().close();

        Path file = Files.writeString(directory.resolve("file"), "a file");
        pass(worker, FdChannel.open(file, StandardOpenOption.READ), "fd a file cloexec");

        TimerFdChannel timer = TimerFdChannel.open(TimerFdChannel.Clock.BOOTTIME);
        timer.schedule(Duration.ZERO);
        pass(worker, timer, "timer BOOTTIME 1 cloexec");

        Process process = new ProcessBuilder("cat").start();
        PidFdChannel end = PidFdChannel.open(process.toHandle());
        process.getOutputStream().close();
        process.waitFor();
        pass(worker, end, "process -1 cloexec");

        InotifyChannel inotify = InotifyChannel.open();
        inotify.watch(directory, InotifyChannel.IN_DELETE);
        Files.delete(file);
        pass(worker, inotify, "events [IN_DELETE file] cloexec");

        worker.write(bytes("done"));
        assertEquals("nothing leaked", answer(worker));
    }

    /** Gives a channel away. */
    private void pass(UnixSeqPacketChannel worker, SelectableChannel channel, String answer) throws Exception {
        FdPassing.send(worker, bytes("use this"), channel);
        channel.close();
        assertEquals(answer, answer(worker));
    }

    private String answer(UnixSeqPacketChannel worker) throws Exception {
        ByteBuffer answer = ByteBuffer.allocate(100);
        fds.run(() -> worker.read(answer)).get();
        return text(answer);
    }
}
