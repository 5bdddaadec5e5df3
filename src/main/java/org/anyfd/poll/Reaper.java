package org.anyfd.poll;

import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;

/**
 * Internal. The one daemon thread that sees to what must be done when a descriptor becomes readable even if nobody
 * selects it: that a child process which has ended is waited for, so that it does not stay a zombie. Made for the first
 * such descriptor, and never ended.
 */
public final class Reaper {
    private static final long PAUSE_NANOS = 1_000_000;

    /** Guarded by the class's monitor. */
    private static Reaper instance;

    private final EpollThread epoll;
    /** By number, of which each holds a reference; so none is another's. */
    private final ConcurrentHashMap<Integer, Watch> watches = new ConcurrentHashMap<>();

    private record Watch(Fd fd, BooleanSupplier done) {
    }

    private Reaper() throws IOException {
        epoll = EpollThread.start("anyfd-reaper", this::ready);
    }

    private static synchronized Reaper get() throws IOException {
        if (instance == null) {
            instance = new Reaper();
        }
        return instance;
    }

    /** How many there are, each with a descriptor that stays open: as {@link Reactor#open}. */
    static synchronized int open() {
        return instance == null ? 0 : 1;
    }

    /**
     * Holds a reference on a descriptor, and calls a function whenever it is readable, until that returns true.
     *
     * @param fd an open descriptor that epoll can watch
     * @param done must neither wait nor throw
     * @throws IOException if the kernel cannot give what this takes (EMFILE, ENOMEM, ENOSPC)
     */
    public static void watch(Fd fd, BooleanSupplier done) throws IOException {
        Reaper reaper = get();
        if (!fd.acquire()) {
            throw new IllegalStateException(fd + " is closed");
        }
        reaper.watches.put(fd.number(), new Watch(fd, done));
        int r = reaper.epoll.control(Consts.EPOLL_CTL_ADD, fd.number(), Consts.EPOLLIN, fd.number());
        if (r < 0) {
            reaper.watches.remove(fd.number());
            fd.release();
            throw Errno.failed("epoll_ctl(ADD, " + fd + ")", -r);
        }
    }

    private void ready(long number, int events) {
        Watch watch = watches.get((int) number);
        if (watch.done.getAsBoolean()) {
            // Before the number can be another's.
            epoll.control(Consts.EPOLL_CTL_DEL, (int) number, 0, 0);
            watches.remove((int) number);
            watch.fd.release();
        } else {
            // A child that ended under a debugger is that one's to wait for first: wait_consider_task. Not to ask all the time.
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }
}
