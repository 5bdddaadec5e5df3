package org.anyfd.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Sys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A number is closed once, when nobody uses it any more, and only if it is ours. */
@Timeout(30)
class FdTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    /** A number to be closed by the test, at the latest by what runs behind it. */
    private int number() {
        return fds.high(fds.eventfd(0));
    }

    @Test
    void closeClosesTheNumber() {
        Fd fd = Fd.own(number());
        assertTrue(fd.isOpen());
        assertEquals(0, fd.close());
        assertFalse(fd.isOpen());
        assertFalse(Descriptors.isOpen(fd.number()));
    }

    @Test
    void numberStaysOpenUnderACall() {
        Fd fd = Fd.own(number());
        assertTrue(fd.acquire());
        assertEquals(0, fd.close());
        assertFalse(fd.isOpen());
        assertTrue(Descriptors.isOpen(fd.number()));
        assertEquals(0, fd.release());
        assertFalse(Descriptors.isOpen(fd.number()));
    }

    @Test
    void closedDescriptorRefusesCalls() {
        Fd fd = Fd.own(number());
        fd.close();
        assertFalse(fd.acquire());
    }

    @Test
    void secondCloseDoesNotReachTheNextTenant() {
        int tenant = fds.eventfd(0);
        Fd fd = Fd.own(number());
        fd.close();
        fds.dupTo(tenant, fd.number());
        assertEquals(0, fd.close());
        assertFalse(fd.acquire());
        assertTrue(Descriptors.isOpen(fd.number()));
    }

    @Test
    void borrowedNumberIsNeverClosed() {
        Fd fd = Fd.borrow(fds.eventfd(0));
        assertTrue(fd.acquire());
        assertEquals(0, fd.close());
        assertEquals(0, fd.release());
        assertFalse(fd.isOpen());
        assertTrue(Descriptors.isOpen(fd.number()));
    }

    @Test
    void failureOfTheCloseIsReportedByWhoMadeIt() {
        int number = number();
        Fd fd = Fd.own(number);
        Sys.close(number);
        assertTrue(fd.acquire());
        assertEquals(0, fd.close());
        assertEquals(-Errno.EBADF, fd.release());
    }

    @Test
    void closeSignalsWhoWaits() {
        boolean[] signalled = new boolean[1];
        boolean[] openThen = {true};
        Fd fd = Fd.own(number());
        fd.enter(() -> {
            signalled[0] = true;
            openThen[0] = fd.isOpen();
        });
        fd.close();
        assertTrue(signalled[0]);
        // Who is woken looks whether the descriptor is open, and must not find that it is.
        assertFalse(openThen[0]);
        assertFalse(fd.enter(() -> { }));
    }

    @Test
    void messageNamesTheNumber() {
        assertEquals("fd 7", Fd.borrow(7).toString());
    }
}
