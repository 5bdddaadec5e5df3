package org.anyfd.fd;

import java.nio.file.Path;

/**
 * A file or directory that inotify(7) watches, until {@link #cancel}, or until the kernel says {@code IN_IGNORED}: it
 * does when the file has gone, its file system was unmounted, or the watch was for one event ({@code IN_ONESHOT}).
 *
 * <p>Safe for use by several threads.
 */
public final class InotifyWatch {
    private final InotifyDescriptor inotify;
    private final int descriptor;
    /** Cleared by the reader, or by cancel. */
    private volatile boolean valid = true;
    private volatile Path path;
    /** Where a tree has it; guarded by the tree's readLock. */
    InotifyTree.Node node;

    InotifyWatch(InotifyDescriptor inotify, int descriptor, Path path) {
        this.inotify = inotify;
        this.descriptor = descriptor;
        this.path = path;
    }

    /**
     * The path by which it was first watched. The kernel watches the file, not the name: if the file is renamed, its
     * events go on, with this path; {@code IN_MOVE_SELF} tells. An {@link InotifyTree} follows the moves within it.
     *
     * @return an empty path if the watch was there when the channel was made of an {@linkplain InotifyChannel#own own}ed
     *     descriptor
     */
    public Path path() {
        return path;
    }

    void moved(Path to) {
        path = to;
    }

    /** The kernel's number of it, the {@code wd} of inotify_add_watch(2). */
    public int descriptor() {
        return descriptor;
    }

    /** False after {@link #cancel}, after {@code IN_IGNORED} was read, and when the channel is closed. */
    public boolean isValid() {
        return valid && inotify.isOpen();
    }

    void invalidate() {
        valid = false;
    }

    /** Ends the watch: no event of it is read any more, also of those that wait to be read. No effect the second time. */
    public void cancel() {
        inotify.remove(this);
    }

    @Override
    public String toString() {
        return "org.anyfd.fd.InotifyWatch[" + descriptor + ", " + path + (isValid() ? "]" : ", invalid]");
    }
}
