package org.anyfd.poll;

/** What anyfd keeps open on purpose, for tests that count open files. */
public final class Kept {
    private Kept() {
    }

    /** Eventfds for later waits. */
    public static int eventfds() {
        return Waker.idle();
    }

    /** Epoll descriptors on which virtual threads wait, and on which children are waited for. */
    public static int epolls() {
        return Reactor.open() + Reaper.open();
    }
}
