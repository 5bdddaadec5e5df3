package org.anyfd.benchmarks.servers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.anyfd.benchmarks.Report;

/**
 * Requests a second of real servers, and the CPU time each costs them. Each round starts each server anew on each provider, and
 * loads them in turns of half a second: what slows the machine down for longer meets all of them. What is compared are the sums
 * of a round.
 */
final class Throughput {
    private static final double TURN_SECONDS = 0.5;

    private record Case(Server server, int connections, On on) { }

    private final Choice choice;
    /** Of each round its turns. */
    private final Map<Case, List<List<Running.Result>>> results = new HashMap<>();

    private Throughput(Choice choice) {
        this.choice = choice;
    }

    public static void main(String[] args) throws Exception {
        Throughput throughput = new Throughput(Choice.of(args, 0));
        for (int round = 1; round <= throughput.choice.rounds(); round++) throughput.measure(round);
        throughput.report();
    }

    private void measure(int round) throws IOException, InterruptedException {
        for (Server server : choice.servers()) {
            System.err.printf("round %d of %d: %s%n", round, choice.rounds(), server.text());
            Map<On, Running> running = new LinkedHashMap<>();
            try {
                for (On on : Choice.on(server)) running.put(on, new Running(server, on));
                for (int connections : choice.manyFirst()) measure(server, connections, running);
            } finally {
                for (Running each : running.values()) each.close();
            }
        }
    }

    private void measure(Server server, int connections, Map<On, Running> running) throws IOException, InterruptedException {
        Map<On, Running.Load> loads = new LinkedHashMap<>();
        try {
            for (On on : running.keySet()) {
                loads.put(on, running.get(on).new Load(connections, choice, TURN_SECONDS + "s"));
                results.computeIfAbsent(new Case(server, connections, on), c -> new ArrayList<>()).add(new ArrayList<>());
            }
            for (double left = choice.seconds(); left > 0; left -= TURN_SECONDS) {
                for (On on : loads.keySet()) {
                    List<List<Running.Result>> rounds = results.get(new Case(server, connections, on));
                    rounds.get(rounds.size() - 1).add(loads.get(on).go());
                }
            }
        } finally {
            for (Running.Load load : loads.values()) load.close();
        }
    }

    private void report() throws IOException {
        Report report = new Report(choice.report("servers"));
        for (Server server : choice.servers()) {
            for (int connections : choice.connections()) {
                List<List<Running.Result>> jdk = results.get(new Case(server, connections, On.JDK));
                for (On on : Choice.on(server)) {
                    List<List<Running.Result>> own = results.get(new Case(server, connections, on));
                    List<Double> speed = ratios(own, jdk, Throughput::perSecond);
                    List<Double> cpu = ratios(own, jdk, Throughput::cpu);
                    report.row("server", server.text(), "connections", connections, "on", on.text,
                        "requests/s", Math.round(median(own, Throughput::perSecond)),
                        "to the JDK's", at(0.5, speed), "spread", spread(speed),
                        "CPU us/request", median(own, Throughput::cpu), "CPU to the JDK's", at(0.5, cpu), "CPU spread", spread(cpu),
                        "p50 us", median(own, Throughput::p50), "p99 us", median(own, Throughput::p99));
                }
            }
        }
        report.finish();
    }

    private static double perSecond(List<Running.Result> turns) {
        return sum(turns, Running.Result::requests) * 1e9 / sum(turns, Running.Result::nanos);
    }

    private static double cpu(List<Running.Result> turns) {
        return sum(turns, Running.Result::cpu) / 1e3 / sum(turns, Running.Result::requests);
    }

    private static double p50(List<Running.Result> turns) {
        return at(0.5, turns.stream().map(turn -> turn.p50() / 1e3).toList());
    }

    private static double p99(List<Running.Result> turns) {
        return at(0.5, turns.stream().map(turn -> turn.p99() / 1e3).toList());
    }

    private static double sum(List<Running.Result> turns, ToDoubleFunction<Running.Result> value) {
        return turns.stream().mapToDouble(value).sum();
    }

    /** Round by round: what else the machine did then met both alike. */
    private static List<Double> ratios(List<List<Running.Result>> own, List<List<Running.Result>> jdk,
            ToDoubleFunction<List<Running.Result>> value) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < own.size(); i++) ratios.add(value.applyAsDouble(own.get(i)) / value.applyAsDouble(jdk.get(i)));
        return ratios;
    }

    private static double median(List<List<Running.Result>> rounds, ToDoubleFunction<List<Running.Result>> value) {
        return at(0.5, rounds.stream().map(value::applyAsDouble).toList());
    }

    private static String spread(List<Double> ratios) {
        return String.format(Locale.ROOT, "%.2f-%.2f", at(0, ratios), at(1, ratios));
    }

    private static double at(double share, List<Double> values) {
        return values.stream().sorted().toList().get((int) Math.round(share * (values.size() - 1)));
    }
}
