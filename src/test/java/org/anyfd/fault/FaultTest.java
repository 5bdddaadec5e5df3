package org.anyfd.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.anyfd.it.ChildJvm;
import org.anyfd.testing.Preload;
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
        String poller = System.getProperty("org.anyfd.poller", "epoll");
        List<String> options = List.of("-ea", "-Dorg.anyfd.poller=" + poller,
            "-Djava.nio.channels.spi.SelectorProvider=org.anyfd.AnyFdSelectorProvider");
        String[] cases = CASES.stream().map(Class::getName).toArray(String[]::new);
        return Preload.run("faults", dir, ChildJvm.command(options, FaultProbe.class, cases), LIMIT_SECONDS);
    }

    /** What the child said of each case. */
    private static Map<String, String> outcomes(String said) {
        Map<String, String> outcomes = new LinkedHashMap<>();
        for (String part : said.split("(?m)^case ")) {
            int line = part.indexOf('\n');
            if (line > 0) {
                outcomes.put(part.substring(0, line), part.substring(line + 1));
            }
        }
        return outcomes;
    }
}
