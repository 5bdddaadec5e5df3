package org.anyfd.channel;

import static org.anyfd.sys.Consts.POLLIN;
import static org.anyfd.sys.Consts.POLLOUT;
import static org.anyfd.sys.Consts.POLLRDHUP;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.anyfd.sys.Errno;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    private final Readiness readiness = new Readiness();

    @Test
    void startsReadyForNothing() {
        assertEquals(0, readiness.events());
        assertFalse(readiness.takeDoubt());
    }

    @Test
    void edgeMakesReady() {
        readiness.edge(POLLIN);
        assertEquals(POLLIN, readiness.events());
        readiness.edge(POLLOUT);
        assertEquals(POLLIN | POLLOUT, readiness.events());
    }

    @Test
    void shortReadDrains() {
        readiness.edge(POLLIN | POLLOUT);
        readiness.read(readiness.before(), 10, 100);
        assertEquals(POLLOUT, readiness.events());
        assertFalse(readiness.takeDoubt());
    }

    @Test
    void readThatFindsNothingDrains() {
        readiness.edge(POLLIN);
        readiness.read(readiness.before(), -Errno.EAGAIN, 100);
        assertEquals(0, readiness.events());
        assertFalse(readiness.takeDoubt());
    }

    @Test
    void readThatFillsItsBufferLeavesDoubt() {
        readiness.edge(POLLIN);
        readiness.read(readiness.before(), 100, 100);
        assertEquals(0, readiness.events());
        assertTrue(readiness.takeDoubt());
        assertFalse(readiness.takeDoubt(), "is taken once");
    }

    @Test
    void edgeEndsDoubt() {
        readiness.edge(POLLIN);
        readiness.read(readiness.before(), 100, 100);
        readiness.edge(POLLIN);
        assertEquals(POLLIN, readiness.events());
        assertFalse(readiness.takeDoubt());
    }

    @Test
    void shortReadAfterDoubtEndsIt() {
        readiness.edge(POLLIN);
        readiness.read(readiness.before(), 100, 100);
        readiness.read(readiness.before(), 10, 100);
        assertFalse(readiness.takeDoubt());
    }

    @Test
    void edgeDuringAShortReadLeavesDoubt() {
        readiness.edge(POLLIN);
        long before = readiness.before();
        readiness.edge(POLLIN);
        readiness.read(before, 10, 100);
        assertEquals(0, readiness.events());
        assertTrue(readiness.takeDoubt());
    }

    @Test
    void endOfStreamIsReadyForGood() {
        readiness.edge(POLLIN | POLLRDHUP);
        readiness.read(readiness.before(), 10, 100);
        assertEquals(POLLIN, readiness.events());
        readiness.read(readiness.before(), 0, 100);
        assertEquals(POLLIN, readiness.events());
    }

    @Test
    void failedReadStaysReady() {
        readiness.edge(POLLIN);
        readiness.read(readiness.before(), -Errno.ECONNRESET, 100);
        assertEquals(POLLIN, readiness.events());
    }

    @Test
    void shortWriteEndsRoom() {
        readiness.edge(POLLIN | POLLOUT);
        readiness.written(readiness.before(), 10, 100);
        assertEquals(POLLIN, readiness.events());
    }

    @Test
    void wholeWriteLeavesRoom() {
        readiness.edge(POLLOUT);
        readiness.written(readiness.before(), 100, 100);
        assertEquals(POLLOUT, readiness.events());
    }

    @Test
    void edgeDuringAShortWriteKeepsRoom() {
        readiness.edge(POLLOUT);
        long before = readiness.before();
        readiness.edge(POLLOUT);
        readiness.written(before, 10, 100);
        assertEquals(POLLOUT, readiness.events());
    }

    @Test
    void resetForgetsAll() {
        readiness.edge(POLLIN | POLLOUT | POLLRDHUP);
        readiness.reset();
        assertEquals(0, readiness.events());
        readiness.edge(POLLIN);
        readiness.read(readiness.before(), 10, 100);
        assertEquals(0, readiness.events());
    }
}
