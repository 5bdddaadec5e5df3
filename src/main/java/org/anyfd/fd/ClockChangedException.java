package org.anyfd.fd;

import java.io.IOException;

/**
 * Somebody set the wall clock while a {@link TimerFdChannel} was to watch for that: what was worked out from the old time
 * should be worked out anew.
 */
public final class ClockChangedException extends IOException {
    private static final long serialVersionUID = 1;

    ClockChangedException(String call) {
        super(call + ": ECANCELED the clock was set");
    }
}
