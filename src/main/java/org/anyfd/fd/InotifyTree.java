package org.anyfd.fd;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.anyfd.sys.Consts;

/**
 * Changes in a directory and all directories below it: an inotify(7) descriptor with a watch for each. Ready for OP_READ
 * while there are events.
 *
 * <pre>{@code
 * InotifyTree tree = InotifyTree.open(Path.of("src"), IN_CREATE | IN_CLOSE_WRITE | IN_DELETE | IN_MOVE);
 * tree.configureBlocking(false);
 * tree.register(selector, SelectionKey.OP_READ);
 * ...
 * for (InotifyEvent event : tree.read()) {
 *     System.out.println(event);
 * }
 * }</pre>
 *
 * <p>What is in the tree when it is opened is not reported: walk it after {@link #open}, and nothing is missed.
 *
 * <p><b>New directories</b> are watched as their events are read, and are then searched, for files can be made in them
 * before. What is found there is reported as IN_CREATE with {@link InotifyEvent#isFound}, and not a second time when an event
 * tells of it, too. Of a file that is found, IN_CLOSE_WRITE may have come and gone: whoever does not ask for IN_CREATE hears
 * nothing of such a file. Reading opens directories: whoever asks for IN_OPEN, IN_ACCESS or IN_CLOSE_NOWRITE hears of that.
 *
 * <p><b>Moves.</b> See {@link InotifyChannel}. A directory that is renamed within the tree stays watched, under its new
 * path; one that leaves the tree is not watched any more; one that comes from elsewhere is a new one.
 *
 * <p><b>Overflow.</b> If events were lost, IN_Q_OVERFLOW is reported, with the root's path, and all directories that are
 * there now are watched, without more reports: walk the tree, as at the beginning.
 *
 * <p><b>The root</b> may be a symbolic link; those below it are not followed. The tree ends when its root is deleted or
 * unmounted: IN_IGNORED with the root's path is the last event. A root that is renamed stays watched and keeps its path
 * here, by which new directories are not found any more; ask for IN_MOVE_SELF to know. Directories below the root tell of
 * themselves only through their parents. A file system that is mounted below the root later is not noticed; of one that
 * is unmounted nothing more is heard, nor of what it had covered. A directory that is there twice (a bind mount) is
 * reported under one of its paths.
 *
 * <p>Safe for use by several threads.
 */
public final class InotifyTree extends InotifyDescriptor {
    /**
     * What the tree itself has to know, and how it watches. A directory is often watched anew, to see whether it is the same:
     * the kernel would replace the mask by none for a moment, and lose what happens then (Linux 6.18: 452 of 500,000 events).
     */
    private static final int OWN = Consts.IN_CREATE | Consts.IN_DELETE | Consts.IN_MOVED_FROM | Consts.IN_MOVED_TO
        | Consts.IN_ONLYDIR | Consts.IN_MASK_ADD;
    private static final int UNASKED = Consts.IN_UNMOUNT | Consts.IN_IGNORED | Consts.IN_Q_OVERFLOW;

    private final Path rootPath;
    private final int mask;
    private final Predicate<? super Path> included;
    /** Guarded by readLock, as all nodes are. */
    private Node root;
    /**
     * What was found and reported since the queue was last seen empty, so that the queue may still tell of it. By directory,
     * for another one may have its path by then. Guarded by readLock.
     */
    private final Set<Place> found = new HashSet<>();
    /** Where directories may have come or gone. Guarded by readLock. */
    private final Set<Place> unsettled = new LinkedHashSet<>();

    /** A name in a watched directory; with null, all that is in it. */
    private record Place(Node directory, Path name) {
    }

    /** A watched directory. */
    static final class Node {
        final InotifyWatch watch;
        final Map<Path, Node> children = new HashMap<>();
        /** Null for the root, and for one that is no more in the tree. */
        Node parent;

