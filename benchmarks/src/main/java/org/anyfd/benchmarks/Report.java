package org.anyfd.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Rows of one table: printed as Markdown, kept as JSON. All rows have the columns of the first. */
public final class Report {
    private final String name;
    private final List<Map<String, Object>> rows = new ArrayList<>();

    public Report(String name) {
        this.name = name;
    }

    /** Adds a row from column names and their values, one after the other. */
    public void row(Object... columns) {
        Map<String, Object> row = new LinkedHashMap<>();
        for (int i = 0; i < columns.length; i += 2) row.put((String) columns[i], columns[i + 1]);
        rows.add(row);
    }

    /** Prints the table, and writes {@code NAME-JDK.json} to the directory that the property {@code results} names. */
    public void finish() throws IOException {
        List<String> columns = List.copyOf(rows.get(0).keySet());
        System.out.println("| " + String.join(" | ", columns) + " |");
        System.out.println("|---".repeat(columns.size()) + "|");
        for (Map<String, Object> row : rows) {
            System.out.println("| " + columns.stream().map(c -> text(row.get(c))).collect(Collectors.joining(" | ")) + " |");
        }
        Path file = Path.of(System.getProperty("results"), name + "-" + Runtime.version().feature() + ".json");
        String json = rows.stream().map(Report::json).collect(Collectors.joining(",\n    "));
        Files.writeString(file, "{\n  \"java\": \"" + Runtime.version() + "\",\n  \"os\": \"" + System.getProperty("os.version")
            + " " + System.getProperty("os.arch") + "\",\n  \"processor\": \"" + processor()
            + "\",\n  \"date\": \"" + LocalDate.now(ZoneOffset.UTC) + "\",\n  \"rows\": [\n    " + json + "\n  ]\n}\n");
        System.out.println("\nJDK " + Runtime.version() + "; " + file);
    }

    private static String processor() throws IOException {
        int count = Runtime.getRuntime().availableProcessors();
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            // There is no such line on aarch64.
            String model = lines.filter(l -> l.startsWith("model name")).findFirst().map(l -> l.replaceFirst(".*:\\s*", "")).orElse("?");
            return count + " x " + model;
        }
    }

    private static String json(Map<String, Object> row) {
        return row.entrySet().stream()
            .map(e -> '"' + e.getKey() + "\": " + (e.getValue() instanceof Number ? text(e.getValue()) : '"' + text(e.getValue()) + '"'))
            .collect(Collectors.joining(", ", "{", "}"));
    }

    private static String text(Object value) {
        return value instanceof Double d ? String.format(Locale.ROOT, "%.2f", d) : String.valueOf(value);
    }
}
