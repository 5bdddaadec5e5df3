package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** A direct buffer whose memory was freed: nothing is transferred, not even what else there is. java.lang.foreign, JDK 22. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClosedArenaTest {
    private final ByteBuffer heap = ByteBuffer.allocate(8);
    private ByteBuffer freed;

    @BeforeEach
    void free() throws Exception {
        assumeTrue(Runtime.version().feature() >= 22, "no arenas");
        Class<?> arenas = Class.forName("java.lang.foreign.Arena");
        AutoCloseable arena = (AutoCloseable) arenas.getMethod("ofShared").invoke(null);
        Object memory = arenas.getMethod("allocate", long.class, long.class).invoke(arena, 64L, 1L);
        freed = (ByteBuffer) Class.forName("java.lang.foreign.MemorySegment").getMethod("asByteBuffer").invoke(memory);
        arena.close();
    }

    private void assertRefused(Executable operation) {
        assertThrowsExactly(IllegalStateException.class, operation);
        assertEquals(0, freed.position());
        assertEquals(0, heap.position());
    }

    @Test
    void streamWritesNothing() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            assertRefused(() -> tcp.client.write(freed));
            assertRefused(() -> tcp.client.write(new ByteBuffer[] {heap, freed}));
            assertRefused(() -> tcp.client.write(new ByteBuffer[] {freed, heap}));
            tcp.client.shutdownOutput();
            assertEquals(-1, tcp.server.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void streamReadsNothing() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.server.write(Tcp.bytes(1, 2, 3));
            assertRefused(() -> tcp.client.read(freed));
            assertRefused(() -> tcp.client.read(new ByteBuffer[] {heap, freed}));
            assertRefused(() -> tcp.client.read(new ByteBuffer[] {freed, heap}));
            assertEquals(3, tcp.client.read(heap));
        }
    }

    @Test
    void datagramIsNeitherSentNorReceived() throws Exception {
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            assertRefused(() -> channel.send(freed, channel.getLocalAddress()));
            channel.send(Tcp.bytes(7), channel.getLocalAddress());
            assertRefused(() -> channel.receive(freed));
            channel.receive(heap);
            assertEquals(1, heap.position());
            assertEquals(7, heap.get(0));
        }
    }

    @Test
    void connectedDatagramIsNeitherWrittenNorRead() throws Exception {
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            channel.connect(channel.getLocalAddress());
            assertRefused(() -> channel.write(freed));
            assertRefused(() -> channel.write(new ByteBuffer[] {heap, freed}));
            channel.write(Tcp.bytes(7));
            assertRefused(() -> channel.read(freed));
            assertRefused(() -> channel.read(new ByteBuffer[] {heap, freed}));
            assertEquals(1, channel.read(heap));
        }
    }
}
