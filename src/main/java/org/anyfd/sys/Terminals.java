package org.anyfd.sys;

/** Internal. What terminals need of the C library beside ioctl(2). Stateless; bound when it is first used. */
public final class Terminals {
    private static final CFunction GETPGID = CFunction.named("getpgid");

    private Terminals() {
    }

    /** The process group of a process, 0 for this one: getpgid(2). */
    public static int getpgid(int pid) {
        return GETPGID.call(pid);
    }
}
