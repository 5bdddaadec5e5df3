package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which operations on one channel run side by side and which wait for each other. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChannelLockingTest {

    private static Task<Integer> blockedRead(SocketChannel channel) {
        return Task.start(() -> channel.read(ByteBuffer.allocate(1))).awaitIn("read");
    }

    // -- readers --

    @Test
    void secondReaderWaitsForTheFirst() throws Exception {
        ByteBuffer one = ByteBuffer.allocate(1);
        ByteBuffer other = ByteBuffer.allocate(1);
        try (Tcp tcp = Tcp.pair();
                Task<Integer> first = Task.start(() -> tcp.client.read(one)).awaitIn("read");
                Task<Integer> second = Task.start(() -> tcp.client.read(other)).awaitIn("read")) {
            tcp.server.write(Tcp.bytes(1));
            assertEquals(1, first.get());
            second.awaitIn("read");
            tcp.server.write(Tcp.bytes(2));
            assertEquals(1, second.get());
            assertEquals(1, one.get(0));
            assertEquals(2, other.get(0));
        }
    }

    @Test
    void interruptOfAWaitingReaderWaitsForTheFirst() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> first = blockedRead(tcp.client);
                Task<Integer> second = blockedRead(tcp.client)) {
            second.interrupt();
            second.awaitIn("read");
            first.awaitIn("read");
            assertTrue(tcp.client.isOpen());
            tcp.server.write(Tcp.bytes(1));
            assertEquals(1, first.get());
            second.fails(ClosedByInterruptException.class);
            assertTrue(second.interrupted());
            assertFalse(tcp.client.isOpen());
        }
    }

    @Test
    void interruptOfTheFirstReaderIsACloseToTheSecond() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> first = blockedRead(tcp.client);
                Task<Integer> second = blockedRead(tcp.client)) {
            first.interrupt();
            first.fails(ClosedByInterruptException.class);
            second.fails(ClosedChannelException.class);
            assertFalse(second.interrupted());
        }
    }

    @Test
    void waitingReadersTakeWhatIsLeft() throws Exception {
        Set<Byte> seen = new HashSet<>();
        try (Tcp tcp = Tcp.pair()) {
            ByteBuffer[] into = new ByteBuffer[4];
            @SuppressWarnings({"unchecked", "rawtypes"})
            Task<Integer>[] readers = new Task[4];
            for (int i = 0; i < 4; i++) {
                ByteBuffer buffer = into[i] = ByteBuffer.allocate(1);
                readers[i] = Task.start(() -> tcp.client.read(buffer)).awaitIn("read");
            }
            tcp.server.write(Tcp.bytes(1, 2, 3, 4));
            for (int i = 0; i < 4; i++) {
                assertEquals(1, readers[i].get());
                seen.add(into[i].get(0));
            }
            assertEquals(Set.of((byte) 1, (byte) 2, (byte) 3, (byte) 4), seen);
        }
    }

    // -- during a blocked read --

    @Test
    void blockedReadLetsWritesThrough() throws Exception {
        try (Tcp tcp = Tcp.pair(); Task<Integer> reader = blockedRead(tcp.client)) {
            assertEquals(1, tcp.client.write(Tcp.bytes(1)));
            assertEquals(1, tcp.client.write(new ByteBuffer[] {Tcp.bytes(2)}));
            assertArrayEquals(new byte[] {1, 2}, Tcp.readFully(tcp.server, 2));
            reader.awaitIn("read");
            tcp.server.write(Tcp.bytes(3));
            assertEquals(1, reader.get());
        }
    }

    @Test
    void blockedReadLetsEverythingShortThrough() throws Exception {
        try (Tcp tcp = Tcp.pair(); Task<Integer> reader = blockedRead(tcp.client)) {
            tcp.client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            assertTrue(tcp.client.getOption(StandardSocketOptions.TCP_NODELAY));
            assertNotNull(tcp.client.getLocalAddress());
            assertNotNull(tcp.client.getRemoteAddress());
            assertNotNull(tcp.client.toString());
            assertTrue(tcp.client.isConnected());
            assertTrue(tcp.client.isBlocking());
            assertFalse(tcp.client.isConnectionPending());
            tcp.client.configureBlocking(true);
            tcp.client.shutdownOutput();
            assertEquals(-1, tcp.server.read(ByteBuffer.allocate(1)));
            reader.awaitIn("read");
            tcp.server.write(Tcp.bytes(3));
            assertEquals(1, reader.get());
        }
    }

    @Test
    void configureBlockingWaitsForABlockedRead() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = blockedRead(tcp.client);
                Task<?> changer = Task.start(() -> tcp.client.configureBlocking(false)).awaitIn("configureBlocking")) {
            tcp.server.write(Tcp.bytes(3));
            assertEquals(1, reader.get());
            changer.get();
            assertFalse(tcp.client.isBlocking());
        }
    }

    @Test
    void bindWaitsForABlockedRead() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = blockedRead(tcp.client);
                Task<?> binder = Task.start(() -> tcp.client.bind(null)).awaitIn("bind")) {
            tcp.server.write(Tcp.bytes(3));
            assertEquals(1, reader.get());
            binder.fails(AlreadyBoundException.class);
        }
    }

    @Test
    void connectWaitsForABlockedRead() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = blockedRead(tcp.client);
                Task<?> connector =
                        Task.start(() -> tcp.client.connect(tcp.server.getLocalAddress())).awaitIn("connect")) {
            tcp.server.write(Tcp.bytes(3));
            assertEquals(1, reader.get());
            connector.fails(AlreadyConnectedException.class);
        }
    }

    @Test
    void finishConnectWaitsForABlockedRead() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = blockedRead(tcp.client);
                Task<Boolean> finisher = Task.start(tcp.client::finishConnect).awaitIn("finishConnect")) {
            tcp.server.write(Tcp.bytes(3));
            assertEquals(1, reader.get());
            assertTrue(finisher.get());
        }
    }

    @Test
    void waitingOperationsFailWhenTheChannelIsClosed() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = blockedRead(tcp.client);
                Task<?> changer = Task.start(() -> tcp.client.configureBlocking(false)).awaitIn("configureBlocking")) {
            tcp.client.close();
            assertThrowsExactly(AsynchronousCloseException.class, reader::get);
            assertThrowsExactly(ClosedChannelException.class, changer::get);
        }
    }

    // -- during a blocked write --

    @Test
    void blockedWriteLetsReadsAndEverythingShortThrough() throws Exception {
        try (Tcp tcp = Tcp.narrowPair()) {
            long queued = Tcp.fill(tcp.client);
            try (Task<Integer> writer =
                    Task.start(() -> tcp.client.write(ByteBuffer.allocate(100_000))).awaitIn("write")) {
                tcp.server.write(Tcp.bytes(1));
                assertArrayEquals(new byte[] {1}, Tcp.readFully(tcp.client, 1));
                tcp.client.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
                assertNotNull(tcp.client.getLocalAddress());
                assertNotNull(tcp.client.toString());
                tcp.client.shutdownInput();
                assertEquals(-1, tcp.client.read(ByteBuffer.allocate(1)));
                writer.awaitIn("write");
                Tcp.readFully(tcp.server, (int) queued + 100_000);
                assertEquals(100_000, writer.get());
            }
        }
    }

    @Test
    void configureBlockingWaitsForABlockedWrite() throws Exception {
        try (Tcp tcp = Tcp.narrowPair()) {
            long queued = Tcp.fill(tcp.client);
            try (Task<Integer> writer =
                            Task.start(() -> tcp.client.write(ByteBuffer.allocate(100_000))).awaitIn("write");
                    Task<?> changer =
                            Task.start(() -> tcp.client.configureBlocking(false)).awaitIn("configureBlocking")) {
                Tcp.readFully(tcp.server, (int) queued + 100_000);
                assertEquals(100_000, writer.get());
                changer.get();
                assertFalse(tcp.client.isBlocking());
            }
        }
    }

    @Test
    void writersDoNotMixTheirBytes() throws Exception {
        int size = 1 << 20;
        try (Tcp tcp = Tcp.narrowPair()) {
            Task<Integer> one = Task.start(() -> tcp.client.write(filled(1, size))).awaitIn("write");
            Task<Integer> other = Task.start(() -> tcp.client.write(filled(2, size))).awaitIn("write");
            byte[] received = Tcp.readFully(tcp.server, 2 * size);
            assertEquals(size, one.get());
            assertEquals(size, other.get());
            assertArrayEquals(filled(1, size).array(), Arrays.copyOf(received, size));
            assertArrayEquals(filled(2, size).array(), Arrays.copyOfRange(received, size, 2 * size));
        }
    }

    private static ByteBuffer filled(int value, int size) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    // -- during connect --

    @Test
    void readAndWriteWaitForABlockedConnect() throws Exception {
        try (var listener = new FullListener(); SocketChannel channel = SocketChannel.open()) {
            InetSocketAddress address = listener.address();
            try (Task<Boolean> connector = Task.start(() -> channel.connect(address)).awaitIn("connect");
                    Task<Integer> writer = Task.start(() -> channel.write(Tcp.bytes(1))).awaitIn("write");
                    Task<Integer> reader = blockedRead(channel)) {
                assertTrue(channel.isConnectionPending());
                assertEquals(address, channel.getRemoteAddress());
                listener.makeRoom();
                assertTrue(connector.get());
                assertEquals(1, writer.get());
                reader.awaitIn("read");
                channel.shutdownInput();
                assertEquals(-1, reader.get());
            }
        }
    }

    // -- during accept --

    @Test
    void blockedAcceptLetsEverythingShortThrough() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen();
                Task<SocketChannel> acceptor = Task.start(listener::accept).awaitIn("accept")) {
            assertNotNull(listener.getLocalAddress());
            assertNotNull(listener.toString());
            listener.setOption(StandardSocketOptions.SO_RCVBUF, 64 * 1024);
            assertTrue(listener.getOption(StandardSocketOptions.SO_REUSEADDR));
            assertThrowsExactly(AlreadyBoundException.class, () -> listener.bind(null));
            acceptor.awaitIn("accept");
            connectOnce(listener);
            acceptor.get().close();
        }
    }

    @Test
    void configureBlockingWaitsForABlockedAccept() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen();
                Task<SocketChannel> acceptor = Task.start(listener::accept).awaitIn("accept");
                Task<?> changer = Task.start(() -> listener.configureBlocking(false)).awaitIn("configureBlocking")) {
            connectOnce(listener);
            acceptor.get().close();
            changer.get();
            assertFalse(listener.isBlocking());
        }
    }

    private static void connectOnce(ServerSocketChannel listener) throws IOException {
        SocketChannel.open(listener.getLocalAddress()).close();
    }

    // -- pipes --

    @ParameterizedTest
    @EnumSource(names = {"PIPE_READ", "PIPE_WRITE"})
    void configureBlockingWaitsForABlockedPipeOperation(BlockingOp op) throws Exception {
        try (BlockingOp.Situation situation = op.arrange();
                Task<?> task = op.block(situation);
                Task<?> changer =
                        Task.start(() -> situation.channel.configureBlocking(false)).awaitIn("configureBlocking")) {
            task.awaitIn(op.method);
            assertTrue(situation.channel.isOpen());
            situation.channel.close();
            assertThrowsExactly(AsynchronousCloseException.class, task::get);
            assertThrowsExactly(ClosedChannelException.class, changer::get);
        }
    }

    @Test
    void blockedEndOfAPipeDoesNotHoldTheOther() throws Exception {
        Pipe pipe = Pipe.open();
        try (Pipe.SourceChannel source = pipe.source();
                Pipe.SinkChannel sink = pipe.sink();
                Task<Integer> reader = Task.start(() -> source.read(ByteBuffer.allocate(1))).awaitIn("read")) {
            sink.configureBlocking(false);
            sink.configureBlocking(true);
            assertEquals(1, sink.write(Tcp.bytes(1)));
            assertEquals(1, reader.get());
        }
    }
}
