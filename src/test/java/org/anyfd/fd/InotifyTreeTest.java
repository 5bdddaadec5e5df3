package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.anyfd.fd.InotifyChannel.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Directories;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A directory that is watched with all below it. */
@Bounded
class InotifyTreeTest {
    private static final int USUAL = IN_CREATE | IN_CLOSE_WRITE | IN_DELETE | IN_MOVE;

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    @TempDir(factory = Directories.class)
    Path temporary;

    private Path dir;
    private InotifyTree tree;

    private void open(int mask) throws IOException {
        tree = fds.closing(InotifyTree.open(dir(), mask));
        tree.configureBlocking(false);
    }

    /** The root, in a directory where there is room beside it. */
    private Path dir() throws IOException {
        if (dir == null) {
            dir = Files.createDirectory(temporary.resolve("root"));
        }
        return dir;
    }

    private Path directory(String name) throws IOException {
        return Files.createDirectories(dir().resolve(name));
    }

    private Path file(String name) throws IOException {
        return Files.createFile(dir().resolve(name));
    }

    static void delete(Path path) throws IOException {
        try (Stream<Path> all = Files.walk(path)) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private List<InotifyEvent> events() throws IOException {
        return events(tree);
    }

    /** All that is there to read. */
    static List<InotifyEvent> events(InotifyTree tree) throws IOException {
        List<InotifyEvent> events = new ArrayList<>();
        for (List<InotifyEvent> some = tree.read(); !some.isEmpty(); some = tree.read()) {
            events.addAll(some);
        }
        return events;
    }

    /** The same in short, with paths as seen from the root. */
    private List<String> read() throws IOException {
        return events().stream().map(event -> event.toString().replace(dir + "/", "").replace("IN_", "")).toList();
    }

    private long watches() throws IOException {
        return watches(tree);
    }

    private boolean watchesAre(long count) {
        try {
            return watches() == count;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many watches the kernel has. */
    static long watches(InotifyTree tree) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/fdinfo/" + tree.getFD()))) {
            return lines.filter(line -> line.startsWith("inotify ")).count();
        }
    }

    @Test
    void whatHappensAnywhereBelowIsTold() throws IOException {
        directory("a/b/c");
        open(USUAL);
        assertEquals(4, watches());
        file("x");
        file("a/x");
        Files.delete(file("a/b/c/x"));
        assertEquals(List.of("CREATE x", "CLOSE_WRITE x", "CREATE a/x", "CLOSE_WRITE a/x", "CREATE a/b/c/x",
            "CLOSE_WRITE a/b/c/x", "DELETE a/b/c/x"), read());
    }

    @Test
    void onlyWhatWasAskedForIsTold() throws IOException {
        open(IN_MODIFY | IN_EXCL_UNLINK);
        directory("a");
        Files.writeString(dir.resolve("x"), "text");
        assertEquals(List.of("MODIFY x"), read());
        Files.writeString(dir.resolve("a/x"), "text");
        Files.move(dir.resolve("a"), dir.resolve("b"));
        Files.writeString(dir.resolve("b/x"), "text");
        assertEquals(List.of("MODIFY a/x", "MODIFY b/x"),
            read().stream().distinct().toList());
    }

    @Test
    void newDirectoryIsWatched() throws IOException {
        open(USUAL);
        directory("a");
        assertEquals(List.of("CREATE|ISDIR a"), read());
        file("a/x");
        directory("a/b");
        assertEquals(List.of("CREATE a/x", "CLOSE_WRITE a/x", "CREATE|ISDIR a/b"), read());
        file("a/b/x");
        assertEquals(List.of("CREATE a/b/x", "CLOSE_WRITE a/b/x"), read());
    }

    @Test
    void whatWasInANewDirectoryBeforeIsFound() throws IOException {
        open(USUAL);
        directory("a/b/c");
        file("a/b/c/x");
        assertEquals(List.of("CREATE|ISDIR a", "CREATE|ISDIR a/b (found)", "CREATE|ISDIR a/b/c (found)",
            "CREATE a/b/c/x (found)"), read());
        assertEquals(4, watches());
        Files.delete(dir.resolve("a/b/c/x"));
        file("a/b/c/x");
        assertEquals(List.of("DELETE a/b/c/x", "CREATE a/b/c/x", "CLOSE_WRITE a/b/c/x"), read());
    }

    @Test
    void directoryThatIsRenamedKeepsItsWatches() throws IOException {
        directory("a/b");
        directory("other");
        open(USUAL);
        Files.move(dir.resolve("a"), dir.resolve("other/c"));
        file("other/c/x");
        file("other/c/b/y");
        assertEquals(List.of("MOVED_FROM|ISDIR a", "MOVED_TO|ISDIR other/c from a", "CREATE other/c/x",
            "CLOSE_WRITE other/c/x", "CREATE other/c/b/y", "CLOSE_WRITE other/c/b/y"), read());
        assertEquals(4, watches());
        Files.move(dir.resolve("other"), dir.resolve("moved"));
        Files.move(dir.resolve("moved/c/b"), dir.resolve("b"));
        Files.delete(dir.resolve("b/y"));
        assertEquals(List.of("MOVED_FROM|ISDIR other", "MOVED_TO|ISDIR moved from other", "MOVED_FROM|ISDIR moved/c/b",
            "MOVED_TO|ISDIR b from moved/c/b", "DELETE b/y"), read());
        assertEquals(4, watches());
    }

    @Test
    void directoryThatReplacesAnotherTakesItsPlace() throws IOException {
        directory("a");
        directory("b");
        open(USUAL);
        Files.move(dir.resolve("a"), dir.resolve("b"), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        file("b/x");
        assertEquals(List.of("MOVED_FROM|ISDIR a", "MOVED_TO|ISDIR b from a", "CREATE b/x", "CLOSE_WRITE b/x"), read());
        assertEquals(2, watches());
    }

    @Test
    void directoryThatLeavesTheTreeIsWatchedNoMore() throws IOException {
        directory("a/b");
        open(USUAL);
        Path away = Files.move(dir.resolve("a"), temporary.resolve("away"));
        assertEquals(List.of("MOVED_FROM|ISDIR a"), read());
        assertEquals(1, watches());
        Files.createFile(away.resolve("b/x"));
        assertEquals(List.of(), read());
        Files.move(away, dir.resolve("back"));
        assertEquals(List.of("MOVED_TO|ISDIR back", "CREATE|ISDIR back/b (found)", "CREATE back/b/x (found)"), read());
        file("back/b/y");
        assertEquals(List.of("CREATE back/b/y", "CLOSE_WRITE back/b/y"), read());
        assertEquals(3, watches());
    }

    /** It moves before the new one is watched. */
    @Test
    void directoryThatMovesIntoANewOneIsFollowed() throws IOException {
        directory("a/b");
        open(USUAL);
        directory("new");
        Files.move(dir.resolve("a"), dir.resolve("new/a"));
        assertEquals(List.of("CREATE|ISDIR new", "MOVED_FROM|ISDIR a", "CREATE|ISDIR new/a (found)",
            "CREATE|ISDIR new/a/b (found)"), read());
        file("new/a/b/x");
        assertEquals(List.of("CREATE new/a/b/x", "CLOSE_WRITE new/a/b/x"), read());
        assertEquals(4, watches());
    }

    @Test
    void deletedDirectoryIsForgotten() throws IOException {
        directory("a/b");
        open(USUAL);
        delete(dir.resolve("a"));
        assertEquals(List.of("DELETE|ISDIR a/b", "DELETE|ISDIR a"), read());
        assertEquals(1, watches());
        directory("a");
        read();
        file("a/x");
        assertEquals(List.of("CREATE a/x", "CLOSE_WRITE a/x"), read());
    }

    @Test
    void directoryThatIsMadeAgainIsWatchedAgain() throws IOException {
        open(USUAL);
        for (int i = 0; i < 3; i++) {
            directory("a");
            delete(dir.resolve("a"));
        }
        directory("a/b");
        read();
        assertEquals(3, watches());
        file("a/b/x");
        assertEquals(List.of("CREATE a/b/x", "CLOSE_WRITE a/b/x"), read());
    }

    /** What was found in the one that had the path before, of which an event might still come, is not taken for its own. */
    @Test
    void directoryThatTakesAnothersPathIsSearched() throws IOException {
        open(USUAL);
        directory("a");
        file("a/x");
        // More events than one read takes.
        for (int i = 0; i < 2000; i++) {
            file("other" + i);
        }
        List<InotifyEvent> some = tree.read();
        assertTrue(some.stream().anyMatch(event -> event.isFound() && event.path().endsWith("a/x")));
        Files.move(dir.resolve("a"), dir.resolve("b"));
        directory("a");
        file("a/x");
        assertTrue(read().contains("CREATE a/x (found)"));
        assertEquals(3, watches());
    }

    @Test
    void symbolicLinksAreNotFollowed() throws IOException {
        Path outside = Files.createDirectory(temporary.resolve("outside"));
        directory("a");
        Files.createSymbolicLink(dir.resolve("before"), outside);
        Files.createSymbolicLink(dir.resolve("a/up"), dir);
        open(USUAL);
        Files.createSymbolicLink(dir.resolve("after"), outside);
        Files.createFile(outside.resolve("x"));
        assertEquals(List.of("CREATE after"), read());
        assertEquals(2, watches());
    }

    @Test
    void rootMayBeASymbolicLink() throws IOException {
        directory("a");
        Path link = Files.createSymbolicLink(temporary.resolve("link"), dir);
        InotifyTree tree = fds.closing(InotifyTree.open(link, IN_CREATE));
        file("a/x");
        assertEquals(link.resolve("a/x"), tree.read().get(0).path());
        assertEquals(link, tree.root());
    }

    @Test
    void excludedDirectoriesAreToldOfButNotWatched() throws IOException {
        directory("a");
        directory(".git");
        tree = fds.closing(InotifyTree.open(dir, USUAL, path -> !path.getFileName().toString().startsWith(".")));
        tree.configureBlocking(false);
        assertEquals(2, watches());
        file(".git/x");
        directory(".cache/more");
        file("a/x");
        assertEquals(List.of("CREATE|ISDIR .cache", "CREATE a/x", "CLOSE_WRITE a/x"), read());
        Files.move(dir.resolve("a"), dir.resolve(".a"));
        file(".a/y");
        assertEquals(List.of("MOVED_FROM|ISDIR a", "MOVED_TO|ISDIR .a from a"), read());
        assertEquals(1, watches());
        Files.move(dir.resolve(".a"), dir.resolve("a"));
        List<String> back = read();
        assertEquals(List.of("MOVED_FROM|ISDIR .a", "MOVED_TO|ISDIR a from .a"), back.subList(0, 2));
        assertEquals(Set.of("CREATE a/x (found)", "CREATE a/y (found)"), Set.copyOf(back.subList(2, 4)));
        assertEquals(2, watches());
    }

    @Test
    void directoryTellsOnceWhatHappensToItself() throws IOException {
        Path a = directory("a");
        open(IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_DELETE);
        Files.setPosixFilePermissions(a, Set.of());
        Files.delete(a);
        assertEquals(List.of("ATTRIB|ISDIR a", "DELETE|ISDIR a"), read());
    }

    @Test
    void deletedRootIsTheEnd() throws IOException {
        directory("a");
        open(USUAL | IN_DELETE_SELF);
        delete(dir);
        assertEquals(List.of("DELETE|ISDIR a", "DELETE_SELF " + dir, "IGNORED " + dir), read());
        assertEquals(0, watches());
        assertEquals(List.of(), read());
    }

    @Test
    void renamedRootKeepsItsPath() throws IOException {
        directory("a");
        open(USUAL | IN_MOVE_SELF);
        Path moved = Files.move(dir, temporary.resolve("moved"));
        Files.createFile(moved.resolve("a/x"));
        assertEquals(List.of("MOVE_SELF " + dir, "CREATE a/x", "CLOSE_WRITE a/x"), read());
    }

    @Test
    void namesThatAreNoTextAreFollowed() throws IOException {
        open(USUAL);
        Path odd = Files.createDirectory(Path.of(URI.create(dir.toUri() + "%FF")));
        Path below = Files.createDirectory(Path.of(URI.create(odd.toUri() + "%FE")));
        events();
        assertEquals(3, watches());
        Path file = Files.createFile(below.resolve("x"));
        assertEquals(file, events().get(0).path());
    }

    @Test
    void deepTreesAreWatched() throws IOException {
        String deep = IntStream.range(0, 300).mapToObj(i -> "d" + i).collect(Collectors.joining("/"));
        open(USUAL);
        directory(deep);
        assertEquals(300, events().size());
        assertEquals(301, watches());
        Path file = file(deep + "/x");
        assertEquals(file, events().get(0).path());
        Files.move(dir.resolve("d0"), dir.resolve("e0"));
        events();
        Files.delete(dir.resolve(deep.replace("d0/", "e0/") + "/x"));
        assertEquals(dir.resolve(deep.replace("d0/", "e0/") + "/x"), events().get(0).path());
    }

    @Test
    void overflowIsToldAndTheTreeWatchedAnew() throws IOException {
        directory("gone/below");
        directory("stays");
        directory("moves");
        open(USUAL | IN_OPEN | IN_CLOSE);
        int limit = InotifyChannelTest.mostQueued();
        Path x = dir.resolve("x");
        for (int i = 0; i <= limit / 4; i++) {
            Files.delete(Files.createFile(x));
        }
        delete(dir.resolve("gone"));
        Files.move(dir.resolve("moves"), dir.resolve("stays/moved"));
        directory("new/below");
        List<InotifyEvent> events = events();
        InotifyEvent overflow = events.stream().filter(event -> event.is(IN_Q_OVERFLOW)).findFirst().orElseThrow();
        assertEquals(dir, overflow.path());
        assertNull(overflow.failure());
        assertEquals(5, watches());
        Files.createFile(dir.resolve("new/below/x"));
        Files.createFile(dir.resolve("stays/moved/x"));
        assertEquals(List.of("CREATE new/below/x", "CREATE stays/moved/x"),
            read().stream().filter(line -> line.startsWith("CREATE")).toList());
    }

    @Test
    void overflowWithoutRootIsTold() throws IOException {
        open(IN_ALL_EVENTS);
        int limit = InotifyChannelTest.mostQueued();
        Path x = dir.resolve("x");
        for (int i = 0; i <= limit / 4; i++) {
            Files.delete(Files.createFile(x));
        }
        Files.delete(dir);
        InotifyEvent overflow =
            events().stream().filter(event -> event.is(IN_Q_OVERFLOW)).findFirst().orElseThrow();
        assertEquals(NoSuchFileException.class, overflow.failure().getClass());
        assertEquals(0, watches());
    }

    @Test
    void selectorSeesEventsAndDoesNotSpin() throws IOException {
        open(USUAL);
        try (Selector selector = Selector.open()) {
            tree.register(selector, OP_READ);
            assertEquals(0, selector.selectNow());
            directory("a");
            file("a/x");
            assertEquals(1, selector.select());
            events();
            selector.selectedKeys().clear();
            assertEquals(0, selector.selectNow());
        }
    }

    @Test
    void closeEndsABlockedReader() throws Exception {
        open(USUAL);
        tree.configureBlocking(true);
        Tasks.Task<List<InotifyEvent>> reader = fds.run(tree::read).awaitBlocked();
        assertTrue(tree.toString().contains(dir.toString()));
        tree.close();
        assertThrowsExactly(AsynchronousCloseException.class, reader::get);
        assertThrowsExactly(ClosedChannelException.class, tree::read);
        assertEquals("org.anyfd.fd.InotifyTree[closed]", tree.toString());
    }

    @Test
    void interruptEndsABlockedReader() throws Exception {
        open(USUAL);
        tree.configureBlocking(true);
        Tasks.Task<List<InotifyEvent>> reader = fds.run(tree::read).awaitBlocked();
        reader.thread().interrupt();
        assertThrowsExactly(ClosedByInterruptException.class, reader::get);
        assertFalse(tree.isOpen());
    }

    /** A blocked reader is not woken by what was not asked for. */
    @Test
    void blockedReaderWaitsForWhatWasAskedFor() throws Exception {
        open(IN_DELETE);
        tree.configureBlocking(true);
        Tasks.Task<List<InotifyEvent>> reader = fds.run(tree::read).awaitBlocked();
        directory("a");
        Path x = file("a/x");
        // Or the file is gone before its directory is watched.
        Tasks.await(() -> watchesAre(2), "the new directory is watched");
        reader.awaitBlocked();
        Files.delete(x);
        assertEquals(List.of(x), reader.get().stream().map(InotifyEvent::path).toList());
    }

    @Test
    void whatCannotBeWatchedIsTold() throws IOException {
        Path missing = temporary.resolve("missing");
        assertThrowsExactly(NoSuchFileException.class, () -> InotifyTree.open(missing, USUAL));
        Path file = file("x");
        assertThrowsExactly(NotDirectoryException.class, () -> InotifyTree.open(file, USUAL));
        assertEquals("not for a tree: IN_ONESHOT", assertThrowsExactly(IllegalArgumentException.class,
            () -> InotifyTree.open(dir, IN_CREATE | IN_ONESHOT)).getMessage());
        assertThrowsExactly(IllegalArgumentException.class, () -> InotifyTree.open(dir, 0));
    }
}
