package org.anyfd.sys;

import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The addresses of direct buffers that are used again and again, as JNI takes 20 ns to tell one. Any thread may ask.
 *
 * <p>A buffer does not move. But libraries that map databases change the address of one by sun.misc.Unsafe; so what is
 * remembered counts only if the lower bits, all that the public methods say of an address, are the same. And once a buffer is
 * found to have moved, nothing is remembered any more, for it might move by a multiple of 1 GiB. What is left is a buffer that
 * does so among the first few dozen times; who allows sun.misc.Unsafe by the option does not come here, see DirectBuffers.
 */
final class AddressTable {
    private static final int LOWER_BITS = 30;
    private static final int SET_BITS = 5;
    /** So many buffers may share the lower bits, or what is made of them, and still be remembered all. */
    static final int WAYS = 4;
    /** So that buffers which are used once make little garbage, and the search for one that has moved takes little. */
    private static final int MISSES_FOR_EACH_REMEMBERED = 32;

    /**
     * Sets of {@value #WAYS}, of which the lower bits of an address say one. Changed under its monitor, read without: an entry
     * that is seen half made is of no buffer.
     */
    private final Known[] table = new Known[WAYS << SET_BITS];
    /** Guarded by the table's monitor. */
    private boolean buffersMove;

    /** The address of byte 0. */
    long address(ByteBuffer direct) {
        long known = find(direct);
        if (known != 0) {
            return known;
        }
        long address = Sys.address(direct);
        if (ThreadLocalRandom.current().nextInt(MISSES_FOR_EACH_REMEMBERED) == 0) {
            remember(direct, address);
        }
        return address;
    }

    /** The address, or 0 if it is not remembered. */
    long find(ByteBuffer direct) {
        int lowerBits = direct.alignmentOffset(0, 1 << LOWER_BITS);
        int set = set(lowerBits);
        for (int i = set; i < set + WAYS; i++) {
            Known known = table[i];
            if (known != null && known.refersTo(direct) && lowerBits(known.address) == lowerBits) {
                return known.address;
            }
        }
        return 0;
    }

    private static int lowerBits(long address) {
        return (int) address & (1 << LOWER_BITS) - 1;
    }

    /** The first place of a set. Multiplied by 2^32 over the golden ratio, which mixes the bits. */
    private static int set(int lowerBits) {
        return (lowerBits * 0x9E3779B9 >>> Integer.SIZE - SET_BITS) * WAYS;
    }

    void remember(ByteBuffer direct, long address) {
        synchronized (table) {
            for (Known known : table) {
                if (known != null && known.refersTo(direct)) {
                    buffersMove |= known.address != address;
                }
            }
            if (buffersMove) {
                Arrays.fill(table, null);
            } else {
                table[victim(set(lowerBits(address)))] = new Known(direct, address);
            }
        }
    }

    /** The first place of the set that is free, if any is, else one by chance. */
    private int victim(int set) {
        int victim = set + ThreadLocalRandom.current().nextInt(WAYS);
        for (int i = set + WAYS - 1; i >= set; i--) {
            if (table[i] == null || table[i].refersTo(null)) {
                victim = i;
            }
        }
        return victim;
    }

    private static final class Known extends WeakReference<ByteBuffer> {
        final long address;

        Known(ByteBuffer direct, long address) {
            super(direct);
            this.address = address;
        }
    }
}
