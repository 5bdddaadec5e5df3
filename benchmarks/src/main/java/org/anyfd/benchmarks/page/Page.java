package org.anyfd.benchmarks.page;

import com.eclipsesource.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.anyfd.benchmarks.page.Plots.Interval;
import org.anyfd.benchmarks.page.Results.Row;

/**
 * Takes over the last results of all commands, and writes the tables and plots of docs/PERFORMANCE.md from what is kept: each
 * table between {@code <!-- NAME -->} and {@code <!-- /NAME -->}, plots to docs/performance. The prose around them is left
 * alone. The same results make the same page.
 */
final class Page {
    private static final Pattern PLACE = Pattern.compile("<!-- ([a-z-]+) -->\n.*?<!-- /\\1 -->", Pattern.DOTALL);
    private static final String BUSY = "32";

    private final Results results;
    private final Plots plots;

    private Page(Results results, Plots plots) {
        this.results = results;
        this.plots = plots;
    }

    public static void main(String[] args) throws Exception {
        System.setProperty("java.awt.headless", "true");
        Path measured = Path.of(System.getProperty("results"));
        Path benchmarks = measured.getParent().getParent();
        Path kept = benchmarks.resolve("results");
        Files.createDirectories(kept);
        Results.keep(measured, kept);
        Path docs = benchmarks.resolveSibling("docs");
        Path page = docs.resolve("PERFORMANCE.md");
        Page made = new Page(new Results(kept), new Plots(docs.resolve("performance")));
        Files.writeString(page, made.filled(Files.readString(page)));
        made.draw();
        System.out.println(page);
    }

    private String filled(String text) {
        return PLACE.matcher(text).replaceAll(place -> {
            String name = place.group(1);
            return Matcher.quoteReplacement("<!-- " + name + " -->\n" + table(name) + "<!-- /" + name + " -->");
        });
    }

    private String table(String name) {
        return switch (name) {
            case "machine" -> results.origins().isEmpty() ? "" : machine().toString();
            case "micro" -> measured(name, "micro.svg", compared(name, "nanoseconds", "ns", "ready/registered"));
            case "select" -> measured("micro", "select.svg", "");
            case "peers" -> measured(name, "", peers());
            case "syscalls" -> measured(name, "syscalls.svg", compared(name, "calls for each request", "per request", "connections"));
            case "syscalls-which" -> measured("syscalls", "", which());
            case "allocation" -> measured(name, "", compared(name, "bytes allocated", "bytes allocated"));
            case "overhead" -> measured(name, "", compared(name, "ns outside the kernel", "ns outside the kernel"));
            case "startup" -> measured(name, "", startUp());
            case "memory" -> measured(name, "", compared(name, "bytes for each", "bytes for each", "memory"));
            case "memory-objects" -> measured("memory", "", objects());
            case "servers" -> measured(name, "servers.svg", each(name, this::servers));
            case "servers-cpu" -> measured("servers", "servers-cpu.svg", "");
            case "server-calls" -> measured(name, "server-calls.svg", serverCalls());
            default -> throw new IllegalArgumentException("there is no table " + name);
        };
    }

    /** A plot, if there is one to it, and a table, once the command has been run. */
    private String measured(String command, String plot, Object table) {
        if (results.jdks(command).isEmpty()) return "Not measured yet: `benchmarks/run " + command + "`\n";
        String picture = plot.isEmpty() ? "" : "![" + plot.replace(".svg", "") + "](performance/" + plot + ")\n\n";
        return (picture + table).strip() + '\n';
    }

    private Table compared(String name, String heading, String... keys) {
        return Table.compared(results, name, heading, keys);
    }

    /** A part for each JDK. */
    private String each(String name, Function<Integer, Table> table) {
        StringBuilder text = new StringBuilder();
        for (int jdk : results.jdks(name)) text.append("JDK ").append(jdk).append(":\n\n").append(table.apply(jdk)).append('\n');
        return text.toString();
    }

    private Table machine() {
        Table table = new Table("JDK").ofWords().columns("version", "processors", "Linux", "measured");
        results.origins().forEach((jdk, files) -> table.put(List.of(String.valueOf(jdk)), all(files, "java"), all(files, "processor"),
            all(files, "os"), all(files, "date")));
        return table;
    }

