package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Several threads at one channel, of which some come through java.io streams, which hold locks of their own. */
@Bounded
class ChannelStreamSharingTest {

    @Test
    void twoInputStreamsTakeTurns() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<Integer> one = Task.start(Channels.newInputStream(tcp.client)::read).awaitIn("read");
            Task<Integer> other = Task.start(Channels.newInputStream(tcp.client)::read).awaitIn("read");
            tcp.server.write(Tcp.bytes(1, 2));
            assertEquals(Set.of(1, 2), Set.of(one.get(), other.get()));
        }
    }

    @Test
    void streamsAndTheChannelTakeTurns() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<Integer> stream = Task.start(Channels.newInputStream(tcp.client)::read).awaitIn("read");
            Task<Integer> channel = Task.start(() -> {
                ByteBuffer one = ByteBuffer.allocate(1);
                tcp.client.read(one);
                return (int) one.get(0);
            }).awaitIn("read");
            Task<Integer> socket = Task.start(tcp.client.socket().getInputStream()::read).awaitIn("read");
            tcp.server.write(Tcp.bytes(1, 2, 3));
            assertEquals(Set.of(1, 2, 3), new HashSet<>(List.of(stream.get(), channel.get(), socket.get())));
        }
    }

    @Test
    void configureBlockingWaitsForABlockedStream() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<Integer> reader = Task.start(Channels.newInputStream(tcp.client)::read).awaitIn("read");
            Task<Object> mode = Task.<Object>start(() -> tcp.client.configureBlocking(false))
                    .awaitIn("configureBlocking");
            assertTrue(tcp.client.isBlocking());
            tcp.server.write(Tcp.bytes(5));
            assertEquals(5, reader.get());
            mode.get();
            assertFalse(tcp.client.isBlocking());
        }
    }

    @Test
    void blockedStreamsEndWhenTheChannelCloses() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            List<Task<Integer>> readers = List.of(
                    Task.start(Channels.newInputStream(tcp.client)::read).awaitIn("read"),
                    Task.start(Channels.newInputStream(tcp.client)::read).awaitIn("read"),
                    Task.start(tcp.client.socket().getInputStream()::read).awaitIn("read"));
            tcp.client.close();
            for (Task<Integer> reader : readers) {
                assertThrows(ClosedChannelException.class, reader::get);
            }
        }
    }

    /** What one call writes stays together, however full the connection is. */
    @Test
    void twoOutputStreamsDoNotMixTheirWrites() throws Exception {
        int length = 300_000;
        try (Tcp tcp = Tcp.narrowPair()) {
            Task<Void> one = write(tcp, (byte) 1, length);
            Task<Void> other = write(tcp, (byte) 2, length);
            byte[] got = Tcp.readFully(tcp.server, 2 * length);
            one.get();
            other.get();
            byte[] first = Arrays.copyOf(got, length);
            byte[] second = Arrays.copyOfRange(got, length, 2 * length);
            for (byte[] half : List.of(first, second)) {
                byte[] same = new byte[length];
                Arrays.fill(same, half[0]);
                assertTrue(Arrays.equals(same, half), "writes are mixed");
            }
            assertEquals(3, first[0] + second[0]);
        }
    }

    private static Task<Void> write(Tcp tcp, byte value, int length) {
        OutputStream out = Channels.newOutputStream(tcp.client);
        byte[] data = new byte[length];
        Arrays.fill(data, value);
        return Task.start(() -> {
            out.write(data);
            return null;
        });
    }

    @Test
    void aReaderMayHoldTheBlockingLockItself() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<Integer> reader = Task.start(() -> {
                synchronized (tcp.client.blockingLock()) {
                    InputStream in = Channels.newInputStream(tcp.client);
                    return in.read() + in.read();
                }
            });
            reader.awaitIn("read");
            tcp.server.write(Tcp.bytes(1));
            reader.awaitIn("read");
            tcp.server.write(Tcp.bytes(2));
            assertEquals(3, reader.get());
        }
    }
}
