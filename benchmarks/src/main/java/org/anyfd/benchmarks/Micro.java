package org.anyfd.benchmarks;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.anyfd.benchmarks.micro.Row;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs JMH with the providers in turns: for each row a fork of every provider, then again, in as many rounds as JMH's
 * option {@code -f} says. JMH alone runs all forks of one provider, then all of the next, and so compares two times of day.
 * Of JMH's other options it knows -wi, -w, -i, -r, -p, -e, and the names of benchmarks.
 */
final class Micro {
    private static final int ROUNDS = 5;
    /** The rounds are many and short, rather than few and long: what else the machine does then shows in the spread. */
    private static final TimeValue MOMENT = TimeValue.milliseconds(300);
    /** What a JVM has open beside the channels of a benchmark. */
    private static final int OTHER_FILES = 200;

    private final CommandLineOptions options;
    private final int rounds;
    private final Map<String, Report> reports = new LinkedHashMap<>();
    private int failures;

    private Micro(CommandLineOptions options) {
        this.options = options;
        this.rounds = options.getForkCount().orElse(ROUNDS);
    }

    public static void main(String[] args) throws Exception {
        CommandLineOptions options = new CommandLineOptions(args);
        if (options.shouldHelp()) {
            options.showHelp();
        } else {
            new Micro(options).run(args.length == 0);
        }
    }

    private void run(boolean all) throws Exception {
        var quiet = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
        var benchmarks = BenchmarkList.defaultList().find(quiet, options.getIncludes(), options.getExcludes());
        if (benchmarks.isEmpty()) throw new IllegalArgumentException("there is no benchmark like " + options.getIncludes());
        for (BenchmarkListEntry benchmark : benchmarks) {
            Map<String, String[]> parameters = benchmark.getParams().get();
            String[] channels = values(parameters, "channels", "");
            String[] providers = values(parameters, "provider", null);
            for (String one : channels) {
                // Of the peers' pairs, junixsocket's have four descriptors each.
                if (fits(one, providers.length > 2 ? 4 : 1)) row(benchmark, providers, one, all);
            }
        }
        for (Report report : reports.values()) report.finish();
        if (failures > 0) throw new IOException(failures + " rows are missing: their benchmarks failed, as is said above");
    }

    private String[] values(Map<String, String[]> parameters, String name, String otherwise) {
        if (!parameters.containsKey(name)) return new String[] {otherwise};
        var chosen = options.getParameter(name);
        return chosen.hasValue() ? chosen.get().toArray(String[]::new) : parameters.get(name);
    }

    /** Whether this process may open as many files as the registered channels need. */
    private static boolean fits(String channels, int each) {
        int registered = channels.isEmpty() ? 0 : each * Integer.parseInt(channels.split("/")[1]);
        long files = ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getMaxFileDescriptorCount();
        if (registered + OTHER_FILES <= files) return true;
        System.out.println(channels + " channels are left out: only " + files + " files can be open (ulimit -n)");
        return false;
    }

    private void row(BenchmarkListEntry benchmark, String[] providers, String channels, boolean all) throws Exception {
        double[][] times = new double[providers.length][rounds];
        try {
            for (int round = 0; round < rounds; round++) {
                for (int i = 0; i < providers.length; i++) times[i][round] = time(benchmark, providers[i], channels);
            }
        } catch (RunnerException e) {
            // The other rows, which take a while, are worth having.
            e.printStackTrace();
            failures++;
            return;
        }
        String name = benchmark.getUsername();
        int dot = name.lastIndexOf('.');
        String what = Class.forName(name.substring(0, dot)).getMethod(name.substring(dot + 1)).getAnnotation(Row.class).value();
        List<Object> columns = new ArrayList<>(List.of("ns", what, "ready/registered", channels));
        for (int i = 0; i < providers.length; i++) columns.addAll(List.of(name(providers[i]), Ratio.median(times[i])));
        int jdk = Arrays.asList(providers).indexOf("jdk");
        int anyfd = Arrays.asList(providers).indexOf("anyfd");
        if (jdk >= 0 && anyfd >= 0) columns.addAll(new Ratio(times[anyfd], times[jdk]).columns());
        System.out.println(name.substring(name.lastIndexOf('.', dot - 1) + 1) + " " + channels + ": " + columns.subList(4, columns.size()));
        String report = (providers.length > 2 ? "peers" : "micro") + (all ? "" : "-part");
        reports.computeIfAbsent(report, Report::new).row(columns.toArray());
    }

    private static String name(String provider) {
        return switch (provider) {
            case "jdk" -> "JDK";
            case "enxio" -> "jnr-enxio";
            default -> provider;
        };
    }

    /** One fork's mean, in nanoseconds. */
    private double time(BenchmarkListEntry benchmark, String provider, String channels) throws IOException, RunnerException {
        String log = System.getProperty("results") + "/jmh.log";
        ChainedOptionsBuilder builder = new OptionsBuilder().forks(1).jvmArgs(Provider.JDK.options().toArray(String[]::new))
            .include('^' + benchmark.getUsername().replace(".", "\\.") + '$')
            .param("provider", provider).shouldFailOnError(true).output(log)
            .mode(Mode.AverageTime).timeUnit(TimeUnit.NANOSECONDS)
            .warmupIterations(options.getWarmupIterations().orElse(2)).warmupTime(options.getWarmupTime().orElse(MOMENT))
            .measurementIterations(options.getMeasurementIterations().orElse(3)).measurementTime(options.getMeasurementTime().orElse(MOMENT));
        if (!channels.isEmpty()) builder.param("channels", channels);
        try {
            RunResult result = new Runner(builder.build()).runSingle();
            return result.getPrimaryResult().getScore();
        } catch (RunnerException e) {
            throw new RunnerException(benchmark.getUsername() + " with " + provider + " failed: " + log + " says why", e);
        }
    }
}
