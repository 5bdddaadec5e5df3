package org.anyfd.fd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Random;
import java.util.stream.Stream;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Much data through adopted descriptors whose file blocks, between two channels: every byte arrives, in order. */
@Bounded
class FdChannelTransferTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    /** How a writer hands over 10 MB. */
    private enum Shape {
        ONE_DIRECT {
            @Override
            void write(FdChannel to, byte[] data) throws IOException {
                to.write(ByteBuffer.allocateDirect(data.length).put(data).flip());
            }
        },
        ONE_HEAP {
            @Override
            void write(FdChannel to, byte[] data) throws IOException {
                to.write(ByteBuffer.wrap(data));
            }
        },
        GATHERED {
            @Override
            void write(FdChannel to, byte[] data) throws IOException {
                ByteBuffer[] srcs = new ByteBuffer[700];
                int each = data.length / srcs.length + 1;
                for (int i = 0; i < srcs.length; i++) {
                    int len = Math.min(each, data.length - i * each);
                    ByteBuffer src = i % 3 == 0 ? ByteBuffer.allocate(len) : ByteBuffer.allocateDirect(len);
                    srcs[i] = src.put(data, i * each, len).flip();
                }
                to.write(srcs);
            }
        };

        /** In one blocking operation. */
        abstract void write(FdChannel to, byte[] data) throws IOException;
    }

    static Stream<Arguments> transfers() {
        return Stream.of(Kind.writers()).flatMap(kind -> Stream.of(Shape.values()).map(shape -> Arguments.of(kind, shape)));
    }

    private static byte[] random(Kind kind) {
        byte[] data = new byte[10_000_019];
        new Random(kind.ordinal()).nextBytes(data);
        return data;
    }

    @ParameterizedTest
    @MethodSource("transfers")
    void blockingWritesArriveWhole(Kind kind, Shape shape) throws Exception {
        Raw.Pair pair = kind.open(fds);
        FdChannel near = fds.own(pair.first());
        FdChannel far = fds.own(pair.second());
        byte[] data = random(kind);
        Tasks.Task<Void> writer = fds.run(() -> {
            shape.write(near, data);
            return null;
        });
        ByteBuffer got = ByteBuffer.allocate(data.length);
        while (got.hasRemaining()) {
            assertTrue(far.read(got) > 0);
        }
        writer.get();
        assertArrayEquals(data, got.array());
    }

    @ParameterizedTest
    @MethodSource("org.anyfd.fd.Kind#writers")
    void selectedTransfersArriveWhole(Kind kind) throws Exception {
        Raw.Pair pair = kind.open(fds);
        FdChannel near = fds.own(pair.first());
        FdChannel far = fds.own(pair.second());
        near.configureBlocking(false);
        far.configureBlocking(false);
        byte[] data = random(kind);
        ByteBuffer left = ByteBuffer.wrap(data);
        ByteBuffer got = ByteBuffer.allocateDirect(data.length);
        try (Selector selector = Selector.open()) {
            SelectionKey writing = near.register(selector, SelectionKey.OP_WRITE);
            SelectionKey reading = far.register(selector, SelectionKey.OP_READ);
            while (got.hasRemaining()) {
                selector.select(key -> {
                    try {
                        if (key == reading) {
                            far.read(got);
                        } else {
                            near.write(left);
                            writing.interestOps(left.hasRemaining() ? SelectionKey.OP_WRITE : 0);
                        }
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
            }
        }
        byte[] all = new byte[data.length];
        got.flip().get(all);
        assertArrayEquals(data, all);
    }
}
