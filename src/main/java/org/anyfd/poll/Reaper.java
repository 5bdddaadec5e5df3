package org.anyfd.poll;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * Internal. The one daemon thread that sees to what must be done when a descriptor becomes readable even if nobody
 * selects it: that a child process which has ended is waited for, so that it does not stay a zombie. Made for the first
 * such descriptor, and never ended.
 */
public final class Reaper {
    private static final int MAX_EVENTS = 64;
    /** Guarded by the class's monitor. */
    private static Reaper instance;

    private final int epfd;
    /** By number, of which each holds a reference; so none is another's. */
    private final ConcurrentHashMap<Integer, Watch> watches = new ConcurrentHashMap<>();

    private record Watch(Fd fd, BooleanSupplier done) {
    }

    private Reaper(int epfd) {
        this.epfd = epfd;
    }

    private static synchronized Reaper get() throws IOException {
        if (instance == null) {
            int epfd = Sys.epollCreate1(Consts.EPOLL_CLOEXEC);
            if (epfd < 0) {
                throw Errno.failed("epoll_create1()", -epfd);
            }
            Reaper reaper = new Reaper(epfd);
            Thread thread = new Thread(reaper::run, "anyfd-reaper");
            thread.setDaemon(true);
            thread.start();
            instance = reaper;
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
        int r = reaper.control(Consts.EPOLL_CTL_ADD, fd.number());
        if (r < 0) {
            reaper.watches.remove(fd.number());
            fd.release();
            throw Errno.failed("epoll_ctl(ADD, " + fd + ")", -r);
        }
    }

    private int control(int op, int number) {
        Scratch s = Scratch.take();
        try {
            s.small().putInt(Layouts.EPOLL_EVENT_EVENTS, Consts.EPOLLIN);
            s.small().putLong(Layouts.EPOLL_EVENT_DATA, number);
            return Sys.epollCtl(epfd, op, number, s.smallAddress());
        } finally {
            s.give();
        }
    }

    private void run() {
        ByteBuffer ready = ByteBuffer.allocateDirect(MAX_EVENTS * Layouts.EPOLL_EVENT).order(ByteOrder.nativeOrder());
        long address = Sys.address(ready);
        for (;;) {
            // EINTR, the only error of a valid call, is an empty turn.
            int n = Sys.epollWait(epfd, address, MAX_EVENTS, -1);
            for (int i = 0; i < n; i++) {
                int number = (int) ready.getLong(i * Layouts.EPOLL_EVENT + Layouts.EPOLL_EVENT_DATA);
                Watch watch = watches.get(number);
                if (watch.done.getAsBoolean()) {
                    // Before the number can be another's.
                    control(Consts.EPOLL_CTL_DEL, number);
                    watches.remove(number);
                    watch.fd.release();
                }
            }
        }
    }
}
