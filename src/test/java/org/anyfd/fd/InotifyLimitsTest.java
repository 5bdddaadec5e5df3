package org.anyfd.fd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.anyfd.it.ChildJvm;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Directories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user's limits and an unmount do, in a JVM that has a user and mounts of its own: unshare(1). */
@Bounded
class InotifyLimitsTest {
    @TempDir(factory = Directories.class)
    Path dir;

    /** What the probe says, with numbers left out. */
    private List<String> run(String script, String what) throws Exception {
        assumeTrue(run(List.of("unshare", "-Urm", "sh", "-c", script)) == 0, "needs user namespaces, to be root in");
        List<String> command = new ArrayList<>(List.of("unshare", "-Urm", "sh", "-c", script + " && exec \"$@\"", "sh"));
        String poller = System.getProperty("org.anyfd.poller", "epoll");
        command.addAll(ChildJvm.command(List.of("-Dorg.anyfd.poller=" + poller), InotifyProbe.class, what, dir.toString()));
        int status = run(command);
        List<String> lines = Files.readAllLines(dir.resolveSibling(dir.getFileName() + ".out"));
        assertEquals(0, status, () -> String.join("\n", lines));
        return lines.stream().map(line -> line.replace(dir.toString(), "DIR").replaceAll("= \\d+", "= N")).toList();
    }

    private int run(List<String> command) throws Exception {
        File out = dir.resolveSibling(dir.getFileName() + ".out").toFile();
        out.deleteOnExit();
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out).redirectErrorStream(true);
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return -1;
        }
        if (!process.waitFor(40, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError("has not ended: " + Files.readString(out.toPath()));
        }
        return process.exitValue();
    }

    @Test
    void limitOfWatchesIsNamed() throws Exception {
        String limit = "inotify_add_watch: ENOSPC this user has as many watches as the limit allows,"
            + " sysctl fs.inotify.max_user_watches = N";
        assertEquals(List.of(
                "java.nio.file.FileSystemException: DIR/1: " + limit,
                "java.nio.file.FileSystemException: DIR/3: " + limit,
                "IN_CREATE|IN_ISDIR DIR/1/a",
                "IN_CREATE|IN_ISDIR DIR/1/a (found) not watched: java.nio.file.FileSystemException: DIR/1/a: " + limit,
                "IN_CREATE DIR/1/x"),
            run("echo 2 >/proc/sys/user/max_inotify_watches", "watches"));
    }

    @Test
    void limitOfInstancesIsNamed() throws Exception {
        assertEquals(List.of("java.io.IOException: inotify_init1(): EMFILE this user has as many inotify instances as the"
                + " limit allows, sysctl fs.inotify.max_user_instances = N; one instance can have many watches"),
            run("echo 1 >/proc/sys/user/max_inotify_instances", "instances"));
    }

    @Test
    void unmountIsTold() throws Exception {
        assertEquals(List.of("IN_UNMOUNT DIR", "IN_IGNORED DIR", "IN_UNMOUNT DIR", "IN_IGNORED DIR"),
            run("mount -t tmpfs none " + dir, "unmount").stream().map(line -> line.replace("|IN_ISDIR", "")).toList());
    }
}
