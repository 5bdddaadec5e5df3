package org.anyfd.all;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Programs started with the finished jar, by the JDK that runs the tests. */
final class Java {
    /** The jar under test. */
    static final Path JAR = Path.of(System.getProperty("anyfd.all.jar"));
    /** Whether this JDK warns of native access. */
    static final boolean WARNS = Runtime.version().feature() >= 24;
    private static final int PATIENCE_SECONDS = 50;

    record Ended(int status, String out, String err) {
        /** The output of a program that had nothing to complain about, not even a warning. */
        String quietly() {
            assertEquals("", err, "standard error");
            assertEquals(0, status, "exit status, after: " + out);
            return out;
        }
    }

    private Java() {
    }

    /** To be started with these arguments, without options from the environment. */
    static ProcessBuilder command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(tool("java"), "-Xmx256m", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        return builder;
    }

    static String tool(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name).toString();
    }

    static Ended run(String... arguments) throws IOException, InterruptedException {
        return run(command(arguments), "");
    }

    /** Runs it to its end, with this standard input. */
    static Ended run(ProcessBuilder builder, String input) throws IOException, InterruptedException {
        Path out = Files.createTempFile("all", ".out");
        Path err = Files.createTempFile("all", ".err");
        try {
            Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes());
            } catch (IOException itDoesNotRead) {
                // Its own affair.
            }
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("has not ended; it said: " + Files.readString(out) + Files.readString(err));
            }
            return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** The entries of this JVM's class path whose file name begins with one of these. */
    static List<Path> libraries(String... names) {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of)
            .filter(path -> Stream.of(names).anyMatch(path.getFileName().toString()::startsWith)).toList();
    }
}
