package org.anyfd.benchmarks.servers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.anyfd.benchmarks.Report;

/** System calls of real servers for each request, once all is warm; {@link Counter} says how they are counted. */
final class Calls {
    private Calls() { }

    public static void main(String[] args) throws Exception {
        // So that a server with 1 connection has settled when a request comes, and chance decides less.
        Choice choice = Choice.of(args, 200);
        Counter.Tool tool = Counter.tool();
        if (tool == null) {
            System.err.println("system calls are not counted: perf may not, and there is no strace in PATH");
            System.exit(3);
        }
        System.err.println("counted by " + tool);
        Map<List<Object>, List<Map<String, Long>>> counts = new HashMap<>();
        for (int round = 1; round <= choice.rounds(); round++) {
            for (Server server : choice.servers()) {
                for (On on : Choice.on(server)) {
                    System.err.printf("round %d of %d: %s on %s%n", round, choice.rounds(), server.text(), on.text);
                    try (Running running = new Running(server, on)) {
                        for (int connections : choice.manyFirst()) {
                            counts.computeIfAbsent(List.of(server, connections, on), c -> new ArrayList<>())
                                .add(count(tool, running, connections, choice));
                        }
                    }
                }
            }
        }
        Report report = new Report(choice.report("server-calls"));
        for (Server server : choice.servers()) {
            for (int connections : choice.connections()) {
                for (On on : Choice.on(server)) {
                    List<Map<String, Long>> sorted = counts.get(List.of(server, connections, on)).stream()
                        .sorted(Comparator.comparing(Calls::total)).toList();
                    Map<String, Long> median = sorted.get(sorted.size() / 2);
                    double requests = choice.requests();
                    report.row("server", server.text(), "connections", connections, "on", on.text,
                        "per request", total(median) / requests, "fewest", total(sorted.get(0)) / requests,
                        "most", total(sorted.get(sorted.size() - 1)) / requests, "which", which(median, requests));
                }
            }
        }
        report.finish();
    }

    private static Map<String, Long> count(Counter.Tool tool, Running running, int connections, Choice choice)
            throws IOException, InterruptedException {
        try (Running.Load load = running.new Load(connections, choice, String.valueOf(choice.requests()))) {
            Counter counter = new Counter(tool, running.pid());
            load.go();
            return counter.stop();
        }
    }

    private static long total(Map<String, Long> calls) {
        return calls.values().stream().mapToLong(n -> n).sum();
    }

    private static String which(Map<String, Long> calls, double requests) {
        return calls.entrySet().stream().filter(e -> e.getValue() * 100 >= requests)
            .map(e -> String.format(Locale.ROOT, "%s %.2f", e.getKey(), e.getValue() / requests))
            .collect(Collectors.joining(", "));
    }
}
