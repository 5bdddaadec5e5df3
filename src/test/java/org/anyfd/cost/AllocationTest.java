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
        "select, iterator, remove", "select, for each, clear", "ECHO 1", "ECHO 32", "TOGGLE 1", "TOGGLE 32", "EXACT_TOGGLE 32",
        "interest off and on, no select between", "interest off, selectNow, on, selectNow", "wakeup, nobody waits",
        "select after wakeup", "1 wakeups of one that waits"})
    void selectionAndItsEventsTakeNothing(String name) throws Exception {
        assertEquals(0, bytes(name));
    }

    // -- Transfers --

    @ParameterizedTest
    @ValueSource(strings = {"", ", blocking"})
    void transferTakesNothing(String mode) throws Exception {
        assertEquals(0, bytes("heap buffer" + mode));
        assertEquals(0, bytes("direct buffer" + mode));
        assertEquals(0, bytes("two buffers" + mode));
    }

    @Test
    void readThatFindsNothingTakesNothing() throws Exception {
        assertEquals(0, bytes("nothing to read"));
    }

    @Test
    void addingToAnEventFdAndTakingTakeNothing() throws Exception {
        assertEquals(0, bytes("add, take"));
    }

    // -- Life: bounds, for a part of each object is the JDK's, which differs --

    @Test
    void connectionThatIsAcceptedAnsweredAndClosedTakesNoMoreThanTheJdks() throws Exception {
        assertTrue(bytes("ACCEPT 1") <= bytes("JDK ACCEPT 1"), bytes("ACCEPT 1") + " of " + bytes("JDK ACCEPT 1"));
        assertTrue(bytes("ACCEPT 1") <= 696, Costs.of("ACCEPT 1")::toString);
    }

    @Test
    void cancelAndRegisterAgainTakesNoMoreThanTheJdks() throws Exception {
        assertTrue(bytes("REGISTER 1") <= bytes("JDK REGISTER 1"), bytes("REGISTER 1") + " of " + bytes("JDK REGISTER 1"));
    }

    @Test
    void registeringAndCancellingTakeAKeyAndItsPlaces() throws Exception {
        assertTrue(bytes("register, selectNow") <= 128, () -> "more than a key");
        assertTrue(bytes("cancel, selectNow") <= 32, () -> "more than a place among the cancelled");
    }

    // -- What is not used --

    @Test
    void recordingWithoutOurEventsTakesNothing() throws Exception {
        assertEquals(bytes("TOGGLE 32"), bytes("recorded TOGGLE 32"));
    }
}
