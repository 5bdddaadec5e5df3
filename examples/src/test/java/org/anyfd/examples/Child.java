package org.anyfd.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An example in a JVM of its own, started with the options that ./run gives; standard error joins standard output. */
final class Child implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 40;

    private final Process process;
    /** What {@link #await} has still to read; ends with an empty Optional. */
    private final BlockingQueue<Optional<String>> unread = new LinkedBlockingQueue<>();
    private final Queue<String> printed = new ConcurrentLinkedQueue<>();
    private final Thread reader = new Thread(this::read, "child's output");

    private Child(Process process) {
        this.process = process;
        reader.setDaemon(true);
        reader.start();
    }

    static List<String> java(Class<?> example, String... args) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@java-options", "-Xmx256m", "-cp", System.getProperty("java.class.path"), example.getName()));
        command.addAll(List.of(args));
        return command;
    }

    static Child start(ProcessBuilder.Redirect stdin, List<String> command) throws IOException {
        return new Child(new ProcessBuilder(command).redirectInput(stdin).redirectErrorStream(true).start());
    }

    void type(String text) throws IOException {
        process.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    void endInput() throws IOException {
        process.getOutputStream().close();
    }

    /** Reads on to the next line that contains the text. */
    String await(String text) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            Optional<String> line = unread.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (line == null || line.isEmpty()) {
                throw new AssertionError("no line with \"" + text + "\" in:\n" + printed());
            }
            if (line.get().contains(text)) {
                return line.get();
            }
        }
    }

    int exitStatus() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("has not ended:\n" + printed());
        }
        reader.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        return process.exitValue();
    }

    String printed() {
        return String.join("\n", printed);
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().onExit().join();
    }

    private void read() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                printed.add(line);
                unread.add(Optional.of(line));
            }
        } catch (IOException e) {
            printed.add(e.toString());
        } finally {
            unread.add(Optional.empty());
        }
    }
}