        Node(InotifyWatch watch) {
            this.watch = watch;
            watch.node = this;
        }

        Path path() {
            return watch.path();
        }

        boolean isIn(Node other) {
            Node node = this;
            while (node != null && node != other) {
                node = node.parent;
            }
            return node != null;
        }

        void placeIn(Node directory, Path name) {
            detach();
            parent = directory;
            directory.children.put(name, this);
            rename(directory.path().resolve(name));
        }

        void detach() {
            if (parent != null) {
                parent.children.values().remove(this);
                parent = null;
            }
        }

        private void rename(Path path) {
            watch.moved(path);
            children.forEach((name, child) -> child.rename(path.resolve(name)));
        }
    }

    private InotifyTree(Path rootPath, int mask, Predicate<? super Path> included) throws IOException {
        this.rootPath = rootPath;
        this.mask = mask;
        this.included = included;
    }

    /** Watches a directory and all below it, as {@link #open(Path, int, Predicate)}. */
    public static InotifyTree open(Path root, int mask) throws IOException {
        return open(root, mask, directory -> true);
    }

    /**
     * Watches a directory and those below it.
     *
     * @param root a directory of the default file system; events have paths that begin with it
     * @param mask what to report: the events of {@link InotifyChannel}, and the flag IN_EXCL_UNLINK
     * @param included which directories below the root to watch, by path: the others are reported, but not what happens
     *     in them. Called while a thread opens or reads the tree. Must not throw: the events that were read with it would be
     *     lost, and new directories not be watched
     * @throws IOException if the kernel gives no descriptor, or if one of the directories cannot be watched, which the
     *     exception names: {@link java.nio.file.AccessDeniedException}, or the limit of watches (ENOSPC)
     * @throws IllegalArgumentException if the mask has no event, or has other bits
     */
    public static InotifyTree open(Path root, int mask, Predicate<? super Path> included) throws IOException {
        Objects.requireNonNull(included);
        requireMask(mask);
        if ((mask & ~(Consts.IN_ALL_EVENTS | Consts.IN_EXCL_UNLINK)) != 0) {
            throw new IllegalArgumentException("not for a tree: "
                + InotifyEvent.names(mask & ~(Consts.IN_ALL_EVENTS | Consts.IN_EXCL_UNLINK)));
        }
        InotifyTree tree = new InotifyTree(root, mask, included);
        try {
            tree.root = new Node(tree.add(root, mask | OWN));
            List<InotifyEvent> failures = new ArrayList<>();
            tree.unsettled.add(new Place(tree.root, null));
            tree.settle(false, failures);
            if (!failures.isEmpty()) {
                throw failures.get(0).failure();
            }
            return tree;
        } catch (Throwable e) {
            tree.close();
            throw e;
        }
    }

    /** The root, as it was given. */
    public Path root() {
        return rootPath;
    }

    /**
     * Reads the events that are there, in the order in which they happened. In blocking mode waits until there are some.
     * Watches and searches new directories, which takes the time it takes.
     *
     * @return a new list; empty in non-blocking mode if there is nothing to report
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the wait
     * @throws IOException with the kernel's reason. That a directory cannot be watched is no exception: see
     *     {@link InotifyEvent#failure}
     */
    public List<InotifyEvent> read() throws IOException {
        readLock.lock();
        try {
            List<InotifyEvent> reported = new ArrayList<>();
            List<InotifyEvent> events;
            do {
                events = take();
                report(events, reported);
                if (!isPending()) {
                    found.clear();
                }
            } while (reported.isEmpty() && !events.isEmpty());
            return reported;
        } finally {
            readLock.unlock();
        }
    }

