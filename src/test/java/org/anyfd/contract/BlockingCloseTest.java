package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Closing a channel on which other threads are blocked. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BlockingCloseTest {

    @ParameterizedTest
    @EnumSource
    void closeWakesTheBlockedThread(BlockingOp op) throws Exception {
        try (BlockingOp.Situation situation = op.arrange(); Task<?> task = op.block(situation)) {
            situation.channel.close();
            task.fails(AsynchronousCloseException.class);
            assertFalse(task.interrupted());
            assertFalse(situation.channel.isOpen());
        }
    }

    @ParameterizedTest
    @EnumSource
    void closeFromSeveralThreadsWakesTheBlockedThread(BlockingOp op) throws Exception {
        try (BlockingOp.Situation situation = op.arrange(); Task<?> task = op.block(situation)) {
            CountDownLatch go = new CountDownLatch(1);
            List<Task<?>> closers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                closers.add(Task.start(() -> {
                    go.await();
                    situation.channel.close();
                    return null;
                }));
            }
            go.countDown();
            for (Task<?> closer : closers) {
                closer.get();
            }
            task.fails(AsynchronousCloseException.class);
        }
    }

    /** The closer has seen nothing of the operation, so it may not have begun, be under way, or be blocked. */
    @ParameterizedTest
    @EnumSource(names = {"READ", "SCATTER", "ACCEPT", "PIPE_READ"})
    void closeAtAnyMomentEndsTheOperation(BlockingOp op) throws Exception {
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            try (BlockingOp.Situation situation = op.arrange()) {
                CountDownLatch started = new CountDownLatch(1);
                Task<?> task = Task.start(() -> {
                    started.countDown();
                    return situation.operation.call();
                });
                started.await();
                for (int spin = random.nextInt(20_000); spin > 0; spin--) {
                    Thread.onSpinWait();
                }
                situation.channel.close();
                assertThrows(ClosedChannelException.class, task::get);
                assertFalse(task.interrupted());
            }
        }
    }

    @Test
    void peerOfTheClosedReaderSeesEndOfStream() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = Task.start(() -> tcp.client.read(ByteBuffer.allocate(1))).awaitIn("read")) {
            tcp.client.close();
            reader.fails(AsynchronousCloseException.class);
            assertEquals(-1, tcp.server.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void closeWakesReaderAndWriterOfOneChannel() throws Exception {
        try (Tcp tcp = Tcp.narrowPair()) {
            Tcp.fill(tcp.client);
            try (Task<Integer> reader = Task.start(() -> tcp.client.read(ByteBuffer.allocate(1))).awaitIn("read");
                    Task<Integer> writer =
                            Task.start(() -> tcp.client.write(ByteBuffer.allocate(100_000))).awaitIn("write")) {
                tcp.client.close();
                reader.fails(AsynchronousCloseException.class);
                writer.fails(AsynchronousCloseException.class);
            }
        }
    }

    @Test
    void closeOfSeveralReadersWakesOneAndRefusesTheOthers() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            List<Task<Integer>> readers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                readers.add(Task.start(() -> tcp.client.read(ByteBuffer.allocate(1))).awaitIn("read"));
            }
            tcp.client.close();
            int woken = 0;
            for (Task<Integer> reader : readers) {
                ClosedChannelException failure = assertThrows(ClosedChannelException.class, reader::get);
                woken += failure.getClass() == AsynchronousCloseException.class ? 1 : 0;
                assertTrue(failure.getClass() == AsynchronousCloseException.class
                        || failure.getClass() == ClosedChannelException.class, failure.toString());
                assertFalse(reader.interrupted());
            }
            assertEquals(1, woken);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ACCEPT", "PIPE_READ", "PIPE_WRITE", "WRITE"})
    void closeEndsEveryQueuedOperation(BlockingOp op) throws Exception {
        try (BlockingOp.Situation situation = op.arrange();
                Task<?> one = op.block(situation);
                Task<?> two = op.block(situation);
                Task<?> three = op.block(situation)) {
            situation.channel.close();
            List<ClosedChannelException> failures = new ArrayList<>();
            for (Task<?> task : List.of(one, two, three)) {
                failures.add(assertThrows(ClosedChannelException.class, task::get));
            }
            assertTrue(failures.stream().anyMatch(AsynchronousCloseException.class::isInstance), failures.toString());
        }
    }

    @Test
    void blockedAcceptorsPortIsFreeOnceItIsWoken() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen();
                Task<SocketChannel> acceptor = Task.start(listener::accept).awaitIn("accept")) {
            SocketAddress address = listener.getLocalAddress();
            listener.close();
            acceptor.fails(AsynchronousCloseException.class);
            // A channel without SO_REUSEADDR gets the port only if nobody has it.
            try (SocketChannel next = SocketChannel.open()) {
                next.bind(address);
                assertEquals(address, next.getLocalAddress());
            }
        }
    }

    // -- writes that had made progress --

    private static void assertPartial(Task<? extends Number> writer, long position, long total) throws Exception {
        long written = writer.get().longValue();
        assertTrue(written > 0 && written < total, "wrote " + written);
        assertEquals(written, position);
        assertFalse(writer.interrupted());
    }

    @Test
    void closedWriterReturnsWhatItHadWritten() throws Exception {
        for (ByteBuffer from : new ByteBuffer[] {ByteBuffer.allocate(32 << 20), ByteBuffer.allocateDirect(32 << 20)}) {
            try (Tcp tcp = Tcp.narrowPair();
                    Task<Integer> writer = Task.start(() -> tcp.client.write(from)).awaitIn("write")) {
                Tcp.readFully(tcp.server, 1000);
                tcp.client.close();
                writer.interrupted();
                assertPartial(writer, from.position(), 32 << 20);
                assertThrowsExactly(ClosedChannelException.class, () -> tcp.client.write(from));
            }
        }
    }

    @Test
    void closedGatherReturnsWhatItHadWritten() throws Exception {
        ByteBuffer[] from = {ByteBuffer.allocate(100), ByteBuffer.allocateDirect(16 << 20), ByteBuffer.allocate(16 << 20)};
        long total = 100 + (32 << 20);
        try (Tcp tcp = Tcp.narrowPair();
                Task<Long> writer = Task.start(() -> tcp.client.write(from)).awaitIn("write")) {
            Tcp.readFully(tcp.server, 1000);
            tcp.client.close();
            writer.interrupted();
            assertPartial(writer, (long) from[0].position() + from[1].position() + from[2].position(), total);
        }
    }

    @Test
    void closedPipeWriterReturnsWhatItHadWritten() throws Exception {
        Pipe pipe = Pipe.open();
        ByteBuffer from = ByteBuffer.allocate(4 << 20);
        try (Pipe.SourceChannel source = pipe.source();
                Pipe.SinkChannel sink = pipe.sink();
                Task<Integer> writer = Task.start(() -> sink.write(from)).awaitIn("write")) {
            sink.close();
            writer.interrupted();
            assertPartial(writer, from.position(), 4 << 20);
            assertEquals(from.position(), Tcp.readFully(source, from.position()).length);
            assertEquals(-1, source.read(ByteBuffer.allocate(1)));
        }
    }

    // -- non-blocking users --

    @Test
    void closeEndsNonBlockingUseByOthersPlainly() throws Exception {
        for (int i = 0; i < 100; i++) {
            try (Tcp tcp = Tcp.pair()) {
                tcp.client.configureBlocking(false);
                CountDownLatch reading = new CountDownLatch(1);
                Task<Void> reader = Task.start(() -> {
                    ByteBuffer into = ByteBuffer.allocate(16);
                    while (tcp.client.read(into) == 0) {
                        reading.countDown();
                    }
                    return null;
                });
                Task<Void> writer = Task.start(() -> {
                    while (tcp.client.write(Tcp.bytes(1)) >= 0) {
                        reading.await();
                    }
                    return null;
                });
                reading.await();
                tcp.client.close();
                reader.fails(ClosedChannelException.class);
                writer.fails(ClosedChannelException.class);
            }
        }
    }

    // -- descriptors --

    /**
     * A number that is closed under a running operation, or twice, is soon that of a new channel, which then suffers.
     */
    @Test
    void closeUnderABlockedReaderHarmsNoNewChannel() throws Exception {
        for (int i = 0; i < 100; i++) {
            List<SocketChannel> opened = new ArrayList<>();
            try (Tcp victim = Tcp.pair();
                    Task<Integer> reader =
                            Task.start(() -> victim.client.read(ByteBuffer.allocate(16))).awaitIn("read")) {
                Task<Void> closer = Task.start(() -> {
                    victim.client.close();
                    return null;
                });
                for (int j = 0; j < 40; j++) {
                    opened.add(SocketChannel.open());
                }
                closer.get();
                reader.fails(AsynchronousCloseException.class);
                for (SocketChannel channel : opened) {
                    channel.bind(new InetSocketAddress(Tcp.loopback4(), 0));
                    assertNotNull(channel.getLocalAddress());
                }
                assertEquals(-1, victim.server.read(ByteBuffer.allocate(1)));
            } finally {
                for (SocketChannel channel : opened) {
                    channel.close();
                }
            }
        }
    }

    /** While woken threads are on their way out, their number must not become another channel's. */
    @Test
    void closedReadersNeverReadAnotherChannelsData() throws Exception {
        for (int i = 0; i < 200; i++) {
            try (Tcp victim = Tcp.pair()) {
                Callable<Integer> read = () -> victim.client.read(ByteBuffer.allocate(16));
                Task<Integer> one = Task.start(read);
                Task<Integer> two = Task.start(read);
                Task<Void> closer = Task.start(() -> {
                    victim.client.close();
                    return null;
                });
                try (Tcp next = Tcp.pair()) {
                    next.server.write(Tcp.bytes(1, 2, 3));
                    assertEquals(3, Tcp.readFully(next.client, 3).length);
                    closer.get();
                    assertThrows(ClosedChannelException.class, one::get);
                    assertThrows(ClosedChannelException.class, two::get);
                    next.client.write(Tcp.bytes(4));
                    assertEquals(1, Tcp.readFully(next.server, 1).length);
                }
            }
        }
    }
}
