package org.anyfd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.anyfd.testing.Javac;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each line of code in docs/MAPPING.md compiles, with the declarations that the page begins with. Those that register a
 * channel or set an interest are also run, because what is wrong with them no compiler says.
 */
class MappingTest {
    private static final Path PAGE = Path.of("docs/MAPPING.md");
    /** A row of a table: its first cell, and the code in its second. */
    private static final Pattern ROW = Pattern.compile("\\| (.*?) \\| `(.*?)` \\|.*\\|");
    private static final Pattern CLOSING_BRACE = Pattern.compile("\\}\\s*$");

    /** Gives the fields their values anew for each line, and runs it. */
    private static final String MAIN = """
            public static void main(String[] lines) throws Exception {
                Mapping m = new Mapping();
                for (String line : lines) {
                    m.selector = Selector.open();
                    SocketChannel[] pair = UnixSockets.pair();
                    m.socket = pair[0];
                    m.any = pair[1];
                    m.server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                    m.udp = DatagramChannel.open();
                    m.channel = FdChannel.own(Fds.dup(Fds.fileno(Pipe.open().source())));
                    for (SelectableChannel channel : List.of(m.socket, m.any, m.server, m.udp, m.channel)) {
                        channel.configureBlocking(false);
                    }
                    m.key = m.any.register(m.selector, 0);
                    m.fd = Fds.dup(EventFdChannel.open(0).getFD());
                    FdChannel.borrow(m.fd).configureBlocking(false).register(m.selector, 0);
                    m.pid = ProcessHandle.current().pid();
                    m.builder = new ProcessBuilder("true");
                    m.child = ChildProcess.start(m.builder);
                    Mapping.class.getDeclaredMethod("line" + line).invoke(m);
                    m.selector.selectNow();
                    System.out.println(line);
                }
                System.exit(0);
            }
        """;

    @TempDir
    Path dir;

    /** By number, from 1, what stands in the lines of tables but not in their headings. */
    private static Map<Integer, String> rows(List<String> page) {
        Map<Integer, String> rows = new TreeMap<>();
        for (int i = 0; i < page.size(); i++) {
            if (page.get(i).startsWith("|") && !page.get(i).startsWith("|---") && !page.get(i).endsWith("| anyfd | note |")) {
                rows.put(i + 1, page.get(i));
            }
        }
        return rows;
    }

    private static String declarations(String page) {
        int start = page.indexOf("```java\n") + "```java\n".length();
        return CLOSING_BRACE.matcher(page.substring(start, page.indexOf("```", start))).replaceAll("");
    }

    private List<String> errors(String source) {
        return Javac.errors(17, "Mapping", source, dir);
    }

    @Test
    void everyLineCompiles() throws Exception {
        StringBuilder source = new StringBuilder(declarations(Files.readString(PAGE)));
        List<String> wrong = new ArrayList<>();
        Map<Integer, String> rows = rows(Files.readAllLines(PAGE));
        rows.forEach((number, row) -> {
            Matcher cells = ROW.matcher(row);
            if (cells.matches()) {
                String code = cells.group(2).replace("\\|", "|");
                source.append("void line" + number + "() throws Exception { " + code + "; }\n");
            } else {
                wrong.add(number + ": " + row);
            }
        });
        assertEquals(List.of(), wrong, "rows without a line of code");
        assertTrue(rows.size() > 200, () -> rows.size() + " rows");
        assertEquals(List.of(), errors(source + "}\n"));
        assertFalse(errors(source + "void line() { selector.nonsense(); } }\n").isEmpty());
        assertEquals(List.of(), errors(source + MAIN + "}\n"));
        List<String> run = rows.entrySet().stream().filter(row -> row.getValue().matches(".*(\\.register|\\.interestOps)\\(.*"))
            // Not every kernel has it.
            .filter(row -> !row.getValue().contains("/proc/pressure")).map(row -> "" + row.getKey()).toList();
        assertTrue(run.size() > 30, run::toString);
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "-cp", dir + ":" + System.getProperty("java.class.path"),
            "-Djava.nio.channels.spi.SelectorProvider=org.anyfd.AnyFdSelectorProvider", "Mapping"));
        command.addAll(run);
        Path output = dir.resolve("output");
        Path errors = dir.resolve("errors");
        Process java = new ProcessBuilder(command).redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(output.toFile()).redirectError(errors.toFile()).start();
        try {
            assertTrue(java.waitFor(40, TimeUnit.SECONDS));
        } finally {
            java.destroyForcibly();
        }
        List<String> done = Files.readAllLines(output);
        String said = Files.readString(errors);
        assertEquals(run, done, () -> rows.get(Integer.valueOf(run.get(done.size()))) + "\n" + said);
    }
}