    private void report(List<InotifyEvent> events, List<InotifyEvent> reported) throws IOException {
        if (!cookies(events, Consts.IN_MOVED_TO).containsAll(cookies(events, Consts.IN_MOVED_FROM))) {
            // Perhaps the other half did not fit in the buffer.
            takeMore(events);
        }
        for (InotifyEvent event : events) {
            InotifyEvent origin = origin(event);
            if (event.is(Consts.IN_Q_OVERFLOW)) {
                overflow(event, reported);
            } else if (event.watch().node != null && event.name() == null) {
                self(event.watch().node, event, reported);
            } else if (event.watch().node != null) {
                inside(event.watch().node, event, origin, reported);
            }
        }
        settle(true, reported);
    }

    /** The cookies of the directories that were renamed from or to a place in the tree. */
    private static Set<Integer> cookies(List<InotifyEvent> events, int half) {
        Set<Integer> cookies = new HashSet<>();
        for (InotifyEvent event : events) {
            if (event.is(half) && event.isDirectory()) {
                cookies.add(event.cookie());
            }
        }
        return cookies;
    }

    private void self(Node node, InotifyEvent event, List<InotifyEvent> reported) {
        if (event.is(Consts.IN_IGNORED)) {
            drop(node);
        }
        // Of the others, the parent tells.
        if (node == root && event.is(mask | UNASKED)) {
            reported.add(event);
        }
    }

    private void inside(Node directory, InotifyEvent event, InotifyEvent origin, List<InotifyEvent> reported) {
        Path path = directory.path().resolve(event.name());
        boolean known = found.remove(new Place(directory, event.name())) && event.is(Consts.IN_CREATE);
        if (!known && event.is(mask)) {
            reported.add(event.at(path, origin == null ? null : origin.watch().path().resolve(origin.name())));
        }
        if (event.isDirectory() && event.is(OWN)) {
            if (origin != null && origin.watch().node != null) {
                follow(origin.watch().node.children.get(origin.name()), directory, event.name());
            }
            unsettled.add(new Place(directory, event.name()));
        }
    }

    /** Moves a directory that was renamed within the tree. */
    private void follow(Node moved, Node directory, Path name) {
        if (moved != null && !directory.isIn(moved)) {
            Node replaced = directory.children.get(name);
            if (replaced != null) {
                drop(replaced);
            }
            if (included.test(directory.path().resolve(name))) {
                moved.placeIn(directory, name);
            } else {
                drop(moved);
            }
        }
    }

    /**
     * Has the tree agree with what is there now. Events come later than what they tell of, so an event says only where to
     * look; the kernel says what is there. Where a directory is not at its path, an event is under way which says where it
     * went, and its place remains unsettled until then.
     *
     * @param tell whether all that is found in new directories is reported, or only what cannot be watched
     */
    private void settle(boolean tell, List<InotifyEvent> reported) throws IOException {
        boolean progress = true;
        while (progress && !unsettled.isEmpty()) {
            List<Place> places = List.copyOf(unsettled);
            unsettled.clear();
            progress = false;
            for (Place place : places) {
                if (place.directory.watch.node == place.directory && !settle(place, tell, reported)) {
                    unsettled.add(place);
                } else {
                    progress = true;
                }
            }
        }
        if (!unsettled.isEmpty() && !isThere(root)) {
            unsettled.clear();
        }
    }

    /** False if the directory is not at its path. */
    private boolean settle(Place place, boolean tell, List<InotifyEvent> reported) throws IOException {
        Node directory = place.directory;
        Path path = place.name == null ? directory.path() : directory.path().resolve(place.name);
        try {
            if (place.name == null) {
                return search(directory, tell, reported);
            }
            InotifyWatch watch = addDirectory(path);
            if (isThere(directory)) {
                place(directory, place.name, watch);
                return true;
            }
            if (watch != null && watch.node == null) {
                watch.cancel();
            }
            return false;
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            reported.add(InotifyEvent.found(directory.watch, place.name, path, true, e));
            return true;
        }
    }

