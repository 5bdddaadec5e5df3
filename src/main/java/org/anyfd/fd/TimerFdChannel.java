package org.anyfd.fd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.time.Instant;
import org.anyfd.channel.Attempt;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.NativeMemory;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Timers;

/**
 * A timer in the kernel: timerfd_create(2). Ready for OP_READ from when it expires until that is taken, or the timer is
 * set anew.
 *
 * <pre>{@code
 * TimerFdChannel timer = TimerFdChannel.open();
 * timer.configureBlocking(false);
 * timer.register(selector, SelectionKey.OP_READ);
 * timer.scheduleAtFixedRate(Duration.ofSeconds(1), Duration.ofSeconds(1));
 * ...
 * long missed = timer.takeExpirations() - 1;   // when the selector finds it ready
 * }</pre>
 *
 * <p>A timer has one setting, which each {@code schedule} method replaces, along with expirations that were not taken.
 * It is exact to the nanosecond as far as the kernel is; a time that has passed means at once. No thread is needed.
 *
 * <p>Safe for use by several threads. Setting a timer does not wait for a thread that is blocked in
 * {@link #takeExpirations}; that thread then waits for the new time.
 */
public final class TimerFdChannel extends DescriptorChannel {
    /** What a timer counts: clock_gettime(2). */
    public enum Clock {
        /** Time that the system was awake, as {@link System#nanoTime} has it. Nobody can set it. */
        MONOTONIC(Consts.CLOCK_MONOTONIC),
        /** The wall clock, as {@link Instant#now} has it. A duration is not disturbed when it is set, an instant follows. */
        REALTIME(Consts.CLOCK_REALTIME),
        /** As {@link #MONOTONIC}, but goes on while the system sleeps. */
        BOOTTIME(Consts.CLOCK_BOOTTIME),
        /** As {@link #REALTIME}, and wakes a sleeping system. Needs the capability CAP_WAKE_ALARM. */
        REALTIME_ALARM(Consts.CLOCK_REALTIME_ALARM),
        /** As {@link #BOOTTIME}, and wakes a sleeping system. Needs the capability CAP_WAKE_ALARM. */
        BOOTTIME_ALARM(Consts.CLOCK_BOOTTIME_ALARM);

        private final int id;

        Clock(int id) {
            this.id = id;
        }

        private static Clock of(int id) throws IOException {
            for (Clock clock : values()) {
                if (clock.id == id) {
                    return clock;
                }
            }
            throw new IOException("a timer of an unknown clock: " + id);
        }

        private boolean isWallClock() {
            return this == REALTIME || this == REALTIME_ALARM;
        }
    }

    /** The smallest time there is: 0 would switch the timer off. */
    private static final Duration AT_ONCE = Duration.ofNanos(1);

    private final Clock clock;
    /** Guarded by readLock. */
    private final ByteBuffer taken = NativeMemory.allocate(Long.BYTES);

    private TimerFdChannel(int number, Clock clock, Attempt attempt) {
        super(Fd.own(number), attempt, SelectionKey.OP_READ);
        this.clock = clock;
    }

    /**
     * Opens a timer of {@link Clock#MONOTONIC}, not set.
     *
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE)
     */
    public static TimerFdChannel open() throws IOException {
        return open(Clock.MONOTONIC);
    }

    /**
     * Opens a timer, not set.
     *
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE), or not of this clock (EPERM without
     *     CAP_WAKE_ALARM)
     */
    public static TimerFdChannel open(Clock clock) throws IOException {
        int fd = Timers.timerfdCreate(clock.id, Consts.TFD_NONBLOCK | Consts.TFD_CLOEXEC);
        if (fd < 0) {
            String needs = fd == -Errno.EPERM ? " without CAP_WAKE_ALARM" : "";
            throw Errno.failed("timerfd_create(CLOCK_" + clock + ")" + needs, -fd);
        }
        return new TimerFdChannel(fd, clock, Attempt.PLAIN);
    }

    /**
     * Takes a timer over that another process, or a library, made: closing the channel closes the descriptor. The timer
     * stays set as it is, and so does its O_NONBLOCK flag, which others share.
     *
     * @param fd an open descriptor that nobody else will close
     * @throws IOException if it is not open, or no timerfd; the caller keeps it then
     */
    public static TimerFdChannel own(int fd) throws IOException {
        OpenFd.require(fd, OpenFd.Kind.TIMERFD);
        return new TimerFdChannel(fd, Clock.of(OpenFd.info(fd, "clockid")), Attempt.NOWAIT);
    }

    /** The clock that was chosen. */
    public Clock clock() {
        return clock;
    }

    /**
     * Expires once.
     *
     * @param delay from now; zero or negative means at once
     * @throws ClosedChannelException if the channel is closed
     */
    public void schedule(Duration delay) throws IOException {
        set(delay, Duration.ZERO, 0);
    }

    /**
     * Expires again and again. An expiration comes when it is due, however late the one before was taken; those that were
     * not taken are counted.
     *
     * @param initialDelay from now to the first; zero or negative means at once
     * @param period from one to the next
     * @throws IllegalArgumentException if the period is not positive
     * @throws ClosedChannelException if the channel is closed
     */
    public void scheduleAtFixedRate(Duration initialDelay, Duration period) throws IOException {
        set(initialDelay, positive(period), 0);
    }

