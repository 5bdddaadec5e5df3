package org.anyfd.poll;

import static org.anyfd.sys.Consts.POLLIN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.anyfd.sys.Errno;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What every backend does: being woken, and being closed. */
@ParameterizedClass
@EnumSource(Backend.class)
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PollerWakeupTest {
    private static final long FOREVER = -1;
    private static final long TEN_MILLISECONDS = 10_000_000;
    private static final long A = 1;

    private final Backend backend;
    @Order(1)
    @RegisterExtension
    final Descriptors fds = new Descriptors();
    @Order(2)
    @RegisterExtension
    final Watching watching;

    PollerWakeupTest(Backend backend) {
        this.backend = backend;
        this.watching = new Watching(backend);
    }

    private void assertNotWoken(long timeoutNanos) throws IOException {
        assertEquals(0, watching.poller.await(timeoutNanos));
        assertFalse(watching.poller.woken());
    }

    @Test
    void wakeupEndsTheNextWaitAndNoOther() throws IOException {
        watching.poller.wakeup();
        assertEquals(0, watching.poller.await(FOREVER));
        assertTrue(watching.poller.woken());
        assertNotWoken(TEN_MILLISECONDS);
    }

    @Test
    void wakeupEndsTheWaitUnderWay() throws Exception {
        for (int i = 0; i < 500; i++) {
            try (Background waker = Background.run(() -> {
                watching.poller.wakeup();
                return null;
            })) {
                while (!watching.poller.woken()) {
                    assertEquals(0, watching.poller.await(FOREVER));
                }
            }
            assertNotWoken(0);
        }
    }

    @Test
    void lookTakesTheWakeup() throws IOException {
        watching.poller.wakeup();
        assertEquals(0, watching.poller.await(0));
        assertTrue(watching.poller.woken());
        assertNotWoken(TEN_MILLISECONDS);
    }

    @Test
    void manyWakeupsAreOne() throws IOException {
        for (int i = 0; i < 100_000; i++) {
            watching.poller.wakeup();
        }
        assertEquals(0, watching.poller.await(FOREVER));
        assertTrue(watching.poller.woken());
        assertNotWoken(TEN_MILLISECONDS);
    }

    @Test
    void wakeupIsNoEntryAmongTheEvents() throws IOException {
        watching.add(fds.eventfd(1), A, POLLIN);
        // The write of a waker that was late, too: there is something for the backend to pass over.
        watching.poller.waker().signal();
        watching.poller.wakeup();
        assertEquals(Map.of(A, POLLIN), watching.look());
        assertTrue(watching.poller.woken());
        assertEquals(Map.of(A, POLLIN), watching.look());
        assertFalse(watching.poller.woken());
    }

    @Test
    void lateWriteOfAWakeupEndsAWaitEarlyButIsNoWakeup() throws IOException {
        watching.poller.waker().signal();
        assertNotWoken(FOREVER);
        assertNotWoken(TEN_MILLISECONDS);
    }

    @Test
    void resetLosesNoWakeup() throws IOException {
        watching.poller.wakeup();
        watching.poller.reset();
        assertEquals(0, watching.poller.await(FOREVER));
        assertTrue(watching.poller.woken());
        try (Background waker = Background.run(() -> {
            watching.poller.wakeup();
            return null;
        })) {
            while (!watching.poller.woken()) {
                watching.poller.await(FOREVER);
            }
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void noWakeupOfManyThreadsIsLost() throws Exception {
        int threads = 4;
        int each = 5000;
        AtomicInteger tasks = new AtomicInteger();
        List<Background> wakers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            wakers.add(Background.run(() -> {
                for (int k = 0; k < each; k++) {
                    tasks.incrementAndGet();
                    watching.poller.wakeup();
                }
                return null;
            }));
        }
        // Whoever is the last to write is seen: else this waits for ever.
        while (tasks.get() < threads * each) {
            watching.poller.await(FOREVER);
        }
        for (Background waker : wakers) {
            waker.close();
        }
    }

    @Test
    void closeFreesEverything() throws IOException {
        List<String> before = Descriptors.census();
        Poller poller = backend.open();
        int ready = fds.eventfd(1);
        assertEquals(0, poller.update(ready, A, 0, POLLIN));
        assertEquals(0, poller.update(ready, A + 1, 0, POLLIN));
        poller.close();
        fds.close(ready);
        assertEquals(before, Descriptors.census());
    }

    @Test
    void wakeupAfterCloseReachesNobody() throws IOException {
        Poller poller = backend.open();
        poller.close();
        // One of them has the number of the waker, if the numbers are given out again.
        int[] others = {fds.eventfd(0), fds.eventfd(0), fds.eventfd(0)};
        for (int i = 0; i < 1000; i++) {
            poller.wakeup();
        }
        for (int other : others) {
            assertEquals(-Errno.EAGAIN, Descriptors.read(other, Long.BYTES));
        }
    }
}
