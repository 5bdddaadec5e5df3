package org.anyfd.poll;

import java.io.IOException;
import java.util.Arrays;
import org.anyfd.sys.Consts;
import org.anyfd.sys.EpollEvents;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Sys;

/**
 * The epoll(7) backend. See {@link Poller} for who calls it.
 *
 * <p>epoll knows an entry by (number, open file description), which has three consequences here. A number whose file
 * was closed behind our back, and that was reused, must not have the new file's entry changed: {@link #ownerOfNumber}
 * says whose entry a number's is. A second channel on the same number and file is refused with EEXIST: it is watched
 * through a duplicate. And files that epoll refuses with EPERM, such as regular files, are {@link AlwaysReady}, as
 * poll(2) says they are.
 */
final class EpollPoller extends Poller {
    private static final int NOBODY = -1;
    /** The token of {@link #timer}. */
    private static final long TIMER = WAKE - 1;

    private final EpollEvents entries = new EpollEvents();
    private final AlwaysReady alwaysReady = new AlwaysReady();
    private final Duplicates duplicates = new Duplicates();
    private final WaitTimer timer = new WaitTimer();
    /** By fd number: the token under which the kernel's entry for it was added last, or {@link #NOBODY}. */
    private long[] ownerOfNumber = new long[0];
    private int epfd;
    /** Entries from the kernel in the last await; those of {@link #alwaysReady} follow them. */
    private int fromKernel;

    private EpollPoller(Waker waker) throws IOException {
        super(waker);
        begin();
    }

    static EpollPoller create() throws IOException {
        Waker waker = Waker.open();
        try {
            return new EpollPoller(waker);
        } catch (IOException e) {
            waker.close();
            throw e;
        }
    }

    /**
     * Makes an epoll descriptor that watches the waker edge-triggered: each write to an eventfd is a new edge, so it never
     * has to be read (2^64-2 wakeups fit in).
     */
    private void begin() throws IOException {
        int fresh = Sys.epollCreate1(Consts.EPOLL_CLOEXEC);
        if (fresh < 0) {
            throw Errno.failed("epoll_create1()", -fresh);
        }
        int r = control(fresh, Consts.EPOLL_CTL_ADD, waker().number(), WAKE, Consts.EPOLLIN | Consts.EPOLLET);
        if (r < 0) {
            Sys.close(fresh);
            throw Errno.failed("epoll_ctl(ADD, eventfd " + waker().number() + ")", -r);
        }
        epfd = fresh;
    }

    /** As some selection left it, if another thread asks. */
    @Override
    public String toString() {
        return "epoll fd " + epfd;
    }

    @Override
    public boolean edges() {
        return true;
    }

    /** Not what is watched through a duplicate, which keeps the file open. */
    @Override
    public boolean goesWithNumber(long token) {
        return duplicates.of(token) < 0;
    }

    @Override
    int doUpdate(int fd, long token, int from, int to) {
        if (alwaysReady.update(token, to)) {
            return 0;
        }
        int duplicate = duplicates.of(token);
        if (from == 0) {
            return add(fd, token, to);
        }
        if (duplicate >= 0) {
            return to == 0 ? removeDuplicate(token, duplicate) : modify(duplicate, token, from, to);
        }
        if (owner(fd) != token) {
            return to == 0 ? 0 : -Errno.ENOENT;
        }
        if (to == 0) {
            ownerOfNumber[fd] = NOBODY;
            return control(Consts.EPOLL_CTL_DEL, fd, token, 0);
        }
        return modify(fd, token, from, to);
    }

    /** The kernel modifies no entry that is, or is to be, exclusive: EINVAL, epoll_ctl(2). */
    private int modify(int fd, long token, int from, int to) {
        if (((from | to) & Consts.EPOLLEXCLUSIVE) == 0) {
            return control(Consts.EPOLL_CTL_MOD, fd, token, to);
        }
        int r = control(Consts.EPOLL_CTL_DEL, fd, token, 0);
        return r < 0 ? r : control(Consts.EPOLL_CTL_ADD, fd, token, to);
    }

    private int add(int fd, long token, int events) {
        entries.expect((int) token + 3); // slots are numbered from 0, and there are the waker and the timer
        int r = control(Consts.EPOLL_CTL_ADD, fd, token, events);
        if (r == -Errno.EPERM) {
            alwaysReady.add(token, events);
            return 0;
        }
        if (r == -Errno.EEXIST) {
            return addDuplicate(fd, token, events);
        }
        if (r == 0) {
            setOwner(fd, token);
        }
        return r;
    }

