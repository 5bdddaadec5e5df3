package org.anyfd.sys;

/**
 * Internal. The C functions for a process's limits, under their man-page names: each returns 0, or {@code -errno}, and
 * never throws. Apart from {@link Sys}, for few programs need them.
 */
public final class Limits {
    private static final CFunction GETRLIMIT = CFunction.named("getrlimit");
    private static final CFunction SETRLIMIT = CFunction.named("setrlimit");

    private Limits() {
    }

    public static int getrlimit(int resource, long rlimit) {
        return GETRLIMIT.call(resource, rlimit);
    }

    public static int setrlimit(int resource, long rlimit) {
        return SETRLIMIT.call(resource, rlimit);
    }
}
