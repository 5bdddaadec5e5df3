package org.anyfd.poll;

import java.util.HashMap;
import java.util.Map;
import org.anyfd.sys.Sys;

/**
 * The duplicates through which a number that is already in an epoll set is watched a second time. Nearly always
 * empty. Guarded as the {@link EpollPoller} that owns it.
 */
final class Duplicates {
    private final Map<Long, Integer> numberByToken = new HashMap<>();

    /** The duplicate's number, or -1. */
    int of(long token) {
        // The test for empty keeps the boxing of the token off the usual path.
        return numberByToken.isEmpty() ? -1 : numberByToken.getOrDefault(token, -1);
    }

    void add(long token, int number) {
        numberByToken.put(token, number);
    }

    void remove(long token) {
        numberByToken.remove(token);
    }

    void closeAll() {
        for (int number : numberByToken.values()) {
            Sys.close(number);
        }
        numberByToken.clear();
    }
}
