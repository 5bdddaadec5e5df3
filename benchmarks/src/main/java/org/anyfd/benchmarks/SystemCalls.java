package org.anyfd.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Counts the system calls that a server's threads make for a request: runs {@link Patterns} under strace, once with each
 * provider, and counts between the marks. What the client's and the JVM's own threads call is not counted.
 */
final class SystemCalls {
    static final int[] CONNECTIONS = {1, 32};
    /** A call's first line: a thread, a name, arguments. The second of a call that took a while says "resumed". */
    private static final Pattern CALL = Pattern.compile("(\\d+) +(\\w+)\\((.*)");
    private static final Pattern MARKED = Pattern.compile(".*\"" + Patterns.MARK + "([^\"]*)\".*");

    /**
     * Not in the total: how the program's threads wait for each other (futex; the details have it), and what the JVM does
     * now and then in any thread to load, compile and throw away code and to reach a safepoint.
     */
    private static final Set<String> JVM = Set.of("futex", "mmap", "munmap", "mprotect", "madvise", "gettid", "exit",
        "rt_sigprocmask", "rt_sigreturn", "newfstatat", "stat", "openat", "pread64", "lseek", "sched_yield");

    private final Map<String, Map<String, Integer>> windows = new LinkedHashMap<>();
    private final Set<String> threads = new HashSet<>();
    private Map<String, Integer> window;

    public static void main(String[] args) throws Exception {
        Path strace = Stream.of(System.getenv("PATH").split(":")).map(directory -> Path.of(directory, "strace"))
            .filter(Files::isExecutable).findFirst().orElse(null);
        if (strace == null) {
            System.err.println("system calls are not counted: there is no strace in PATH");
            System.exit(3);
        }
        Map<Provider, SystemCalls> counts = new HashMap<>();
        for (Provider provider : Provider.values()) counts.put(provider, trace(strace, provider));
        Report report = new Report("syscalls");
        for (Patterns.Pattern pattern : Patterns.Pattern.values()) {
            for (int connections : CONNECTIONS) {
                Map<String, Integer> jdk = counts.get(Provider.JDK).window(pattern, connections);
                Map<String, Integer> anyfd = counts.get(Provider.ANYFD).window(pattern, connections);
                report.row("per request", pattern.text, "connections", connections, "JDK", total(jdk), "anyfd", total(anyfd),
                    "JDK's calls", details(jdk), "anyfd's calls", details(anyfd));
            }
        }
        report.finish();
    }

    private static SystemCalls trace(Path strace, Provider provider) throws IOException, InterruptedException {
        Path log = Files.createTempFile("anyfd-strace", ".log");
        try {
            List<String> command = new ArrayList<>(List.of(strace.toString(), "-f", "-qq", "-o", log.toString()));
            command.addAll(provider.java(Patterns.class, provider.name()));
            int status = new ProcessBuilder(command).inheritIO().start().waitFor();
            if (status != 0) throw new IOException("exit status " + status + " of " + String.join(" ", command));
            SystemCalls counts = new SystemCalls();
            try (Stream<String> lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
                lines.forEach(counts::line);
            }
            return counts;
        } finally {
            Files.delete(log);
        }
    }

    private void line(String line) {
        Matcher call = CALL.matcher(line);
        if (!call.matches()) return;
        String thread = call.group(1);
        Matcher mark = MARKED.matcher(call.group(3));
        if (mark.matches()) {
            String[] words = mark.group(1).split("/", 2);
            switch (words[0]) {
                case "thread" -> threads.add(thread);
                case "begin" -> windows.put(words[1], window = new TreeMap<>());
                case "end" -> window = null;
                default -> throw new IllegalStateException(line);
            }
        } else if (window != null && threads.contains(thread)) {
            window.merge(name(call.group(2), call.group(3)), 1, Integer::sum);
        }
    }

    /** What epoll_ctl and fcntl are asked for is part of the name. */
    private static String name(String call, String arguments) {
        return switch (call) {
            case "epoll_ctl" -> arguments.split(", ")[1].replace("EPOLL_CTL_", "");
            case "fcntl" -> arguments.split("[ ,)]+")[1];
            default -> call;
        };
    }

    private Map<String, Integer> window(Patterns.Pattern pattern, int connections) {
        return windows.get(pattern + "/" + connections);
    }

    private static double total(Map<String, Integer> window) {
        return window.entrySet().stream().filter(e -> !JVM.contains(e.getKey())).mapToInt(Map.Entry::getValue).sum()
            / (double) Patterns.REQUESTS;
    }

    private static String details(Map<String, Integer> window) {
        return window.entrySet().stream().filter(e -> e.getValue() >= Patterns.REQUESTS / 100)
            .map(e -> String.format(Locale.ROOT, "%s %.2f", e.getKey(), e.getValue() / (double) Patterns.REQUESTS))
            .collect(Collectors.joining(", "));
    }
}
