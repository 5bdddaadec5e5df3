package org.anyfd.poll;

import static org.anyfd.sys.Consts.POLLERR;
import static org.anyfd.sys.Consts.POLLHUP;
import static org.anyfd.sys.Consts.POLLIN;
import static org.anyfd.sys.Consts.POLLNVAL;
import static org.anyfd.sys.Consts.POLLOUT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What every backend does: watching and waiting. Wakeups are in PollerWakeupTest, kinds of files in ReadinessTest. */
@ParameterizedClass
@EnumSource(Backend.class)
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PollerContractTest {
    private static final int MANY = 3000;
    private static final long A = 1;
    private static final long B = 2;
    private static final long MILLISECOND = 1_000_000;

    private final Backend backend;
    @Order(1)
    @RegisterExtension
    final Descriptors fds = new Descriptors();
    @Order(2)
    @RegisterExtension
    final Watching watching;

    PollerContractTest(Backend backend) {
        this.backend = backend;
        this.watching = new Watching(backend);
    }

    // -- Time --

    @Test
    void withNothingReadyTheTimePasses() throws IOException {
        long start = System.nanoTime();
        assertEquals(0, watching.poller.await(20 * MILLISECOND));
        assertTrue(System.nanoTime() - start >= 20 * MILLISECOND);
        assertFalse(watching.poller.woken());
    }

    @Test
    void partOfAMillisecondIsWaitedForInFull() throws IOException {
        for (long nanos : new long[] {1, 999_999, 1_000_001, 1_500_000}) {
            long start = System.nanoTime();
            assertEquals(0, watching.poller.await(nanos));
            long passed = System.nanoTime() - start;
            assertTrue(passed >= nanos, () -> passed + " ns instead of " + nanos);
        }
    }

    @Test
    void noTimeOnlyLooks() throws IOException {
        Descriptors.Ends pipe = fds.pipe();
        watching.add(pipe.read(), A, POLLIN);
        assertEquals(Map.of(), watching.look());
        Descriptors.write(pipe.write(), 1);
        assertEquals(Map.of(A, POLLIN), watching.look());
    }

    @Test
    void longestTimeIsNoneThatIsOver() throws Exception {
        Descriptors.Ends pipe = fds.pipe();
        watching.add(pipe.read(), A, POLLIN);
        try (Background writer = Background.run(() -> Descriptors.write(pipe.write(), 1))) {
            int n;
            do {
                n = watching.poller.await(Long.MAX_VALUE);
            } while (n == 0);
            assertEquals(1, n);
        }
    }

    // -- Add, modify, remove --

    @Test
    void eventDuringTheWaitEndsIt() throws Exception {
        Descriptors.Ends pipe = fds.pipe();
        watching.add(pipe.read(), A, POLLIN);
        try (Background writer = Background.run(() -> Descriptors.write(pipe.write(), 1))) {
            assertEquals(Map.of(A, POLLIN), watching.await());
        }
    }

    @Test
    void whatIsReadyIsReportedUntilItIsNot() throws IOException {
        Descriptors.Ends pipe = fds.pipe();
        watching.add(pipe.read(), A, POLLIN);
        Descriptors.write(pipe.write(), 2);
        for (int i = 0; i < 3; i++) {
            assertEquals(Map.of(A, POLLIN), watching.look());
        }
        Descriptors.read(pipe.read(), 1);
        assertEquals(Map.of(A, POLLIN), watching.look());
        Descriptors.read(pipe.read(), 1);
        assertEquals(Map.of(), watching.look());
    }

    @Test
    void onlyTheEventsAskedForAreReported() throws IOException {
        int ready = fds.eventfd(1);
        watching.add(ready, A, POLLIN);
        assertEquals(Map.of(A, POLLIN), watching.look());
        watching.modify(ready, A, POLLIN, POLLOUT);
        assertEquals(Map.of(A, POLLOUT), watching.look());
        watching.modify(ready, A, POLLOUT, POLLIN | POLLOUT);
        assertEquals(Map.of(A, POLLIN | POLLOUT), watching.look());
    }

    @Test
    void errorAndHangUpAreReportedUnasked() throws IOException {
        Descriptors.Ends pipe = fds.pipe();
        watching.add(pipe.write(), A, POLLIN);
        fds.close(pipe.read());
        assertEquals(Map.of(A, POLLERR), watching.look());
        Descriptors.Ends other = fds.pipe();
        watching.add(other.read(), B, POLLOUT);
        fds.close(other.write());
        assertEquals(Map.of(A, POLLERR, B, POLLHUP), watching.look());
    }

    @Test
    void removedIsSilentAndCanComeAgain() throws IOException {
        int ready = fds.eventfd(1);
        watching.add(ready, A, POLLIN);
        watching.remove(ready, A, POLLIN);
        assertEquals(Map.of(), watching.look());
        watching.add(ready, B, POLLIN);
        assertEquals(Map.of(B, POLLIN), watching.look());
    }

    @Test
    void unchangedEventsAreNoChange() throws IOException {
        assertEquals(0, watching.poller.update(-1, A, POLLIN, POLLIN));
        assertEquals(0, watching.poller.update(-1, A, 0, 0));
    }

    @Test
    void tokensComeBackAsTheyWere() throws IOException {
        int ready = fds.eventfd(1);
        long token = (long) Integer.MAX_VALUE << 32 | 3;
        watching.add(ready, token, POLLIN);
        assertEquals(Map.of(token, POLLIN), watching.look());
    }

    @Test
    void slotTakesTheNextGeneration() throws IOException {
        int first = fds.eventfd(1);
        int second = fds.eventfd(1);
        watching.add(first, 1L << 32 | 3, POLLIN);
        watching.remove(first, 1L << 32 | 3, POLLIN);
        watching.add(second, 2L << 32 | 3, POLLIN);
        assertEquals(Map.of(2L << 32 | 3, POLLIN), watching.look());
    }

    @Test
    void removingOneOfManyLeavesTheOthers() throws IOException {
        int[] ready = new int[200];
        for (int i = 0; i < ready.length; i++) {
            ready[i] = fds.eventfd(1);
            watching.add(ready[i], i, POLLIN);
        }
        for (int i = 0; i < ready.length; i += 2) {
            watching.remove(ready[i], i, POLLIN);
        }
        Map<Long, Integer> left = watching.look();
        assertEquals(100, left.size());
        assertTrue(left.keySet().stream().allMatch(token -> token % 2 == 1));
    }

    @Test
    void removingBetweenWaitAndLookShowsNothingTwice() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        int[] ready = {fds.eventfd(1), fds.eventfd(1), fds.eventfd(1), fds.file(file), fds.file(file), fds.file(file)};
        for (int gone = 0; gone < ready.length; gone++) {
            for (int i = 0; i < ready.length; i++) {
                watching.add(ready[i], i, POLLIN);
            }
            int n = watching.poller.await(0);
            watching.remove(ready[gone], gone, POLLIN);
            Set<Long> seen = new HashSet<>();
            for (int i = 0; i < n; i++) {
                long token = watching.poller.token(i);
                if (token >= 0 && token != gone && watching.poller.events(i) != 0) {
                    assertTrue(seen.add(token), "shown twice");
                }
            }
            assertEquals(ready.length - 1, seen.size());
            for (int i = 0; i < ready.length; i++) {
                watching.poller.update(ready[i], i, i == gone ? 0 : POLLIN, 0);
            }
        }
    }

    @Test
    void manyReadyAreAllReported() throws IOException {
        for (int i = 0; i < MANY; i++) {
            watching.add(fds.eventfd(1), i, POLLIN);
        }
        Set<Long> seen = new HashSet<>();
        for (int turn = 0; turn < MANY && seen.size() < MANY; turn++) {
            Set<Long> some = watching.look().keySet();
            assertTrue(some.size() >= 1);
            seen.addAll(some);
        }
        assertEquals(MANY, seen.size());
    }

    // -- Numbers closed and reused behind our back --

    @Test
    void numberClosedBehindOurBackIsAnError() throws IOException {
        int number = fds.high(fds.pipe().read());
        watching.add(number, A, POLLIN);
        fds.close(number);
        Map<Long, Integer> seen = watching.look();
        int changed = watching.poller.update(number, A, POLLIN, POLLIN | Consts.POLLPRI);
        if (backend == Backend.POLL) {
            assertEquals(Map.of(A, POLLNVAL), seen);
        } else {
            assertEquals(Map.of(), seen);
            assertEquals(-Errno.EBADF, changed);
        }
        watching.poller.update(number, A, POLLIN, 0);
        assertEquals(Map.of(), watching.look());
    }

    @Test
    void addingANumberThatIsNotOpenIsAnError() throws IOException {
        int r = watching.poller.update(1_000_000, A, 0, POLLIN);
        assertTrue(backend == Backend.EPOLL ? r == -Errno.EBADF : watching.look().equals(Map.of(A, POLLNVAL)));
    }

    @Test
    void reusedNumberIsNotTouchedByItsFormerToken() throws IOException {
        int number = fds.high(fds.pipe().read());
        watching.add(number, A, POLLIN);
        int next = fds.eventfd(1);
        fds.close(number);
        fds.dupTo(next, number);
        watching.add(number, B, POLLIN);
        assertEquals(POLLIN, watching.look().get(B));
        if (backend == Backend.EPOLL) {
            assertEquals(-Errno.ENOENT, watching.poller.update(number, A, POLLIN, POLLOUT));
            assertEquals(Map.of(B, POLLIN), watching.look());
        }
        watching.remove(number, A, POLLIN);
        assertEquals(Map.of(B, POLLIN), watching.look());
        watching.remove(number, B, POLLIN);
        assertEquals(Map.of(), watching.look());
    }

    // -- Several numbers or tokens for one file --

    @Test
    void duplicateNumbersAreWatchedEachForItself() throws IOException {
        int ready = fds.eventfd(1);
        int duplicate = fds.dup(ready);
        watching.add(ready, A, POLLIN);
        watching.add(duplicate, B, POLLOUT);
        assertEquals(Map.of(A, POLLIN, B, POLLOUT), watching.look());
        watching.remove(ready, A, POLLIN);
        assertEquals(Map.of(B, POLLOUT), watching.look());
    }

    @Test
    void oneNumberCanHaveTwoTokens() throws IOException {
        int ready = fds.eventfd(1);
        watching.add(ready, A, POLLIN);
        watching.add(ready, B, POLLOUT);
        assertEquals(Map.of(A, POLLIN, B, POLLOUT), watching.look());
        watching.modify(ready, B, POLLOUT, POLLIN | POLLOUT);
        assertEquals(Map.of(A, POLLIN, B, POLLIN | POLLOUT), watching.look());
        watching.remove(ready, A, POLLIN);
        assertEquals(Map.of(B, POLLIN | POLLOUT), watching.look());
        watching.add(ready, A, POLLOUT);
        watching.remove(ready, B, POLLIN | POLLOUT);
        assertEquals(Map.of(A, POLLOUT), watching.look());
    }

    @Test
    void ghostOfAClosedNumberGoesWithAReset() throws IOException {
        assumeTrue(backend == Backend.EPOLL, "poll(2) knows numbers only");
        int ready = fds.high(fds.eventfd(1));
        int keepsItOpen = fds.dup(ready);
        watching.add(ready, A, POLLIN);
        watching.add(keepsItOpen, B, POLLIN);
        fds.close(ready);
        assertEquals(Map.of(A, POLLIN, B, POLLIN), watching.look());
        assertEquals(-Errno.EBADF, watching.poller.update(ready, A, POLLIN, 0));
        assertEquals(Map.of(A, POLLIN, B, POLLIN), watching.look());
        watching.poller.reset();
        assertEquals(Map.of(), watching.look());
        watching.add(keepsItOpen, B, POLLIN);
        assertEquals(Map.of(B, POLLIN), watching.look());
    }

    @Test
    void resetForgetsEverything() throws IOException {
        int ready = fds.eventfd(1);
        int file = fds.file(Files.createFile(folder.resolve("file")));
        watching.add(ready, A, POLLIN);
        watching.add(ready, B, POLLIN);
        watching.add(file, 3, POLLIN);
        watching.poller.reset();
        assertEquals(Map.of(), watching.look());
        watching.add(ready, A, POLLIN);
        watching.add(file, 3, POLLIN);
        assertEquals(Map.of(A, POLLIN, 3L, POLLIN), watching.look());
    }

    // -- Files that are always ready --

    @TempDir
    Path folder;

    @Test
    void fileIsAlwaysReady() throws IOException {
        int file = fds.file(Files.createFile(folder.resolve("file")));
        int quiet = fds.eventfd(0);
        watching.add(quiet, B, POLLIN);
        watching.add(file, A, POLLIN | POLLOUT);
        assertEquals(Map.of(A, POLLIN | POLLOUT), watching.await());
        watching.modify(file, A, POLLIN | POLLOUT, POLLOUT);
        assertEquals(Map.of(A, POLLOUT), watching.await());
        Descriptors.add(quiet, 1);
        assertEquals(Map.of(A, POLLOUT, B, POLLIN), watching.await());
        watching.remove(file, A, POLLOUT);
        assertEquals(Map.of(B, POLLIN), watching.await());
    }

    // -- Edge-triggered --

    @Test
    void edgeIsReportedOnce() throws IOException {
        assumeTrue(watching.poller.edges());
        int ready = fds.eventfd(1);
        int mask = POLLIN | Consts.EPOLLET;
        watching.add(ready, A, mask);
        assertEquals(Map.of(A, POLLIN), watching.look());
        assertEquals(Map.of(), watching.look());
        Descriptors.add(ready, 1);
        assertEquals(Map.of(A, POLLIN), watching.look());
        assertEquals(Map.of(), watching.look());
    }

    // -- One-shot and exclusive --

    @Test
    void oneShotIsReportedOnceUntilItsUpdate() throws IOException {
        int ready = fds.eventfd(1);
        int other = fds.eventfd(1);
        int mask = POLLIN | Consts.EPOLLONESHOT;
        watching.add(ready, A, mask);
        watching.add(other, B, POLLIN);
        assertEquals(Map.of(A, POLLIN, B, POLLIN), watching.look());
        assertEquals(Map.of(B, POLLIN), watching.look());
        watching.modify(ready, A, Consts.EPOLLONESHOT, mask);
        assertEquals(Map.of(A, POLLIN, B, POLLIN), watching.look());
        watching.remove(other, B, POLLIN);
        assertEquals(Map.of(), watching.look());
        watching.modify(ready, A, Consts.EPOLLONESHOT, POLLIN);
        assertEquals(Map.of(A, POLLIN), watching.look());
        assertEquals(Map.of(A, POLLIN), watching.look());
        watching.modify(ready, A, POLLIN, mask);
        assertEquals(Map.of(A, POLLIN), watching.look());
        watching.remove(ready, A, Consts.EPOLLONESHOT);
        assertEquals(Map.of(), watching.look());
    }

    @Test
    void oneShotThatHasFiredIsSilentAboutAHangUp() throws IOException {
        Descriptors.Ends pipe = fds.pipe();
        watching.add(pipe.read(), A, POLLIN | Consts.EPOLLONESHOT);
        fds.close(pipe.write());
        assertEquals(Map.of(A, POLLHUP), watching.look());
        assertEquals(Map.of(), watching.look());
    }

    @Test
    void exclusiveEntryCanBeChanged() throws IOException {
        int ready = fds.eventfd(1);
        int exclusive = POLLIN | Consts.EPOLLEXCLUSIVE;
        watching.add(ready, A, exclusive);
        assertEquals(Map.of(A, POLLIN), watching.look());
        watching.modify(ready, A, exclusive, POLLOUT | Consts.EPOLLEXCLUSIVE);
        assertEquals(Map.of(A, POLLOUT), watching.look());
        watching.modify(ready, A, POLLOUT | Consts.EPOLLEXCLUSIVE, POLLIN);
        assertEquals(Map.of(A, POLLIN), watching.look());
        watching.modify(ready, A, POLLIN, exclusive);
        assertEquals(Map.of(A, POLLIN), watching.look());
        watching.remove(ready, A, exclusive);
        assertEquals(Map.of(), watching.look());
    }

    @Test
    void descriptionNamesTheNumber() {
        assertTrue(watching.poller.describeUpdate(7, 0, POLLIN).contains("fd 7"));
    }
}
