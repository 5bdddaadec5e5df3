package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.anyfd.testing.Canaries;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Many threads do to a selector, its keys and their channels whatever is allowed, while one thread selects; numbers of
 * descriptors are reused all the time, by the channels and by {@link Canaries}.
 *
 * <p>{@code -Dstress.seconds=600} makes it last, {@code -Dstress.seed=N} has the threads draw the same actions again.
 */
@Timeout(value = 1, unit = TimeUnit.DAYS)
class SelectorStressTest {
    private static final int SECONDS = Integer.getInteger("stress.seconds", 2);
    private static final long SEED = Long.getLong("stress.seed", System.nanoTime());
    private static final int SLOTS = 24;
    private static final int THREADS = 8;
    private static final int BATCH = 200;

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private final AtomicReferenceArray<StressSubject> subjects = new AtomicReferenceArray<>(SLOTS);
    private final Canaries canaries = new Canaries();
    private Selector selector;
    /** A selector that is closed and replaced. */
    private final AtomicReference<Selector> fleeting = new AtomicReference<>();
    private ServerSocketChannel listener;
    private Thread selecting;
    private volatile boolean done;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    /** The number of the selection under way. */
    private final AtomicLong selection = new AtomicLong();
    /** Wakeups that are about to be made. */
    private final AtomicLong wakeups = new AtomicLong();
    /** Of them, how many there were when a selection had ended: those made before have been heard. */
    private volatile long heard;
    private final AtomicLong acts = new AtomicLong();
    /** Where all threads stop at times, so that a wakeup that got lost is not made up for by the next. */
    private final Phaser phaser = new Phaser();
    /** Whether they have, so that only wakeups end a selection. */
    private volatile boolean quiet;

    /** What a key is registered with. */
    private static final class Registration {
        final StressSubject subject;
        /** When the key had been cancelled, in selections; 0 while it has not. */
        volatile long cancelledAt;

        Registration(StressSubject subject) {
            this.subject = subject;
        }
    }

    @Test
    void everythingMayHappenDuringSelections() throws Exception {
        try {
            open();
            stress();
            assertSelectorIsConsistent();
            assertEverySubjectIsHeard();
            closeAll();
        } catch (Exception | Error e) {
            throw new AssertionError("-Dstress.seed=" + SEED + ": " + e, e);
        } finally {
            done = true;
            selector.wakeup();
        }
    }

    private void open() throws IOException {
        selector = fds.closing(Selector.open());
        fleeting.set(fds.closing(Selector.open()));
        listener = fds.closing(StressSubject.listener());
        for (int i = 0; i < SLOTS; i++) {
            subjects.set(i, StressSubject.open(listener, new Random(SEED + i)));
        }
    }

