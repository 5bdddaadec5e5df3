package org.anyfd.channel;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Keys by token. A token is a slot number and the slot's generation, so that an event that comes late finds no key, or
 * the right one, and never the slot's next tenant. Selecting thread only.
 */
final class Slots {
    private NativeSelectionKey[] keys = new NativeSelectionKey[0];
    private int[] generations = new int[0];
    /** A stack of free slot numbers. */
    private int[] free = new int[0];
    private int freeCount;
    private int used;

    /** Gives a key a slot; returns the token, which is never negative. */
    long add(NativeSelectionKey key) {
        if (freeCount == 0 && used == keys.length) {
            grow(Math.max(16, 2 * used));
        }
        int slot = freeCount > 0 ? free[--freeCount] : used++;
        keys[slot] = key;
        return (long) generations[slot] << 32 | slot;
    }

    /** All or none, if there is no memory. */
    private void grow(int room) {
        int[] moreGenerations = Arrays.copyOf(generations, room);
        int[] moreFree = Arrays.copyOf(free, room);
        keys = Arrays.copyOf(keys, room);
        generations = moreGenerations;
        free = moreFree;
    }

    void remove(long token) {
        int slot = (int) token;
        keys[slot] = null;
        generations[slot] = generations[slot] + 1 & Integer.MAX_VALUE;
        free[freeCount++] = slot;
    }

    /** Has another key take over a slot with its token. */
    void replace(long token, NativeSelectionKey key) {
        keys[(int) token] = key;
    }

    /** Calls with every key; the call may remove it. */
    void forEach(Consumer<NativeSelectionKey> call) {
        for (int slot = 0; slot < used; slot++) {
            if (keys[slot] != null) {
                call.accept(keys[slot]);
            }
        }
    }

    /** The key, or null if it is gone. */
    NativeSelectionKey get(long token) {
        int slot = (int) token;
        return slot >= 0 && slot < used && generations[slot] == (int) (token >>> 32) ? keys[slot] : null;
    }
}
