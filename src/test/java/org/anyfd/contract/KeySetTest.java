package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;

/** {@code Selector.keys()}: a live view that nobody can modify and everybody may iterate. */
@Bounded
class KeySetTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    @Test
    void keysIsOneLiveView() throws IOException {
        Set<SelectionKey> keys = io.selector.keys();
        assertEquals(0, keys.size());
        SelectionKey one = io.silent(io.selector);
        assertEquals(1, keys.size());
        SelectionKey two = io.silent(io.selector);
        assertEquals(2, keys.size());
        assertSame(keys, io.selector.keys());
        one.cancel();
        assertEquals(2, keys.size());
        io.selector.selectNow();
        assertEquals(Set.of(two), keys);
    }

    @Test
    void keysCannotBeModified() throws IOException {
        Set<SelectionKey> keys = io.selector.keys();
        SelectionKey key = io.silent(io.selector);
        SelectionKey stranger = io.silent(io.selector());
        List<Executable> changes = List.of(
            () -> keys.add(stranger),
            () -> keys.addAll(Set.of(stranger)),
            () -> keys.remove(key),
            () -> keys.removeAll(Set.of(key)),
            () -> keys.retainAll(Set.of(stranger)),
            () -> keys.removeIf(k -> true),
            keys::clear,
            () -> {
                Iterator<SelectionKey> iterator = keys.iterator();
                iterator.next();
                iterator.remove();
            });
        for (Executable change : changes) {
            assertThrowsExactly(UnsupportedOperationException.class, change);
        }
        assertEquals(Set.of(key), keys);
    }

    @Test
    void keysAnswersAsASet() throws IOException {
        SelectionKey one = io.silent(io.selector);
        SelectionKey two = io.silent(io.selector);
        SelectionKey stranger = io.silent(io.selector());
        Set<SelectionKey> keys = io.selector.keys();
        Set<SelectionKey> expected = Set.of(one, two);
        assertFalse(keys.isEmpty());
        assertTrue(keys.contains(one));
        assertFalse(keys.contains(stranger));
        assertFalse(keys.contains((Object) "no key"));
        assertTrue(keys.containsAll(expected));
        assertFalse(keys.containsAll(Set.of(one, stranger)));
        assertEquals(expected, new HashSet<>(keys));
        assertEquals(expected, Set.of(keys.toArray()));
        assertEquals(expected, Set.of(keys.toArray(new SelectionKey[0])));
        assertEquals(expected, Set.of(keys.toArray(SelectionKey[]::new)));
        assertEquals(expected, keys.stream().collect(Collectors.toSet()));
        List<SelectionKey> visited = new ArrayList<>();
        keys.forEach(visited::add);
        assertEquals(2, visited.size());
        assertEquals(expected, new HashSet<>(visited));
    }

    @Test
    void toArrayMarksTheEndInALongerArray() throws IOException {
        SelectionKey key = io.silent(io.selector);
        SelectionKey[] array = {null, key, key};
        assertSame(array, io.selector.keys().toArray(array));
        assertArrayEquals(new SelectionKey[] {key, null, key}, array);
    }

    @Test
    void keysMayBeIteratedWhileOthersRegister() throws IOException {
        SelectionKey first = io.silent(io.selector);
        Iterator<SelectionKey> iterator = io.selector.keys().iterator();
        SelectionKey second = io.silent(io.selector);
        List<SelectionKey> seen = new ArrayList<>();
        iterator.forEachRemaining(seen::add);
        assertTrue(seen.contains(first));
        assertTrue(Set.of(first, second).containsAll(seen));
    }

    @Test
    void keysMayBeIteratedWhileOthersLeave() throws IOException {
        List<SelectionKey> all = List.of(io.silent(io.selector), io.silent(io.selector), io.silent(io.selector));
        for (SelectionKey key : io.selector.keys()) {
            assertTrue(all.contains(key));
            all.get(0).cancel();
            io.selector.selectNow();
        }
        assertEquals(2, io.selector.keys().size());
    }

    /** A key that stays is seen by every iteration, whatever comes and goes around it. */
    @Test
    void iterationInAnotherThreadSurvivesChurn() throws Exception {
        SelectionKey stable = io.silent(io.selector);
        List<Pipe> pipes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            pipes.add(io.pipe());
        }
        Selecting.Task<Void> churn = io.run(() -> {
            for (int round = 0; round < 200; round++) {
                for (Pipe pipe : pipes) {
                    pipe.source().register(io.selector, OP_READ);
                }
                for (Pipe pipe : pipes) {
                    pipe.source().keyFor(io.selector).cancel();
                }
                io.selector.selectNow();
            }
            return null;
        });
        int iterations = 0;
        while (!churn.future().isDone() || iterations == 0) {
            boolean seen = false;
            for (SelectionKey key : io.selector.keys()) {
                assertNotNull(key);
                seen |= key == stable;
            }
            assertTrue(seen, "the key that stays");
            iterations++;
        }
        churn.get();
        assertEquals(Set.of(stable), io.selector.keys());
    }
}
