package org.anyfd.it;

import java.io.IOException;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What a child JVM of {@link NativeLibraryTest} runs: prints from where jffi's library was loaded, and what is left of it. */
final class NativeLibraryProbe {
    private NativeLibraryProbe() { }

    public static void main(String[] directories) throws IOException {
        Selector.open().close();
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            maps.filter(line -> line.contains("jffi")).map(line -> line.substring(line.indexOf('/'))).distinct()
                .forEach(path -> System.out.println("loaded=" + path));
        }
        System.out.println("boot path=" + System.getProperty("jffi.boot.library.path"));
        for (String directory : directories) {
            try (Stream<Path> files = Files.walk(Path.of(directory))) {
                files.filter(file -> !file.equals(Path.of(directory))).forEach(file -> System.out.println("left=" + file));
            }
        }
    }
}
