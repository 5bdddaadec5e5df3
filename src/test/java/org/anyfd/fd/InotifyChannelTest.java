package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.fd.InotifyChannel.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Directories;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files and directories that are watched, one by one. */
@Bounded
class InotifyChannelTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    @TempDir(factory = Directories.class)
    Path dir;

    private InotifyChannel inotify;

    @BeforeEach
    void open() throws IOException {
        inotify = fds.closing(InotifyChannel.open());
        inotify.configureBlocking(false);
    }

    /** The events that are there, with paths as seen from the directory. */
    private List<String> read() throws IOException {
        return inotify.read().stream().map(event -> event.toString().replace(dir + "/", "")).toList();
    }

    private Path file(String name) throws IOException {
        return Files.createFile(dir.resolve(name));
    }

    @Test
    void nothingHappenedIsNothingRead() throws IOException {
        inotify.watch(dir, IN_ALL_EVENTS);
        assertEquals(List.of(), inotify.read());
    }

    @Test
    void emptyPathIsTheWorkingDirectory() throws IOException {
        InotifyWatch watch = inotify.watch(Path.of(""), IN_MOVE_SELF);
        assertEquals(Path.of(""), watch.path());
        assertSame(watch, inotify.watch(Path.of("").toAbsolutePath(), IN_MOVE_SELF));
        assertEquals(Path.of(""), watch.path());
    }

    @Test
    void directoryTellsOfItsFiles() throws IOException {
        InotifyWatch watch = inotify.watch(dir, IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE);
        Path file = Files.writeString(dir.resolve("a"), "text");
        Files.setPosixFilePermissions(file, Set.of());
        Files.delete(file);
        Files.createDirectory(dir.resolve("d"));
        List<InotifyEvent> events = inotify.read();
        assertEquals(List.of(IN_CREATE, IN_MODIFY, IN_CLOSE_WRITE, IN_ATTRIB, IN_DELETE, IN_CREATE | IN_ISDIR),
            events.stream().map(InotifyEvent::mask).toList());
        for (InotifyEvent event : events.subList(0, 5)) {
            assertSame(watch, event.watch());
            assertEquals(Path.of("a"), event.name());
            assertEquals(file, event.path());
            assertEquals(0, event.cookie());
            assertFalse(event.isDirectory());
            assertFalse(event.isFound());
            assertNull(event.from());
            assertNull(event.failure());
        }
        assertTrue(events.get(5).isDirectory());
        assertTrue(events.get(5).is(IN_CREATE | IN_DELETE));
        assertFalse(events.get(5).is(IN_DELETE));
    }

    @Test
    void fileTellsOfItself() throws IOException {
        Path file = file("a");
        InotifyWatch watch = inotify.watch(file, IN_MODIFY);
        Files.writeString(file, "text");
        InotifyEvent event = inotify.read().get(0);
        assertNull(event.name());
        assertEquals(file, event.path());
        assertEquals(file, watch.path());
    }

    @Test
    void relativePathsStayRelative() throws IOException {
        Path relative = Path.of("").toAbsolutePath().relativize(dir);
        inotify.watch(relative, IN_CREATE);
        file("a");
        assertEquals(relative.resolve("a"), inotify.read().get(0).path());
    }

    @Test
    void bothHalvesOfAMoveAreTold() throws IOException {
        Path other = Files.createDirectory(dir.resolve("other"));
        inotify.watch(dir, IN_MOVE);
        inotify.watch(other, IN_MOVE);
        Files.move(file("a"), other.resolve("b"));
        List<InotifyEvent> events = inotify.read();
        assertEquals(List.of(IN_MOVED_FROM, IN_MOVED_TO), events.stream().map(InotifyEvent::mask).toList());
        assertEquals(events.get(0).cookie(), events.get(1).cookie());
        assertTrue(events.get(0).cookie() != 0);
        assertNull(events.get(0).from());
        assertEquals(dir.resolve("a"), events.get(1).from());
        assertEquals(other.resolve("b"), events.get(1).path());
        assertEquals("IN_MOVED_TO " + other.resolve("b") + " from " + dir.resolve("a"), events.get(1).toString());
    }

    @Test
    void halfAMoveHasNoPartner() throws IOException {
        Path watched = Files.createDirectory(dir.resolve("watched"));
        inotify.watch(watched, IN_MOVE);
        Files.move(file("a"), watched.resolve("a"));
        Files.move(watched.resolve("a"), dir.resolve("b"));
        Files.move(dir.resolve("b"), watched.resolve("c"));
        assertEquals(List.of("MOVED_TO a", "MOVED_FROM a", "MOVED_TO c"),
            read().stream().map(event -> event.replace("IN_", "").replace("watched/", "")).toList());
    }

    @Test
    void movesThatGoElsewhereAreForgotten() throws IOException {
        Path watched = Files.createDirectory(dir.resolve("watched"));
        inotify.watch(watched, IN_MOVE);
        Path file = file("a");
        for (int i = 0; i < 1000; i++) {
            Files.move(Files.move(file, watched.resolve("in")), file);
        }
        List<InotifyEvent> events = new ArrayList<>();
        for (List<InotifyEvent> some = inotify.read(); !some.isEmpty(); some = inotify.read()) {
            events.addAll(some);
        }
        assertEquals(2000, events.size());
        assertTrue(events.stream().allMatch(event -> event.from() == null));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 15, 16, 17, 254, 255})
    void namesOfAnyLengthArrive(int length) throws IOException {
        inotify.watch(dir, IN_CREATE);
        String name = "x".repeat(length);
        file(name);
        assertEquals(Path.of(name), inotify.read().get(0).name());
    }

    /** A name need not be text. */
    @Test
    void nameThatIsNoTextLeadsToTheFile() throws IOException {
        inotify.watch(dir, IN_CREATE | IN_ATTRIB);
        Path odd = Path.of(URI.create(dir.toUri() + "%FF%20%25%3F%E4"));
        Files.createDirectory(odd);
        Path told = inotify.read().get(0).path();
        assertEquals(odd, told);
        assertTrue(Files.isDirectory(told));
        InotifyWatch watch = inotify.watch(told, IN_CREATE);
        Files.createFile(odd.resolve("inside"));
        InotifyEvent event = inotify.read().get(0);
        assertSame(watch, event.watch());
        assertTrue(Files.exists(event.path()));
    }

    @Test
    void manyEventsTakeSeveralReads() throws IOException {
        inotify.watch(dir, IN_CREATE);
        int count = 300;
        for (int i = 0; i < count; i++) {
            file(i + "x".repeat(200));
        }
        List<InotifyEvent> events = new ArrayList<>();
        int reads = 0;
        for (List<InotifyEvent> some = inotify.read(); !some.isEmpty(); some = inotify.read()) {
            events.addAll(some);
            reads++;
        }
        assertTrue(reads > 1);
        assertEquals(count, events.size());
        for (int i = 0; i < count; i++) {
            assertEquals(dir.resolve(i + "x".repeat(200)), events.get(i).path());
        }
    }

    static int mostQueued() throws IOException {
        return Integer.parseInt(Files.readAllLines(Path.of("/proc/sys/fs/inotify/max_queued_events")).get(0));
    }

    @Test
    void overflowIsAnEvent() throws IOException {
        inotify.watch(dir, IN_ALL_EVENTS);
        int limit = mostQueued();
        Path a = dir.resolve("a");
        for (int i = 0; i <= limit / 4; i++) {
            Files.delete(Files.createFile(a));
        }
        List<InotifyEvent> events = new ArrayList<>();
        for (List<InotifyEvent> some = inotify.read(); !some.isEmpty(); some = inotify.read()) {
            events.addAll(some);
        }
        InotifyEvent last = events.get(events.size() - 1);
        assertEquals(IN_Q_OVERFLOW, last.mask());
        assertNull(last.watch());
        assertNull(last.path());
        assertNull(last.name());
        assertEquals("IN_Q_OVERFLOW", last.toString());
        assertEquals(1, events.stream().filter(event -> event.is(IN_Q_OVERFLOW)).count());
        file("b");
        assertEquals("b", inotify.read().get(0).name().toString());
    }

    @Test
    void deletedFileEndsItsWatch() throws IOException {
        Path file = file("a");
        InotifyWatch watch = inotify.watch(file, IN_DELETE_SELF);
        Files.delete(file);
        assertTrue(watch.isValid());
        assertEquals(List.of("IN_DELETE_SELF a", "IN_IGNORED a"), read());
        assertFalse(watch.isValid());
        watch.cancel();
        assertNotSame(watch, inotify.watch(file("a"), IN_DELETE_SELF));
    }

    @Test
    void cancelledWatchTellsNothingMore() throws IOException {
        InotifyWatch watch = inotify.watch(dir, IN_CREATE);
        file("a");
        watch.cancel();
        assertFalse(watch.isValid());
        file("b");
        assertEquals(List.of(), inotify.read());
        watch.cancel();
        InotifyWatch again = inotify.watch(dir, IN_CREATE);
        assertNotSame(watch, again);
        watch.cancel();
        file("c");
        assertEquals(List.of("IN_CREATE c"), read());
        assertTrue(again.isValid());
    }

    /** Nothing of IN_IGNORED, which waits to be read, is taken for the file's next watch. */
    @Test
    void cancelAfterTheFileHasGoneIsNoError() throws IOException {
        Path file = file("a");
        InotifyWatch watch = inotify.watch(file, IN_DELETE_SELF);
        Files.delete(file);
        watch.cancel();
        InotifyWatch next = inotify.watch(file("a"), IN_DELETE_SELF);
        assertEquals(List.of(), read());
        assertTrue(next.isValid());
    }

    @Test
    void fileHasOneWatch() throws IOException {
        Path file = file("a");
        Path link = Files.createLink(dir.resolve("hard"), file);
        Path symbolic = Files.createSymbolicLink(dir.resolve("symbolic"), file);
        InotifyWatch watch = inotify.watch(file, IN_MODIFY);
        assertSame(watch, inotify.watch(file, IN_CLOSE_WRITE));
        assertSame(watch, inotify.watch(link, IN_CLOSE_WRITE));
        assertSame(watch, inotify.watch(symbolic, IN_CLOSE_WRITE));
        assertEquals(file, watch.path());
        Files.writeString(link, "text");
        assertEquals(List.of("IN_CLOSE_WRITE a"), read());
        assertSame(watch, inotify.watch(file, IN_MODIFY | IN_MASK_ADD));
        Files.writeString(link, "text");
        assertEquals(List.of("IN_MODIFY a", "IN_CLOSE_WRITE a"), read());
        assertEquals("watched already (IN_MASK_CREATE)",
            assertThrowsExactly(FileAlreadyExistsException.class,
                () -> inotify.watch(link, IN_CREATE | IN_MASK_CREATE)).getReason());
        assertNotSame(watch, inotify.watch(symbolic, IN_ATTRIB | IN_DONT_FOLLOW | IN_MASK_CREATE));
    }

    @Test
    void oneShotWatchEndsAfterItsEvent() throws IOException {
        InotifyWatch watch = inotify.watch(dir, IN_CREATE | IN_ONESHOT);
        file("a");
        file("b");
        assertEquals(List.of("IN_CREATE a", "IN_IGNORED " + dir), read());
        assertFalse(watch.isValid());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void deletedFileThatIsStillOpenTellsUnlessExcluded(boolean excluded) throws IOException {
        Path file = file("a");
        inotify.watch(dir, IN_MODIFY | (excluded ? IN_EXCL_UNLINK : 0));
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.WRITE)) {
            Files.delete(file);
            out.write(1);
        }
        assertEquals(excluded ? List.of() : List.of("IN_MODIFY a"), read());
    }

    @Test
    void whatCannotBeWatchedIsTold() throws IOException {
        Path missing = dir.resolve("missing");
        assertEquals(missing.toString(),
            assertThrowsExactly(NoSuchFileException.class, () -> inotify.watch(missing, IN_CREATE)).getFile());
        Path file = file("a");
        assertEquals(file.toString(),
            assertThrowsExactly(NotDirectoryException.class, () -> inotify.watch(file, IN_CREATE | IN_ONLYDIR)).getFile());
        assertEquals("Not a directory",
            assertThrowsExactly(FileSystemException.class, () -> inotify.watch(file.resolve("b"), IN_CREATE)).getReason());
        Path link = Files.createSymbolicLink(dir.resolve("link"), dir);
        assertThrowsExactly(NotDirectoryException.class,
            () -> inotify.watch(link, IN_CREATE | IN_ONLYDIR | IN_DONT_FOLLOW));
        Path tooLong = Path.of("/" + "x/".repeat(3000));
        assertEquals("File name too long",
            assertThrowsExactly(FileSystemException.class, () -> inotify.watch(tooLong, IN_CREATE)).getReason());
    }

    @Test
    void wrongMasksAreRefused() {
        assertEquals("mask has no event: 0", refused(0));
        assertEquals("mask has no event: IN_ONLYDIR|IN_ONESHOT", refused(IN_ONLYDIR | IN_ONESHOT));
        assertEquals("not to be asked for: IN_Q_OVERFLOW", refused(IN_CREATE | IN_Q_OVERFLOW));
        assertEquals("not to be asked for: 0x1000|0x8000000", refused(IN_CREATE | 0x1000 | 0x8000000));
        assertEquals("IN_MASK_ADD and IN_MASK_CREATE contradict each other",
            refused(IN_CREATE | IN_MASK_ADD | IN_MASK_CREATE));
    }

    private String refused(int mask) {
        return assertThrowsExactly(IllegalArgumentException.class, () -> inotify.watch(dir, mask)).getMessage();
    }

    @Test
    void selectorSeesEventsBesideAPipe() throws IOException {
        inotify.watch(dir, IN_CREATE);
        Pipe pipe = Pipe.open();
        fds.closing(pipe.sink());
        fds.closing(pipe.source()).configureBlocking(false);
        try (Selector selector = Selector.open()) {
            SelectionKey key = inotify.register(selector, OP_READ);
            SelectionKey other = pipe.source().register(selector, OP_READ);
            assertEquals(0, selector.selectNow());
            file("a");
            assertEquals(1, selector.select());
            assertEquals(Set.of(key), selector.selectedKeys());
            assertEquals(OP_READ, key.readyOps());
            selector.selectedKeys().clear();
            assertEquals(1, selector.selectNow());
            assertEquals(1, inotify.read().size());
            selector.selectedKeys().clear();
            assertEquals(0, selector.selectNow());
            file("b");
            pipe.sink().write(ByteBuffer.allocate(1));
            assertEquals(2, selector.select());
            assertEquals(Set.of(key, other), Set.copyOf(selector.selectedKeys()));
            key.interestOps(0);
            other.interestOps(0);
            selector.selectedKeys().clear();
            assertEquals(0, selector.selectNow());
        }
    }

    @Test
    void eventWakesASelection() throws Exception {
        inotify.watch(dir, IN_CREATE);
        try (Selector selector = Selector.open()) {
            inotify.register(selector, OP_READ);
            Tasks.Task<Integer> selecting = fds.run(() -> selector.select()).awaitBlocked();
            file("a");
            assertEquals(1, selecting.get());
        }
    }

    @Test
    void eventWakesABlockedReader() throws Exception {
        inotify.watch(dir, IN_CREATE);
        inotify.configureBlocking(true);
        Tasks.Task<List<InotifyEvent>> reader = fds.run(inotify::read).awaitBlocked();
        file("a");
        assertEquals("a", reader.get().get(0).name().toString());
    }

    @Test
    void watchesComeAndGoWhileAReaderIsBlocked() throws Exception {
        inotify.configureBlocking(true);
        Tasks.Task<List<InotifyEvent>> reader = fds.run(inotify::read).awaitBlocked();
        inotify.watch(dir, IN_CREATE).cancel();
        reader.awaitBlocked();
        assertFalse(reader.future().isDone());
        inotify.watch(dir, IN_CREATE);
        file("a");
        assertEquals(1, reader.get().size());
    }

    @Test
    void closeEndsABlockedReader() throws Exception {
        inotify.configureBlocking(true);
        InotifyWatch watch = inotify.watch(dir, IN_CREATE);
        Tasks.Task<List<InotifyEvent>> reader = fds.run(inotify::read).awaitBlocked();
        inotify.close();
        assertThrowsExactly(AsynchronousCloseException.class, reader::get);
        assertFalse(watch.isValid());
    }

    @Test
    void interruptEndsABlockedReader() throws Exception {
        inotify.configureBlocking(true);
        Tasks.Task<List<InotifyEvent>> reader = fds.run(inotify::read).awaitBlocked();
        reader.thread().interrupt();
        assertThrowsExactly(ClosedByInterruptException.class, reader::get);
        assertFalse(inotify.isOpen());
    }

    /** A reader that gets an event knows its watch, however early it comes. */
    @Test
    void noEventIsLostWhileWatchesAreAdded() throws Exception {
        int count = 200;
        inotify.configureBlocking(true);
        Tasks.Task<Set<String>> reader = fds.run(() -> {
            Set<String> seen = new TreeSet<>();
            while (seen.size() < count) {
                inotify.read().forEach(event -> seen.add(event.path().toString()));
            }
            return seen;
        });
        Set<String> made = new TreeSet<>();
        for (int i = 0; i < count; i++) {
            Path sub = Files.createDirectory(dir.resolve("" + i));
            inotify.watch(sub, IN_CREATE);
            made.add(Files.createFile(sub.resolve("f")).toString());
        }
        assertEquals(made, reader.get());
    }

    @Test
    void closedChannelRefusesEverything() throws IOException {
        Selector selector = fds.closing(Selector.open());
        InotifyWatch watch = inotify.watch(dir, IN_CREATE);
        int number = inotify.getFD();
        assertTrue(Raw.isOpen(number));
        inotify.close();
        inotify.close();
        assertThrowsExactly(ClosedChannelException.class, () -> inotify.read());
        assertThrowsExactly(ClosedChannelException.class, () -> inotify.watch(dir, IN_CREATE));
        assertThrowsExactly(ClosedChannelException.class, () -> inotify.configureBlocking(true));
        assertThrowsExactly(ClosedChannelException.class, () -> inotify.register(selector, OP_READ));
        assertFalse(watch.isValid());
        watch.cancel();
    }

    @Test
    void registrationIsAsForAnyChannel() throws IOException {
        Selector selector = fds.closing(Selector.open());
        assertEquals(OP_READ, inotify.validOps());
        assertThrowsExactly(IllegalArgumentException.class, () -> inotify.register(selector, OP_WRITE));
        inotify.configureBlocking(true);
        assertThrowsExactly(IllegalBlockingModeException.class, () -> inotify.register(selector, OP_READ));
    }

    @Test
    void toStringTellsWhatItIs() throws IOException {
        InotifyWatch watch = inotify.watch(dir, IN_CREATE);
        assertEquals("org.anyfd.fd.InotifyChannel[fd " + inotify.getFD() + "]", inotify.toString());
        assertEquals("org.anyfd.fd.InotifyWatch[" + watch.descriptor() + ", " + dir + "]", watch.toString());
        inotify.close();
        assertEquals("org.anyfd.fd.InotifyChannel[closed]", inotify.toString());
        assertEquals("org.anyfd.fd.InotifyWatch[" + watch.descriptor() + ", " + dir + ", invalid]", watch.toString());
    }
}
