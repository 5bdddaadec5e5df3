package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ScatteringByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Much random data through every way to read and write, compared byte by byte. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DuplexTransferTest {

    /** Sends an array in random pieces by random means. */
    private static final class Sender {
        private final Random random;
        private final ByteBuffer rest;

        Sender(long seed, byte[] data) {
            random = new Random(seed);
            rest = ByteBuffer.wrap(data);
        }

        boolean done() {
            return !rest.hasRemaining();
        }

        private ByteBuffer piece(int position, int length) {
            if (random.nextBoolean()) {
                return rest.slice(position, length);
            }
            return ByteBuffer.allocateDirect(length).put(0, rest, position, length);
        }

        /** One write call; returns its result. */
        long send(GatheringByteChannel channel) throws IOException {
            int length = Math.min(rest.remaining(), 1 + random.nextInt(100_000));
            long n;
            if (random.nextBoolean()) {
                n = channel.write(piece(rest.position(), length));
            } else {
                int first = random.nextInt(length + 1);
                n = channel.write(new ByteBuffer[] {piece(rest.position(), first), ByteBuffer.allocate(0),
                    piece(rest.position() + first, length - first)});
            }
            assertTrue(n >= 0 && n <= length, "write returned " + n);
            rest.position(rest.position() + (int) n);
            return n;
        }

        Void sendAll(GatheringByteChannel channel) throws IOException {
            while (!done()) {
                send(channel);
            }
            return null;
        }
    }

    /** Collects what comes in random pieces by random means. */
    private static final class Receiver {
        private final Random random;
        private final ByteBuffer data;

        Receiver(long seed, int length) {
            random = new Random(seed);
            data = ByteBuffer.allocate(length);
        }

        boolean done() {
            return !data.hasRemaining();
        }

        private ByteBuffer room(int length) {
            return random.nextBoolean() ? ByteBuffer.allocate(length) : ByteBuffer.allocateDirect(length);
        }

        /** One read call; returns its result. */
        long receive(ScatteringByteChannel channel) throws IOException {
            int length = Math.min(data.remaining(), 1 + random.nextInt(100_000));
            ByteBuffer[] rooms;
            long n;
            if (random.nextBoolean()) {
                rooms = new ByteBuffer[] {room(length)};
                n = channel.read(rooms[0]);
            } else {
                int first = random.nextInt(length + 1);
                rooms = new ByteBuffer[] {room(first), room(length - first)};
                n = channel.read(rooms);
            }
            assertTrue(n >= 0, "read returned " + n);
            long position = 0;
            for (ByteBuffer room : rooms) {
                position += room.position();
                data.put(room.flip());
            }
            assertEquals(position, n);
            return n;
        }

        byte[] receiveAll(ScatteringByteChannel channel) throws IOException {
            while (!done()) {
                receive(channel);
            }
            return data.array();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void blockingTransferBothWaysAtOnce(long seed) throws Exception {
        byte[] up = Tcp.random(seed, 8 << 20);
        byte[] down = Tcp.random(-seed, 8 << 20);
        try (Tcp tcp = Tcp.pair()) {
            var upSender = Task.start(() -> new Sender(seed, up).sendAll(tcp.client));
            var downSender = Task.start(() -> new Sender(seed + 1, down).sendAll(tcp.server));
            var upReceiver = Task.start(() -> new Receiver(seed + 2, up.length).receiveAll(tcp.server));
            var downReceiver = Task.start(() -> new Receiver(seed + 3, down.length).receiveAll(tcp.client));
            upSender.get();
            downSender.get();
            assertArrayEquals(up, upReceiver.get());
            assertArrayEquals(down, downReceiver.get());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {4, 5, 6})
    void nonBlockingTransferBothWaysInOneThread(long seed) throws Exception {
        byte[] up = Tcp.random(seed, 8 << 20);
        byte[] down = Tcp.random(-seed, 8 << 20);
        Sender upSender = new Sender(seed, up);
        Sender downSender = new Sender(seed + 1, down);
        Receiver upReceiver = new Receiver(seed + 2, up.length);
        Receiver downReceiver = new Receiver(seed + 3, down.length);
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.configureBlocking(false);
            tcp.server.configureBlocking(false);
            long deadline = System.nanoTime() + Tcp.PATIENCE_NANOS;
            while (!upReceiver.done() || !downReceiver.done()) {
                long moved = 0;
                moved += upSender.done() ? 0 : upSender.send(tcp.client);
                moved += downSender.done() ? 0 : downSender.send(tcp.server);
                moved += upReceiver.done() ? 0 : upReceiver.receive(tcp.server);
                moved += downReceiver.done() ? 0 : downReceiver.receive(tcp.client);
                if (moved == 0) {
                    Tcp.pause(deadline, "progress");
                }
            }
        }
        assertArrayEquals(up, upReceiver.data.array());
        assertArrayEquals(down, downReceiver.data.array());
    }

    @Test
    void blockingSenderMeetsNonBlockingReceiver() throws Exception {
        byte[] data = Tcp.random(7, 8 << 20);
        try (Tcp tcp = Tcp.narrowPair()) {
            tcp.server.configureBlocking(false);
            var sender = Task.start(() -> new Sender(8, data).sendAll(tcp.client));
            byte[] received = new Receiver(9, data.length).receiveAll(tcp.server);
            sender.get();
            assertArrayEquals(data, received);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {10, 11})
    void pipeTransfer(long seed) throws Exception {
        byte[] data = Tcp.random(seed, 8 << 20);
        Pipe pipe = Pipe.open();
        try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
            sink.configureBlocking(seed % 2 == 0);
            source.configureBlocking(seed % 2 == 0);
            var sender = Task.start(() -> new Sender(seed, data).sendAll(sink));
            var receiver = Task.start(() -> new Receiver(seed + 1, data.length).receiveAll(source));
            sender.get();
            assertArrayEquals(data, receiver.get());
        }
    }

    @Test
    void manyConnectionsAtOnceKeepTheirStreamsApart() throws Exception {
        List<Tcp> pairs = new ArrayList<>();
        List<Task<?>> senders = new ArrayList<>();
        List<Task<byte[]>> receivers = new ArrayList<>();
        try {
            for (int i = 0; i < 25; i++) {
                Tcp tcp = Tcp.pair();
                pairs.add(tcp);
                int seed = i;
                senders.add(Task.start(() -> new Sender(seed, Tcp.random(seed, 500_000)).sendAll(tcp.client)));
                receivers.add(Task.start(() -> new Receiver(seed, 500_000).receiveAll(tcp.server)));
            }
            for (int i = 0; i < 25; i++) {
                senders.get(i).get();
                assertArrayEquals(Tcp.random(i, 500_000), receivers.get(i).get());
            }
        } finally {
            for (Tcp tcp : pairs) {
                tcp.close();
            }
        }
    }
}
