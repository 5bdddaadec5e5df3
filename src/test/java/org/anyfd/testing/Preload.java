package org.anyfd.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A JVM that finds functions of ours in place of the C library's: a source of {@code src/test/c}, by LD_PRELOAD. */
public final class Preload {
    private Preload() {
    }

    /**
     * Runs a JVM to its end. What it says is in {@code directory}, and is the message if it fails, takes too long, or does
     * not end with the line "end".
     *
     * @param source of {@code src/test/c}, without ".c"
     * @return what it said, but for that line
     */
    public static String run(String source, Path directory, List<String> command, int limitSeconds) throws Exception {
        Path library = directory.resolve(source + ".so");
        Path out = directory.resolve("out");
        compile("src/test/c/" + source + ".c", library);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        builder.environment().put("LD_PRELOAD", library.toString());
        Process child = builder.redirectInput(new File("/dev/null")).redirectErrorStream(true)
            .redirectOutput(out.toFile()).start();
        boolean ended = child.waitFor(limitSeconds, TimeUnit.SECONDS);
        child.destroyForcibly().waitFor();
        String said = Files.readString(out);
        assertTrue(ended && child.exitValue() == 0 && said.endsWith("end\n"), said);
        return said.substring(0, said.length() - "end\n".length());
    }

    private static void compile(String source, Path library) throws Exception {
        Process cc;
        try {
            cc = new ProcessBuilder("cc", "-Wall", "-Wextra", "-Werror", "-O2", "-fPIC", "-shared", "-fno-builtin",
                "-o", library.toString(), source, "-ldl", "-lpthread").redirectErrorStream(true).start();
        } catch (IOException e) {
            Assumptions.abort("no C compiler: " + e.getMessage());
            return;
        }
        String said = new String(cc.getInputStream().readAllBytes());
        assertEquals(0, cc.waitFor(), said);
    }
}