    private int addDuplicate(int fd, long token, int events) {
        int duplicate = Sys.fcntl(fd, Consts.F_DUPFD_CLOEXEC, 0);
        if (duplicate < 0) {
            return duplicate;
        }
        int r = control(Consts.EPOLL_CTL_ADD, duplicate, token, events);
        if (r < 0) {
            Sys.close(duplicate);
            return r;
        }
        duplicates.add(token, duplicate);
        return 0;
    }

    /** DEL before close: the file lives on through the number it was duplicated from, and so would the entry. */
    private int removeDuplicate(long token, int duplicate) {
        duplicates.remove(token);
        int r = control(Consts.EPOLL_CTL_DEL, duplicate, token, 0);
        Sys.close(duplicate);
        return r;
    }

    private int control(int op, int fd, long token, int events) {
        return control(epfd, op, fd, token, events);
    }

    private int control(int epfd, int op, int fd, long token, int events) {
        return Sys.epollCtl(epfd, op, fd, entries.control(events, token));
    }

    /** Watches the timer, of which each time it fires is a new edge, too; whether the kernel does. */
    boolean watchTimer(int fd) {
        boolean watched = control(Consts.EPOLL_CTL_ADD, fd, TIMER, Consts.EPOLLIN | Consts.EPOLLET) == 0;
        if (watched) {
            // The number may have been that of a key which does not know yet that it was closed.
            setOwner(fd, TIMER);
        }
        return watched;
    }

    @Override
    int doAwait(int timeoutMillis) throws IOException {
        entries.makeRoom();
        int timeout = alwaysReady.collect() > 0 ? 0 : timeoutMillis;
        if (timeout != 0 && Await.parkedOn(epfd, timeout)) {
            timeout = 0;
        }
        int n = timeout > 0 ? waitFor(timeout) : epollWait(timeout);
        fromKernel = withoutOwn(n);
        return fromKernel < 0 ? fromKernel : fromKernel + alwaysReady.ready();
    }

    private int waitFor(int timeout) {
        int n = epollWait(timer.ends(this, timeout) ? -1 : timeout);
        timer.waited(n == 0);
        return n;
    }

    private int epollWait(int timeout) {
        int n = Sys.epollWait(epfd, entries.address(), entries.room(), timeout);
        return n == -Errno.EINTR ? 0 : n;
    }

    /** Overwrites the entries of the waker and of the timer, of which there is at most one each, with the last. */
    private int withoutOwn(int n) {
        int left = n;
        for (int i = 0; i < left; i++) {
            long token = entries.data(i);
            if (token < 0) {
                if (token == TIMER) {
                    timer.fired();
                }
                entries.move(--left, i--);
            }
        }
        return left;
    }

    @Override
    public long token(int i) {
        return i < fromKernel ? entries.data(i) : alwaysReady.token(i - fromKernel);
    }

    @Override
    public int events(int i) {
        return i < fromKernel ? entries.events(i) : alwaysReady.events(i - fromKernel);
    }

    @Override
    public String describeUpdate(int fd, int from, int to) {
        return "epoll_ctl(" + (from == 0 ? "ADD" : to == 0 ? "DEL" : "MOD") + ", fd " + fd + ")";
    }

    @Override
    public String describeAwait() {
        return "epoll_wait(fd " + epfd + ")";
    }

    @Override
    public void reset() throws IOException {
        int old = epfd;
        begin();
        timer.close();
        forget(old);
    }

    @Override
    void doClose() {
        timer.close();
        forget(epfd);
        entries.close();
    }

    private void forget(int epfd) {
        Sys.close(epfd);
        duplicates.closeAll();
        alwaysReady.clear();
        Arrays.fill(ownerOfNumber, NOBODY);
    }

    private long owner(int fd) {
        return fd < ownerOfNumber.length ? ownerOfNumber[fd] : NOBODY;
    }

    private void setOwner(int fd, long token) {
        if (fd >= ownerOfNumber.length) {
            long[] grown = newOwners(Math.max(Math.max(64, fd + 1), 2 * ownerOfNumber.length));
            System.arraycopy(ownerOfNumber, 0, grown, 0, ownerOfNumber.length);
            ownerOfNumber = grown;
        }
        ownerOfNumber[fd] = token;
    }

    private static long[] newOwners(int size) {
        long[] owners = new long[size];
        Arrays.fill(owners, NOBODY);
        return owners;
    }
}
