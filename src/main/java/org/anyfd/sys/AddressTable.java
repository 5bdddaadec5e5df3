package org.anyfd.sys;

import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The addresses of direct buffers that are used again and again, as JNI takes 20 ns to tell one. Any thread may ask.
 *
 * <p>A buffer does not move. But libraries that map databases change the address of one by force; so what is remembered
 * counts only if the lower bits, all that the public methods say of an address, are the same. And once a buffer is found to
 * have moved, nothing is remembered any more, for it might move by a multiple of 1 GiB.
 */
final class AddressTable {
    private static final int LOWER_BITS = 30;
    private static final int BITS = 7;
    /** So that buffers which are used once make little garbage, and the search for one that has moved takes little. */
    private static final int MISSES_FOR_EACH_REMEMBERED = 32;

    /**
     * At the places that the lower bits of their addresses give. Changed under its monitor, read without: one that is seen
     * half made is known for no buffer.
     */
    private final Known[] table = new Known[1 << BITS];
    /** Guarded by the table's monitor. */
    private boolean buffersMove;

    /** The address of byte 0. */
    long address(ByteBuffer direct) {
        int lowerBits = direct.alignmentOffset(0, 1 << LOWER_BITS);
        int place = place(lowerBits);
        Known known = table[place];
        if (known != null && known.refersTo(direct) && lowerBits(known.address) == lowerBits) {
            return known.address;
        }
        long address = Sys.address(direct);
        if (ThreadLocalRandom.current().nextInt(MISSES_FOR_EACH_REMEMBERED) == 0) {
            remember(direct, address);
        }
        return address;
    }

    private static int lowerBits(long address) {
        return (int) address & (1 << LOWER_BITS) - 1;
    }

    /** Multiplied by 2^32 over the golden ratio, which mixes the bits. */
    private static int place(int lowerBits) {
        return lowerBits * 0x9E3779B9 >>> Integer.SIZE - BITS;
    }

    private void remember(ByteBuffer direct, long address) {
        synchronized (table) {
            for (Known known : table) {
                if (known != null && known.refersTo(direct) && known.address != address) {
                    buffersMove = true;
                    Arrays.fill(table, null);
                }
            }
            if (!buffersMove) {
                table[place(lowerBits(address))] = new Known(direct, address);
            }
        }
    }

    private static final class Known extends WeakReference<ByteBuffer> {
        final long address;

        Known(ByteBuffer direct, long address) {
            super(direct);
            this.address = address;
        }
    }
}
