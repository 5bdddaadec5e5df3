package org.anyfd.sys;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

/** Internal. What terminals need of the C library beside ioctl(2). Stateless; bound when it is first used. */
public final class Terminals {
    /** The functions, under their C names. */
    public interface C {
        int getpgid(int pid);
    }

    private static final C LIBC = LibraryLoader.create(C.class).load("c");
    private static final Runtime RUNTIME = Runtime.getRuntime(LIBC);

    private Terminals() {
    }

    /** The process group of a process, 0 for this one: getpgid(2). */
    public static int getpgid(int pid) {
        int r = LIBC.getpgid(pid);
        return r >= 0 ? r : -RUNTIME.getLastError();
    }
}
