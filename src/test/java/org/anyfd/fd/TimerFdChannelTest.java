package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.anyfd.fd.TimerFdChannel.Clock;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A timer in the kernel: once, again and again, at a time of day, selected and waited for. */
@Bounded
class TimerFdChannelTest {
    private static final Duration SHORT = Duration.ofMillis(5);
    private static final Duration HOUR = Duration.ofHours(1);

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private TimerFdChannel timer;

    @BeforeEach
    void open() throws IOException {
        timer = fds.closing(TimerFdChannel.open());
    }

    private TimerFdChannel open(Clock clock) throws IOException {
        return fds.closing(TimerFdChannel.open(clock));
    }

    private static void assertNone(TimerFdChannel timer) throws IOException {
        timer.configureBlocking(false);
        assertEquals(0, timer.takeExpirations());
    }

    @Test
    void newTimerIsOff() throws IOException {
        assertEquals(Clock.MONOTONIC, timer.clock());
        assertEquals(Duration.ZERO, timer.remaining());
        assertNone(timer);
    }

    @ParameterizedTest
    @EnumSource(names = {"MONOTONIC", "REALTIME", "BOOTTIME"})
    void expiresOnceAndNotEarly(Clock clock) throws IOException {
        TimerFdChannel once = open(clock);
        assertEquals(clock, once.clock());
        long start = System.nanoTime();
        once.schedule(SHORT);
        assertEquals(1, once.takeExpirations());
        long elapsed = System.nanoTime() - start;
        assertTrue(elapsed >= SHORT.toNanos(), () -> "after " + elapsed + " ns");
        assertEquals(Duration.ZERO, once.remaining());
        assertNone(once);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void delayThatIsOverMeansAtOnce(long seconds) throws IOException {
        timer.schedule(Duration.ofSeconds(seconds));
        assertEquals(1, timer.takeExpirations());
    }

    @Test
    void longestDelayIsLong() throws IOException {
        timer.schedule(Duration.ofSeconds(Long.MAX_VALUE, 999_999_999));
        assertTrue(timer.remaining().toDays() > 36500);
        assertNone(timer);
    }

    @Test
    void remainingCountsDown() throws IOException {
        timer.schedule(HOUR);
        Duration first = timer.remaining();
        Duration second = timer.remaining();
        assertTrue(first.compareTo(HOUR) <= 0 && first.compareTo(HOUR.minusMinutes(1)) > 0, first::toString);
        assertTrue(second.compareTo(first) < 0, () -> first + " then " + second);
    }

    @Test
    void comesAgainAndAgain() throws IOException {
        long start = System.nanoTime();
        timer.scheduleAtFixedRate(SHORT, SHORT);
        long taken = 0;
        while (taken < 4) {
            long n = timer.takeExpirations();
            assertTrue(n >= 1);
            taken += n;
        }
        assertTrue(System.nanoTime() - start >= taken * SHORT.toNanos());
        assertTrue(timer.remaining().compareTo(SHORT) <= 0);
    }

    @Test
    void missedExpirationsAreCounted() throws IOException {
        Duration period = Duration.ofNanos(100_000);
        long start = System.nanoTime();
        timer.scheduleAtFixedRate(period, period);
        long set = System.nanoTime();
        Tasks.await(() -> System.nanoTime() - set > 20 * period.toNanos(), "20 periods");
        long n = timer.takeExpirations();
        assertTrue(n >= 20, () -> n + " expirations");
        assertTrue(n <= (System.nanoTime() - start) / period.toNanos(), () -> n + " expirations");
    }

    @Test
    void firstMayComeSoonerThanThePeriod() throws IOException {
        timer.scheduleAtFixedRate(Duration.ZERO, HOUR);
        assertEquals(1, timer.takeExpirations());
        assertTrue(timer.remaining().toMinutes() >= 58);
        assertNone(timer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1S"})
    void periodMustBePositive(Duration period) throws IOException {
        TimerFdChannel wall = open(Clock.REALTIME);
        String message = "period is not positive: " + period;
        assertEquals(message, assertThrowsExactly(IllegalArgumentException.class,
            () -> timer.scheduleAtFixedRate(SHORT, period)).getMessage());
        assertEquals(message, assertThrowsExactly(IllegalArgumentException.class,
            () -> wall.scheduleAtFixedRate(Instant.now(), period)).getMessage());
        assertEquals(Duration.ZERO, timer.remaining());
    }

    @Test
    void newSettingReplacesTheOldOneAndWhatWasNotTaken() throws IOException {
        timer.scheduleAtFixedRate(Duration.ZERO, Duration.ofNanos(1));
        timer.schedule(HOUR);
        assertTrue(timer.remaining().toMinutes() >= 58);
        assertNone(timer);
    }

    @Test
    void disarmedTimerIsOffAndEmpty() throws IOException {
        timer.scheduleAtFixedRate(Duration.ZERO, SHORT);
        timer.disarm();
        assertEquals(Duration.ZERO, timer.remaining());
        assertNone(timer);
        timer.disarm();
        timer.schedule(Duration.ZERO);
        timer.configureBlocking(true);
        assertEquals(1, timer.takeExpirations());
    }

    @Test
    void expiresAtATimeOfTheWallClock() throws IOException {
        TimerFdChannel wall = open(Clock.REALTIME);
        Instant time = Instant.now().plus(SHORT);
        wall.scheduleAt(time);
        assertEquals(1, wall.takeExpirations());
        assertFalse(Instant.now().isBefore(time));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1970-01-01T00:00:00Z", "1969-12-31T23:59:59.5Z", "-1000000000-01-01T00:00:00Z", "2001-01-01T00:00:00Z"})
    void instantThatHasPassedMeansAtOnce(Instant time) throws IOException {
        TimerFdChannel wall = open(Clock.REALTIME);
        wall.scheduleAt(time);
        assertEquals(1, wall.takeExpirations());
        wall.scheduleAtWatchingTheClock(time);
        assertEquals(1, wall.takeExpirations());
    }

    @Test
    void lastInstantIsFarAway() throws IOException {
        TimerFdChannel wall = open(Clock.REALTIME);
        wall.scheduleAt(Instant.MAX);
        assertTrue(wall.remaining().toDays() > 36500, () -> "in a century");
        assertNone(wall);
    }

    @Test
    void comesAgainFromATimeOfTheWallClockOn() throws IOException {
        TimerFdChannel wall = open(Clock.REALTIME);
        wall.scheduleAtFixedRate(Instant.now().minus(HOUR.multipliedBy(3)), HOUR);
        long n = wall.takeExpirations();
        assertTrue(n >= 3 && n <= 4, () -> n + " expirations");
        assertTrue(wall.remaining().compareTo(HOUR) <= 0);
    }

    @ParameterizedTest
    @EnumSource(names = {"MONOTONIC", "BOOTTIME"})
    void instantNeedsTheWallClock(Clock clock) throws IOException {
        TimerFdChannel other = open(clock);
        String message = "an instant is a time of CLOCK_REALTIME, not of CLOCK_" + clock;
        assertEquals(message, assertThrowsExactly(UnsupportedOperationException.class,
            () -> other.scheduleAt(Instant.now())).getMessage());
        assertThrowsExactly(UnsupportedOperationException.class, () -> other.scheduleAtWatchingTheClock(Instant.now()));
        assertThrowsExactly(UnsupportedOperationException.class,
            () -> other.scheduleAtFixedRate(Instant.now(), HOUR));
    }

    @ParameterizedTest
    @EnumSource(names = {"REALTIME_ALARM", "BOOTTIME_ALARM"})
    void alarmIsATimerOrNeedsACapability(Clock clock) throws IOException {
        TimerFdChannel alarm;
        try {
            alarm = open(clock);
        } catch (IOException e) {
            assertEquals("timerfd_create(CLOCK_" + clock + ") without CAP_WAKE_ALARM: EPERM operation not permitted",
                e.getMessage());
            return;
        }
        alarm.schedule(SHORT);
        assertEquals(1, alarm.takeExpirations());
        alarm.schedule(HOUR);
        assertTrue(alarm.remaining().toMinutes() >= 58);
    }

    @Test
    void settingTheClockIsTold() throws IOException {
        TimerFdChannel wall = open(Clock.REALTIME);
        TimerFdChannel indifferent = open(Clock.REALTIME);
        wall.scheduleAtWatchingTheClock(Instant.now().plus(HOUR));
        indifferent.scheduleAt(Instant.now().plus(HOUR));
        try (Selector selector = Selector.open()) {
            wall.configureBlocking(false).register(selector, OP_READ);
            assertEquals(0, selector.selectNow());
            assumeTrue(Raw.setClock(), "needs CAP_SYS_TIME");
            assertEquals(1, selector.select(10_000));
            ClockChangedException told = assertThrowsExactly(ClockChangedException.class, wall::takeExpirations);
            assertEquals("read(fd " + wall.getFD() + "): ECANCELED the clock was set", told.getMessage());
            selector.selectedKeys().clear();
            assertEquals(0, selector.selectNow());
        }
        assertTrue(wall.remaining().toMinutes() >= 58, "still set");
        assertNone(wall);
        assertNone(indifferent);
    }

    @Test
    void settingTheClockEndsABlockedTake() throws Exception {
        TimerFdChannel wall = open(Clock.REALTIME);
        wall.scheduleAtWatchingTheClock(Instant.MAX);
        Tasks.Task<Long> taking = fds.run(wall::takeExpirations).awaitBlocked();
        boolean set = Raw.setClock();
        if (!set) {
            wall.schedule(Duration.ZERO);
            taking.get();
        }
        assumeTrue(set, "needs CAP_SYS_TIME");
        assertThrowsExactly(ClockChangedException.class, taking::get);
        assertTrue(wall.isOpen());
    }

    @Test
    void clockThatWasSetBeforeTheTimerIsTold() throws IOException {
        TimerFdChannel wall = open(Clock.REALTIME);
        wall.scheduleAtWatchingTheClock(Instant.MAX);
        assumeTrue(Raw.setClock(), "needs CAP_SYS_TIME");
        assertThrowsExactly(ClockChangedException.class,
            () -> wall.scheduleAtWatchingTheClock(Instant.now().plus(HOUR)));
        assertTrue(wall.remaining().toMinutes() <= 60, "set nevertheless");
        wall.scheduleAtWatchingTheClock(Instant.now().plus(SHORT));
        assertEquals(1, wall.takeExpirations());
    }

    @Test
    void selectorSeesTheTimerBesideASocket() throws IOException {
        Pipe pipe = Pipe.open();
        fds.closing(pipe.source());
        fds.closing(pipe.sink());
        try (Selector selector = Selector.open()) {
            pipe.source().configureBlocking(false).register(selector, OP_READ);
            SelectionKey key = timer.configureBlocking(false).register(selector, OP_READ);
            assertEquals(0, selector.selectNow());
            timer.schedule(SHORT);
            assertEquals(1, selector.select(10_000));
            assertEquals(Set.of(key), selector.selectedKeys());
            selector.selectedKeys().clear();
            assertEquals(1, selector.selectNow(), "still ready");
            assertEquals(1, timer.takeExpirations());
            selector.selectedKeys().clear();
            assertEquals(0, selector.selectNow());
            timer.schedule(Duration.ZERO);
            assertEquals(1, selector.select(10_000));
            timer.schedule(HOUR);
            selector.selectedKeys().clear();
            assertEquals(0, selector.selectNow(), "set anew");
        }
    }

    @Test
    void blockedTakeWaitsForTheNewTime() throws Exception {
        timer.schedule(HOUR);
        Tasks.Task<Long> taking = fds.run(timer::takeExpirations).awaitBlocked();
        timer.schedule(SHORT);
        assertEquals(1, taking.get());
    }

    @Test
    void closeEndsABlockedTake() throws Exception {
        Tasks.Task<Long> taking = fds.run(timer::takeExpirations).awaitBlocked();
        timer.close();
        assertThrowsExactly(AsynchronousCloseException.class, taking::get);
    }

    @Test
    void interruptEndsABlockedTake() throws Exception {
        Tasks.Task<Long> taking = fds.run(timer::takeExpirations).awaitBlocked();
        taking.thread().interrupt();
        assertThrowsExactly(ClosedByInterruptException.class, taking::get);
        assertFalse(timer.isOpen());
    }

    @Test
    void closedChannelRefusesEverything() throws IOException {
        Selector selector = fds.closing(Selector.open());
        TimerFdChannel wall = open(Clock.REALTIME);
        timer.close();
        timer.close();
        wall.close();
        assertThrowsExactly(ClosedChannelException.class, () -> timer.schedule(SHORT));
        assertThrowsExactly(ClosedChannelException.class, () -> timer.scheduleAtFixedRate(SHORT, SHORT));
        assertThrowsExactly(ClosedChannelException.class, () -> wall.scheduleAt(Instant.now()));
        assertThrowsExactly(ClosedChannelException.class, () -> timer.disarm());
        assertThrowsExactly(ClosedChannelException.class, () -> timer.remaining());
        assertThrowsExactly(ClosedChannelException.class, () -> timer.takeExpirations());
        assertThrowsExactly(ClosedChannelException.class, () -> timer.configureBlocking(false));
        assertThrowsExactly(ClosedChannelException.class, () -> timer.register(selector, OP_READ));
    }

    @Test
    void registrationIsAsForAnyChannel() throws IOException {
        Selector selector = fds.closing(Selector.open());
        assertEquals(OP_READ, timer.validOps());
        assertThrowsExactly(IllegalBlockingModeException.class, () -> timer.register(selector, OP_READ));
        timer.configureBlocking(false);
        assertThrowsExactly(IllegalArgumentException.class, () -> timer.register(selector, SelectionKey.OP_WRITE));
    }

    @Test
    void toStringNamesClockAndDescriptor() throws IOException {
        assertEquals("org.anyfd.fd.TimerFdChannel[fd " + timer.getFD() + ", MONOTONIC]", timer.toString());
        timer.close();
        assertEquals("org.anyfd.fd.TimerFdChannel[closed]", timer.toString());
    }
}