    /** Watches the directories in one that is watched, and reports what is in it; false if it is not at its path. */
    private boolean search(Node directory, boolean tell, List<InotifyEvent> reported) throws IOException {
        List<Path> entries = entries(directory.path());
        if (!isThere(directory)) {
            return false; // they are another one's
        }
        Set<Path> names = new HashSet<>();
        for (Path entry : entries) {
            Path name = entry.getFileName();
            names.add(name);
            boolean isDirectory = Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS);
            IOException failure = null;
            if (isDirectory) {
                try {
                    place(directory, name, addDirectory(entry));
                } catch (ClosedChannelException e) {
                    throw e;
                } catch (IOException e) {
                    failure = e;
                }
            }
            if (failure != null || tell && found.add(new Place(directory, name)) && (mask & Consts.IN_CREATE) != 0) {
                reported.add(InotifyEvent.found(directory.watch, name, entry, isDirectory, failure));
            }
        }
        List.copyOf(directory.children.entrySet()).stream()
            .filter(child -> !names.contains(child.getKey())).forEach(child -> drop(child.getValue()));
        return isThere(directory);
    }

    /** Empty if the directory has gone meanwhile. */
    private static List<Path> entries(Path directory) throws IOException {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(entries::add);
        } catch (NoSuchFileException | NotDirectoryException gone) {
            entries.clear();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return entries;
    }

    /** Null if there is no directory to be watched. */
    private InotifyWatch addDirectory(Path path) throws IOException {
        if (!included.test(path)) {
            return null;
        }
        try {
            return add(path, mask | OWN | Consts.IN_DONT_FOLLOW);
        } catch (NoSuchFileException | NotDirectoryException gone) {
            return null;
        }
    }

    /** Puts the directory of a watch in its place, where there may have been another; null for none. */
    private void place(Node directory, Path name, InotifyWatch watch) {
        Node old = directory.children.get(name);
        Node now = watch == null ? null : watch.node;
        if (old != null && old != now) {
            drop(old);
        }
        // Moved here, unless it is a directory above this one, mounted here once more.
        if (now != null && now != old && !directory.isIn(now)) {
            now.placeIn(directory, name);
            unsettled.add(new Place(now, null));
        }
        if (watch != null && now == null) {
            Node fresh = new Node(watch);
            fresh.placeIn(directory, name);
            unsettled.add(new Place(fresh, null));
        }
    }

    /** Whether a directory is still at its path. */
    private boolean isThere(Node directory) throws IOException {
        try {
            InotifyWatch watch = add(directory.path(), mask | OWN | (directory == root ? 0 : Consts.IN_DONT_FOLLOW));
            if (watch.node == null) {
                watch.cancel();
            }
            return watch == directory.watch;
        } catch (NoSuchFileException | NotDirectoryException gone) {
            return false;
        }
    }

    /** Starts anew, with the watches that there are. */
    private void overflow(InotifyEvent event, List<InotifyEvent> reported) throws IOException {
        found.clear();
        unsettled.clear();
        List<InotifyWatch> before = new ArrayList<>();
        forget(root, before);
        IOException failure = null;
        List<InotifyEvent> failures = new ArrayList<>();
        try {
            root = new Node(add(rootPath, mask | OWN));
            unsettled.add(new Place(root, null));
            settle(false, failures);
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            failure = e;
        }
        for (InotifyWatch watch : before) {
            if (watch.node == null) {
                watch.cancel();
            }
        }
        reported.add(event.at(rootPath, null).failed(failure));
        reported.addAll(failures);
    }

    private static void forget(Node node, List<InotifyWatch> watches) {
        watches.add(node.watch);
        node.watch.node = null;
        node.children.values().forEach(child -> forget(child, watches));
    }

    /** Ends the watches of a directory that is no more in the tree, and of those below it. */
    private void drop(Node node) {
        node.detach();
        List<InotifyWatch> watches = new ArrayList<>();
        forget(node, watches);
        watches.forEach(InotifyWatch::cancel);
    }

    @Override
    String what() {
        return rootPath.toString();
    }
}
