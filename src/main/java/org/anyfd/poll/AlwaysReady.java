package org.anyfd.poll;

import java.util.Arrays;
import org.anyfd.sys.Consts;

/**
 * What is watched of files that epoll refuses and that are ready at any time: regular files, directories, /dev/null.
 * A few at most, so looked up by going through them. Guarded as the {@link EpollPoller} that owns it.
 */
final class AlwaysReady {
    private static final int ONCE = Consts.EPOLLET | Consts.EPOLLONESHOT;

    private long[] tokens = new long[0];
    private int[] watched = new int[0];
    private int size;
    /** What the last {@link #collect} found. */
    private long[] readyTokens = new long[0];
    private int[] readyEvents = new int[0];
    private int ready;

    /** Takes stock of what is ready, for an await; returns how many there are. */
    int collect() {
        ready = 0;
        for (int i = 0; i < size; i++) {
            int events = watched[i] & (Consts.POLLIN | Consts.POLLOUT);
            if (events != 0) {
                readyTokens[ready] = tokens[i];
                readyEvents[ready++] = events;
                // What never ceases to be ready has one edge.
                watched[i] = (watched[i] & ONCE) != 0 ? 0 : watched[i];
            }
        }
        return ready;
    }

    int ready() {
        return ready;
    }

    long token(int i) {
        return readyTokens[i];
    }

    int events(int i) {
        return readyEvents[i];
    }

    void add(long token, int events) {
        if (size == tokens.length) {
            int room = Math.max(4, 2 * size);
            tokens = Arrays.copyOf(tokens, room);
            watched = Arrays.copyOf(watched, room);
            readyTokens = Arrays.copyOf(readyTokens, room);
            readyEvents = Arrays.copyOf(readyEvents, room);
        }
        tokens[size] = token;
        watched[size++] = events;
    }

    /** Changes or, with 0, removes an entry; false if there is none. */
    boolean update(long token, int events) {
        for (int i = 0; i < size; i++) {
            if (tokens[i] == token) {
                if (events != 0) {
                    watched[i] = events;
                } else {
                    tokens[i] = tokens[--size];
                    watched[i] = watched[size];
                    forget(token);
                }
                return true;
            }
        }
        return false;
    }

    /** An await may have counted it. */
    private void forget(long token) {
        for (int i = 0; i < ready; i++) {
            if (readyTokens[i] == token) {
                readyTokens[i] = Poller.WAKE;
            }
        }
    }

    void clear() {
        size = 0;
    }
}
