package org.anyfd.it;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** How a server's answers went, as the server tells it; any of its threads may call. */
final class Answers {
    private final CountDownLatch outstanding;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    Answers(int expected) {
        outstanding = new CountDownLatch(expected);
    }

    void succeeded() {
        outstanding.countDown();
    }

    void failed(Throwable cause) {
        failure.compareAndSet(null, cause);
    }

    /** The server finishes an answer a little later than its client has it: wait, before the server is stopped. */
    void assertAllSucceeded() throws InterruptedException {
        boolean all = outstanding.await(20, TimeUnit.SECONDS);
        Throwable cause = failure.get();
        if (!all || cause != null) {
            throw new AssertionError("answers that the server does not call done: " + outstanding.getCount(), cause);
        }
    }
}
