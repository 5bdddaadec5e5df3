package org.anyfd.poll;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The gate, arrow by arrow; its races are in jcstress-tests. */
class WakeupGateTest {
    private final WakeupGate gate = new WakeupGate();

    @Test
    void waitWithoutASignalIsNotWoken() {
        assertTrue(gate.enter());
        assertFalse(gate.leave());
        assertTrue(gate.enter());
    }

    @Test
    void signalWithNobodyWaitingNeedsNoCall() {
        assertFalse(gate.signal());
        assertFalse(gate.signal());
    }

    @Test
    void signalBeforeTheWaitRefusesIt() {
        gate.signal();
        assertFalse(gate.enter());
        assertTrue(gate.leave());
        assertTrue(gate.enter());
    }

    @Test
    void firstSignalDuringTheWaitNeedsACall() {
        gate.enter();
        assertTrue(gate.signal());
        assertFalse(gate.signal());
        assertTrue(gate.leave());
        assertFalse(gate.leave());
    }

    @Test
    void signalIsConsumedOnceWithoutAWait() {
        gate.signal();
        assertTrue(gate.leave());
        assertFalse(gate.leave());
    }

    @Test
    void closedGateRefusesWaitsAndNeedsNoCalls() {
        gate.close();
        for (int i = 0; i < 2; i++) {
            assertFalse(gate.enter());
            assertFalse(gate.signal());
            assertTrue(gate.leave());
        }
    }

    @Test
    void signalledGateStaysClosed() {
        gate.signal();
        gate.close();
        assertTrue(gate.leave());
        assertFalse(gate.enter());
        assertFalse(gate.signal());
    }
}
