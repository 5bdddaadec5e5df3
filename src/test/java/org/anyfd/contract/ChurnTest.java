package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.spi.SelectorProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many channels come and go, by every way out, and leave no descriptor behind. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChurnTest {
    private static final boolean JDKS_OWN = SelectorProvider.provider().getClass().getName().startsWith("sun.nio.ch.");
    /** Of the JDK's provider: an interrupt that comes as accept begins may go unnoticed (JDK-8323782). */
    private static final boolean LOSES_INTERRUPTS = JDKS_OWN && Runtime.version().feature() < 23;

    private static final int MOST_KEPT = 2;

    private interface Cycle {
        void run(int i) throws Exception;
    }

    /** The first cycles may open what is kept for good; the others must give back all they take. */
    private static void assertLeavesNothing(int cycles, Cycle cycle) throws Exception {
        for (int i = 0; i < 20; i++) {
            cycle.run(i);
        }
        int left = left(cycles, cycle);
        if (left > 0 && left <= MOST_KEPT) {
            // What two threads need at once may be opened later than that, and is kept for good, but only once.
            left = left(2 * cycles, cycle);
        }
        assertEquals(0, left, "descriptors that " + cycles + " cycles left open");
    }

    private static int left(int cycles, Cycle cycle) throws Exception {
        int before = Tcp.openDescriptors();
        for (int i = 0; i < cycles; i++) {
            cycle.run(i);
        }
        long deadline = System.nanoTime() + Tcp.PATIENCE_NANOS / 4;
        int left;
        while ((left = Tcp.openDescriptors() - before) > 0 && System.nanoTime() - deadline < 0) {
            Tcp.pause(deadline + Tcp.PATIENCE_NANOS, "descriptors to close");
        }
        return Math.max(left, 0);
    }

    @Test
    void connectionsThatComeAndGo() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen()) {
            SocketAddress address = listener.getLocalAddress();
            assertLeavesNothing(2000, i -> {
                try (SocketChannel channel = SocketChannel.open(address); SocketChannel accepted = listener.accept()) {
                    channel.write(Tcp.bytes(i & 0x7f));
                    assertArrayEquals(new byte[] {(byte) (i & 0x7f)}, Tcp.readFully(accepted, 1));
                    if (i % 2 == 0) {
                        accepted.close();
                        assertEquals(-1, channel.read(ByteBuffer.allocate(1)));
                    }
                }
            });
        }
    }

    @Test
    void nonBlockingConnectionsThatComeAndGo() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen()) {
            listener.configureBlocking(false);
            SocketAddress address = listener.getLocalAddress();
            assertLeavesNothing(500, i -> {
                long deadline = System.nanoTime() + Tcp.PATIENCE_NANOS;
                try (SocketChannel channel = SocketChannel.open()) {
                    channel.configureBlocking(false);
                    if (!channel.connect(address)) {
                        while (!channel.finishConnect()) {
                            Tcp.pause(deadline, "connection");
                        }
                    }
                    SocketChannel accepted;
                    while ((accepted = listener.accept()) == null) {
                        Tcp.pause(deadline, "connection");
                    }
                    accepted.configureBlocking(false);
                    accepted.close();
                }
            });
        }
    }

    @Test
    void channelsThatAreNeverUsed() throws Exception {
        assertLeavesNothing(500, i -> {
            SocketChannel.open().close();
            ServerSocketChannel.open().close();
            Tcp.listen().close();
            Pipe pipe = Pipe.open();
            pipe.source().close();
            pipe.sink().close();
        });
    }

    @Test
    void connectsThatAreRefused() throws Exception {
        try (SocketChannel deaf = Tcp.deaf()) {
            SocketAddress address = deaf.getLocalAddress();
            assertLeavesNothing(500, i -> {
                // Not closed here: the failure must have done it.
                SocketChannel channel = SocketChannel.open();
                assertThrowsExactly(ConnectException.class, () -> channel.connect(address));
                assertThrowsExactly(ConnectException.class, () -> SocketChannel.open(address));
                assertThrowsExactly(UnresolvedAddressException.class, () -> SocketChannel.open(Tcp.unresolved()));
            });
        }
    }

    @Test
    void nonBlockingConnectsThatAreRefused() throws Exception {
        try (SocketChannel deaf = Tcp.deaf()) {
            SocketAddress address = deaf.getLocalAddress();
            assertLeavesNothing(500, i -> {
                SocketChannel channel = SocketChannel.open();
                channel.configureBlocking(false);
                long deadline = System.nanoTime() + Tcp.PATIENCE_NANOS;
                assertThrowsExactly(ConnectException.class, () -> {
                    if (!channel.connect(address)) {
                        while (!channel.finishConnect()) {
                            Tcp.pause(deadline, "refusal");
                        }
                    }
                });
                assertFalse(channel.isOpen());
            });
        }
    }

    @Test
    void bindsThatFail() throws Exception {
        try (ServerSocketChannel taken = Tcp.listen()) {
            SocketAddress address = taken.getLocalAddress();
            assertLeavesNothing(500, i -> {
                try (SocketChannel channel = SocketChannel.open(); ServerSocketChannel other = ServerSocketChannel.open()) {
                    assertThrowsExactly(BindException.class, () -> channel.bind(address));
                    assertThrowsExactly(BindException.class, () -> other.bind(address));
                }
            });
        }
    }

    @Test
    void threadsThatWereClosedOut() throws Exception {
        assertLeavesNothing(200, i -> {
            try (Tcp tcp = Tcp.pair();
                    Task<Integer> reader = Task.start(() -> tcp.client.read(ByteBuffer.allocate(1)))) {
                if (i % 10 == 0) {
                    reader.awaitIn("read");
                }
                tcp.client.close();
                assertThrows(ClosedChannelException.class, reader::get);
            }
        });
    }

    @Test
    void threadsThatWereInterrupted() throws Exception {
        assertLeavesNothing(200, i -> {
            // Not closed here: the interrupt must have done it.
            ServerSocketChannel listener = Tcp.listen();
            try (Task<SocketChannel> acceptor = Task.start(listener::accept)) {
                if (i % 10 == 0 || LOSES_INTERRUPTS) {
                    acceptor.awaitIn("accept");
                }
                acceptor.interrupt();
                acceptor.fails(ClosedByInterruptException.class);
                assertFalse(listener.isOpen());
            }
        });
    }

    @Test
    void acceptsThatAreClosedOutAsTheConnectionComes() throws Exception {
        assertLeavesNothing(200, i -> endAcceptAsTheConnectionComes((listener, acceptor) -> listener.close()));
    }

    /** The JDK's provider drops the descriptor that it accepted just before the interrupt. */
    @Test
    void acceptsThatAreInterruptedAsTheConnectionComes() throws Exception {
        assumeFalse(JDKS_OWN, "leaks");
        assertLeavesNothing(200, i -> endAcceptAsTheConnectionComes((listener, acceptor) -> acceptor.interrupt()));
    }

    private interface End {
        void of(ServerSocketChannel listener, Task<?> acceptor) throws Exception;
    }

    /** The connection may have been accepted already when the end comes; then somebody must close it. */
    private static void endAcceptAsTheConnectionComes(End end) throws Exception {
        try (ServerSocketChannel listener = Tcp.listen();
                Task<SocketChannel> acceptor = Task.start(listener::accept).awaitIn("accept");
                SocketChannel channel = SocketChannel.open(listener.getLocalAddress())) {
            assertTrue(channel.isConnected());
            end.of(listener, acceptor);
            try {
                acceptor.get().close();
            } catch (ClosedChannelException asWell) {
                assertFalse(listener.isOpen());
            }
        }
    }

    @Test
    void pipesThatCarryAByte() throws Exception {
        assertLeavesNothing(1000, i -> {
            Pipe pipe = Pipe.open();
            try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
                assertEquals(1, sink.write(Tcp.bytes(1)));
                sink.close();
                assertEquals(1, source.read(ByteBuffer.allocate(2)));
                assertEquals(-1, source.read(ByteBuffer.allocate(2)));
            }
        });
    }

    /** That the census can see a leak at all. */
    @Test
    void openChannelsAreCounted() throws Exception {
        boolean counted = false;
        // What earlier tests have left to the collector may be closed meanwhile.
        for (int i = 0; i < 5 && !counted; i++) {
            int before = Tcp.openDescriptors();
            try (Tcp tcp = Tcp.pair()) {
                assertTrue(tcp.client.isConnected());
                counted = Tcp.openDescriptors() >= before + 2;
            }
        }
        assertTrue(counted);
    }
}
