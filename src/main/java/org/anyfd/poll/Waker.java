package org.anyfd.poll;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.NativeMemory;
import org.anyfd.sys.Sys;

/**
 * An eventfd that makes one thread return from poll(2) or epoll_wait(2). A {@link Poller} owns one for its life; a
 * thread in {@link Await} borrows one for a wait, from a few that are kept. Any thread may {@link #signal}, also one
 * that is late: the write is made under a reference, so it can never reach a reused number.
 */
final class Waker implements CloseLatch.Waiter {
    /** Kept for the next wait, so that a blocking read costs no eventfd2(2) and close(2) of its own. */
    private static final int MAX_IDLE = 8;
    private static final ConcurrentLinkedQueue<Waker> IDLE = new ConcurrentLinkedQueue<>();
    private static final AtomicInteger IDLE_COUNT = new AtomicInteger();

    /** Of all wakers: so a thread that only wakes others needs no memory of its own for its system calls. */
    private static final ByteBuffer MEMORY = NativeMemory.allocate(2 * Long.BYTES).putLong(0, 1);
    private static final long ONE = Sys.address(MEMORY);
    /** What is read here nobody looks at. */
    private static final long ANY = ONE + Long.BYTES;

    private final Fd eventfd;

    private Waker(Fd eventfd) {
        this.eventfd = eventfd;
    }

    static Waker open() throws IOException {
        int fd = Sys.eventfd(0, Consts.EFD_CLOEXEC | Consts.EFD_NONBLOCK);
        if (fd < 0) {
            throw Errno.failed("eventfd()", -fd);
        }
        return new Waker(Fd.own(fd));
    }

    /** Borrows a waker for one wait of the calling thread. It may hold a late signal of an earlier wait. */
    static Waker take() throws IOException {
        Waker idle = IDLE.poll();
        if (idle == null) {
            return open();
        }
        IDLE_COUNT.decrementAndGet();
        return idle;
    }

    void give() {
        if (IDLE_COUNT.incrementAndGet() <= MAX_IDLE) {
            IDLE.add(this);
        } else {
            IDLE_COUNT.decrementAndGet();
            close();
        }
    }

    /** How many are kept open for later waits: what a count of open fds must not mistake for a leak. */
    static int idle() {
        return IDLE_COUNT.get();
    }

    int number() {
        return eventfd.number();
    }

    @Override
    public void signal() {
        if (!eventfd.acquire()) {
            return;
        }
        // EAGAIN, the only error of a valid call, means that 2^64-2 signals are pending already.
        Sys.write(eventfd.number(), ONE, Long.BYTES);
        eventfd.release();
    }

    /** Takes every signal so far. */
    void drain() {
        // EAGAIN means that there was none, which is as good.
        Sys.read(eventfd.number(), ANY, Long.BYTES);
    }

    void close() {
        eventfd.close();
    }
}
