package org.anyfd.fd;

import java.io.IOException;
import java.nio.file.Path;
import java.util.StringJoiner;
import org.anyfd.sys.Consts;

/**
 * What happened to a watched file, or to a file in a watched directory: {@code struct inotify_event} of inotify(7).
 * Immutable.
 */
public final class InotifyEvent {
    private static final String[] NAMES = {
        "IN_ACCESS", "IN_MODIFY", "IN_ATTRIB", "IN_CLOSE_WRITE", "IN_CLOSE_NOWRITE", "IN_OPEN", "IN_MOVED_FROM",
        "IN_MOVED_TO", "IN_CREATE", "IN_DELETE", "IN_DELETE_SELF", "IN_MOVE_SELF", null, "IN_UNMOUNT", "IN_Q_OVERFLOW",
        "IN_IGNORED", null, null, null, null, null, null, null, null, "IN_ONLYDIR", "IN_DONT_FOLLOW", "IN_EXCL_UNLINK",
        null, "IN_MASK_CREATE", "IN_MASK_ADD", "IN_ISDIR", "IN_ONESHOT"};

    private final InotifyWatch watch;
    private final int mask;
    private final int cookie;
    private final Path name;
    private final Path path;
    private final Path from;
    private final boolean found;
    private final IOException failure;

    InotifyEvent(InotifyWatch watch, int mask, int cookie, Path name) {
        this(watch, mask, cookie, name, watch == null || name == null ? null : watch.path().resolve(name), null, false, null);
    }

    private InotifyEvent(InotifyWatch watch, int mask, int cookie, Path name, Path path, Path from, boolean found,
            IOException failure) {
        this.watch = watch;
        this.mask = mask;
        this.cookie = cookie;
        this.name = name;
        this.path = path != null || watch == null ? path : watch.path();
        this.from = from;
        this.found = found;
        this.failure = failure;
    }

    /** A file that a tree finds in a new directory. */
    static InotifyEvent found(InotifyWatch directory, Path name, Path path, boolean isDirectory, IOException failure) {
        int mask = Consts.IN_CREATE | (isDirectory ? Consts.IN_ISDIR : 0);
        return new InotifyEvent(directory, mask, 0, name, path, null, true, failure);
    }

    InotifyEvent at(Path path, Path from) {
        return new InotifyEvent(watch, mask, cookie, name, path, from, found, failure);
    }

    InotifyEvent failed(IOException failure) {
        return new InotifyEvent(watch, mask, cookie, name, path, from, found, failure);
    }

    /** Which watch it is of; null for {@code IN_Q_OVERFLOW}. */
    public InotifyWatch watch() {
        return watch;
    }

    /** What happened: one of the events of {@link InotifyChannel}, and {@code IN_ISDIR} if to a directory. */
    public int mask() {
        return mask;
    }

    /** Whether the mask has one of these bits. */
    public boolean is(int bits) {
        return (mask & bits) != 0;
    }

    /** Whether it happened to a directory: {@code IN_ISDIR}. Not set in {@code IN_DELETE_SELF} and {@code IN_IGNORED}. */
    public boolean isDirectory() {
        return is(Consts.IN_ISDIR);
    }

    /** A number that {@code IN_MOVED_FROM} and {@code IN_MOVED_TO} of one rename(2) have in common, else 0. */
    public int cookie() {
        return cookie;
    }

    /** The file's name in the watched directory; null if it happened to the watched file or directory itself. */
    public Path name() {
        return name;
    }

    /** The watch's path, with the name if there is one; null for {@code IN_Q_OVERFLOW} of an {@link InotifyChannel}. */
    public Path path() {
        return path;
    }

    /**
     * For {@code IN_MOVED_TO}, the path of the {@code IN_MOVED_FROM} that was read before: the same file's. Null if the
     * file came from where nothing is watched.
     */
    public Path from() {
        return from;
    }

    /**
     * Whether an {@link InotifyTree} found the file in a new directory, instead of hearing of it. It may have been
     * there, and changed, before the directory was watched; so it may be half written, or complete already.
     */
    public boolean isFound() {
        return found;
    }

    /**
     * Why an {@link InotifyTree} does not watch this directory, or null. The rest of the tree is watched.
     */
    public IOException failure() {
        return failure;
    }

    /** The names of a mask's bits. */
    static String names(int mask) {
        StringJoiner names = new StringJoiner("|");
        for (int bits = mask; bits != 0; bits &= bits - 1) {
            int bit = Integer.numberOfTrailingZeros(bits);
            names.add(NAMES[bit] != null ? NAMES[bit] : "0x" + Integer.toHexString(1 << bit));
        }
        return mask == 0 ? "0" : names.toString();
    }

    /** Such as {@code IN_MOVED_TO|IN_ISDIR /tmp/b from /tmp/a}. */
    @Override
    public String toString() {
        return names(mask) + (path != null ? " " + path : "") + (from != null ? " from " + from : "")
            + (found ? " (found)" : "") + (failure != null ? " not watched: " + failure : "");
    }
}
