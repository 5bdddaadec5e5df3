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
    void ownerAloneFreesByClosing() {
        assertTrue(refs.isOpen());
        assertTrue(refs.close());
        assertFalse(refs.isOpen());
        assertTrue(refs.release());
    }

    @Test
    void lastReleaseFrees() {
        assertTrue(refs.acquire());
        assertTrue(refs.acquire());
        assertTrue(refs.close());
        assertFalse(refs.release());
        assertFalse(refs.release());
        assertTrue(refs.release());
    }

    @Test
    void releaseBeforeTheCloseFreesNothing() {
        assertTrue(refs.acquire());
        assertFalse(refs.release());
        assertTrue(refs.close());
        assertTrue(refs.release());
    }

    @Test
    void closedGivesNoReference() {
        refs.close();
        assertFalse(refs.acquire());
        assertTrue(refs.release());
        assertFalse(refs.acquire());
    }

    @Test
    void onlyTheFirstCloseCounts() {
        assertTrue(refs.close());
        assertFalse(refs.close());
        refs.release();
        assertFalse(refs.close());
    }

    @Test
    void releaseOfWhatIsNotHeldIsAnError() {
        refs.close();
        refs.release();
        assertThrows(AssertionError.class, refs::release);
    }

    @Test
    void manyUsersAndClosersFreeOnce() throws Exception {
        AtomicInteger frees = new AtomicInteger();
        List<Background> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            boolean closer = i % 4 == 0;
            threads.add(Background.run(() -> {
                for (int k = 0; k < 10_000 && refs.acquire(); k++) {
                    free(frees, refs.release());
                }
                free(frees, closer && refs.close() && refs.release());
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
