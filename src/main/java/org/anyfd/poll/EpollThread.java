package org.anyfd.poll;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.NativeMemory;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * An epoll descriptor, and a daemon thread of its own that waits for it and passes the events on. Neither ever ends. Any
 * thread may call {@link #control}.
 */
final class EpollThread {
    /** What is done with an event, on the thread. */
    interface Handler {
        /** Must neither wait nor throw; but if it takes memory, and there is none, it is called again. */
        void ready(long token, int events);
    }

    private static final int MAX_EVENTS = 256;
    private static final long RETRY_NANOS = 1_000_000;

    private final int epfd;
    private final Handler handler;
    private final ByteBuffer ready = NativeMemory.allocate(MAX_EVENTS * Layouts.EPOLL_EVENT);

    private EpollThread(int epfd, Handler handler) {
        this.epfd = epfd;
        this.handler = handler;
    }

    /** @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE, ENOMEM), or no thread */
    static EpollThread start(String name, Handler handler) throws IOException {
        int epfd = Sys.epollCreate1(Consts.EPOLL_CLOEXEC);
        if (epfd < 0) {
            throw Errno.failed("epoll_create1()", -epfd);
        }
        EpollThread epoll = new EpollThread(epfd, handler);
        try {
            Daemon.of(epoll::run, name).start();
        } catch (OutOfMemoryError e) {
            // EAGAIN of clone(2): too many threads. The next call may find room; this caller may have more to undo.
            Sys.close(epfd);
            throw new IOException("no thread " + name + ": " + e.getMessage(), e);
        }
        return epoll;
    }

    /** epoll_ctl(2). */
    int control(int op, int number, int events, long token) {
        Scratch s = Scratch.take();
        try {
            s.small().putInt(Layouts.EPOLL_EVENT_EVENTS, events);
            s.small().putLong(Layouts.EPOLL_EVENT_DATA, token);
            return Sys.epollCtl(epfd, op, number, s.smallAddress());
        } finally {
            s.give();
        }
    }

    private void run() {
        long address = Sys.address(ready);
        for (;;) {
            // EINTR, the only error of a valid call, is an empty turn.
            int n = Sys.epollWait(epfd, address, MAX_EVENTS, -1);
            for (int i = 0; i < n; i++) {
                int at = i * Layouts.EPOLL_EVENT;
                handle(ready.getLong(at + Layouts.EPOLL_EVENT_DATA), ready.getInt(at + Layouts.EPOLL_EVENT_EVENTS));
            }
        }
    }

    /** Until there is heap for it: nobody else tells those who wait for the event, and of none that comes after it either. */
    private void handle(long token, int events) {
        for (;;) {
            try {
                handler.ready(token, events);
                return;
            } catch (OutOfMemoryError e) {
                LockSupport.parkNanos(RETRY_NANOS);
            }
        }
    }
}
