package org.anyfd.benchmarks.servers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Counts a process's system calls: by perf, from outside and at full speed, where the kernel lets it read tracepoints; else
 * by strace, which slows every thread down at each call, so that those of a pool meet differently.
 */
final class Counter {
    enum Tool { perf, strace }

    private static final List<String> OPERATIONS = List.of("ADD", "DEL", "MOD");
    /** What perf tells apart; the rest is one number. */
    private static final List<String> NAMED = List.of("epoll_wait", "epoll_pwait", "epoll_pwait2", "read", "write", "readv",
        "writev", "recvfrom", "sendto", "recvmsg", "sendmsg", "fcntl", "ioctl", "poll", "ppoll", "close", "shutdown",
        "timerfd_settime");
    /** How threads wait for each other, and what a JVM does for itself: not in the counts. */
    private static final List<String> NOT_COUNTED = List.of("futex", "sched_yield", "mmap", "munmap", "mprotect",
        "madvise", "gettid", "getrusage", "sysinfo", "newfstatat", "openat", "rt_sigprocmask", "rt_sigreturn");

    private final Tool tool;
    private final Path counts = Files.createTempFile("anyfd-calls", ".txt");
    private final Process process;

    /** What works here, or null. */
    static Tool tool() throws IOException, InterruptedException {
        if (works("perf", "stat", "-e", "raw_syscalls:sys_enter", "true")) return Tool.perf;
        return works("strace", "-c", "-o", "/dev/null", "true") ? Tool.strace : null;
    }

    private static boolean works(String... command) throws IOException, InterruptedException {
        boolean there = Stream.of(System.getenv("PATH").split(":")).anyMatch(d -> Files.isExecutable(Path.of(d, command[0])));
        return there && new ProcessBuilder(command).redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
    }

    /** Returns once it counts. */
    Counter(Tool tool, long pid) throws IOException {
        this.tool = tool;
        process = new ProcessBuilder(tool == Tool.perf ? perf(pid, counts) : strace(pid, counts)).redirectErrorStream(true).start();
        String started = new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
        if (started == null || !started.contains("attached")) throw new IOException(tool + ": " + started);
    }

    private static List<String> perf(long pid, Path counts) throws IOException {
        List<String> command = new ArrayList<>(List.of("perf", "stat", "-x,", "-o", counts.toString(), "-p", String.valueOf(pid),
            "-e", "raw_syscalls:sys_enter"));
        for (int i = 0; i < OPERATIONS.size(); i++) {
            command.addAll(List.of("-e", "syscalls:sys_enter_epoll_ctl", "--filter", "op==" + (i + 1)));
        }
        Set<String> known = known();
        Stream.concat(NAMED.stream(), NOT_COUNTED.stream()).map(call -> "syscalls:sys_enter_" + call).filter(known::contains)
            .forEach(event -> command.addAll(List.of("-e", event)));
        // It counts while this runs, which it starts when it is ready to count.
        command.addAll(List.of("sh", "-c", "echo attached; read line"));
        return command;
    }

    /** Not every architecture has every call: the newer ones have no epoll_wait, only epoll_pwait. */
    private static Set<String> known() throws IOException {
        Process list = new ProcessBuilder("perf", "list", "syscalls:sys_enter_*").redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String[] words = new String(list.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).split("\\s+");
        return Set.of(Stream.of(words).distinct().toArray(String[]::new));
    }

    private static List<String> strace(long pid, Path counts) {
        return List.of("strace", "-f", "-c", "-U", "calls,name", "-o", counts.toString(), "-p", String.valueOf(pid));
    }

    /** Ends the count, and says how often each was called. */
    Map<String, Long> stop() throws IOException, InterruptedException {
        if (tool == Tool.perf) process.getOutputStream().close();
        else process.destroy();
        process.waitFor();
        List<String> lines = Files.readAllLines(counts);
        Files.delete(counts);
        return tool == Tool.perf ? perf(lines) : strace(lines);
    }

    private static Map<String, Long> perf(List<String> lines) {
        Map<String, Long> calls = new LinkedHashMap<>();
        long rest = 0;
        int operation = 0;
        for (String line : lines) {
            String[] columns = line.split(",");
            if (columns.length < 3) continue;
            String name = columns[2].substring(columns[2].indexOf(':') + 1).replace("sys_enter_", "");
            long count = Long.parseLong(columns[0]);
            if (name.equals("sys_enter")) {
                rest = count;
                continue;
            }
            rest -= count;
            if (name.equals("epoll_ctl")) name = OPERATIONS.get(operation++);
            if (!NOT_COUNTED.contains(name)) calls.put(name, count);
        }
        calls.put("other", rest);
        return calls;
    }

    private static Map<String, Long> strace(List<String> lines) {
        Map<String, Long> calls = new LinkedHashMap<>();
        for (String line : lines) {
            String[] columns = line.strip().split(" +");
            if (columns.length != 2 || !columns[0].matches("\\d+") || columns[1].equals("total")) continue;
            if (!NOT_COUNTED.contains(columns[1])) calls.put(columns[1], Long.parseLong(columns[0]));
        }
        return calls;
    }
}
