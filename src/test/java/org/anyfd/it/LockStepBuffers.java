package org.anyfd.it;

import java.nio.ByteBuffer;
import java.util.Random;

/** Random buffers of all sorts, and what became of them. Owned by one {@link LockStep}, used by its thread. */
final class LockStepBuffers {
    private final Random random;

    LockStepBuffers(Random random) {
        this.random = random;
    }

    /** Mostly small; 0 now and then. */
    int size() {
        return switch (random.nextInt(12)) {
            case 0 -> 0;
            case 1, 2 -> 1 + random.nextInt(3_000);
            default -> 1 + random.nextInt(100);
        };
    }

    /** A buffer to read into, with a position and a limit of its own. */
    ByteBuffer destination(int size) {
        int before = random.nextInt(4);
        ByteBuffer buffer = bare(before + size + random.nextInt(4));
        buffer.position(before).limit(before + size);
        ByteBuffer result = random.nextInt(8) == 0 ? buffer.slice() : buffer;
        return random.nextInt(100) == 0 ? result.asReadOnlyBuffer() : result;
    }

    ByteBuffer[] destinations() {
        ByteBuffer[] buffers = new ByteBuffer[1 + random.nextInt(4)];
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = destination(size());
        }
        return buffers;
    }

    /** A buffer to write from. */
    ByteBuffer source(int size) {
        int before = random.nextInt(4);
        ByteBuffer buffer = bare(before + size);
        int base = random.nextInt(256);
        for (int i = 0; i < size; i++) {
            buffer.put(before + i, (byte) (base + i * 7));
        }
        buffer.position(before);
        return random.nextInt(8) == 0 ? buffer.asReadOnlyBuffer() : buffer;
    }

    ByteBuffer[] sources() {
        ByteBuffer[] buffers = new ByteBuffer[1 + random.nextInt(4)];
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = source(size());
        }
        return buffers;
    }

    private ByteBuffer bare(int capacity) {
        return random.nextBoolean() ? ByteBuffer.allocate(capacity) : ByteBuffer.allocateDirect(capacity);
    }

    static int remaining(ByteBuffer... buffers) {
        int sum = 0;
        for (ByteBuffer each : buffers) {
            sum += each.remaining();
        }
        return sum;
    }

    /** Positions, limits and contents; of the contents a hash. */
    static String text(ByteBuffer... buffers) {
        StringBuilder text = new StringBuilder();
        for (ByteBuffer each : buffers) {
            int hash = 0;
            for (int i = 0; i < each.limit(); i++) {
                hash = hash * 31 + each.get(i);
            }
            text.append(' ').append(each.position()).append('/').append(each.limit()).append('#')
                .append(Integer.toHexString(hash));
        }
        return text.toString();
    }
}
