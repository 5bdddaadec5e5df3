package org.anyfd.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.anyfd.it.ChildJvm;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What fails in the kernel is told once and harms nothing else: all cases in one JVM, into which
 * {@code src/test/c/faults.c} is preloaded.
 */
class FaultTest {
    private static final List<Class<?>> CASES =
        List.of(SelectorFaults.class, OperationFaults.class, StormFaults.class, EveryCallFaults.class);
    private static final int LIMIT_SECONDS = 150;

    @TestFactory
    @Timeout(LIMIT_SECONDS + 20)
    Stream<DynamicTest> everythingSurvives(@TempDir Path dir) throws Exception {
        Map<String, String> outcomes = outcomes(run(dir));
        return outcomes.entrySet().stream().map(outcome ->
            dynamicTest(outcome.getKey(), () -> assertEquals("ok\n", outcome.getValue())));
    }

    private static String run(Path dir) throws Exception {
        Path faults = dir.resolve("faults.so");
        Path out = dir.resolve("out");
        List<String> command = new ArrayList<>();
        String poller = System.getProperty("org.anyfd.poller", "epoll");
        List<String> options = List.of("-ea", "-Dorg.anyfd.poller=" + poller,
            "-Djava.nio.channels.spi.SelectorProvider=org.anyfd.AnyFdSelectorProvider");
        command.addAll(ChildJvm.command(options, FaultProbe.class, CASES.stream().map(Class::getName).toArray(String[]::new)));
        compile(faults);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        builder.environment().put("LD_PRELOAD", faults.toString());
        Process child = builder.redirectInput(new File("/dev/null")).redirectErrorStream(true)
            .redirectOutput(out.toFile()).start();
        boolean ended = child.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
        child.destroyForcibly().waitFor();
        String said = Files.readString(out);
        assertTrue(ended && child.exitValue() == 0 && said.endsWith("end\n"), said);
        return said;
    }

    private static void compile(Path library) throws Exception {
        Process cc;
        try {
            cc = new ProcessBuilder("cc", "-Wall", "-Wextra", "-Werror", "-O2", "-fPIC", "-shared", "-fno-builtin",
                "-o", library.toString(), "src/test/c/faults.c", "-ldl", "-lpthread").redirectErrorStream(true).start();
        } catch (IOException e) {
            Assumptions.abort("no C compiler: " + e.getMessage());
            return;
        }
        String said = new String(cc.getInputStream().readAllBytes());
        assertEquals(0, cc.waitFor(), said);
    }

    /** What the child said of each case. */
    private static Map<String, String> outcomes(String said) {
        Map<String, String> outcomes = new LinkedHashMap<>();
        for (String part : said.substring(0, said.lastIndexOf("end\n")).split("(?m)^case ")) {
            int line = part.indexOf('\n');
            if (line > 0) {
                outcomes.put(part.substring(0, line), part.substring(line + 1));
            }
        }
        return outcomes;
    }
}
