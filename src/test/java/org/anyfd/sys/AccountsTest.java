package org.anyfd.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The names of users and groups, of which a system may have many or few. */
class AccountsTest {
    private static final int NOBODYS = 2_000_000_000;

    @Test
    void entryMayNeedMoreRoomThanThereIsAtFirst() {
        assertEquals("root", Accounts.user(0));
        assertEquals("root", Accounts.name(0, true, 1));
        assertEquals(Accounts.group(0), Accounts.name(0, false, 1));
        assertEquals("root", Accounts.group(0));
    }

    @Test
    void whoHasNoNameIsANumber() {
        assertEquals("2000000000", Accounts.user(NOBODYS));
        assertEquals("2000000000", Accounts.group(NOBODYS));
    }
}
