package org.anyfd.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The reference count, thread by thread; its races are in jcstress-tests. */
@Timeout(30)
class RefsTest {
    private final Refs refs = new Refs();

    @Test
    void ownerAloneFreesByEnding() {
        assertTrue(refs.isOpen());
        assertTrue(refs.end());
        assertFalse(refs.isOpen());
        assertTrue(refs.drop());
    }

    @Test
    void lastDropFrees() {
        assertTrue(refs.acquire());
        assertTrue(refs.acquire());
        assertTrue(refs.end());
        assertFalse(refs.drop());
        assertFalse(refs.drop());
        assertTrue(refs.drop());
    }

    @Test
    void dropBeforeTheEndFreesNothing() {
        assertTrue(refs.acquire());
        assertFalse(refs.drop());
        assertTrue(refs.end());
        assertTrue(refs.drop());
    }

    @Test
    void endedGivesNoReference() {
        refs.end();
        assertFalse(refs.acquire());
        assertTrue(refs.drop());
        assertFalse(refs.acquire());
    }

    @Test
    void onlyTheFirstEndCounts() {
        assertTrue(refs.end());
        assertFalse(refs.end());
        refs.drop();
        assertFalse(refs.end());
    }

    @Test
    void dropOfWhatIsNotHeldIsAnError() {
        refs.end();
        refs.drop();
        assertThrows(AssertionError.class, refs::drop);
    }

    @Test
    void aDirectionIsHeldOnce() {
        assertTrue(refs.hold(Refs.READING));
        assertFalse(refs.hold(Refs.READING));
        assertTrue(refs.hold(Refs.WRITING));
        assertFalse(refs.letGo(Refs.READING));
        assertTrue(refs.hold(Refs.READING));
    }

    @Test
    void lastToLetGoFrees() {
        assertTrue(refs.hold(Refs.READING));
        assertTrue(refs.hold(Refs.WRITING));
        assertTrue(refs.end());
        assertFalse(refs.drop());
        assertFalse(refs.letGo(Refs.READING));
        assertTrue(refs.letGo(Refs.WRITING));
    }

    @Test
    void directionOfWhatIsFreedCanBeHeldAndFreesNothing() {
        refs.end();
        assertTrue(refs.drop());
        assertTrue(refs.hold(Refs.WRITING));
        assertFalse(refs.hold(Refs.WRITING));
        assertFalse(refs.isOpen());
        assertFalse(refs.letGo(Refs.WRITING));
    }

    @Test
    void letGoOfWhatIsNotHeldIsAnError() {
        assertThrows(AssertionError.class, () -> refs.letGo(Refs.READING));
    }

    @Test
    void manyHoldersAndClosersFreeOnce() throws Exception {
        AtomicInteger frees = new AtomicInteger();
        AtomicInteger[] holders = {new AtomicInteger(), new AtomicInteger()};
        List<Background> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            boolean closer = i % 4 == 0;
            int direction = i % 2;
            threads.add(Background.run(() -> {
                for (int k = 0; k < 10_000; k++) {
                    hold(direction, holders[direction], frees);
                }
                free(frees, closer && refs.end() && refs.drop());
                return null;
            }));
        }
        for (Background thread : threads) {
            thread.close();
        }
        assertEquals(1, frees.get());
    }

    private void hold(int direction, AtomicInteger holders, AtomicInteger frees) {
        int bit = direction == 0 ? Refs.READING : Refs.WRITING;
        if (refs.hold(bit)) {
            assertEquals(1, holders.incrementAndGet());
            if (refs.isOpen()) {
                assertEquals(0, frees.get());
            }
            holders.decrementAndGet();
            free(frees, refs.letGo(bit));
        }
    }

    @Test
    void manyUsersAndClosersFreeOnce() throws Exception {
        AtomicInteger frees = new AtomicInteger();
        List<Background> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            boolean closer = i % 4 == 0;
            threads.add(Background.run(() -> {
                for (int k = 0; k < 10_000 && refs.acquire(); k++) {
                    free(frees, refs.drop());
                }
                free(frees, closer && refs.end() && refs.drop());
                return null;
            }));
        }
        for (Background thread : threads) {
            thread.close();
        }
        assertEquals(1, frees.get());
    }

    private static void free(AtomicInteger frees, boolean mine) {
        if (mine) {
            frees.incrementAndGet();
        }
    }
}
