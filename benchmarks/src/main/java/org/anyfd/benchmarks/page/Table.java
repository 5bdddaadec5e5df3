package org.anyfd.benchmarks.page;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.anyfd.benchmarks.page.Results.Row;

/** A Markdown table: a line for each key, and behind it columns that may come from several files. */
final class Table {
    private final List<String> header = new ArrayList<>();
    private final int keys;
    private String alignment = "|---:";
    private final Map<List<String>, List<String>> lines = new LinkedHashMap<>();

    Table(String... keys) {
        this.keys = keys.length;
        header.addAll(List.of(keys));
    }

    /** The columns hold words, not numbers. */
    Table ofWords() {
        alignment = "|---";
        return this;
    }

    /** Adds columns; what is put next goes there. */
    Table columns(String... names) {
        header.addAll(List.of(names));
        return this;
    }

    /** Puts the last columns of a line. */
    void put(List<String> key, String... cells) {
        List<String> line = lines.computeIfAbsent(key, k -> new ArrayList<>());
        int before = header.size() - keys - cells.length;
        if (line.size() > before) throw new IllegalArgumentException("there are two rows of " + key);
        line.addAll(Collections.nCopies(before - line.size(), ""));
        line.addAll(List.of(cells));
    }

    /** Keys, JDK, anyfd, and their ratio where there is one, for every JDK. */
    static Table compared(Results results, String name, String heading, String... keys) {
        String[] headings = keys.clone();
        headings[0] = heading;
        Table table = new Table(headings);
        for (int jdk : results.jdks(name)) {
            boolean ratios = !results.rows(jdk, name).get(0).text("ratio").isEmpty();
            table.columns("JDK " + jdk, "anyfd");
            if (ratios) table.columns("ratio");
            for (Row row : results.rows(jdk, name)) {
                List<String> key = List.of(keys).stream().map(row::text).toList();
                List<String> cells = new ArrayList<>(List.of(number(row.number("JDK")), number(row.number("anyfd"))));
                if (ratios) cells.add(ratio(row));
                table.put(key, cells.toArray(String[]::new));
            }
        }
        return table;
    }

    /** The median, and the least and the most. */
    static String ratio(Row row) {
        return String.format(Locale.ROOT, "%.2f (%.2f-%.2f)", row.number("ratio"), row.number("least"), row.number("most"));
    }

    /** Three digits that count. */
    static String number(double value) {
        if (Double.isNaN(value)) return "";
        if (Math.abs(value) >= 100 || value == Math.rint(value)) return String.format(Locale.ROOT, "%,.0f", value);
        return String.format(Locale.ROOT, Math.abs(value) >= 10 ? "%.1f" : "%.2f", value);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append("| ").append(String.join(" | ", header)).append(" |\n");
        text.append("|---".repeat(keys)).append(alignment.repeat(header.size() - keys)).append("|\n");
        lines.forEach((key, cells) -> {
            List<String> all = new ArrayList<>(key);
            all.addAll(cells);
            all.addAll(Collections.nCopies(header.size() - all.size(), ""));
            text.append("| ").append(String.join(" | ", all)).append(" |\n");
        });
        return text.toString();
    }
}