    private static String all(List<JsonObject> files, String member) {
        return String.join(", ", new TreeSet<>(files.stream().map(f -> f.getString(member, "?")).toList()));
    }

    private Table peers() {
        Table table = new Table("nanoseconds", "ready/registered");
        for (int jdk : results.jdks("peers")) {
            table.columns("JDK " + jdk, "anyfd", "ratio", "jnr-enxio", "junixsocket");
            for (Row row : results.rows(jdk, "peers")) {
                table.put(List.of(row.text("ns"), row.text("ready/registered")), number(row, "JDK"), number(row, "anyfd"),
                    Table.ratio(row), number(row, "jnr-enxio"), number(row, "junixsocket"));
            }
        }
        return table;
    }

    private Table startUp() {
        Table table = new Table("program");
        for (int jdk : results.jdks("startup")) {
            table.columns("JDK " + jdk + ": CPU ms", "half of the runs", "added", "on the wall", "added");
            for (Row row : results.rows(jdk, "startup")) {
                table.put(List.of(row.text("program")), number(row, "CPU ms, median"),
                    number(row, "quarter") + "-" + number(row, "three quarters"), number(row, "added CPU ms"),
                    number(row, "wall ms, median"), number(row, "added wall ms"));
            }
        }
        return table;
    }

    private Table which() {
        Table table = new Table("calls for each request", "connections").ofWords().columns("the JDK's", "anyfd's");
        for (Row row : last("syscalls", r -> true)) {
            table.put(List.of(row.text("per request"), row.text("connections")), row.text("JDK's calls"), row.text("anyfd's calls"));
        }
        return table;
    }

    private Table objects() {
        Table table = new Table("bytes for each").ofWords().columns("the JDK's objects", "anyfd's objects");
        for (Row row : last("memory", r -> r.text("memory").equals("heap"))) {
            table.put(List.of(row.text("bytes for each")), row.text("JDK's objects"), row.text("anyfd's objects"));
        }
        return table;
    }

    /** Of the last JDK that has such results. */
    private List<Row> last(String name, Predicate<Row> which) {
        List<Integer> jdks = results.jdks(name);
        return jdks.isEmpty() ? List.of() : results.rows(jdks.get(jdks.size() - 1), name, which);
    }

    private Table servers(int jdk) {
        Table table = new Table("server", "connections", "on")
            .columns("requests/s", "to the JDK's", "spread", "CPU us/request", "to the JDK's", "spread", "p50 us", "p99 us");
        for (Row row : results.rows(jdk, "servers")) {
            boolean own = row.text("on").equals("JDK");
            table.put(List.of(row.text("server"), row.text("connections"), row.text("on")),
                number(row, "requests/s"), own ? "" : number(row, "to the JDK's"), own ? "" : row.text("spread"),
                number(row, "CPU us/request"), own ? "" : number(row, "CPU to the JDK's"), own ? "" : row.text("CPU spread"),
                number(row, "p50 us"), number(row, "p99 us"));
        }
        return table;
    }

    private Table serverCalls() {
        Table table = new Table("server", "connections", "on");
        for (int jdk : results.jdks("server-calls")) {
            table.columns("JDK " + jdk);
            for (Row row : results.rows(jdk, "server-calls")) {
                String fewest = number(row, "fewest");
                String most = number(row, "most");
                table.put(List.of(row.text("server"), row.text("connections"), row.text("on")),
                    number(row, "per request") + (fewest.equals(most) ? "" : " (" + fewest + "-" + most + ")"));
            }
        }
        return table;
    }

    private static String number(Row row, String column) {
        return Table.number(row.number(column));
    }

    private void draw() throws IOException {
        drawMicro();
        drawSelect();
        drawCalls();
        drawServers();
    }

