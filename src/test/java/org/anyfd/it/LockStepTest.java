package org.anyfd.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A sequence of random operations, at the same time here and with the JDK's provider in a JVM of its own, must tell the
 * same line by line. Again with {@code -Dlockstep.seed=N}, the same on 17 and 25; longer or shorter with
 * {@code -Dlockstep.operations=N}.
 */
@Timeout(value = 200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LockStepTest {
    private static final int LINES_SHOWN = 60;

    /** The lines both told last. */
    private final Deque<String> agreed = new ArrayDeque<>();

    @Test
    void tellsTheSameAsTheJdk() throws Exception {
        long seed = Long.getLong("lockstep.seed", System.nanoTime() & 0xffffffffL);
        int operations = Integer.getInteger("lockstep.operations", 100_000);
        Path err = Files.createTempFile("lockstep", ".err");
        ProcessBuilder builder = new ProcessBuilder(ChildJvm.command(
            List.of("-Djava.nio.channels.spi.SelectorProvider=sun.nio.ch.EPollSelectorProvider",
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED"),
            LockStepProbe.class, Long.toString(seed), Integer.toString(operations)));
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        Process jdk = builder.redirectInput(new File("/dev/null")).redirectError(err.toFile()).start();
        try (BufferedReader lines = jdk.inputReader(StandardCharsets.UTF_8)) {
            LockStep ours = new LockStep(seed, line -> compare(line, lines));
            Provider.assertAnyFd(ours.provider);
            ours.run(operations);
            assertNull(lines.readLine());
            assertEquals(0, jdk.waitFor());
        } catch (Throwable e) {
            throw new AssertionError("lockstep.seed=" + seed + " failed after\n" + String.join("\n", agreed)
                + "\n" + complaint(jdk, err), e);
        } finally {
            jdk.destroyForcibly().waitFor();
            Files.delete(err);
        }
    }

    private void compare(String line, BufferedReader lines) {
        try {
            assertEquals(lines.readLine(), line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        agreed.add(line);
        if (agreed.size() > LINES_SHOWN) {
            agreed.remove();
        }
    }

    private static String complaint(Process jdk, Path err) throws IOException, InterruptedException {
        jdk.waitFor(100, TimeUnit.MILLISECONDS);
        return "the JDK's side: " + Files.readString(err);
    }
}
