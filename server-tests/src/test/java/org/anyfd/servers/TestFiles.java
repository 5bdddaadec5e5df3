package org.anyfd.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** Folders and files that tests serve from or keep their data in. They are deleted at the latest when the JVM ends. */
final class TestFiles {
    /** In the name of every folder, so that {@link OpenFiles} knows their files. */
    static final String PREFIX = "anyfd-servers-";

    private TestFiles() {
    }

    static Path newFolder() throws IOException {
        Path folder = Files.createTempDirectory(PREFIX);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        return folder;
    }

    static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
