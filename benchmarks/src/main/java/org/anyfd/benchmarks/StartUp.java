package org.anyfd.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.spi.ToolProvider;

/**
 * What opening the first selector adds to a JVM's start: forks programs that open one, with each provider, or none, in
 * turns. CPU time is the processes' own, user and system, as bash counts it, to the millisecond.
 */
final class StartUp {
    /** The whole program; with an argument, its provider's class, it opens a selector, and looks at it once. */
    static final class Program {
        public static void main(String[] args) throws IOException {
            if (args.length == 0) return;
            try (Selector selector = Selector.open()) {
                selector.selectNow();
                String found = selector.provider().getClass().getName();
                if (!found.equals(args[0])) throw new IllegalStateException(found);
            }
        }
    }

    private record Run(double cpu, double wall) { }

    private static final String ARCHIVED = ", its classes archived";

    public static void main(String[] args) throws Exception {
        int rounds = args.length == 0 ? 21 : Integer.parseInt(args[0]);
        System.setProperty("java.class.path", jars());
        Map<String, List<String>> programs = new LinkedHashMap<>();
        programs.put("no selector", Provider.JDK.java(Program.class));
        programs.put("JDK", Provider.JDK.java(Program.class, Provider.JDK.className));
        programs.put("anyfd", Provider.ANYFD.java(Program.class, Provider.ANYFD.className));
        programs.put("no selector" + ARCHIVED, archived(programs.get("no selector")));
        programs.put("anyfd" + ARCHIVED, archived(programs.get("anyfd")));

        Map<String, List<Run>> runs = new LinkedHashMap<>();
        for (String name : programs.keySet()) runs.put(name, new ArrayList<>());
        for (int round = 0; round <= rounds; round++) {
            for (String name : programs.keySet()) {
                Run run = time(programs.get(name));
                // The first round only fills the page cache.
                if (round > 0) runs.get(name).add(run);
            }
        }

        Report report = new Report("startup");
        runs.forEach((name, list) -> {
            List<Run> without = runs.get(name.endsWith(ARCHIVED) ? "no selector" + ARCHIVED : "no selector");
            double cpu = at(0.5, without.stream().mapToDouble(Run::cpu).toArray());
            double wall = at(0.5, without.stream().mapToDouble(Run::wall).toArray());
            double[] cpus = list.stream().mapToDouble(Run::cpu).toArray();
            double[] walls = list.stream().mapToDouble(Run::wall).toArray();
            report.row("program", name, "runs", rounds,
                "CPU ms, median", at(0.5, cpus), "quarter", at(0.25, cpus), "three quarters", at(0.75, cpus),
                "added CPU ms", at(0.5, cpus) - cpu, "wall ms, median", at(0.5, walls), "added wall ms", at(0.5, walls) - wall);
        });
        report.finish();
    }

    /** The program with its classes in an archive, which a first run writes: as docs/RUNNING.md says. */
    private static List<String> archived(List<String> program) throws IOException, InterruptedException {
        File archive = File.createTempFile("startup", ".archive");
        archive.deleteOnExit();
        boolean aot = Runtime.version().feature() >= 25;
        Process first = new ProcessBuilder(with(program, (aot ? "-XX:AOTCacheOutput=" : "-XX:ArchiveClassesAtExit=") + archive))
            .redirectErrorStream(true).start();
        String output = new String(first.getInputStream().readAllBytes());
        if (first.waitFor() != 0) throw new IOException("no archive was written: " + output);
        // An archive that cannot be used ends the JVM.
        return with(with(program, (aot ? "-XX:AOTCache=" : "-XX:SharedArchiveFile=") + archive), aot ? "-XX:AOTMode=on" : "-Xshare:on");
    }

    private static List<String> with(List<String> program, String option) {
        List<String> command = new ArrayList<>(program);
        command.add(1, option);
        return command;
    }

    /** This program's class path as users have it: no archive is made of classes in directories. */
    private static String jars() throws IOException {
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            entries.add(new File(entry).isDirectory() ? jar(entry) : entry);
        }
        return String.join(File.pathSeparator, entries);
    }

    private static String jar(String directory) throws IOException {
        File jar = File.createTempFile("startup", ".jar");
        jar.deleteOnExit();
        int failed = ToolProvider.findFirst("jar").orElseThrow()
            .run(System.err, System.err, "--create", "--file", jar.getPath(), "-C", directory, ".");
        if (failed != 0) throw new IOException("no jar was made of " + directory);
        return jar.getPath();
    }

    private static double at(double share, double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.round(share * (sorted.length - 1))];
    }

    private static Run time(List<String> program) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("bash", "-c", "TIMEFORMAT='%3U %3S %3R'; time \"$@\"", "bash"));
        command.addAll(program);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectInput(new File("/dev/null"));
        builder.environment().put("LC_ALL", "C");
        Process bash = builder.start();
        String output = new String(bash.getInputStream().readAllBytes()).strip();
        if (bash.waitFor() != 0) throw new IOException(String.join(" ", program) + ": " + output);
        double[] seconds = Arrays.stream(output.split(" ")).mapToDouble(Double::parseDouble).toArray();
        return new Run((seconds[0] + seconds[1]) * 1000, seconds[2] * 1000);
    }
}
