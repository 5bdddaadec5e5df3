package org.anyfd.poll;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.NativeMemory;
import org.anyfd.sys.Sys;

/**
 * The poll(2) backend, for kernels and sandboxes without epoll and to test against. See {@link Poller} for who calls
 * it. Costs time in proportion to what is watched.
 *
 * <p>A pollfd array with the waker in entry 0; the last entry moves into the place of one that is removed.
 */
final class PollPoller extends Poller {
    private static final int ABSENT = -1;

    private ByteBuffer fds = allocate(64);
    private long fdsAddress = Sys.address(fds);
    private long[] tokens = new long[64];
    private boolean[] oneShot = new boolean[64];
    private int size;
    /** By slot: the index in {@link #fds}, or {@link #ABSENT}. */
    private int[] indexOfSlot = newIndex(64);
    /** Indices of the entries that the last await found ready. */
    private int[] ready = new int[64];

    PollPoller(Waker waker) {
        super(waker);
        append(waker.number(), WAKE);
        watch(0, waker.number(), Consts.POLLIN);
    }

    @Override
    public String toString() {
        return "poll";
    }

    @Override
    public boolean edges() {
        return false;
    }

    @Override
    public boolean goesWithNumber(long token) {
        return false;
    }

    @Override
    int doUpdate(int fd, long token, int from, int to) {
        int slot = (int) token;
        if (from == 0) {
            if (fd < 0) {
                // poll(2) passes over negative numbers without a word.
                return -Errno.EBADF;
            }
            if (slot >= indexOfSlot.length) {
                int[] grown = newIndex(Math.max(slot + 1, 2 * indexOfSlot.length));
                System.arraycopy(indexOfSlot, 0, grown, 0, indexOfSlot.length);
                indexOfSlot = grown;
            }
            indexOfSlot[slot] = size;
            append(fd, token);
            watch(size - 1, fd, to);
        } else if (to == 0) {
            remove(indexOfSlot[slot]);
            indexOfSlot[slot] = ABSENT;
        } else {
            watch(indexOfSlot[slot], fd, to);
        }
        return 0;
    }

    private void watch(int index, int fd, int events) {
        put(index, fd, (short) events);
        oneShot[index] = (events & Consts.EPOLLONESHOT) != 0;
    }

    private void append(int fd, long token) {
        if (size == tokens.length) {
            ByteBuffer grown = allocate(2 * size).put(fds.duplicate().clear()).clear();
            fds = grown;
            fdsAddress = Sys.address(grown);
            tokens = Arrays.copyOf(tokens, 2 * size);
            oneShot = Arrays.copyOf(oneShot, 2 * size);
            ready = new int[2 * size];
        }
        tokens[size++] = token;
    }

    private void remove(int index) {
        int last = --size;
        if (index != last) {
            tokens[index] = tokens[last];
            oneShot[index] = oneShot[last];
            indexOfSlot[(int) tokens[last]] = index;
            put(index, fds.getInt(last * Layouts.POLLFD + Layouts.POLLFD_FD),
                fds.getShort(last * Layouts.POLLFD + Layouts.POLLFD_EVENTS));
        }
    }

    private void put(int index, int fd, short events) {
        fds.putInt(index * Layouts.POLLFD + Layouts.POLLFD_FD, fd);
        fds.putShort(index * Layouts.POLLFD + Layouts.POLLFD_EVENTS, events);
        fds.putShort(index * Layouts.POLLFD + Layouts.POLLFD_REVENTS, (short) 0);
    }

    @Override
    int doAwait(int timeoutMillis) throws IOException {
        int n = timeoutMillis == 0
            ? Sys.poll(fdsAddress, size, 0)
            : Await.inKernel(() -> Sys.poll(fdsAddress, size, timeoutMillis));
        if (n <= 0) {
            return n == -Errno.EINTR ? 0 : n;
        }
        if (revents(0) != 0) {
            if ((revents(0) & Consts.POLLNVAL) != 0) {
                throw Errno.failed("poll(eventfd " + waker().number() + ")", Errno.EBADF);
            }
            waker().drain();
            n--;
        }
        for (int index = 1, found = 0, invalid = 0; found < n; index++) {
            int revents = revents(index);
            if (revents != 0) {
                ready[found++] = index;
                silence(index);
            }
            if ((revents & Consts.POLLNVAL) != 0) {
                ready[found - 1] = ready[invalid];
                ready[invalid++] = index;
            }
        }
        return n;
    }

    /** A number that is negative is passed over by poll(2); the next update puts the right one back. */
    private void silence(int index) {
        if (oneShot[index]) {
            fds.putInt(index * Layouts.POLLFD + Layouts.POLLFD_FD, -1);
        }
    }

    private int revents(int index) {
        return fds.getShort(index * Layouts.POLLFD + Layouts.POLLFD_REVENTS);
    }

    @Override
    public long token(int i) {
        return tokens[ready[i]];
    }

    @Override
    public int events(int i) {
        return revents(ready[i]);
    }

    @Override
    public String describeUpdate(int fd, int from, int to) {
        return "poll(fd " + fd + ")";
    }

    @Override
    public String describeAwait() {
        return "poll(" + size + " descriptors)";
    }

    @Override
    public void reset() {
        size = 1;
        Arrays.fill(indexOfSlot, ABSENT);
    }

    @Override
    void doClose() {
        size = 0;
    }

    private static int[] newIndex(int size) {
        int[] index = new int[size];
        Arrays.fill(index, ABSENT);
        return index;
    }

    private static ByteBuffer allocate(int entries) {
        return NativeMemory.allocate(entries * Layouts.POLLFD);
    }
}
