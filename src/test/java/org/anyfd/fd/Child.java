package org.anyfd.fd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.anyfd.it.ChildJvm;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Tasks;

/** A running {@link StdinProbe} or other program, under a shell that shares its standard input. */
final class Child implements Closeable {
    private final Descriptors fds;
    private final Process shell;
    private final BufferedReader lines;

    private Child(Descriptors fds, Process shell) {
        this.fds = fds;
        this.shell = shell;
        this.lines = new BufferedReader(new InputStreamReader(shell.getInputStream(), StandardCharsets.US_ASCII));
    }

    /**
     * Starts a child.
     *
     * @param script what the shell runs; the probe's command is {@code "$@"}
     */
    static Child start(Descriptors fds, String script, ProcessBuilder.Redirect input) throws IOException {
        return start(fds, script, input, StdinProbe.class);
    }

    /** Starts a child that runs another program than {@link StdinProbe}. */
    static Child start(Descriptors fds, String script, ProcessBuilder.Redirect input, Class<?> main, String... args)
            throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", script, "sh"));
        String poller = System.getProperty("org.anyfd.poller", "epoll");
        command.addAll(ChildJvm.command(List.of("-Dorg.anyfd.poller=" + poller), main, args));
        ProcessBuilder builder = new ProcessBuilder(command).redirectInput(input).redirectErrorStream(true);
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        return fds.closing(new Child(fds, builder.start()));
    }

    /** Fails unless these are the next lines that the child says. */
    void says(String... expected) throws Exception {
        for (String line : expected) {
            assertEquals(line, nextLine());
        }
    }

    String nextLine() throws Exception {
        return fds.run(lines::readLine).get();
    }

    void saysNoMore() throws Exception {
        assertEquals(null, nextLine());
        assertTrue(shell.waitFor(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals(0, shell.exitValue());
    }

    OutputStream input() {
        return shell.getOutputStream();
    }

    /** The JVM itself, below the shell. */
    ProcessHandle jvm() {
        Tasks.await(() -> shell.children().findAny().isPresent(), "the JVM is started");
        return shell.children().findAny().orElseThrow();
    }

    /** The flags of the open file description of its standard input. */
    int inputFlags() throws IOException {
        return flags(0);
    }

    int flags(int fd) throws IOException {
        return flags(Files.readString(Path.of("/proc/" + jvm().pid() + "/fdinfo/" + fd)));
    }

    static int flags(String fdinfo) {
        String line = fdinfo.lines().filter(l -> l.startsWith("flags:")).findAny().orElseThrow();
        return Integer.parseInt(line.substring("flags:".length()).strip(), 8);
    }

    @Override
    public void close() throws IOException {
        shell.descendants().forEach(ProcessHandle::destroyForcibly);
        shell.destroyForcibly();
        shell.getOutputStream().close();
        lines.close();
    }
}
