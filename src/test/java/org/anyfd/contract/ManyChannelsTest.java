package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** More keys, and more ready keys, than any event array holds. */
@Bounded
class ManyChannelsTest {
    private static final int COUNT = 1_500;

    @RegisterExtension
    final Selecting io = new Selecting();

    private List<Pipe> pipes() throws IOException {
        List<Pipe> pipes = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            pipes.add(io.pipe());
        }
        return pipes;
    }

    @Test
    void allReadyKeysAreFoundOverAFewSelections() throws IOException {
        for (Pipe pipe : pipes()) {
            put(pipe.sink(), 1);
            pipe.source().register(io.selector, OP_READ);
        }
        int found = 0;
        for (int i = 0; i < 3; i++) {
            found += io.selector.selectNow();
        }
        assertEquals(COUNT, found, "each counted once");
        assertEquals(COUNT, io.selector.selectedKeys().size());
        assertEquals(io.selector.keys(), io.selector.selectedKeys());
        assertEquals(0, io.selector.selectNow());
    }

    @Test
    void alwaysReadyKeysAreAllServed() throws IOException {
        for (Pipe pipe : pipes()) {
            pipe.sink().register(io.selector, OP_WRITE);
        }
        Set<SelectionKey> served = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            io.selector.select(served::add);
        }
        assertEquals(COUNT, served.size());
    }

    @Test
    void aFewReadyAmongManyIdleAreFound() throws IOException {
        List<Pipe> pipes = pipes();
        for (Pipe pipe : pipes) {
            pipe.source().register(io.selector, OP_READ);
        }
        assertEquals(0, io.selector.selectNow());
        for (int round = 0; round < 20; round++) {
            Set<SelectionKey> expected = new HashSet<>();
            for (int i = round; i < COUNT; i += 400 + round) {
                put(pipes.get(i).sink(), 1);
                expected.add(pipes.get(i).source().keyFor(io.selector));
            }
            assertEquals(expected.size(), io.selector.select());
            assertEquals(expected, io.selector.selectedKeys());
            io.selector.selectedKeys().clear();
            for (SelectionKey key : expected) {
                Selecting.drain((Pipe.SourceChannel) key.channel());
            }
        }
    }

    @Test
    void busyKeysDoNotStarveAQuietOne() throws IOException {
        for (Pipe pipe : pipes()) {
            pipe.sink().register(io.selector, OP_WRITE);
        }
        SelectionKey quiet = io.readable(io.selector);
        Set<SelectionKey> served = new HashSet<>();
        for (int i = 0; i < 4 && !served.contains(quiet); i++) {
            io.selector.select(served::add);
        }
        assertTrue(served.contains(quiet));
    }

    @Test
    void allKeysCanBeCancelledAtOnce() throws IOException {
        for (Pipe pipe : pipes()) {
            put(pipe.sink(), 1);
            pipe.source().register(io.selector, OP_READ);
        }
        io.selector.selectNow();
        io.selector.keys().forEach(SelectionKey::cancel);
        assertEquals(0, io.selector.selectNow());
        assertTrue(io.selector.keys().isEmpty());
        assertTrue(io.selector.selectedKeys().isEmpty());
    }

    @Test
    void allInterestsCanChangeBetweenSelections() throws IOException {
        for (Pipe pipe : pipes()) {
            put(pipe.sink(), 1);
            pipe.source().register(io.selector, OP_READ);
        }
        for (int round = 0; round < 3; round++) {
            io.selector.keys().forEach(key -> key.interestOps(0));
            assertEquals(0, io.selector.selectNow());
            io.selector.keys().forEach(key -> key.interestOps(OP_READ));
            assertTrue(io.selector.selectNow() > 0);
            io.selector.selectedKeys().clear();
        }
    }

    @Test
    void wakeupIsHeardThroughManyReadyKeys() throws IOException {
        for (Pipe pipe : pipes()) {
            pipe.sink().register(io.selector, OP_WRITE);
        }
        for (int i = 0; i < 4; i++) {
            io.selector.wakeup();
            assertTrue(io.selector.select(key -> {}) > 0);
        }
        io.selector.keys().forEach(key -> key.interestOps(0));
        io.selector.wakeup();
        assertEquals(0, io.selector.select());
    }
}
