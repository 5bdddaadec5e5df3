package org.anyfd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NetworkChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/COMPATIBILITY.md and docs/SERVERS.md say nothing that is not so. */
class CompatibilityTest {
    private static final Path COMPATIBILITY = Path.of("docs/COMPATIBILITY.md");
    private static final Path SERVERS = Path.of("docs/SERVERS.md");
    private static final Path SERVER_TESTS = Path.of("server-tests/src/test/java");
    private static final Pattern TEST = Pattern.compile("`(\\w+Test)(?:#(\\w+))?`");
    private static final List<String> CHANNELS = List.of("SocketChannel", "ServerSocketChannel", "DatagramChannel",
        "Unix SocketChannel", "Unix ServerSocketChannel");

    private static List<Path> tests(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith("Test.java")).toList();
        }
    }

    private static List<String> rows(Path document) throws IOException {
        return Files.readAllLines(document).stream().filter(line -> line.startsWith("| ")).toList();
    }

    @Test
    void testsThatAreNamedExist() throws IOException {
        List<Path> tests = new ArrayList<>(tests(Path.of("src/test/java")));
        tests.addAll(tests(SERVER_TESTS));
        List<String> missing = new ArrayList<>();
        Matcher names = TEST.matcher(Files.readString(COMPATIBILITY) + Files.readString(SERVERS));
        while (names.find()) {
            String file = names.group(1) + ".java";
            String method = names.group(2) == null ? "class " + names.group(1) : "void " + names.group(2) + "(";
            boolean exists = false;
            for (Path test : tests) {
                exists |= test.endsWith(file) && Files.readString(test).contains(method);
            }
            if (!exists) {
                missing.add(names.group());
            }
        }
        assertEquals(List.of(), missing);
    }

    @Test
    void everyDifferenceNamesItsTest() throws IOException {
        List<String> differences = rows(COMPATIBILITY).stream()
            .dropWhile(row -> !row.startsWith("| where ")).takeWhile(row -> !row.startsWith("| option ")).skip(1).toList();
        assertTrue(differences.size() > 10, differences::toString);
        for (String row : differences) {
            assertTrue(TEST.matcher(row).find(), row);
        }
    }

    @Test
    void everyTestOfAServerIsListed() throws IOException {
        Set<String> listed = new TreeSet<>();
        Matcher names = TEST.matcher(Files.readString(SERVERS));
        while (names.find()) {
            listed.add(names.group(1) + ".java");
        }
        Set<String> tests = new TreeSet<>();
        tests(SERVER_TESTS).forEach(test -> tests.add(test.getFileName().toString()));
        assertEquals(tests, listed);
    }

    @Test
    void versionsAreThoseThatWereRun() throws IOException {
        Set<String> listed = new TreeSet<>();
        for (String row : rows(SERVERS)) {
            Stream.of(row.split("\\|")[2].split(",")).map(String::strip)
                .filter(version -> version.matches("\\d.*")).forEach(listed::add);
        }
        Set<String> run = new TreeSet<>();
        Matcher versions = Pattern.compile("<(\\w+)\\.version>([\\d.]+?)(\\.Final)?</")
            .matcher(Files.readString(Path.of("server-tests/pom.xml")));
        while (versions.find()) {
            if (!versions.group(1).equals("junit")) {
                run.add(versions.group(2));
            }
        }
        assertEquals(run, listed);
    }

    /** On failure, the expected text is the table for the document, on a JDK that has all the options. */
    @Test
    void optionsAreThese() throws IOException {
        TreeMap<String, List<String>> channelsByOption = new TreeMap<>();
        try (NetworkChannel stream = SocketChannel.open(); NetworkChannel listener = ServerSocketChannel.open();
             NetworkChannel datagram = DatagramChannel.open();
             NetworkChannel unix = SocketChannel.open(StandardProtocolFamily.UNIX);
             NetworkChannel unixListener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            List<NetworkChannel> channels = List.of(stream, listener, datagram, unix, unixListener);
            for (NetworkChannel each : channels) {
                each.supportedOptions().forEach(option -> channelsByOption.put(option.name(), channels.stream()
                    .map(c -> c.supportedOptions().contains(option) ? "yes" : "").toList()));
            }
        }
        String expected = row("option", CHANNELS) + channelsByOption.entrySet().stream()
            .map(entry -> row(entry.getKey(), entry.getValue())).collect(Collectors.joining());
        String documented = rows(COMPATIBILITY).stream().dropWhile(row -> !row.startsWith("| option "))
            .filter(row -> !row.startsWith("| IP_DONTFRAGMENT ") || channelsByOption.containsKey("IP_DONTFRAGMENT"))
            .map(row -> row + "\n").collect(Collectors.joining());
        assertEquals(expected, documented);
    }

    private static String row(String first, List<String> others) {
        return "| " + first + " | " + String.join(" | ", others) + " |\n";
    }
}
