package org.anyfd;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.stream.Stream;
import org.anyfd.testing.Javac;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of the javadoc compile, and those that need nothing special run. */
class JavadocTest {
    private static final Path SOURCES = Path.of("src/main/java");
    private static final Pattern EXAMPLE = Pattern.compile("<pre>\\{@code\n(.*?)\n *\\* \\}</pre>", Pattern.DOTALL);
    /** By class, why its examples are not run. */
    private static final Map<String, String> NOT_RUN = Map.of(
        "AnyFdSelectorProvider", "takes the descriptor 3",
        "SocketActivation", "takes what a supervisor has passed",
        "ChildProcess", "runs make",
        "PidFdChannel", "runs make",
        "SignalChannel", "answers a signal",
        "TtyChannel", "needs a terminal",
        "UnixDatagramChannel", "writes to /run",
        "UnixSeqPacketChannel", "connects to /run",
        "UnixSockets", "writes to /run");
    /** Gives the fields their values, and runs each method. */
    private static final String MAIN = """
            public static void main(String[] methods) throws Exception {
                for (String method : methods) {
                    Snippet snippet = new Snippet();
                    snippet.selector = Selector.open();
                    SocketChannel[] pair = UnixSockets.pair();
                    snippet.worker = pair[0];
                    snippet.boss = pair[1];
                    snippet.socket = UnixSockets.pair()[0];
                    snippet.connection = UnixSockets.pair()[0];
                    snippet.channel = UnixSockets.pair()[0].configureBlocking(false);
                    AbstractUnixAddress address = AbstractUnixAddress.of("javadoc-" + ProcessHandle.current().pid() + method);
                    snippet.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
                    SocketChannel.open(StandardProtocolFamily.UNIX).connect(address);
                    snippet.pipe = Pipe.open();
                    snippet.request = ByteBuffer.allocate(1);
                    snippet.answer = ByteBuffer.allocate(1);
                    snippet.buffer = ByteBuffer.allocate(1);
                    snippet.path = Path.of("pom.xml");
                    Snippet.class.getDeclaredMethod(method).invoke(snippet);
                    System.out.println(method);
                }
                System.exit(0);
            }
        """;

    @TempDir
    Path dir;

    /** The examples, by the names of their classes, numbered. */
    private static Map<String, String> examples() throws Exception {
        Map<String, String> examples = new TreeMap<>();
        List<Path> files;
        try (Stream<Path> walk = Files.walk(SOURCES)) {
            files = walk.filter(file -> file.toString().endsWith(".java")).toList();
        }
        for (Path file : files) {
            Matcher example = EXAMPLE.matcher(Files.readString(file));
            for (int i = 1; example.find(); i++) {
                String name = file.getFileName().toString().replace(".java", "") + "_" + i;
                examples.put(name, example.group(1).replaceAll("(?m)^ *\\* ?", ""));
            }
        }
        return examples;
    }

    @Test
    void examplesCompileAndRun() throws Exception {
        StringBuilder source = new StringBuilder(Snippets.DECLARATIONS + MAIN);
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "-cp", dir + ":" + System.getProperty("java.class.path"),
            "-Djava.nio.channels.spi.SelectorProvider=org.anyfd.AnyFdSelectorProvider", "Snippet"));
        List<String> run = new ArrayList<>();
        examples().forEach((name, example) -> {
            source.append(Snippets.method(name, example));
            if (!NOT_RUN.containsKey(name.replaceFirst("_.*", ""))) {
                run.add(name);
            }
        });
        assertTrue(run.size() >= 10, run::toString);
        assertEquals(List.of(), Javac.errors(17, "Snippet", source + "}", dir));

        command.addAll(run);
        Path output = dir.resolve("output");
        Process java = new ProcessBuilder(command).redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(output.toFile()).redirectError(dir.resolve("errors").toFile()).start();
        try {
            assertTrue(java.waitFor(30, TimeUnit.SECONDS));
        } finally {
            java.destroyForcibly();
        }
        List<String> printed = Files.readAllLines(output);
        assertTrue(printed.containsAll(run), () -> printed + "\n" + errors());
    }

    private String errors() {
        try {
            return Files.readString(dir.resolve("errors"));
        } catch (java.io.IOException e) {
            return e.toString();
        }
    }
}
