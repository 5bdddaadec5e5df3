package org.anyfd.fd;

import static org.anyfd.fd.InotifyChannel.IN_CREATE;
import static org.anyfd.fd.InotifyTreeTest.delete;
import static org.anyfd.fd.InotifyTreeTest.events;
import static org.anyfd.fd.InotifyTreeTest.watches;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Directories;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A tree of directories that come, go and move all the time: it agrees with them as soon as all events are read. */
@Bounded
class InotifyTreeChurnTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    @TempDir(factory = Directories.class)
    Path temporary;

    private Path dir;
    private InotifyTree tree;

    @BeforeEach
    void open() throws IOException {
        dir = Files.createDirectory(temporary.resolve("root"));
        tree = fds.closing(InotifyTree.open(dir, IN_CREATE));
        tree.configureBlocking(false);
    }

    /** Each file is told of once at least, and as found or by an event but never both, however the two threads meet. */
    @Test
    void nothingIsMissedOrTwiceInDirectoriesThatGrow() throws Exception {
        tree.configureBlocking(true);
        int count = 400;
        Tasks.Task<List<String>> reader = fds.run(() -> {
            List<String> seen = new ArrayList<>();
            while (seen.size() < 5 * count) {
                tree.read().forEach(event -> seen.add(event.path().toString()));
            }
            return seen;
        });
        Set<String> made = new TreeSet<>();
        for (int i = 0; i < count; i++) {
            Path top = Files.createDirectory(dir.resolve("" + i));
            Path below = Files.createDirectory(top.resolve("d"));
            made.addAll(List.of(top.toString(), below.toString(), Files.createFile(top.resolve("x")).toString(),
                Files.createFile(below.resolve("y")).toString(), Files.createFile(top.resolve("z")).toString()));
        }
        List<String> seen = reader.get();
        assertEquals(made, new TreeSet<>(seen));
        assertEquals(made.size(), seen.size());
    }

    /** A tree looks again for its directories, and the kernel may lose events of a watch whose mask is replaced meanwhile. */
    @Test
    void nothingIsMissedInADirectoryThatIsWatchedAgainAndAgain() throws Exception {
        tree.configureBlocking(true);
        int batch = 500;
        int count = 20 * batch;
        Semaphore seenAll = new Semaphore(0);
        Tasks.Task<Void> creator = fds.run(() -> {
            for (int i = 0; i < count; i++) {
                Files.delete(Files.createFile(dir.resolve("f" + i)));
                Files.delete(Files.createDirectory(dir.resolve("d")));
                if (i % batch == batch - 1) {
                    seenAll.acquire();
                }
            }
            return null;
        });
        int seen = 0;
        while (seen < count) {
            for (InotifyEvent event : tree.read()) {
                if (event.name().toString().startsWith("f") && ++seen % batch == 0) {
                    seenAll.release();
                }
            }
        }
        creator.get();
    }

    /** After any changes, read bit by bit. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void treeAgreesWithTheDirectoriesAfterAnyChanges(long seed) throws IOException {
        Random random = new Random(seed);
        Path outside = Files.createDirectory(temporary.resolve("outside"));
        for (int round = 0; round < 60; round++) {
            for (int i = random.nextInt(8); i >= 0; i--) {
                change(random, outside);
            }
            assertAgrees("round " + round);
        }
    }

    /** However far what is read lags behind. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void treeAgreesWithTheDirectoriesWhileTheyChange(long seed) throws Exception {
        Random random = new Random(seed);
        Path outside = Files.createDirectory(temporary.resolve("outside"));
        for (int round = 0; round < 5; round++) {
            Tasks.Task<Void> changes = fds.run(() -> {
                for (int i = 0; i < 200; i++) {
                    change(random, outside);
                }
                return null;
            });
            while (!changes.future().isDone()) {
                tree.read();
            }
            changes.get();
            assertAgrees("round " + round);
        }
    }

    /** Each directory that is there is watched, under its path. */
    private void assertAgrees(String when) throws IOException {
        events(tree);
        List<Path> there = directories(dir);
        assertEquals(there.size(), watches(tree), when);
        for (Path directory : there) {
            Path file = Files.createTempFile(directory, "f", "");
            assertEquals(List.of(file), events(tree).stream().map(InotifyEvent::path).toList(), when);
            Files.delete(file);
        }
    }

    private void change(Random random, Path outside) throws IOException {
        Path any = any(random, directories(dir));
        Path there = any(random, directories(random.nextInt(5) == 0 ? outside : dir));
        Path name = Path.of("d" + random.nextInt(5));
        int what = random.nextInt(10);
        if (what < 4) {
            Files.createDirectories(any.resolve(name));
        } else if (what < 6 && !any.equals(dir)) {
            delete(any);
        } else if (what < 7) {
            Path from = any(random, directories(outside));
            if (!from.equals(outside) && !Files.exists(any.resolve(name))) {
                Files.move(from, any.resolve(name));
            }
        } else if (!any.equals(dir) && !there.startsWith(any) && !Files.exists(there.resolve(name))) {
            Files.move(any, there.resolve(name));
        }
    }

    private static Path any(Random random, List<Path> paths) {
        return paths.get(random.nextInt(paths.size()));
    }

    private static List<Path> directories(Path top) throws IOException {
        try (Stream<Path> all = Files.walk(top)) {
            return all.filter(Files::isDirectory).toList();
        }
    }
}
