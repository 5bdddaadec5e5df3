package org.anyfd.poll;

import java.util.Arrays;

/**
 * What is watched of files that epoll refuses and that are ready at any time: regular files, directories, /dev/null.
 * A few at most, so looked up by going through them. Guarded as the {@link EpollPoller} that owns it.
 */
final class AlwaysReady {
    private long[] tokens = new long[4];
    private int[] events = new int[4];
    private int size;

    int size() {
        return size;
    }

    long token(int i) {
        return tokens[i];
    }

    int events(int i) {
        return events[i];
    }

    void add(long token, int watched) {
        if (size == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * size);
            events = Arrays.copyOf(events, 2 * size);
        }
        tokens[size] = token;
        events[size++] = watched;
    }

    /** Changes or, with 0, removes an entry; false if there is none. */
    boolean update(long token, int watched) {
        for (int i = 0; i < size; i++) {
            if (tokens[i] == token) {
                if (watched != 0) {
                    events[i] = watched;
                } else {
                    tokens[i] = tokens[--size];
                    events[i] = events[size];
                    // An await may have counted it: its place must not show the moved entry a second time.
                    tokens[size] = Poller.WAKE;
                }
                return true;
            }
        }
        return false;
    }

    void clear() {
        size = 0;
    }
}
