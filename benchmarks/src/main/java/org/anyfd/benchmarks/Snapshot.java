package org.anyfd.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.management.ObjectName;

/**
 * What a JVM has in memory, by its own diagnostic commands. It prints it, and another reads it: to keep it would take memory.
 *
 * @param classes bytes of reachable objects, by class
 * @param nativeBytes bytes allocated by Java code outside of the heap, direct buffers among them; needs the JVM's option
 *     NativeMemoryTracking. What C libraries allocate for themselves is not seen.
 */
record Snapshot(Map<String, Long> classes, long nativeBytes) {
    private static final Pattern CLASS = Pattern.compile("\\s*\\d+:\\s+\\d+\\s+(\\d+)\\s+(\\S+).*");
    private static final Pattern NATIVE = Pattern.compile("-\\s+Other \\(reserved=\\d+, committed=(\\d+)\\)");
    private static final String END = "end of the snapshot";

    /** What this JVM has, for {@link #read}. */
    static void print() throws Exception {
        System.gc();
        System.out.println(command("gcClassHistogram"));
        System.out.println(command("vmNativeMemory", "summary", "scale=1"));
        System.out.println(END);
    }

    private static String command(String name, String... arguments) throws Exception {
        ObjectName commands = new ObjectName("com.sun.management:type=DiagnosticCommand");
        return (String) ManagementFactory.getPlatformMBeanServer()
            .invoke(commands, name, new Object[] {arguments}, new String[] {String[].class.getName()});
    }

    static Snapshot read(String first, BufferedReader in) throws IOException {
        Map<String, Long> classes = new HashMap<>();
        long nativeBytes = 0;
        for (String line = first; !line.equals(END); line = in.readLine()) {
            if (line == null) throw new IOException("a snapshot ended early");
            Matcher row = CLASS.matcher(line);
            if (row.matches()) classes.merge(row.group(2), Long.valueOf(row.group(1)), Long::sum);
            Matcher other = NATIVE.matcher(line);
            if (other.find()) nativeBytes = Long.parseLong(other.group(1));
        }
        if (classes.isEmpty()) throw new IOException("a snapshot without classes");
        return new Snapshot(classes, nativeBytes);
    }

    Snapshot since(Snapshot before) {
        Map<String, Long> grown = new HashMap<>();
        classes.forEach((name, bytes) -> grown.put(name, bytes - before.classes.getOrDefault(name, 0L)));
        return new Snapshot(grown, nativeBytes - before.nativeBytes);
    }

    long heap() {
        return classes.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The classes and their bytes for each of {@code count}, the largest first, without those that have less than one. */
    String text(int count) {
        return classes.entrySet().stream().filter(e -> e.getValue() >= count)
            .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()).thenComparing(Map.Entry.comparingByKey()))
            .map(e -> name(e.getKey()) + String.format(Locale.ROOT, " %.0f", e.getValue() / (double) count))
            .collect(Collectors.joining(", "));
    }

    /** Arrays come as [Lpackage.Name; and [B. */
    private static String name(String name) {
        String simple = name.substring(name.lastIndexOf('.') + 1).replaceFirst("\\$\\$Lambda.*", "'s lambda");
        if (!name.startsWith("[")) return simple;
        return name.length() > 2 ? simple.replace(";", "[]")
            : switch (name.charAt(1)) { case 'B' -> "byte[]"; case 'I' -> "int[]"; case 'J' -> "long[]"; default -> name; };
    }
}
