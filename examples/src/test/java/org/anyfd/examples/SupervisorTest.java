package org.anyfd.examples;

import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** The supervisor, on a terminal, as a person uses it. */
@Timeout(120)
class SupervisorTest {
    @TempDir
    private Path dir;

    private Child start() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "needs script(1)");
        String command = Child.java(Supervisor.class, dir.toString()).stream()
            .map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        return Child.start(Redirect.PIPE, List.of("script", "-qec", "exec " + command, "/dev/null"));
    }

    private void write(String name, String script) throws Exception {
        Files.writeString(dir.resolve(name), script);
    }

    /** The process that is said to have been started, and runs. */
    private static ProcessHandle started(Child supervisor, String name) throws Exception {
        String line = supervisor.await(name + " started, process ");
        return ProcessHandle.of(Long.parseLong(line.replaceAll(".*process (\\d+).*", "$1"))).orElseThrow();
    }

    @Test
    void scriptsAreKeptRunning() throws Exception {
        write("early", "echo I was here before; exec sleep 1000");
        try (Child supervisor = start()) {
            ProcessHandle early = started(supervisor, "early");
            supervisor.await("supervisor watches " + dir);
            supervisor.await("early | I was here before");

            write("late", "echo hello; printf 'no newline'; exit 3");
            supervisor.await("late started");
            supervisor.await("late | hello");
            supervisor.await("late | no newline");
            supervisor.await("late ended: exit code 3; again in 1 s");
            supervisor.await("late started");
            Files.delete(dir.resolve("late"));
            supervisor.await("late is gone");

            early.destroyForcibly();
            supervisor.await("early ended: SIGKILL; again in 1 s");
            ProcessHandle second = started(supervisor, "early");
            assertNotEquals(early.pid(), second.pid());
            // The shell reads its script no more.
            supervisor.await("early | I was here before");

            write("early", "echo I have changed; sleep 1000; echo never");
            supervisor.await("early has changed");
            supervisor.await("early ended: SIGTERM");
            ProcessHandle third = started(supervisor, "early");
            supervisor.await("early | I have changed");

            supervisor.type("\u0003");
            supervisor.await("supervisor has got SIGINT");
            supervisor.await("early ended for good: SIGTERM");
            assertEquals(0, supervisor.exitStatus(), supervisor::printed);
            assertFalse(third.isAlive());
            assertFalse(supervisor.printed().contains("never"), supervisor::printed);
        }
    }

    @Test
    void scriptThatWillNotEndIsEndedByForce() throws Exception {
        write("stubborn", "trap '' TERM; echo ready; while :; do sleep 0.1; done");
        try (Child supervisor = start()) {
            started(supervisor, "stubborn");
            supervisor.await("stubborn | ready");
            Files.delete(dir.resolve("stubborn"));
            supervisor.await("stubborn is gone");
            supervisor.await("stubborn ended for good: SIGKILL");
            supervisor.type("\u0003");
            assertEquals(0, supervisor.exitStatus(), supervisor::printed);
        }
    }

    @Test
    void lostDirectoryEndsIt() throws Exception {
        Path services = Files.createDirectory(dir.resolve("services"));
        try (Child supervisor = Child.start(Redirect.PIPE, Child.java(Supervisor.class, services.toString()))) {
            supervisor.await("supervisor watches");
            Files.delete(services);
            supervisor.await("supervisor has lost " + services);
            assertEquals(0, supervisor.exitStatus(), supervisor::printed);
        }
        try (Child supervisor = Child.start(Redirect.PIPE, Child.java(Supervisor.class, services.toString()))) {
            supervisor.await(services + " cannot be supervised: java.nio.file.NoSuchFileException: " + services);
            assertEquals(1, supervisor.exitStatus(), supervisor::printed);
        }
    }
}
