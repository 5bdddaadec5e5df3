package org.anyfd.sys;

/** Internal. The calls of inotify(7). As {@link Sys}: each returns n >= 0 or -errno. */
public final class Inotify {
    private static final CFunction INIT1 = CFunction.named("inotify_init1");
    private static final CFunction ADD_WATCH = CFunction.named("inotify_add_watch");
    private static final CFunction RM_WATCH = CFunction.named("inotify_rm_watch");

    private Inotify() {
    }

    /** EMFILE: this process has too many descriptors, or this user too many inotify instances. */
    public static int inotifyInit1(int flags) {
        return INIT1.call(flags);
    }

    /**
     * Returns the watch's number, that of the existing watch if the file has one.
     *
     * @param path the address of a C string. ENOSPC: this user has too many watches
     */
    public static int inotifyAddWatch(int fd, long path, int mask) {
        return ADD_WATCH.call(fd, path, mask);
    }

    /** EINVAL: there is no such watch, any more. */
    public static int inotifyRmWatch(int fd, int wd) {
        return RM_WATCH.call(fd, wd);
    }
}
