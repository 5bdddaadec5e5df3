package org.anyfd.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Test;

/** Whose memory is whose. */
class EpollEventsTest {
    @Test
    void memoryOfAClosedOneServesOneOther() {
        EpollEvents closed = new EpollEvents();
        long address = closed.address();
        closed.close();
        EpollEvents next = new EpollEvents();
        EpollEvents another = new EpollEvents();
        assertEquals(address, next.address());
        assertNotEquals(address, another.address());
        next.close();
        another.close();
    }

    @Test
    void secondCloseLeavesNothing() {
        EpollEvents closed = new EpollEvents();
        long address = closed.address();
        closed.close();
        EpollEvents next = new EpollEvents();
        closed.close();
        assertNotEquals(address, new EpollEvents().address());
        next.close();
    }

    @Test
    void grownMemoryIsNotKept() {
        EpollEvents grown = new EpollEvents();
        grown.expect(1000);
        grown.makeRoom();
        grown.close();
        assertEquals(64, new EpollEvents().room());
    }
}