    private void stress() throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        Tasks.Task<Void> select = fds.run(() -> orElseStop(this::selectUntilDone));
        selecting = select.thread();
        phaser.bulkRegister(THREADS);
        List<Tasks.Task<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Random random = new Random(SEED + SLOTS + i);
            tasks.add(fds.run(() -> orElseStop(() -> disturb(random, end))));
        }
        for (Tasks.Task<Void> task : tasks) {
            task.thread().join(TimeUnit.SECONDS.toMillis(SECONDS + 2 * Tasks.PATIENCE_SECONDS));
        }
        done = true;
        selector.wakeup();
        select.thread().join(TimeUnit.SECONDS.toMillis(Tasks.PATIENCE_SECONDS));
        if (failure.get() != null) {
            throw new AssertionError(failure.get());
        }
        for (Tasks.Task<Void> task : tasks) {
            task.get();
        }
        select.get();
        System.out.printf("%d acts, %d selections, %d wakeups, seed %d%n",
            acts.get(), selection.get(), wakeups.get(), SEED);
    }

    /** The first failure stops all; what follows from it does not matter. */
    private Void orElseStop(Callable<Void> body) {
        try {
            return body.call();
        } catch (Exception | Error e) {
            failure.compareAndSet(null, e);
            done = true;
            return null;
        }
    }

    // -- The thread that selects --

    private Void selectUntilDone() throws IOException {
        Random random = new Random(SEED - 1);
        while (!done) {
            long now = selection.incrementAndGet();
            switch (random.nextInt(quiet ? 2 : 5)) {
                case 0 -> selector.select(key -> handle(key, now));
                case 1 -> selector.select();
                case 2 -> selector.select(key -> handle(key, now), 5);
                case 3 -> selector.select(5);
                default -> selector.selectNow();
            }
            heard = wakeups.get();
            selector.selectedKeys().forEach(key -> handle(key, now));
            selector.selectedKeys().clear();
            Thread.interrupted();
        }
        return null;
    }

    /** A key that is reported is that of its channel, was valid when the selection began, and tells the truth. */
    private void handle(SelectionKey key, long now) {
        Registration registration = (Registration) key.attachment();
        StressSubject subject = registration.subject;
        assertSame(subject.near, key.channel());
        assertFalse(isBefore(registration.cancelledAt, now), "reported after it was cancelled");
        assertFalse(isBefore(subject.closedAt, now), "reported after its channel was closed");
        try {
            int ready = key.readyOps();
            assertEquals(0, ready & ~key.channel().validOps());
            assertTrue(ready != 0, "reported without being ready");
            if ((ready & OP_WRITE) != 0) {
                key.interestOpsAnd(~OP_WRITE);
            }
            if ((ready & OP_READ) != 0) {
                assertTrue(subject.read() || !subject.reportsExactly() || !subject.isOpen(), "there was nothing to be read");
            }
        } catch (CancelledKeyException | ClosedChannelException expected) {
            assertFalse(key.isValid() && key.channel().isOpen());
        } catch (IOException e) {
            assertFalse(subject.isOpen(), e::toString);
        }
    }

    private static boolean isBefore(long at, long selection) {
        return at != 0 && at < selection;
    }

    // -- The threads that disturb --

    private Void disturb(Random random, long end) throws IOException {
        try {
            while (!done && System.nanoTime() - end < 0) {
                for (int i = 0; i < BATCH; i++) {
                    act(random);
                }
                acts.addAndGet(BATCH);
                phaser.arriveAndAwaitAdvance();
                quiet = true;
                everyWakeupIsHeard();
                phaser.arriveAndAwaitAdvance();
                quiet = false;
            }
            return null;
        } finally {
            phaser.arriveAndDeregister();
        }
    }

    /** First those of all threads at once, then one at a time: nothing else ends the selection then. */
    private void everyWakeupIsHeard() {
        wakeupIsHeard();
        phaser.arriveAndAwaitAdvance();
        for (int i = 0; i < 4; i++) {
            synchronized (wakeups) {
                wakeupIsHeard();
            }
        }
    }

    private void wakeupIsHeard() {
        long mine = wakeups.incrementAndGet();
        selector.wakeup();
        Tasks.await(() -> heard >= mine || failure.get() != null, "a wakeup ends a selection");
    }

    private void act(Random random) throws IOException {
        int slot = random.nextInt(SLOTS);
        StressSubject subject = subjects.get(slot);
        SelectionKey key = subject.near.keyFor(selector);
        try {
            switch (random.nextInt(16)) {
                case 0 -> selector.wakeup();
                case 1 -> replace(random, slot, subject);
                case 2 -> canaries.replace(random);
                case 3 -> registerElsewhere(random, subject);
                case 4 -> selectElsewhere(random);
                case 5, 6, 7, 8 -> write(subject);
                case 9 -> selecting.interrupt();
                default -> actOn(random, subject, key);
            }
        } catch (CancelledKeyException | ClosedChannelException | ClosedSelectorException expected) {
            // Another thread was faster.
        }
    }

    private void actOn(Random random, StressSubject subject, SelectionKey key) throws IOException {
        int ops = (OP_READ | random.nextInt(4) / 3 * OP_WRITE) & subject.near.validOps();
        if (key == null) {
            subject.near.register(selector, ops, new Registration(subject));
            return;
        }
        switch (random.nextInt(10)) {
            case 0 -> cancel(key);
            case 1 -> subject.near.register(selector, ops, new Registration(subject));
            case 2, 3 -> key.interestOps(0);
            case 4, 5 -> key.interestOps(ops);
            case 6 -> key.interestOpsOr(OP_READ);
            case 7 -> key.interestOpsAnd(OP_WRITE);
            case 8 -> selector.keys().forEach(each -> assertSame(selector, each.selector()));
            default -> assertEquals(0, key.readyOps() & ~subject.near.validOps());
        }
    }

    private void cancel(SelectionKey key) {
        key.cancel();
        ((Registration) key.attachment()).cancelledAt = selection.get();
    }

    private static void write(StressSubject subject) {
        try {
            subject.write();
        } catch (IOException e) {
            assertFalse(subject.isOpen(), e::toString);
        }
    }

    private void replace(Random random, int slot, StressSubject subject) throws IOException {
        StressSubject next = StressSubject.open(listener, random);
        StressSubject out = subjects.compareAndSet(slot, subject, next) ? subject : next;
        out.close();
        out.closedAt = selection.get();
        canaries.replace(random);
    }

    private void registerElsewhere(Random random, StressSubject subject) throws IOException {
        if (random.nextInt(8) == 0) {
            Selector next = Selector.open();
            fleeting.getAndSet(next).close();
        }
        subject.near.register(fleeting.get(), OP_READ, subject);
    }

    private void selectElsewhere(Random random) throws IOException {
        Selector elsewhere = fleeting.get();
        elsewhere.selectNow(key -> {
            assertSame(((StressSubject) key.attachment()).near, key.channel());
            if (random.nextInt(4) == 0) {
                key.cancel();
            }
        });
    }

    // -- Afterwards --

    private void assertSelectorIsConsistent() throws IOException {
        selector.selectNow();
        Set<SelectionKey> expected = new HashSet<>();
        for (int i = 0; i < SLOTS; i++) {
            SelectionKey key = subjects.get(i).near.keyFor(selector);
            if (key != null) {
                assertTrue(key.isValid());
                expected.add(key);
            }
        }
        assertEquals(expected, new HashSet<>(selector.keys()));
    }

    private void assertEverySubjectIsHeard() throws IOException {
        Set<SelectionKey> silent = new HashSet<>();
        for (int i = 0; i < SLOTS; i++) {
            StressSubject subject = subjects.get(i);
            subject.read();
            silent.add(subject.near.register(selector, OP_READ, new Registration(subject)));
        }
        selector.selectedKeys().clear();
        selector.selectNow();
        selector.selectedKeys().forEach(key -> assertFalse(((Registration) key.attachment()).subject.reportsExactly()));
        selector.selectedKeys().clear();
        for (int i = 0; i < SLOTS; i++) {
            subjects.get(i).write();
        }
        Tasks.await(() -> {
            try {
                selector.select(100);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            silent.removeAll(selector.selectedKeys());
            return silent.isEmpty();
        }, "all are heard");
    }

    private void closeAll() throws IOException {
        for (int i = 0; i < SLOTS; i++) {
            subjects.get(i).close();
        }
        fleeting.get().close();
        selector.selectNow();
        assertTrue(selector.keys().isEmpty());
        assertTrue(selector.selectedKeys().isEmpty());
        assertTrue(canaries.end() > 0);
    }
}
