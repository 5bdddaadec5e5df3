package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code Selector.selectedKeys()}: keys can leave it but not enter it, and its iterators fail fast. */
@Bounded
class SelectedKeySetTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    private SelectionKey one;
    private SelectionKey two;
    private SelectionKey three;
    private SelectionKey silent;
    private Set<SelectionKey> selected;

    @BeforeEach
    void selectThreeKeys() throws IOException {
        one = io.readable(io.selector);
        two = io.readable(io.selector);
        three = io.readable(io.selector);
        silent = io.silent(io.selector);
        selected = io.selector.selectedKeys();
        assertEquals(3, io.selector.selectNow());
    }

    @Test
    void selectedKeysIsOneLiveView() throws IOException {
        assertSame(selected, io.selector.selectedKeys());
        assertEquals(Set.of(one, two, three), selected);
        io.readable(io.selector);
        assertEquals(1, io.selector.selectNow());
        assertEquals(4, selected.size());
    }

    @Test
    void nothingCanBeAdded() throws IOException {
        assertThrowsExactly(UnsupportedOperationException.class, () -> selected.add(silent));
        assertThrowsExactly(UnsupportedOperationException.class, () -> selected.addAll(Set.of(silent)));
        assertThrowsExactly(UnsupportedOperationException.class, () -> selected.add(one));
        assertEquals(3, selected.size());
    }

    @Test
    void selectedKeysAnswersAsASet() throws IOException {
        Set<SelectionKey> expected = Set.of(one, two, three);
        assertFalse(selected.isEmpty());
        assertTrue(selected.contains(one));
        assertFalse(selected.contains(silent));
        assertFalse(selected.contains((Object) "no key"));
        assertFalse(selected.contains(null));
        assertTrue(selected.containsAll(List.of(one, two)));
        assertFalse(selected.containsAll(List.of(one, silent)));
        assertEquals(expected, new HashSet<>(selected));
        assertEquals(expected, Set.of(selected.toArray()));
        assertEquals(expected, Set.of(selected.toArray(new SelectionKey[0])));
        assertEquals(expected, Set.of(selected.toArray(SelectionKey[]::new)));
        assertEquals(expected, selected.stream().collect(Collectors.toSet()));
        List<SelectionKey> visited = new ArrayList<>();
        selected.forEach(visited::add);
        assertEquals(3, visited.size());
        assertEquals(expected, new HashSet<>(visited));
    }

    @Test
    void equalsAndHashCodeAreThoseOfASet() {
        Set<SelectionKey> expected = Set.of(one, two, three);
        assertTrue(selected.equals(expected));
        assertTrue(expected.equals(selected));
        assertTrue(selected.equals(selected));
        assertEquals(expected.hashCode(), selected.hashCode());
        assertFalse(selected.equals(Set.of(one, two, silent)));
        assertFalse(selected.equals(Set.of(one, two)));
        assertFalse(selected.equals(List.of(one, two, three)));
        assertFalse(selected.equals(null));
    }

    @Test
    void toArrayMarksTheEndInALongerArray() {
        selected.removeAll(Set.of(one, two));
        SelectionKey[] array = {null, three, three};
        assertSame(array, selected.toArray(array));
        assertArrayEquals(new SelectionKey[] {three, null, three}, array);
    }

    @Test
    void keysCanBeRemovedOneByOne() {
        assertTrue(selected.remove(one));
        assertFalse(selected.remove(one));
        assertFalse(selected.remove(silent));
        assertFalse(selected.remove((Object) "no key"));
        assertFalse(selected.remove(null));
        assertEquals(Set.of(two, three), selected);
        assertFalse(selected.contains(one));
        assertEquals(2, selected.size());
    }

    @Test
    void keysCanBeRemovedInBulk() {
        assertTrue(selected.removeAll(Set.of(one, silent)));
        assertFalse(selected.removeAll(Set.of(one, silent)));
        assertEquals(Set.of(two, three), selected);
        assertTrue(selected.retainAll(Set.of(two)));
        assertFalse(selected.retainAll(Set.of(two)));
        assertEquals(Set.of(two), selected);
        selected.clear();
        assertTrue(selected.isEmpty());
        assertFalse(selected.iterator().hasNext());
    }

    @Test
    void keysCanBeRemovedByPredicate() {
        assertTrue(selected.removeIf(key -> key != two));
        assertEquals(Set.of(two), selected);
        assertFalse(selected.removeIf(key -> key != two));
    }

    @Test
    void iteratorVisitsEachKeyOnceAndEnds() {
        Iterator<SelectionKey> iterator = selected.iterator();
        Set<SelectionKey> seen = new HashSet<>();
        while (iterator.hasNext()) {
            assertTrue(seen.add(iterator.next()));
        }
        assertEquals(selected, seen);
        assertThrowsExactly(NoSuchElementException.class, iterator::next);
    }

    @Test
    void iteratorRemovesTheKeyItReturned() {
        Set<SelectionKey> seen = new HashSet<>();
        for (Iterator<SelectionKey> iterator = selected.iterator(); iterator.hasNext();) {
            SelectionKey key = iterator.next();
            assertTrue(seen.add(key));
            iterator.remove();
            assertFalse(selected.contains(key));
        }
        assertEquals(Set.of(one, two, three), seen);
        assertTrue(selected.isEmpty());
    }

    @Test
    void iteratorRemovesSomeAndKeepsOthers() {
        for (Iterator<SelectionKey> iterator = selected.iterator(); iterator.hasNext();) {
            if (iterator.next() != two) {
                iterator.remove();
            }
        }
        assertEquals(Set.of(two), selected);
    }

    @Test
    void iteratorRemovesOnlyOncePerKey() {
        Iterator<SelectionKey> iterator = selected.iterator();
        assertThrowsExactly(IllegalStateException.class, iterator::remove);
        iterator.next();
        iterator.remove();
        assertThrowsExactly(IllegalStateException.class, iterator::remove);
        assertEquals(2, selected.size());
    }

    @Test
    void iteratorAtItsEndRemovesThoughAnotherHasBegun() {
        Iterator<SelectionKey> ended = selected.iterator();
        SelectionKey last = null;
        while (ended.hasNext()) {
            last = ended.next();
        }
        Iterator<SelectionKey> begun = selected.iterator();
        SelectionKey first = begun.next();
        ended.remove();
        assertFalse(selected.contains(last));
        assertEquals(2, selected.size());
        assertTrue(selected.contains(first));
        assertThrowsExactly(ConcurrentModificationException.class, begun::next);
    }

    @Test
    void iterationsWithinAnIterationAreTheirOwn() {
        List<SelectionKey> visited = new ArrayList<>();
        for (SelectionKey outer : selected) {
            int inner = 0;
            for (Iterator<SelectionKey> keys = selected.iterator(); keys.hasNext(); keys.next()) {
                inner++;
            }
            assertEquals(3, inner);
            visited.add(outer);
        }
        assertEquals(3, visited.size());
        assertEquals(selected, new HashSet<>(visited));
    }

    @Test
    void eachIterationBeginsAnewAfterOneThatEnded() {
        for (int round = 3; round > 0; round--) {
            Iterator<SelectionKey> keys = selected.iterator();
            assertThrowsExactly(IllegalStateException.class, keys::remove);
            keys.next();
            keys.remove();
            int left = 0;
            while (keys.hasNext()) {
                keys.next();
                left++;
            }
            assertEquals(round - 1, left);
            assertThrowsExactly(NoSuchElementException.class, keys::next);
        }
        assertFalse(selected.iterator().hasNext());
    }

    @Test
    void iteratorFailsFastAfterASelectionThatAddedAKey() throws IOException {
        Iterator<SelectionKey> iterator = selected.iterator();
        iterator.next();
        io.readable(io.selector);
        assertEquals(1, io.selector.selectNow());
        assertThrowsExactly(ConcurrentModificationException.class, iterator::next);
    }

    @Test
    void iteratorFailsFastAfterARemoval() {
        Iterator<SelectionKey> iterator = selected.iterator();
        SelectionKey first = iterator.next();
        selected.remove(first == one ? two : one);
        assertThrowsExactly(ConcurrentModificationException.class, iterator::next);
        assertThrowsExactly(ConcurrentModificationException.class, iterator::remove);
    }

    @Test
    void iteratorFailsFastAfterASelectionThatRemovedACancelledKey() throws IOException {
        Iterator<SelectionKey> iterator = selected.iterator();
        iterator.next();
        one.cancel();
        io.selector.selectNow();
        assertThrowsExactly(ConcurrentModificationException.class, iterator::next);
    }

    @Test
    void iteratorLivesThroughASelectionThatChangedNothing() throws IOException {
        Iterator<SelectionKey> iterator = selected.iterator();
        iterator.next();
        assertEquals(0, io.selector.selectNow());
        iterator.next();
        iterator.next();
        assertFalse(iterator.hasNext());
    }

    @Test
    void keyRemovedFromTheSetStaysRegistered() throws IOException {
        selected.clear();
        for (SelectionKey key : List.of(one, two, three)) {
            assertTrue(key.isValid());
            assertTrue(io.selector.keys().contains(key));
            assertEquals(OP_READ, key.readyOps());
        }
        assertEquals(3, io.selector.selectNow());
    }

    @Test
    void removedKeyIsAddedAgainWhenReady() throws IOException {
        selected.remove(two);
        assertEquals(1, io.selector.select());
        assertEquals(Set.of(one, two, three), selected);
    }

    @Test
    void cancelledKeyStaysSelectedUntilTheNextSelection() throws IOException {
        one.cancel();
        assertTrue(selected.contains(one));
        assertEquals(0, io.selector.selectNow());
        assertEquals(Set.of(two, three), selected);
    }

    @Test
    void keyNoLongerReadyStaysSelected() throws IOException {
        Selecting.drain((Pipe.SourceChannel) one.channel());
        assertEquals(0, io.selector.selectNow());
        assertTrue(selected.contains(one));
        selected.clear();
        assertEquals(2, io.selector.selectNow());
        assertEquals(Set.of(two, three), selected);
    }

    /** Enough keys to make any table behind the set grow, shrink and wrap. */
    @Test
    void manyKeysComeAndGo() throws IOException {
        List.of(one, two, three).forEach(SelectionKey::cancel);
        List<Pipe> pipes = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            Pipe pipe = io.pipe();
            pipe.source().register(io.selector, OP_READ);
            pipes.add(pipe);
        }
        for (int round = 0; round < 20; round++) {
            Set<SelectionKey> expected = new HashSet<>();
            for (int i = round % 7; i < pipes.size(); i += 1 + round % 5) {
                put(pipes.get(i).sink(), 1);
                expected.add(pipes.get(i).source().keyFor(io.selector));
            }
            assertEquals(expected.size(), io.selector.selectNow());
            assertEquals(expected, new HashSet<>(selected));
            for (Iterator<SelectionKey> iterator = selected.iterator(); iterator.hasNext();) {
                Selecting.drain((Pipe.SourceChannel) iterator.next().channel());
                iterator.remove();
            }
            assertTrue(selected.isEmpty());
        }
    }
}
