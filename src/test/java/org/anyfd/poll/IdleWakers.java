package org.anyfd.poll;

/** How many eventfds are kept open for later waits, for tests that count open files. */
public final class IdleWakers {
    private IdleWakers() {
    }

    public static int count() {
        return Waker.idle();
    }
}
