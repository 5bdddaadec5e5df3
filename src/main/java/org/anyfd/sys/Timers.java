package org.anyfd.sys;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

/** Internal. Timers that are descriptors: timerfd_create(2). As {@link Sys}: each call returns n >= 0 or -errno. */
public final class Timers {
    /** The functions under their C names; see {@link LibC}. */
    public interface Calls {
        int timerfd_create(int clockid, int flags);
        int timerfd_settime(int fd, int flags, long newValue, long oldValue);
        int timerfd_gettime(int fd, long currValue);
    }

    private static final Calls CALLS = LibraryLoader.create(Calls.class).load("c");
    private static final Runtime RUNTIME = Runtime.getRuntime(CALLS);

    private Timers() {
    }

    /** EPERM: an alarm clock, without CAP_WAKE_ALARM. EINVAL: a kernel that does not know the clock. */
    public static int timerfdCreate(int clockid, int flags) {
        return checked(CALLS.timerfd_create(clockid, flags));
    }

    /**
     * Sets the timer; never waits.
     *
     * @param newValue the address of a struct itimerspec. ECANCELED (with TFD_TIMER_CANCEL_ON_SET): it is set, but the
     *     clock was changed since the timer was last set or read.
     */
    public static int timerfdSettime(int fd, int flags, long newValue) {
        return checked(CALLS.timerfd_settime(fd, flags, newValue, 0));
    }

    public static int timerfdGettime(int fd, long currValue) {
        return checked(CALLS.timerfd_gettime(fd, currValue));
    }

    private static int checked(int result) {
        return result >= 0 ? result : -RUNTIME.getLastError();
    }
}
