package org.anyfd.channel;

import org.anyfd.poll.Await;

/** The SO_TIMEOUT of an adaptor: in milliseconds, where 0 means none. Any thread may call any method. */
final class Timeout {
    private volatile int millis;

    int millis() {
        return millis;
    }

    /** In nanoseconds, or {@link Await#FOREVER}. */
    long nanos() {
        return nanos(millis);
    }

    static long nanos(int millis) {
        return millis == 0 ? Await.FOREVER : millis * 1_000_000L;
    }

    void set(int millis) {
        if (millis < 0) {
            throw new IllegalArgumentException("timeout < 0");
        }
        this.millis = millis;
    }
}
