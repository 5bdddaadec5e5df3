package org.anyfd.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.anyfd.poll.Kept;

/**
 * The open files of this JVM, counted by what they are. Left out is what comes and goes without us: what class loading,
 * the test runner and the JDK open by name; and what anyfd keeps on purpose, to wait with later.
 */
public final class Census {
    private static final String EVENTFD = "anon_inode:[eventfd]";
    private static final String EVENTPOLL = "anon_inode:[eventpoll]";

    private Census() {
    }

    /** How many there are of each kind. */
    public static Map<String, Integer> take() {
        Map<String, Integer> counts = new TreeMap<>();
        for (String file : files()) {
            String kind = kind(file);
            if (kind != null) {
                counts.merge(kind, 1, Integer::sum);
            }
        }
        leaveOut(counts, EVENTFD, Kept.eventfds());
        leaveOut(counts, EVENTPOLL, Kept.epolls());
        return counts;
    }

    private static void leaveOut(Map<String, Integer> counts, String kind, int kept) {
        counts.computeIfPresent(kind, (k, count) -> count > kept ? count - kept : null);
    }

    /**
     * Fails if there are more of a kind than at the time of {@code before}, now and for a while. There may be fewer: what
     * an earlier test left to the garbage collector.
     */
    public static void assertNoMore(Map<String, Integer> before) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Tasks.PATIENCE_SECONDS);
        // For a while: the JDK closes the pipes of a child process in a thread of its own.
        while (!more(before).isEmpty() && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(1_000_000);
        }
        assertEquals(Map.of(), more(before), () -> "open files: "
            + files().stream().filter(file -> kind(file) != null).toList() + ", before: " + before);
    }

    /** How many there are of the kinds of which there are more. */
    private static Map<String, Integer> more(Map<String, Integer> before) {
        Map<String, Integer> now = take();
        now.entrySet().removeIf(entry -> entry.getValue() <= before.getOrDefault(entry.getKey(), 0));
        return now;
    }

    private static List<String> files() {
        try (var fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.map(Census::target).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String target(Path fd) {
        try {
            return Files.readSymbolicLink(fd).toString();
        } catch (IOException gone) {
            return "";
        }
    }

    /** Null for what is not counted. */
    private static String kind(String file) {
        if (file.startsWith("/dev/pts/") || file.equals("/dev/ptmx") || file.equals("/dev/pts/ptmx")) {
            return "pty";
        }
        if (file.startsWith("/")) {
            return file.contains("/anyfd-test") ? "a test's file" : null;
        }
        int colon = file.indexOf(':');
        if (file.startsWith("anon_inode:")) {
            return file;
        }
        return colon < 0 ? null : file.substring(0, colon);
    }
}
