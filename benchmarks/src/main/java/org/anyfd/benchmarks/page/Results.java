package org.anyfd.benchmarks.page;

import com.eclipsesource.json.Json;
import com.eclipsesource.json.JsonObject;
import com.eclipsesource.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The results that are kept, {@code jdk17/micro.json} and so on, as the commands wrote them. */
final class Results {
    private static final Pattern MEASURED = Pattern.compile("([a-z-]+)-(\\d+)\\.json");
    private static final Pattern KEPT = Pattern.compile("jdk(\\d+)");
    static final String PART = "-part";

    /** One row of a table. What is not there is empty. */
    record Row(JsonObject json) {
        String text(String column) {
            JsonValue value = json.get(column);
            return value == null ? "" : value.isString() ? value.asString() : value.toString();
        }

        double number(String column) {
            JsonValue value = json.get(column);
            return value != null && value.isNumber() ? value.asDouble() : Double.NaN;
        }
    }

    /** By the JDK's version, then by the command's name. */
    private final TreeMap<Integer, TreeMap<String, JsonObject>> files = new TreeMap<>();

    /** Takes over what was measured since it was last kept, except for runs of a part. */
    static void keep(Path measured, Path kept) throws IOException {
        for (Path file : list(measured)) {
            Matcher name = MEASURED.matcher(file.getFileName().toString());
            if (!name.matches() || name.group(1).endsWith(PART)) continue;
            Path to = kept.resolve("jdk" + name.group(2)).resolve(name.group(1) + ".json");
            if (Files.exists(to) && Files.getLastModifiedTime(to).compareTo(Files.getLastModifiedTime(file)) >= 0) continue;
            Files.createDirectories(to.getParent());
            Files.writeString(to, Files.readString(file));
            System.out.println("kept: " + to);
        }
    }

    Results(Path kept) throws IOException {
        for (Path directory : list(kept)) {
            Matcher jdk = KEPT.matcher(directory.getFileName().toString());
            if (!jdk.matches()) continue;
            for (Path file : list(directory)) {
                String name = file.getFileName().toString().replace(".json", "");
                files.computeIfAbsent(Integer.valueOf(jdk.group(1)), j -> new TreeMap<>())
                    .put(name, Json.parse(Files.readString(file)).asObject());
            }
        }
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    List<Integer> jdks(String name) {
        return files.keySet().stream().filter(jdk -> files.get(jdk).containsKey(name)).toList();
    }

    List<Row> rows(int jdk, String name) {
        JsonObject file = files.getOrDefault(jdk, new TreeMap<>()).get(name);
        if (file == null) return List.of();
        List<Row> rows = new ArrayList<>();
        for (JsonValue row : file.get("rows").asArray()) rows.add(new Row(row.asObject()));
        return rows;
    }

    List<Row> rows(int jdk, String name, Predicate<Row> which) {
        return rows(jdk, name).stream().filter(which).toList();
    }

    /** What each JDK's files say of the machine, the kernel and the day. */
    Map<Integer, List<JsonObject>> origins() {
        Map<Integer, List<JsonObject>> origins = new TreeMap<>();
        files.forEach((jdk, named) -> origins.put(jdk, List.copyOf(named.values())));
        return origins;
    }
}
