package org.anyfd.benchmarks.servers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A server's process, in a folder of its own. It ends when its input does, so also when this program is killed. */
final class Running implements AutoCloseable {
    private static final Path C = Path.of(System.getProperty("c"));

    private final Server server;
    private final Path folder = Files.createTempDirectory("anyfd-server");
    private final Process process;
    private final String port;

    Running(Server server, On on) throws IOException {
        this.server = server;
        process = start(server.command(on, C.resolve("floor")));
        port = line(process);
    }

    private Process start(List<String> command) throws IOException {
        return new ProcessBuilder(command).directory(folder.toFile()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static String line(Process process) throws IOException {
        // What is buffered beyond the line would be lost, but both programs wait after each of theirs.
        String line = new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
        if (line == null) throw new IOException(process.info().commandLine().orElse("a process") + " ended early");
        return line;
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.getOutputStream().close();
        process.waitFor();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** What a load did: the server's CPU time, and how long requests took, all in ns. */
    record Result(long requests, long nanos, long cpu, long p50, long p90, long p99, long longest) { }

    /** Connections to the server and warm requests on them; {@code load.c} says more. */
    final class Load implements AutoCloseable {
        private final Process load;

        Load(int connections, Choice choice, String amount) throws IOException {
            List<String> command = new ArrayList<>(List.of(C.resolve("load").toString(), port, String.valueOf(pid()),
                connections > 1 ? "all" : server.spins() ? "awake" : "one", String.valueOf(connections),
                String.valueOf(connections == 1 ? choice.pause() : 0), String.valueOf(choice.warmUp()), amount));
            command.addAll(server.conversation());
            load = start(command);
            line(load);
        }

        Result go() throws IOException {
            load.getOutputStream().write('\n');
            load.getOutputStream().flush();
            String[] n = line(load).split(" ");
            return new Result(Long.parseLong(n[0]), Long.parseLong(n[1]), Long.parseLong(n[2]), Long.parseLong(n[3]),
                Long.parseLong(n[4]), Long.parseLong(n[5]), Long.parseLong(n[6]));
        }

        @Override
        public void close() throws IOException, InterruptedException {
            load.getOutputStream().close();
            load.waitFor();
        }
    }
}
