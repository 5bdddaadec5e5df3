package org.anyfd.channel;

import java.nio.channels.SelectionKey;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * A selector's selected-key set: a program may take keys out, only the selector puts them in. Not thread-safe, as the
 * javadoc of {@link java.nio.channels.Selector} says; the selector uses it under its monitor.
 *
 * <p>An array, in which each key knows its index: adding, finding and removing a key cost no allocation. Nor does an
 * iterator, once the last one is over: compilers see only now and then that a loop could do without it.
 */
final class SelectedKeys extends AbstractSet<SelectionKey> {
    private NativeSelectionKey[] keys = new NativeSelectionKey[0];
    private int size;
    private int modifications;
    /** The iterator made last, or null. */
    private Keys last;

    /** Adds a key that is not in the set. For the selector. */
    void put(NativeSelectionKey key) {
        if (size == keys.length) {
            keys = Arrays.copyOf(keys, Math.max(16, 2 * size));
        }
        key.selectedIndex = size;
        keys[size++] = key;
        modifications++;
    }

    private boolean has(Object o) {
        return o instanceof NativeSelectionKey key && key.selectedIndex >= 0 && key.selectedIndex < size
            && keys[key.selectedIndex] == key;
    }

    private void removeAt(int index) {
        keys[index].selectedIndex = -1;
        NativeSelectionKey last = keys[--size];
        keys[size] = null;
        if (index != size) {
            keys[index] = last;
            last.selectedIndex = index;
        }
        modifications++;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean contains(Object o) {
        return has(o);
    }

    @Override
    public boolean remove(Object o) {
        if (!has(o)) {
            return false;
        }
        removeAt(((NativeSelectionKey) o).selectedIndex);
        return true;
    }

    @Override
    public void clear() {
        for (int i = 0; i < size; i++) {
            keys[i].selectedIndex = -1;
            keys[i] = null;
        }
        if (size > 0) {
            modifications++;
        }
        size = 0;
    }

    @Override
    public Iterator<SelectionKey> iterator() {
        if (last == null || !last.isOver()) {
            last = new Keys();
        }
        last.restart();
        return last;
    }

    /** Fail-fast. Removing moves the last key to the place of the removed one, which is therefore visited again. */
    private final class Keys implements Iterator<SelectionKey> {
        private int cursor;
        private boolean removable;
        private boolean ended;
        private int expected;

        void restart() {
            cursor = 0;
            removable = false;
            ended = false;
            expected = modifications;
        }

        /** Whether its user was told that it has ended, and could not remove by it either. */
        boolean isOver() {
            return ended && (!removable || expected != modifications);
        }

        @Override
        public boolean hasNext() {
            ended = cursor >= size;
            return !ended;
        }

        @Override
        public SelectionKey next() {
            check();
            if (cursor >= size) {
                throw new NoSuchElementException();
            }
            removable = true;
            return keys[cursor++];
        }

        @Override
        public void remove() {
            if (!removable) {
                throw new IllegalStateException();
            }
            check();
            removable = false;
            removeAt(--cursor);
            expected = modifications;
        }

        private void check() {
            if (expected != modifications) {
                throw new ConcurrentModificationException();
            }
        }
    }
}
