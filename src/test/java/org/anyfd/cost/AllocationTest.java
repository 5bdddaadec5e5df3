package org.anyfd.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How many bytes of heap operations take: exact counts, of interpreted code, so that nothing depends on a compiler that might
 * see that an object is not needed.
 */
class AllocationTest {
    /** An iterator of the selected-key set, which is new each time; a compiled loop has it in registers. */
    private static final int ITERATOR = 32;

    private static int bytes(String name) throws Exception {
        return Integer.parseInt(Costs.of(name).bytes());
    }

    // -- The guard itself --

    @Test
    void oneObjectIsSeen() throws Exception {
        assertEquals(16, bytes("one object"));
    }

    // -- Selecting --

    @ParameterizedTest
    @ValueSource(strings = {"selectNow, nothing ready", "select, one ready", "select with a time, one ready",
        "select(Consumer), one ready", "select(Consumer), a file and a pipe", "select, remove(key)",
        "interest off and on, no select between", "interest off, selectNow, on, selectNow", "wakeup, nobody waits",
        "select after wakeup", "1 wakeups of one that waits"})
    void selectionTakesNothing(String name) throws Exception {
        assertEquals(0, bytes(name));
    }

    @Test
    void eventsTakeNothingButTheIteratorOfTheirSelection() throws Exception {
        assertEquals(ITERATOR, bytes("select, iterator, remove"));
        assertEquals(ITERATOR, bytes("select, for each, clear"));
        assertEquals(ITERATOR, bytes("ECHO 1"));
        assertEquals(ITERATOR, bytes("ECHO 32"));
        assertEquals(2 * ITERATOR, bytes("TOGGLE 1"));
        assertEquals(2 * ITERATOR, bytes("TOGGLE 32"));
        assertEquals(2 * ITERATOR, bytes("EXACT_TOGGLE 32"));
    }

    // -- Transfers --

    @ParameterizedTest
    @ValueSource(strings = {"direct buffer", "heap buffer", "two buffers", "nothing to read", "add, take"})
    void transferTakesNothing(String name) throws Exception {
        assertEquals(0, bytes(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct buffer", "heap buffer", "two buffers"})
    void blockingTransferTakesNothing(String name) throws Exception {
        assertEquals(0, bytes(name + ", blocking"));
    }

    // -- Life: bounds, for a part of each object is the JDK's, which differs --

    @Test
    void connectionThatIsAcceptedAnsweredAndClosedTakesAKilobyte() throws Exception {
        assertTrue(bytes("ACCEPT 1") <= 960, Costs.of("ACCEPT 1")::toString);
    }

    @Test
    void registeringAndCancellingTakeAKeyAndItsPlaces() throws Exception {
        assertTrue(bytes("register, selectNow") <= 136, () -> "more than a key");
        assertTrue(bytes("cancel, selectNow") <= 56, () -> "more than the list of what is cancelled");
    }

    // -- What is not used --

    @Test
    void recordingWithoutOurEventsTakesNothing() throws Exception {
        assertEquals(bytes("TOGGLE 32"), bytes("recorded TOGGLE 32"));
    }
}
