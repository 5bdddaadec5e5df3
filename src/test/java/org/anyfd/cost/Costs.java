package org.anyfd.cost;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.anyfd.it.ChildJvm;
import org.anyfd.testing.Preload;

/**
 * What {@link CostProbe} said, which is run once for all tests: interpreted, so that the counts are those of the source,
 * whatever a compiler makes of it and when.
 */
record Costs(String calls, String bytes) {
    private static final int LIMIT_SECONDS = 50;
    private static Map<String, Costs> all;

    static synchronized Costs of(String name) throws Exception {
        if (all == null) {
            all = measured();
        }
        Costs costs = all.get(name);
        assertNotNull(costs, () -> name + " is not among " + all.keySet());
        return costs;
    }

    private static Map<String, Costs> measured() throws Exception {
        List<String> options = List.of("-Xint", "--add-exports", "java.base/sun.nio.ch=ALL-UNNAMED",
            "-Djava.nio.channels.spi.SelectorProvider=org.anyfd.AnyFdSelectorProvider");
        Path directory = Files.createTempDirectory("anyfd-cost");
        try {
            Map<String, Costs> costs = new HashMap<>();
            String said = Preload.run("counts", directory, ChildJvm.command(options, CostProbe.class), LIMIT_SECONDS);
            said.lines().map(line -> line.split("\t", -1))
                .filter(words -> words.length == 3)
                .forEach(words -> costs.put(words[0], new Costs(words[1], words[2])));
            return costs;
        } finally {
            for (String file : new String[] {"counts.so", "out", ""}) {
                Files.deleteIfExists(directory.resolve(file));
            }
        }
    }

    /** How many calls of a function. */
    double count(String function) {
        return Arrays.stream(calls.split(", ")).filter(each -> each.startsWith(function + " "))
            .mapToDouble(Costs::number).sum();
    }

    /** How many calls of all functions. */
    double sum() {
        return calls.isEmpty() ? 0 : Arrays.stream(calls.split(", ")).mapToDouble(Costs::number).sum();
    }

    /** Of "read 32" or "read 77/20". */
    private static double number(String count) {
        String[] parts = count.substring(count.indexOf(' ') + 1).split("/");
        return Double.parseDouble(parts[0]) / (parts.length == 1 ? 1 : Double.parseDouble(parts[1]));
    }
}
