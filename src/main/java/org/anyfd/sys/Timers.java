package org.anyfd.sys;

/** Internal. Timers that are descriptors: timerfd_create(2). As {@link Sys}: each call returns n >= 0 or -errno. */
public final class Timers {
    private static final CFunction TIMERFD_CREATE = CFunction.named("timerfd_create");
    private static final CFunction TIMERFD_SETTIME = CFunction.named("timerfd_settime");
    private static final CFunction TIMERFD_GETTIME = CFunction.named("timerfd_gettime");

    private Timers() {
    }

    /** EPERM: an alarm clock, without CAP_WAKE_ALARM. EINVAL: a kernel that does not know the clock. */
    public static int timerfdCreate(int clockid, int flags) {
        return TIMERFD_CREATE.call(clockid, flags);
    }

    /**
     * Sets the timer; never waits.
     *
     * @param newValue the address of a struct itimerspec. ECANCELED (with TFD_TIMER_CANCEL_ON_SET): it is set, but the
     *     clock was changed since the timer was last set or read.
     */
    public static int timerfdSettime(int fd, int flags, long newValue) {
        return TIMERFD_SETTIME.call(fd, flags, newValue, 0);
    }

    public static int timerfdGettime(int fd, long currValue) {
        return TIMERFD_GETTIME.call(fd, currValue);
    }
}
