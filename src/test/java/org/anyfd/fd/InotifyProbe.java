package org.anyfd.fd;

import static org.anyfd.fd.InotifyChannel.IN_CREATE;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Does with inotify what needs a JVM of its own; see InotifyLimitsTest. */
final class InotifyProbe {
    private InotifyProbe() {
    }

    public static void main(String[] args) throws Exception {
        Path dir = Path.of(args[1]);
        switch (args[0]) {
            case "watches" -> watches(dir);
            case "instances" -> instances();
            default -> unmount(dir);
        }
    }

    /** There may be two. */
    private static void watches(Path dir) throws IOException {
        for (int i = 1; i <= 3; i++) {
            Files.createDirectory(dir.resolve("" + i));
        }
        try (InotifyChannel inotify = InotifyChannel.open()) {
            inotify.watch(dir, IN_CREATE);
            inotify.watch(dir.resolve("2"), IN_CREATE);
            inotify.watch(dir.resolve("1"), IN_CREATE);
        } catch (IOException e) {
            System.out.println(e);
        }
        // The order in which they are found is the file system's.
        try (InotifyTree tree = InotifyTree.open(dir, IN_CREATE, path -> !path.endsWith("1"))) {
            System.out.println(tree);
        } catch (IOException e) {
            System.out.println(e.toString().replace("/2:", "/3:"));
        }
        try (InotifyTree tree = InotifyTree.open(dir.resolve("1"), IN_CREATE);
                InotifyChannel other = InotifyChannel.open()) {
            other.watch(dir, IN_CREATE);
            Files.createDirectory(dir.resolve("1/a"));
            tree.read().forEach(System.out::println);
            Files.createFile(dir.resolve("1/x"));
            tree.read().forEach(System.out::println);
        }
    }

    /** There may be one. */
    private static void instances() throws IOException {
        try (InotifyChannel first = InotifyChannel.open(); InotifyChannel second = InotifyChannel.open()) {
            System.out.println(List.of(first, second));
        } catch (IOException e) {
            System.out.println(e);
        }
    }

    private static void unmount(Path dir) throws Exception {
        try (InotifyChannel inotify = InotifyChannel.open(); InotifyTree tree = InotifyTree.open(dir, IN_CREATE)) {
            inotify.watch(dir, IN_CREATE);
            int status = new ProcessBuilder("umount", dir.toString()).inheritIO().start().waitFor();
            if (status != 0) {
                throw new IOException("umount: exit status " + status);
            }
            for (int i = 0; i < 2; i++) {
                inotify.read().forEach(System.out::println);
                tree.configureBlocking(false);
                inotify.configureBlocking(false);
            }
            for (int i = 0; i < 2; i++) {
                tree.read().forEach(System.out::println);
            }
        }
    }
}
