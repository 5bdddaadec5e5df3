package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Interrupting a thread before and during blocking operations, and around non-blocking ones. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BlockingInterruptTest {

    /** Operations that would complete at once. */
    enum ReadyOp {
        READ_WITH_DATA {
            @Override
            BlockingOp.Situation arrange() throws IOException {
                Tcp tcp = Tcp.pair();
                tcp.server.write(Tcp.bytes(1, 2));
                Tcp.readFully(tcp.client, 1);
                return new BlockingOp.Situation(tcp.client, () -> tcp.client.read(ByteBuffer.allocate(1)), tcp::close);
            }
        },
        SCATTER_WITH_DATA {
            @Override
            BlockingOp.Situation arrange() throws IOException {
                Tcp tcp = Tcp.pair();
                tcp.server.write(Tcp.bytes(1, 2));
                Tcp.readFully(tcp.client, 1);
                return new BlockingOp.Situation(tcp.client, () -> tcp.client.read(array(4)), tcp::close);
            }
        },
        READ_AT_END {
            @Override
            BlockingOp.Situation arrange() throws IOException {
                Tcp tcp = Tcp.pair();
                tcp.server.close();
                return new BlockingOp.Situation(tcp.client, () -> tcp.client.read(ByteBuffer.allocate(1)), tcp::close);
            }
        },
        READ_EMPTY {
            @Override
            BlockingOp.Situation arrange() throws IOException {
                Tcp tcp = Tcp.pair();
                return new BlockingOp.Situation(tcp.client, () -> tcp.client.read(ByteBuffer.allocate(0)), tcp::close);
            }
        },
        WRITE {
            @Override
            BlockingOp.Situation arrange() throws IOException {
                Tcp tcp = Tcp.pair();
                return new BlockingOp.Situation(tcp.client, () -> tcp.client.write(ByteBuffer.allocate(1)), tcp::close);
            }
        },
        WRITE_EMPTY {
            @Override
            BlockingOp.Situation arrange() throws IOException {
                Tcp tcp = Tcp.pair();
                return new BlockingOp.Situation(tcp.client, () -> tcp.client.write(ByteBuffer.allocate(0)), tcp::close);
            }
        },
        GATHER {
            @Override
            BlockingOp.Situation arrange() throws IOException {
                Tcp tcp = Tcp.pair();
                return new BlockingOp.Situation(tcp.client, () -> tcp.client.write(array(4)), tcp::close);
            }
        },
        ACCEPT_WITH_CONNECTION {
            @Override
            BlockingOp.Situation arrange() throws IOException {
                ServerSocketChannel listener = Tcp.listen();
                SocketChannel client = SocketChannel.open(listener.getLocalAddress());
                return new BlockingOp.Situation(listener, listener::accept, client);
            }
        },
        CONNECT {
            @Override
            BlockingOp.Situation arrange() throws IOException {
                ServerSocketChannel listener = Tcp.listen();
                SocketChannel channel = SocketChannel.open();
                return new BlockingOp.Situation(channel, () -> channel.connect(listener.getLocalAddress()), listener);
            }
        },
        PIPE_READ_WITH_DATA {
            @Override
            BlockingOp.Situation arrange() throws IOException {
                Pipe pipe = Pipe.open();
                pipe.sink().write(Tcp.bytes(1));
                return new BlockingOp.Situation(
                        pipe.source(), () -> pipe.source().read(ByteBuffer.allocate(1)), pipe.sink());
            }
        },
        PIPE_WRITE {
            @Override
            BlockingOp.Situation arrange() throws IOException {
                Pipe pipe = Pipe.open();
                return new BlockingOp.Situation(
                        pipe.sink(), () -> pipe.sink().write(ByteBuffer.allocate(1)), pipe.source());
            }
        };

        abstract BlockingOp.Situation arrange() throws IOException;

        private static ByteBuffer[] array(int capacity) {
            return new ByteBuffer[] {ByteBuffer.allocate(capacity), ByteBuffer.allocateDirect(capacity)};
        }
    }

    private static <T> Task<T> startInterrupted(Callable<T> operation) {
        return Task.start(() -> {
            Thread.currentThread().interrupt();
            return operation.call();
        });
    }

    private static void assertClosedByInterrupt(BlockingOp.Situation situation, Task<?> task) throws Exception {
        task.fails(ClosedByInterruptException.class);
        assertTrue(task.interrupted());
        assertFalse(situation.channel.isOpen());
    }

    // -- blocking --

    @ParameterizedTest
    @EnumSource
    void interruptClosesTheChannelOfTheBlockedThread(BlockingOp op) throws Exception {
        try (BlockingOp.Situation situation = op.arrange(); Task<?> task = op.block(situation)) {
            task.interrupt();
            assertClosedByInterrupt(situation, task);
        }
    }

    @ParameterizedTest
    @EnumSource
    void interruptedThreadDoesNotBlock(BlockingOp op) throws Exception {
        try (BlockingOp.Situation situation = op.arrange(); Task<?> task = startInterrupted(situation.operation)) {
            assertClosedByInterrupt(situation, task);
        }
    }

    @ParameterizedTest
    @EnumSource
    void interruptedThreadClosesTheChannelEvenIfItNeedNotWait(ReadyOp op) throws Exception {
        try (BlockingOp.Situation situation = op.arrange(); Task<?> task = startInterrupted(situation.operation)) {
            assertClosedByInterrupt(situation, task);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"READ", "ACCEPT", "PIPE_READ", "WRITE"})
    void repeatedInterruptsAreOne(BlockingOp op) throws Exception {
        try (BlockingOp.Situation situation = op.arrange(); Task<?> task = op.block(situation)) {
            for (int i = 0; i < 10; i++) {
                task.interrupt();
            }
            assertClosedByInterrupt(situation, task);
        }
    }

    @Test
    void interruptedThreadKeepsGettingRefused() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<Void> task = startInterrupted(() -> {
                assertThrowsExactly(ClosedByInterruptException.class, () -> tcp.client.read(ByteBuffer.allocate(1)));
                assertThrowsExactly(ClosedChannelException.class, () -> tcp.client.read(ByteBuffer.allocate(1)));
                assertThrowsExactly(ClosedChannelException.class, () -> tcp.client.write(ByteBuffer.allocate(1)));
                return null;
            });
            task.get();
            assertTrue(task.interrupted());
        }
    }

    @Test
    void peerOfTheInterruptedReaderSeesEndOfStream() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = Task.start(() -> tcp.client.read(ByteBuffer.allocate(1))).awaitIn("read")) {
            reader.interrupt();
            reader.fails(ClosedByInterruptException.class);
            assertEquals(-1, tcp.server.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void interruptOfTheReaderIsACloseToTheWriter() throws Exception {
        try (Tcp tcp = Tcp.narrowPair()) {
            Tcp.fill(tcp.client);
            try (Task<Integer> reader = Task.start(() -> tcp.client.read(ByteBuffer.allocate(1))).awaitIn("read");
                    Task<Integer> writer =
                            Task.start(() -> tcp.client.write(ByteBuffer.allocate(100_000))).awaitIn("write")) {
                reader.interrupt();
                reader.fails(ClosedByInterruptException.class);
                writer.fails(AsynchronousCloseException.class);
                assertFalse(writer.interrupted());
            }
        }
    }

    @Test
    void interruptedWriterFailsAlthoughItHadWrittenSomething() throws Exception {
        for (ByteBuffer from : new ByteBuffer[] {ByteBuffer.allocate(32 << 20), ByteBuffer.allocateDirect(32 << 20)}) {
            try (Tcp tcp = Tcp.narrowPair();
                    Task<Integer> writer = Task.start(() -> tcp.client.write(from)).awaitIn("write")) {
                Tcp.readFully(tcp.server, 1000);
                writer.interrupt();
                writer.fails(ClosedByInterruptException.class);
                assertTrue(writer.interrupted());
                assertTrue(from.position() >= 1000 && from.hasRemaining(), "position " + from.position());
                assertFalse(tcp.client.isOpen());
            }
        }
    }

    @Test
    void interruptedPipeWriterFailsAlthoughItHadWrittenSomething() throws Exception {
        Pipe pipe = Pipe.open();
        ByteBuffer from = ByteBuffer.allocate(4 << 20);
        try (Pipe.SourceChannel source = pipe.source();
                Pipe.SinkChannel sink = pipe.sink();
                Task<Integer> writer = Task.start(() -> sink.write(from)).awaitIn("write")) {
            writer.interrupt();
            writer.fails(ClosedByInterruptException.class);
            assertEquals(from.position(), Tcp.readFully(source, from.position()).length);
            assertTrue(from.position() > 0);
            assertEquals(-1, source.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void interruptAfterTheOperationHarmsNothing() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<Integer> task = Task.start(() -> {
                int n = tcp.client.write(Tcp.bytes(1));
                Thread.currentThread().interrupt();
                return n;
            });
            assertEquals(1, task.get());
            assertTrue(task.interrupted());
            assertTrue(tcp.client.isOpen());
            assertArrayEquals(new byte[] {1}, Tcp.readFully(tcp.server, 1));
        }
    }

    @Test
    void interruptOfAnOperationWithBadArgumentsHarmsNothing() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<Void> task = startInterrupted(() -> {
                assertThrowsExactly(NullPointerException.class, () -> tcp.client.read((ByteBuffer) null));
                assertThrowsExactly(IndexOutOfBoundsException.class, () -> tcp.client.write(new ByteBuffer[1], 0, 2));
                return null;
            });
            task.get();
            assertTrue(tcp.client.isOpen());
        }
    }

    // -- what does not block ignores interrupts --

    @Test
    void nonBlockingOperationsIgnoreTheInterruptStatus() throws Exception {
        try (Tcp tcp = Tcp.pair(); ServerSocketChannel listener = Tcp.listen(); SocketChannel late = SocketChannel.open()) {
            tcp.client.configureBlocking(false);
            listener.configureBlocking(false);
            late.configureBlocking(false);
            Task<Void> task = startInterrupted(() -> {
                assertEquals(0, tcp.client.read(ByteBuffer.allocate(1)));
                assertEquals(0, tcp.client.read(ByteBuffer.allocate(0)));
                assertEquals(2, tcp.client.write(Tcp.bytes(1, 2)));
                assertEquals(2, tcp.client.write(new ByteBuffer[] {Tcp.bytes(3), Tcp.bytes(4)}));
                assertNull(listener.accept());
                if (!late.connect(listener.getLocalAddress())) {
                    while (!late.finishConnect()) {
                        Thread.onSpinWait();
                    }
                }
                return null;
            });
            task.get();
            assertTrue(task.interrupted());
            assertTrue(tcp.client.isOpen());
            assertTrue(listener.isOpen());
            assertTrue(late.isConnected());
            tcp.server.write(Tcp.bytes(5));
            Task<byte[]> reader = startInterrupted(() -> Tcp.readFully(tcp.client, 1));
            assertArrayEquals(new byte[] {5}, reader.get());
            assertTrue(reader.interrupted());
        }
    }

    @Test
    void nonBlockingPipeOperationsIgnoreTheInterruptStatus() throws Exception {
        Pipe pipe = Pipe.open();
        try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
            source.configureBlocking(false);
            sink.configureBlocking(false);
            Task<Void> task = startInterrupted(() -> {
                assertEquals(0, source.read(ByteBuffer.allocate(1)));
                assertEquals(1, sink.write(Tcp.bytes(1)));
                assertEquals(1, source.read(ByteBuffer.allocate(1)));
                return null;
            });
            task.get();
            assertTrue(task.interrupted());
            assertTrue(source.isOpen());
            assertTrue(sink.isOpen());
        }
    }

    @Test
    void finishConnectOnAConnectedChannelIgnoresTheInterruptStatus() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<Boolean> task = startInterrupted(tcp.client::finishConnect);
            assertTrue(task.get());
            assertTrue(task.interrupted());
            assertTrue(tcp.client.isOpen());
        }
    }

    @Test
    void whatNeverBlocksIgnoresTheInterruptStatus() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<Void> task = startInterrupted(() -> {
                try (SocketChannel fresh = SocketChannel.open(); ServerSocketChannel listener = Tcp.listen()) {
                    fresh.bind(null);
                    assertTrue(listener.isOpen());
                }
                tcp.client.configureBlocking(false).configureBlocking(true);
                tcp.client.setOption(StandardSocketOptions.TCP_NODELAY, true);
                tcp.client.getOption(StandardSocketOptions.TCP_NODELAY);
                tcp.client.getLocalAddress();
                tcp.client.getRemoteAddress();
                tcp.client.shutdownInput().shutdownOutput();
                Pipe pipe = Pipe.open();
                pipe.source().close();
                pipe.sink().close();
                return null;
            });
            task.get();
            assertTrue(task.interrupted());
            assertTrue(tcp.client.isOpen());
            assertEquals(-1, tcp.server.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void interruptedThreadMayCloseAChannelThatBlocksAnother() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<Integer> reader = Task.start(() -> tcp.client.read(ByteBuffer.allocate(1))).awaitIn("read")) {
            startInterrupted(() -> {
                tcp.client.close();
                return null;
            }).get();
            reader.fails(AsynchronousCloseException.class);
        }
    }

    @Test
    void interruptAndCloseTogetherEndTheOperation() throws Exception {
        for (int i = 0; i < 100; i++) {
            try (Tcp tcp = Tcp.pair();
                    Task<Integer> reader = Task.start(() -> tcp.client.read(ByteBuffer.allocate(1)))) {
                Task<Void> closer = Task.start(() -> {
                    tcp.client.close();
                    return null;
                });
                reader.interrupt();
                assertThrows(ClosedChannelException.class, reader::get);
                closer.get();
                assertFalse(tcp.client.isOpen());
            }
        }
    }
}
