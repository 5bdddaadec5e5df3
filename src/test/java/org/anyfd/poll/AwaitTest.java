package org.anyfd.poll;

import static org.anyfd.sys.Consts.POLLERR;
import static org.anyfd.sys.Consts.POLLHUP;
import static org.anyfd.sys.Consts.POLLIN;
import static org.anyfd.sys.Consts.POLLOUT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How a blocking operation waits. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AwaitTest {
    private static final long TEN_MILLISECONDS = 10_000_000;

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    /** Waits as an operation does, again if it was for nothing, until there are events or the time is over. */
    private static int ready(Fd fd, int events, long timeoutNanos) throws IOException {
        long deadline = System.nanoTime() + timeoutNanos;
        for (;;) {
            long left = deadline - System.nanoTime();
            int ready = left > 0 ? Await.ready(fd, events, left) : 0;
            if (ready != 0 || left <= 0) {
                return ready;
            }
        }
    }

    @Test
    void eventsThatAreThereEndItAtOnce() throws IOException {
        Fd fd = Fd.borrow(fds.eventfd(1));
        assertEquals(POLLIN, Await.ready(fd, POLLIN, Await.FOREVER));
        assertEquals(POLLIN | POLLOUT, Await.ready(fd, POLLIN | POLLOUT, Await.FOREVER));
    }

    @Test
    void eventThatComesEndsIt() throws Exception {
        Descriptors.Ends pipe = fds.pipe();
        try (Background writer = Background.run(() -> Descriptors.write(pipe.write(), 1))) {
            // Once for nothing if the waker still bears the late signal of an earlier wait.
            assertEquals(POLLIN, ready(Fd.borrow(pipe.read()), POLLIN, TimeUnit.SECONDS.toNanos(20)));
        }
    }

    @Test
    void errorAndHangUpEndIt() throws IOException {
        Descriptors.Ends pipe = fds.pipe();
        fds.close(pipe.write());
        assertEquals(POLLHUP, Await.ready(Fd.borrow(pipe.read()), POLLIN, Await.FOREVER));
        Descriptors.Ends other = fds.pipe();
        fds.close(other.read());
        assertEquals(POLLERR, Await.ready(Fd.borrow(other.write()), POLLIN, Await.FOREVER));
    }

    @Test
    void timeIsOverWhenItIsOver() throws IOException {
        Fd fd = Fd.borrow(fds.eventfd(0));
        long start = System.nanoTime();
        assertEquals(0, ready(fd, POLLIN, TEN_MILLISECONDS));
        assertTrue(System.nanoTime() - start >= TEN_MILLISECONDS);
    }

    @Test
    void noTimeOnlyLooks() throws IOException {
        assertEquals(0, Await.ready(Fd.borrow(fds.eventfd(0)), POLLIN, 0));
        assertEquals(POLLIN, Await.ready(Fd.borrow(fds.eventfd(1)), POLLIN, 0));
    }

    @Test
    void closeEndsEveryWait() throws Exception {
        for (int i = 0; i < 200; i++) {
            Descriptors.Ends pipe = fds.pipe();
            Fd fd = Fd.borrow(pipe.read());
            CountDownLatch started = new CountDownLatch(2);
            List<Background> waiters = new ArrayList<>();
            for (int k = 0; k < 2; k++) {
                waiters.add(Background.run(() -> {
                    started.countDown();
                    while (fd.isOpen()) {
                        assertEquals(0, Await.ready(fd, POLLIN, Await.FOREVER));
                    }
                    return null;
                }));
            }
            started.await();
            fd.close();
            for (Background waiter : waiters) {
                waiter.close();
            }
            fds.close(pipe.read());
            fds.close(pipe.write());
        }
    }

    @Test
    void closedDescriptorIsNotWaitedFor() throws IOException {
        Fd fd = Fd.borrow(fds.eventfd(0));
        fd.close();
        assertEquals(0, Await.ready(fd, POLLIN, Await.FOREVER));
    }

    @Test
    void lateSignalDisturbsTheNextWaitAtMostOnce() throws IOException {
        Waker late = Waker.take();
        late.give();
        late.signal();
        Fd fd = Fd.borrow(fds.eventfd(0));
        long start = System.nanoTime();
        assertEquals(0, ready(fd, POLLIN, TEN_MILLISECONDS));
        assertTrue(System.nanoTime() - start >= TEN_MILLISECONDS);
        assertEquals(POLLOUT, ready(fd, POLLOUT, TEN_MILLISECONDS));
    }

    @Test
    void waitingKeepsFewWakers() throws Exception {
        Fd fd = Fd.borrow(fds.eventfd(0));
        List<Background> waiters = new ArrayList<>();
        CountDownLatch started = new CountDownLatch(30);
        for (int i = 0; i < 30; i++) {
            waiters.add(Background.run(() -> {
                started.countDown();
                while (fd.isOpen()) {
                    Await.ready(fd, POLLIN, Await.FOREVER);
                }
                return null;
            }));
        }
        started.await();
        fd.close();
        for (Background waiter : waiters) {
            waiter.close();
        }
        assertTrue(Waker.idle() <= 8);
    }

    @Test
    void wakerThatIsClosedTakesNoSignal() throws IOException {
        int tenant = fds.eventfd(0);
        Waker waker = Waker.open();
        int number = waker.number();
        waker.close();
        int next = fds.dup(tenant);
        assumeTrue(next == number, "another thread was given the number");
        waker.signal();
        assertEquals(0, Await.ready(Fd.borrow(tenant), POLLIN, 0));
    }
}
