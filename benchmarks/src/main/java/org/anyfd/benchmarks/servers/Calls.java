package org.anyfd.benchmarks.servers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.anyfd.benchmarks.Report;

/** System calls of real servers for each request, once all is warm; {@link Counter} says how they are counted. */
final class Calls {
    private Calls() { }

    public static void main(String[] args) throws Exception {
        Choice choice = Choice.of(args);
        Counter.Tool tool = Counter.tool();
        if (tool == null) {
            System.err.println("system calls are not counted: perf may not, and there is no strace in PATH");
            System.exit(3);
        }
        System.err.println("counted by " + tool);
        Report report = new Report("server-calls");
        for (Server server : choice.servers()) {
            List<Object[]> rows = new ArrayList<>();
            for (On on : Choice.on(server)) {
                System.err.println(server.text() + " on " + on.text);
                try (Running running = new Running(server, on)) {
                    for (int connections : choice.connections()) {
                        Map<String, Long> calls = count(tool, running, connections, choice);
                        rows.add(new Object[] {"server", server.text(), "connections", connections, "on", on.text,
                            "per request", calls.values().stream().mapToLong(n -> n).sum() / (double) choice.requests(),
                            "which", which(calls, choice.requests())});
                    }
                }
            }
            rows.stream().sorted((a, b) -> Integer.compare((int) a[3], (int) b[3])).forEach(report::row);
        }
        report.finish();
    }

    private static Map<String, Long> count(Counter.Tool tool, Running running, int connections, Choice choice)
            throws IOException, InterruptedException {
        try (Running.Load load = running.new Load(connections, choice.warmUp(), String.valueOf(choice.requests()))) {
            Counter counter = new Counter(tool, running.pid());
            load.go();
            return counter.stop();
        }
    }

    private static String which(Map<String, Long> calls, int requests) {
        return calls.entrySet().stream().filter(e -> e.getValue() * 100 >= requests)
            .map(e -> String.format(Locale.ROOT, "%s %.2f", e.getKey(), e.getValue() / (double) requests))
            .collect(Collectors.joining(", "));
    }
}
