package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ScatteringByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every kind of ByteBuffer, with a position, a limit and surroundings that must stay as they are. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BufferKindsTest {

    private static final int BEFORE = 13;
    private static final int AFTER = 7;
    private static final byte GUARD = 0x5a;
    private static final int[] SIZES = {0, 1, 1000, 8192, 65_539, 200_001};

    /** All memory of a buffer under test, and the buffer, whose position and limit leave guards on either side. */
    private record Guarded(ByteBuffer memory, ByteBuffer buffer) {
        static Guarded of(ByteBuffer memory, ByteBuffer buffer) {
            for (int i = 0; i < memory.capacity(); i++) {
                memory.put(i, GUARD);
            }
            buffer.order(ByteOrder.LITTLE_ENDIAN);
            return new Guarded(memory, buffer.position(BEFORE).limit(buffer.capacity() - AFTER).mark());
        }

        byte[] bytes() {
            byte[] bytes = new byte[memory.capacity()];
            memory.get(0, bytes);
            return bytes;
        }

        /** The offset in {@code memory} of the buffer's byte 0. */
        int offset() {
            return (memory.capacity() - buffer.capacity()) / 2;
        }

        void assertUsed(int count) {
            assertEquals(BEFORE + count, buffer.position());
            assertEquals(buffer.capacity() - AFTER, buffer.limit());
            assertEquals(ByteOrder.LITTLE_ENDIAN, buffer.order());
            int position = buffer.position();
            assertEquals(BEFORE, buffer.reset().position(), "the mark");
            buffer.position(position);
        }
    }

    enum Kind {
        HEAP {
            @Override
            Guarded make(int capacity) {
                ByteBuffer buffer = ByteBuffer.allocate(capacity);
                return Guarded.of(buffer.duplicate(), buffer);
            }
        },
        HEAP_SLICE {
            @Override
            Guarded make(int capacity) {
                ByteBuffer memory = ByteBuffer.allocate(capacity + 10);
                return Guarded.of(memory, memory.duplicate().position(5).limit(5 + capacity).slice());
            }
        },
        HEAP_READ_ONLY {
            @Override
            Guarded make(int capacity) {
                ByteBuffer memory = ByteBuffer.allocate(capacity);
                return Guarded.of(memory, memory.asReadOnlyBuffer());
            }
        },
        HEAP_SLICE_READ_ONLY {
            @Override
            Guarded make(int capacity) {
                ByteBuffer memory = ByteBuffer.allocate(capacity + 10);
                return Guarded.of(memory, memory.slice(5, capacity).asReadOnlyBuffer());
            }
        },
        DIRECT {
            @Override
            Guarded make(int capacity) {
                ByteBuffer buffer = ByteBuffer.allocateDirect(capacity);
                return Guarded.of(buffer.duplicate(), buffer);
            }
        },
        DIRECT_SLICE {
            @Override
            Guarded make(int capacity) {
                ByteBuffer memory = ByteBuffer.allocateDirect(capacity + 10);
                return Guarded.of(memory, memory.slice(5, capacity));
            }
        },
        DIRECT_DUPLICATE {
            @Override
            Guarded make(int capacity) {
                ByteBuffer memory = ByteBuffer.allocateDirect(capacity);
                return Guarded.of(memory, memory.duplicate());
            }
        },
        DIRECT_READ_ONLY {
            @Override
            Guarded make(int capacity) {
                ByteBuffer memory = ByteBuffer.allocateDirect(capacity + 10);
                return Guarded.of(memory, memory.slice(5, capacity).asReadOnlyBuffer());
            }
        },
        MAPPED {
            @Override
            Guarded make(int capacity) throws IOException {
                Path file = Files.createTempFile("mapped", null);
                try (FileChannel channel =
                        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                    ByteBuffer buffer = channel.map(FileChannel.MapMode.READ_WRITE, 0, capacity);
                    return Guarded.of(buffer.duplicate(), buffer);
                } finally {
                    Files.delete(file);
                }
            }
        };

        /** A buffer of the given capacity, all guards. */
        abstract Guarded make(int capacity) throws IOException;

        /** A buffer whose remaining bytes are these. */
        Guarded holding(byte[] content) throws IOException {
            Guarded guarded = make(BEFORE + content.length + AFTER);
            guarded.memory.put(guarded.offset() + BEFORE, content);
            return guarded;
        }

        /** A buffer with that much room. */
        Guarded withRoom(int size) throws IOException {
            return make(BEFORE + size + AFTER);
        }
    }

    /** Runs the body over a socket pair, then over a pipe. */
    private static void overEachTransport(Body body) throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            body.run(tcp.client, tcp.server);
        }
        Pipe pipe = Pipe.open();
        try (Pipe.SinkChannel sink = pipe.sink(); Pipe.SourceChannel source = pipe.source()) {
            body.run(sink, source);
        }
    }

    private interface Body {
        void run(GatheringByteChannel to, ScatteringByteChannel from) throws Exception;
    }

    private static void assertGuardsIntact(byte[] memory, int start, int end) {
        for (int i = 0; i < memory.length; i++) {
            if (i < start || i >= end) {
                assertEquals(GUARD, memory[i], "byte " + i + " of " + memory.length + " outside " + start + ".." + end);
            }
        }
    }

    // -- as the source of a write --

    @ParameterizedTest
    @EnumSource
    void writeTakesExactlyTheRemainingBytes(Kind kind) throws Exception {
        overEachTransport((to, from) -> {
            for (int size : SIZES) {
                byte[] content = Tcp.random(size, size);
                Guarded source = kind.holding(content);
                byte[] before = source.bytes();
                Task<byte[]> reader = Task.start(() -> Tcp.readFully(from, size));
                assertEquals(size, to.write(source.buffer));
                source.assertUsed(size);
                assertArrayEquals(before, source.bytes());
                assertArrayEquals(content, reader.get());
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void gatherTakesExactlyTheRemainingBytes(Kind kind) throws Exception {
        overEachTransport((to, from) -> {
            List<Guarded> sources = new ArrayList<>();
            int total = 0;
            for (int i = 0; i < 5; i++) {
                // Each kind between buffers of other kinds, in different sizes, one of them empty.
                Kind other = Kind.values()[(kind.ordinal() + i * 2) % Kind.values().length];
                int size = new int[] {100, 5000, 0, 20_001, 1}[i];
                sources.add((i % 2 == 0 ? kind : other).holding(Tcp.random(i, size)));
                total += size;
            }
            ByteBuffer[] array = sources.stream().map(Guarded::buffer).toArray(ByteBuffer[]::new);
            ByteBuffer expected = ByteBuffer.allocate(total);
            for (ByteBuffer buffer : array) {
                expected.put(buffer.duplicate());
            }
            int length = total;
            Task<byte[]> reader = Task.start(() -> Tcp.readFully(from, length));
            assertEquals(total, to.write(array));
            for (Guarded source : sources) {
                source.assertUsed(source.buffer.capacity() - BEFORE - AFTER);
            }
            assertArrayEquals(expected.array(), reader.get());
        });
    }

    // -- as the target of a read --

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"HEAP_READ_ONLY", "HEAP_SLICE_READ_ONLY", "DIRECT_READ_ONLY"})
    void readTouchesNothingOutsideTheRemainingRoom(Kind kind) throws Exception {
        overEachTransport((to, from) -> {
            for (int size : SIZES) {
                // More comes than there is room for; the rest must stay in the channel.
                byte[] sent = Tcp.random(size, size + 100);
                byte[] content = Arrays.copyOf(sent, size);
                Guarded target = kind.withRoom(size);
                Task<Integer> writer = Task.start(() -> to.write(ByteBuffer.wrap(sent)));
                while (target.buffer.hasRemaining()) {
                    int position = target.buffer.position();
                    int n = from.read(target.buffer);
                    assertEquals(position + n, target.buffer.position());
                }
                assertArrayEquals(Arrays.copyOfRange(sent, size, size + 100), Tcp.readFully(from, 100));
                assertEquals(size + 100, writer.get());
                target.assertUsed(size);
                byte[] memory = target.bytes();
                int start = target.offset() + BEFORE;
                assertGuardsIntact(memory, start, start + size);
                assertEquals(ByteBuffer.wrap(content), ByteBuffer.wrap(memory, start, size));
            }
        });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"HEAP_READ_ONLY", "HEAP_SLICE_READ_ONLY", "DIRECT_READ_ONLY"})
    void shortReadTouchesNothingBeyondItsBytes(Kind kind) throws Exception {
        overEachTransport((to, from) -> {
            Guarded target = kind.withRoom(10_000);
            to.write(Tcp.bytes(1, 2, 3));
            assertEquals(3, from.read(target.buffer));
            target.assertUsed(3);
            int start = target.offset() + BEFORE;
            assertGuardsIntact(target.bytes(), start, start + 3);
        });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"HEAP_READ_ONLY", "HEAP_SLICE_READ_ONLY", "DIRECT_READ_ONLY"})
    void scatterTouchesNothingOutsideTheRemainingRoom(Kind kind) throws Exception {
        overEachTransport((to, from) -> {
            byte[] content = Tcp.random(1, 5000);
            Guarded[] targets = {kind.withRoom(100), Kind.HEAP.withRoom(1), kind.withRoom(0),
                Kind.DIRECT_SLICE.withRoom(50), kind.withRoom(10_000)};
            ByteBuffer[] array = new ByteBuffer[targets.length];
            for (int i = 0; i < array.length; i++) {
                array[i] = targets[i].buffer;
            }
            assertEquals(5000, to.write(ByteBuffer.wrap(content)));
            long sum = 0;
            while (sum < 5000) {
                sum += from.read(array);
            }
            int[] used = {100, 1, 0, 50, 5000 - 151};
            ByteBuffer received = ByteBuffer.allocate(5000);
            for (int i = 0; i < targets.length; i++) {
                targets[i].assertUsed(used[i]);
                byte[] memory = targets[i].bytes();
                int start = targets[i].offset() + BEFORE;
                assertGuardsIntact(memory, start, start + used[i]);
                received.put(memory, start, used[i]);
            }
            assertArrayEquals(content, received.array());
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP_READ_ONLY", "HEAP_SLICE_READ_ONLY", "DIRECT_READ_ONLY"})
    void readIntoReadOnlyBuffersIsRefusedAndTakesNothing(Kind kind) throws Exception {
        overEachTransport((to, from) -> {
            to.write(Tcp.bytes(1, 2));
            Guarded target = kind.withRoom(8);
            ByteBuffer[] array = {ByteBuffer.allocate(1), target.buffer};
            assertThrowsExactly(IllegalArgumentException.class, () -> from.read(target.buffer));
            assertThrowsExactly(IllegalArgumentException.class, () -> from.read(array));
            target.assertUsed(0);
            assertArrayEquals(new byte[] {1, 2}, Tcp.readFully(from, 2));
        });
    }
}
