package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.anyfd.AnyFdSelectorProvider;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Sys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One thread at a time has a direction, and with it the number, until it unlocks. */
@Timeout(30)
class OperationLockTest {
    private Pipe pipe;
    private Fd fd;
    private OperationLock lock;

    @BeforeEach
    void make() throws Exception {
        pipe = new AnyFdSelectorProvider().openPipe();
        // A number that no other thread of this process gets meanwhile.
        int low = Sys.eventfd(0, Consts.EFD_CLOEXEC);
        fd = Fd.own(Sys.fcntl(low, Consts.F_DUPFD_CLOEXEC, 900));
        Sys.close(low);
        lock = new OperationLock((SelectableChannel) pipe.source(), fd, Fd.READING);
    }

    @AfterEach
    void end() throws Exception {
        fd.close();
        pipe.source().close();
        pipe.sink().close();
    }

    private static FutureTask<Void> begin(Runnable work) {
        FutureTask<Void> task = new FutureTask<>(work, null);
        Thread thread = new Thread(task, "locks");
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    private boolean numberIsOpen() {
        return Sys.fcntl(fd.number(), Consts.F_GETFL, 0) >= 0;
    }

    @Test
    void oneThreadAtATimeHasIt() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        int[] count = new int[1];
        List<FutureTask<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            tasks.add(begin(() -> {
                for (int k = 0; k < 20_000; k++) {
                    lock.lock();
                    try {
                        assertEquals(1, inside.incrementAndGet());
                        count[0]++;
                        inside.decrementAndGet();
                    } finally {
                        lock.unlock();
                    }
                }
            }));
        }
        for (FutureTask<Void> task : tasks) {
            task.get(20, TimeUnit.SECONDS);
        }
        assertEquals(80_000, count[0]);
    }

    @Test
    void threadThatHasItLocksItAgain() throws Exception {
        CountDownLatch had = new CountDownLatch(1);
        lock.lock();
        lock.lock();
        lock.unlock();
        FutureTask<Void> other = begin(() -> {
            assertFalse(lock.tryLock());
            had.countDown();
            lock.lock();
            lock.unlock();
        });
        assertTrue(had.await(10, TimeUnit.SECONDS));
        lock.unlock();
        other.get(10, TimeUnit.SECONDS);
    }

    @Test
    void onlyWhoHasItUnlocks() throws Exception {
        assertThrows(IllegalMonitorStateException.class, lock::unlock);
        lock.lock();
        begin(() -> assertThrows(IllegalMonitorStateException.class, lock::unlock)).get(10, TimeUnit.SECONDS);
        lock.unlock();
    }

    @Test
    void numberStaysOpenUntilTheLastUnlock() {
        lock.lock();
        lock.lock();
        fd.close();
        assertTrue(numberIsOpen());
        lock.unlock();
        assertTrue(numberIsOpen());
        lock.unlock();
        assertFalse(numberIsOpen());
    }

    @Test
    void whoWaitsIsWokenBeforeTheNumberIsClosed() throws Exception {
        CountDownLatch had = new CountDownLatch(1);
        boolean[] before = new boolean[1];
        Fd closing = Fd.own(Sys.eventfd(0, Consts.EFD_CLOEXEC), () -> {
            before[0] = isOver(had);
            throw new IllegalStateException("behind the close");
        });
        OperationLock closed = new OperationLock((SelectableChannel) pipe.source(), closing, Fd.READING);
        closed.lock();
        FutureTask<Void> other = begin(() -> {
            closed.lock();
            had.countDown();
            closed.unlock();
        });
        while (closed.getQueuedThreads().stream().noneMatch(thread -> thread.getState() == Thread.State.WAITING)) {
            assertFalse(Thread.interrupted());
            Thread.onSpinWait();
        }
        closing.close();
        assertThrows(IllegalStateException.class, closed::unlock);
        other.get(10, TimeUnit.SECONDS);
        assertTrue(before[0]);
    }

    private static boolean isOver(CountDownLatch latch) {
        try {
            return latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void otherDirectionKeepsTheNumber() {
        OperationLock other = new OperationLock((SelectableChannel) pipe.source(), fd, Fd.WRITING);
        lock.lock();
        other.lock();
        fd.close();
        lock.unlock();
        assertTrue(numberIsOpen());
        other.unlock();
        assertFalse(numberIsOpen());
    }

    @Test
    void closedOneIsStillALock() {
        fd.close();
        int low = Sys.eventfd(0, Consts.EFD_CLOEXEC);
        assertEquals(fd.number(), Sys.dup2(low, fd.number()));
        Sys.close(low);
        try {
            lock.lock();
            assertFalse(fd.isOpen());
            lock.unlock();
            assertTrue(numberIsOpen());
        } finally {
            Sys.close(fd.number());
        }
    }
}
