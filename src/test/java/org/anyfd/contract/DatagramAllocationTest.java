package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a datagram costs in garbage: nothing, as long as the peer is the same. */
@Bounded
class DatagramAllocationTest {
    private static final int WARM_UP = 20_000;
    private static final int ROUNDS = 5_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private interface Round {
        void run() throws IOException;
    }

    @SuppressWarnings("deprecation") // threadId() is newer than 17
    private void assertNoGarbage(Round round) throws IOException {
        for (int i = 0; i < WARM_UP; i++) {
            round.run();
        }
        long self = Thread.currentThread().getId();
        long least = Long.MAX_VALUE;
        // A compilation may finish meanwhile, and what it replaces may allocate: the best of some tries counts.
        for (int attempt = 0; attempt < 5; attempt++) {
            long before = threads.getThreadAllocatedBytes(self);
            for (int i = 0; i < ROUNDS; i++) {
                round.run();
            }
            least = Math.min(least, threads.getThreadAllocatedBytes(self) - before);
        }
        long bytes = least;
        assertTrue(bytes < ROUNDS, () -> "allocated " + bytes + " bytes in " + ROUNDS + " rounds");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sendAndReceiveWithOnePeer(boolean direct) throws IOException {
        ByteBuffer buffer = direct ? ByteBuffer.allocateDirect(64) : ByteBuffer.allocate(64);
        try (Udp udp = Udp.pair()) {
            udp.far.configureBlocking(false);
            assertNoGarbage(() -> {
                udp.near.send(buffer.clear(), udp.farAddress);
                SocketAddress sender;
                do {
                    sender = udp.far.receive(buffer.clear());
                } while (sender == null);
            });
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void writeAndReadWhenConnected(boolean direct) throws IOException {
        ByteBuffer buffer = direct ? ByteBuffer.allocateDirect(64) : ByteBuffer.allocate(64);
        ByteBuffer[] buffers = {buffer};
        try (Udp udp = Udp.connected()) {
            assertNoGarbage(() -> {
                buffer.clear();
                udp.near.write(buffers);
                udp.far.read(buffer.clear());
            });
        }
    }
}