    private void drawMicro() throws IOException {
        Map<String, Map<String, Interval>> series = new TreeMap<>();
        List<String> labels = new ArrayList<>();
        for (int jdk : results.jdks("micro")) {
            Map<String, Interval> intervals = series.computeIfAbsent("JDK " + jdk, j -> new LinkedHashMap<>());
            for (Row row : results.rows(jdk, "micro")) {
                String label = (row.text("ns") + " " + row.text("ready/registered")).strip();
                if (!labels.contains(label)) labels.add(label);
                intervals.put(label, new Interval(row.number("ratio"), row.number("least"), row.number("most")));
            }
        }
        if (!labels.isEmpty()) {
            plots.ratios("micro.svg", "Time that anyfd takes for each that the JDK's provider takes", "less than 1: anyfd is faster",
                labels, series);
        }
    }

    private void drawSelect() throws IOException {
        Map<String, Map<Double, Double>> registered = new LinkedHashMap<>();
        for (Row row : last("micro", r -> r.text("ns").startsWith("selectNow, iterate") && r.text("ready/registered").startsWith("1/"))) {
            for (String name : List.of("JDK", "anyfd")) point(registered, name, row, name);
        }
        for (Row row : last("peers", r -> r.text("ns").startsWith("selectNow") && r.text("ready/registered").startsWith("1/"))) {
            for (String name : List.of("jnr-enxio", "junixsocket")) point(registered, name, row, name);
        }
        if (!registered.isEmpty()) {
            plots.lines("select.svg", "selectNow with one channel ready", "channels registered", "nanoseconds", registered);
        }
    }

    private static void point(Map<String, Map<Double, Double>> series, String name, Row row, String column) {
        double across = Double.parseDouble(row.text("ready/registered").split("/")[1]);
        series.computeIfAbsent(name, n -> new TreeMap<>()).put(across, row.number(column));
    }

    private void drawCalls() throws IOException {
        Map<String, Map<String, Double>> patterns = new LinkedHashMap<>();
        for (Row row : last("syscalls", r -> r.text("connections").equals(BUSY))) {
            for (String name : List.of("JDK", "anyfd")) bar(patterns, name, row.text("per request"), row.number(name));
        }
        if (!patterns.isEmpty()) {
            plots.bars("syscalls.svg", "System calls for each request, " + BUSY + " connections", "calls", patterns);
        }
        Map<String, Map<String, Double>> servers = new LinkedHashMap<>();
        for (String on : List.of("JDK", "anyfd")) {
            for (Row row : last("server-calls", r -> r.text("connections").equals(BUSY) && r.text("on").equals(on))) {
                bar(servers, on, row.text("server"), row.number("per request"));
            }
        }
        if (!servers.isEmpty()) {
            plots.bars("server-calls.svg", "System calls for each request of real servers, " + BUSY + " connections", "calls", servers);
        }
    }

    private static void bar(Map<String, Map<String, Double>> series, String name, String label, double value) {
        series.computeIfAbsent(name, n -> new LinkedHashMap<>()).put(label, value);
    }

    private void drawServers() throws IOException {
        drawServers("servers.svg", "Requests a second with anyfd for each with the JDK's provider, " + BUSY + " connections",
            "more than 1: anyfd is faster", "to the JDK's", "spread");
        drawServers("servers-cpu.svg", "CPU time for each request, anyfd to the JDK's provider, " + BUSY + " connections",
            "less than 1: anyfd needs less", "CPU to the JDK's", "CPU spread");
    }

    private void drawServers(String file, String title, String axis, String median, String spread) throws IOException {
        Map<String, Map<String, Interval>> series = new TreeMap<>();
        List<String> labels = new ArrayList<>();
        for (int jdk : results.jdks("servers")) {
            Map<String, Interval> intervals = series.computeIfAbsent("JDK " + jdk, j -> new LinkedHashMap<>());
            for (Row row : results.rows(jdk, "servers", r -> r.text("connections").equals(BUSY) && r.text("on").equals("anyfd"))) {
                if (!labels.contains(row.text("server"))) labels.add(row.text("server"));
                String[] between = row.text(spread).split("-");
                intervals.put(row.text("server"),
                    new Interval(row.number(median), Double.parseDouble(between[0]), Double.parseDouble(between[1])));
            }
        }
        if (!labels.isEmpty()) plots.ratios(file, title, axis, labels, series);
    }
}
