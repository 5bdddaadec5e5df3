package org.anyfd.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The latch, arrow by arrow; its races are in jcstress-tests. */
class CloseLatchTest {
    private final CloseLatch latch = new CloseLatch();
    private final List<String> signalled = new ArrayList<>();
    private final CloseLatch.Waiter first = () -> signalled.add("first");
    private final CloseLatch.Waiter second = () -> signalled.add("second");
    private final CloseLatch.Waiter third = () -> signalled.add("third");

    @Test
    void shutSignalsWhoWaits() {
        assertTrue(latch.enter(first));
        latch.shut();
        assertEquals(List.of("first"), signalled);
    }

    @Test
    void shutSignalsAllWhoWait() {
        assertTrue(latch.enter(first));
        assertTrue(latch.enter(second));
        assertTrue(latch.enter(third));
        latch.shut();
        assertEquals(List.of("first", "second", "third"), signalled);
    }

    @Test
    void whoLeftIsNotSignalled() {
        latch.enter(first);
        latch.enter(second);
        latch.enter(third);
        latch.leave(second);
        latch.shut();
        assertEquals(List.of("first", "third"), signalled);
    }

    @Test
    void anyoneOfTwoMayLeave() {
        latch.enter(first);
        latch.enter(second);
        latch.leave(first);
        latch.enter(third);
        latch.leave(third);
        latch.shut();
        assertEquals(List.of("second"), signalled);
    }

    @Test
    void withAllGoneNobodyIsSignalled() {
        latch.enter(first);
        latch.leave(first);
        latch.shut();
        assertEquals(List.of(), signalled);
    }

    @Test
    void shutLatchLetsNobodyIn() {
        latch.shut();
        assertFalse(latch.enter(first));
        latch.leave(first);
        assertFalse(latch.enter(first));
        assertEquals(List.of(), signalled);
    }

    @Test
    void onlyTheFirstShutSignals() {
        latch.enter(first);
        latch.shut();
        latch.shut();
        latch.leave(first);
        assertEquals(List.of("first"), signalled);
    }
}