    /**
     * Expires once, when the wall clock shows a time, also if that clock is set in the meantime.
     *
     * @param time one that has passed means at once
     * @throws UnsupportedOperationException if the clock is neither REALTIME nor REALTIME_ALARM
     * @throws ClosedChannelException if the channel is closed
     */
    public void scheduleAt(Instant time) throws IOException {
        set(sinceEpoch(time), Duration.ZERO, Consts.TFD_TIMER_ABSTIME);
    }

    /**
     * As {@link #scheduleAt}, and tells when somebody sets the wall clock: the channel is ready then, and
     * {@link #takeExpirations} throws a {@link ClockChangedException}. For times that are worked out from the time of day,
     * such as each midnight: with the clock set, another one may be the next. The timer itself stays as it is.
     *
     * @param time one that has passed means at once; {@link Instant#MAX} only watches the clock
     * @throws ClockChangedException if the clock was set since this method was last called, and that was not yet told. The
     *     timer is set nevertheless; but the time may have been worked out before the change
     * @throws UnsupportedOperationException if the clock is neither REALTIME nor REALTIME_ALARM
     * @throws ClosedChannelException if the channel is closed
     */
    public void scheduleAtWatchingTheClock(Instant time) throws IOException {
        set(sinceEpoch(time), Duration.ZERO, Consts.TFD_TIMER_ABSTIME | Consts.TFD_TIMER_CANCEL_ON_SET);
    }

    /**
     * Expires when the wall clock shows a time, and then again and again.
     *
     * @param first one that has passed means at once; the next ones are counted from it
     * @param period from one to the next
     * @throws IllegalArgumentException if the period is not positive
     * @throws UnsupportedOperationException if the clock is neither REALTIME nor REALTIME_ALARM
     * @throws ClosedChannelException if the channel is closed
     */
    public void scheduleAtFixedRate(Instant first, Duration period) throws IOException {
        set(sinceEpoch(first), positive(period), Consts.TFD_TIMER_ABSTIME);
    }

    /**
     * Switches the timer off. It does not expire, and what was not taken is gone.
     *
     * @throws ClosedChannelException if the channel is closed
     */
    public void disarm() throws IOException {
        settime(Duration.ZERO, Duration.ZERO, 0);
    }

    /**
     * How long until it expires next.
     *
     * @return zero if the timer is off: never set, disarmed, or set to expire once and expired
     * @throws ClosedChannelException if the channel is closed
     */
    public Duration remaining() throws IOException {
        Scratch s = Scratch.take();
        try {
            int r = call(number -> Timers.timerfdGettime(number, s.smallAddress()));
            if (r < 0) {
                throw Errno.failed("timerfd_gettime(" + fd() + ")", -r);
            }
            int at = Layouts.ITIMERSPEC_VALUE;
            return Duration.ofSeconds(s.small().getLong(at + Layouts.TIMESPEC_SEC),
                s.small().getLong(at + Layouts.TIMESPEC_NSEC));
        } finally {
            s.give();
        }
    }

    /**
     * Takes the expirations since the timer was set or they were last taken. In blocking mode waits for one.
     *
     * @return how many; more than 1 if some were missed; 0 in non-blocking mode if there was none
     * @throws ClockChangedException if the timer was to watch for that
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the wait
     * @throws IOException with the kernel's reason
     */
    public long takeExpirations() throws IOException {
        readLock.lock();
        try {
            long n = io.read(taken.clear());
            if (n == -Errno.EAGAIN) {
                return 0;
            }
            if (n == -Errno.ECANCELED) {
                throw new ClockChangedException("read(" + fd() + ")");
            }
            if (n < 0) {
                throw Errno.failed("read(" + fd() + ")", (int) -n);
            }
            return taken.getLong(0);
        } finally {
            readLock.unlock();
        }
    }

    private static Duration positive(Duration period) {
        if (period.isZero() || period.isNegative()) {
            throw new IllegalArgumentException("period is not positive: " + period);
        }
        return period;
    }

    private Duration sinceEpoch(Instant time) {
        if (!clock.isWallClock()) {
            throw new UnsupportedOperationException("an instant is a time of CLOCK_REALTIME, not of CLOCK_" + clock);
        }
        return Duration.ofSeconds(time.getEpochSecond(), time.getNano());
    }

    private void set(Duration value, Duration interval, int flags) throws IOException {
        settime(value.compareTo(AT_ONCE) < 0 ? AT_ONCE : value, interval, flags);
    }

    private void settime(Duration value, Duration interval, int flags) throws IOException {
        Scratch s = Scratch.take();
        try {
            put(s.small(), Layouts.ITIMERSPEC_VALUE, value);
            put(s.small(), Layouts.ITIMERSPEC_INTERVAL, interval);
            int r = call(number -> Timers.timerfdSettime(number, flags, s.smallAddress()));
            if (r == -Errno.ECANCELED) {
                throw new ClockChangedException("timerfd_settime(" + fd() + ")");
            }
            if (r < 0) {
                throw Errno.failed("timerfd_settime(" + fd() + ")", -r);
            }
        } finally {
            s.give();
        }
    }

    private static void put(ByteBuffer m, int at, Duration duration) {
        m.putLong(at + Layouts.TIMESPEC_SEC, duration.getSeconds());
        m.putLong(at + Layouts.TIMESPEC_NSEC, duration.getNano());
    }

    @Override
    String what() {
        return clock.toString();
    }
}
