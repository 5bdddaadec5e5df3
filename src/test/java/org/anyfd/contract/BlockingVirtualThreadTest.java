package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blocking operations of virtual threads: they park, and close and interrupt end them as those of platform threads. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BlockingVirtualThreadTest {

    @BeforeEach
    void assumeVirtualThreads() {
        assumeTrue(Task.virtualThreads(), "no virtual threads");
    }

    private static Task<?> block(BlockingOp op, BlockingOp.Situation situation) {
        return Task.startVirtual(situation.operation).awaitIn(op.method);
    }

    @ParameterizedTest
    @EnumSource
    void closeWakesTheParkedThread(BlockingOp op) throws Exception {
        try (BlockingOp.Situation situation = op.arrange(); Task<?> task = block(op, situation)) {
            situation.channel.close();
            task.fails(AsynchronousCloseException.class);
            assertFalse(task.interrupted());
        }
    }

    @ParameterizedTest
    @EnumSource
    void interruptClosesTheChannelOfTheParkedThread(BlockingOp op) throws Exception {
        try (BlockingOp.Situation situation = op.arrange(); Task<?> task = block(op, situation)) {
            task.interrupt();
            task.fails(ClosedByInterruptException.class);
            assertTrue(task.interrupted());
            assertFalse(situation.channel.isOpen());
        }
    }

    @ParameterizedTest
    @EnumSource
    void interruptedThreadDoesNotPark(BlockingOp op) throws Exception {
        try (BlockingOp.Situation situation = op.arrange();
                Task<?> task = Task.startVirtual(() -> {
                    Thread.currentThread().interrupt();
                    return situation.operation.call();
                })) {
            task.fails(ClosedByInterruptException.class);
            assertTrue(task.interrupted());
        }
    }

    @Test
    void parkedReaderReturnsWhenDataArrive() throws Exception {
        try (Tcp tcp = Tcp.pair();
                Task<byte[]> reader = Task.startVirtual(() -> Tcp.readFully(tcp.client, 2)).awaitIn("read")) {
            tcp.server.write(Tcp.bytes(1));
            reader.awaitIn("read");
            tcp.server.write(Tcp.bytes(2));
            assertArrayEquals(new byte[] {1, 2}, reader.get());
            assertTrue(tcp.client.isBlocking());
        }
    }

    @Test
    void platformAndVirtualThreadsMixOnOneChannel() throws Exception {
        byte[] data = Tcp.random(1, 4 << 20);
        try (Tcp tcp = Tcp.narrowPair();
                Task<byte[]> reader = Task.startVirtual(() -> Tcp.readFully(tcp.server, data.length)).awaitIn("read");
                Task<byte[]> back = Task.start(() -> Tcp.readFully(tcp.client, 1)).awaitIn("read")) {
            assertEquals(data.length, Task.start(() -> tcp.client.write(ByteBuffer.wrap(data))).get());
            assertArrayEquals(data, reader.get());
            Task.startVirtual(() -> tcp.server.write(Tcp.bytes(9))).get();
            assertArrayEquals(new byte[] {9}, back.get());
            // What a virtual thread left behind must still block a platform thread.
            try (Task<byte[]> next = Task.start(() -> Tcp.readFully(tcp.server, 1)).awaitIn("read")) {
                tcp.client.write(Tcp.bytes(7));
                assertArrayEquals(new byte[] {7}, next.get());
            }
        }
    }

    @Test
    void manyParkedReadersEachGetTheirOwn() throws Exception {
        List<Tcp> pairs = new ArrayList<>();
        List<Task<byte[]>> readers = new ArrayList<>();
        try {
            for (int i = 0; i < 300; i++) {
                Tcp tcp = Tcp.pair();
                pairs.add(tcp);
                readers.add(Task.startVirtual(() -> Tcp.readFully(tcp.client, 1)));
            }
            for (int i = 0; i < 300; i++) {
                pairs.get(i).server.write(Tcp.bytes(i & 0x7f));
            }
            for (int i = 0; i < 300; i++) {
                assertArrayEquals(new byte[] {(byte) (i & 0x7f)}, readers.get(i).get());
            }
        } finally {
            for (Tcp tcp : pairs) {
                tcp.close();
            }
        }
    }
}
