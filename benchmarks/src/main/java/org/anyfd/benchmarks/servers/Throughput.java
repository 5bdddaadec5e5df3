package org.anyfd.benchmarks.servers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.anyfd.benchmarks.Report;

/**
 * Requests a second of real servers, and the CPU time each costs them. Each round starts each server anew on each provider,
 * one after the other; what is compared are the two of a round.
 */
final class Throughput {
    private record Case(Server server, int connections, On on) { }

    private final Choice choice;
    private final Map<Case, List<Running.Result>> results = new HashMap<>();

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
            for (On on : Choice.on(server)) {
                System.err.printf("round %d of %d: %s on %s%n", round, choice.rounds(), server.text(), on.text);
                try (Running running = new Running(server, on)) {
                    for (int connections : choice.manyFirst()) {
                        try (Running.Load load = running.new Load(connections, choice, choice.seconds() + "s")) {
                            results.computeIfAbsent(new Case(server, connections, on), c -> new ArrayList<>()).add(load.go());
                        }
                    }
                }
            }
        }
    }

    private void report() throws IOException {
        Report report = new Report("servers");
        for (Server server : choice.servers()) {
            for (int connections : choice.connections()) {
                List<Running.Result> jdk = results.get(new Case(server, connections, On.JDK));
                for (On on : Choice.on(server)) {
                    List<Running.Result> own = results.get(new Case(server, connections, on));
                    List<Double> speed = ratios(own, jdk, Throughput::perSecond);
                    List<Double> cpu = ratios(own, jdk, Throughput::cpu);
                    report.row("server", server.text(), "connections", connections, "on", on.text,
                        "requests/s", Math.round(median(own, Throughput::perSecond)),
                        "to the JDK's", at(0.5, speed), "spread", spread(speed),
                        "CPU us/request", median(own, Throughput::cpu), "CPU to the JDK's", at(0.5, cpu), "CPU spread", spread(cpu),
                        "p50 us", median(own, r -> r.p50() / 1e3), "p99 us", median(own, r -> r.p99() / 1e3));
                }
            }
        }
        report.finish();
    }

    private static double perSecond(Running.Result result) {
        return result.requests() * 1e9 / result.nanos();
    }

    private static double cpu(Running.Result result) {
        return result.cpu() / 1e3 / result.requests();
    }

    /** Round by round: what else the machine did then met both alike. */
    private static List<Double> ratios(List<Running.Result> own, List<Running.Result> jdk, ToDoubleFunction<Running.Result> value) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < own.size(); i++) ratios.add(value.applyAsDouble(own.get(i)) / value.applyAsDouble(jdk.get(i)));
        return ratios;
    }

    private static double median(List<Running.Result> results, ToDoubleFunction<Running.Result> value) {
        return at(0.5, results.stream().map(value::applyAsDouble).toList());
    }

    private static String spread(List<Double> ratios) {
        return String.format(Locale.ROOT, "%.2f-%.2f", at(0, ratios), at(1, ratios));
    }

    private static double at(double share, List<Double> values) {
        return values.stream().sorted().toList().get((int) Math.round(share * (values.size() - 1)));
    }
}
