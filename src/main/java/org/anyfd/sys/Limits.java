package org.anyfd.sys;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

/**
 * Internal. The C functions for a process's limits, under their man-page names: each returns 0, or {@code -errno}, and
 * never throws. Apart from {@link Sys}, for few programs need them.
 */
public final class Limits {
    private static final Calls CALLS = LibraryLoader.create(Calls.class).load("c");
    private static final Runtime RUNTIME = Runtime.getRuntime(CALLS);

    private Limits() {
    }

    /** As {@link LibC}: numbers only. Public for JNR-FFI. */
    public interface Calls {
        int getrlimit(int resource, long rlimit);
        int setrlimit(int resource, long rlimit);
    }

    public static int getrlimit(int resource, long rlimit) {
        return checked(CALLS.getrlimit(resource, rlimit));
    }

    public static int setrlimit(int resource, long rlimit) {
        return checked(CALLS.setrlimit(resource, rlimit));
    }

    private static int checked(int result) {
        return result >= 0 ? result : -RUNTIME.getLastError();
    }
}
