package org.anyfd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.anyfd.testing.Javac;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What README and docs/ show is true: each program compiles, runs and prints what stands below it, each shell block runs,
 * each link and option leads somewhere. {@code <!-- not run: why -->} before a block has it compiled only, or left out; what
 * is {@code with Netty} is tested in server-tests, which have it.
 */
class DocsTest {
    /** Of the remark before a block, its language and its text. */
    private static final Pattern BLOCK =
        Pattern.compile("(?:<!-- (not run: |with Netty: |)([^\\n]*?) -->\\n)?```(\\w*)\\n(.*?)^```$",
            Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern MAIN_CLASS = Pattern.compile("public class (\\w+) \\{.*void main\\(", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]*)(?:#([^)\\s]+))?\\)");
    private static final Pattern OPTION = Pattern.compile("-D(org\\.anyfd\\.\\w+)");
    private static final Pattern SOURCE = Pattern.compile("`((?:channel|fd|poll|sys)/[A-Z]\\w+)`");
    private static final Pattern EXAMPLE = Pattern.compile("examples/run ([A-Z]\\w+)\\b(?!\\.java)");
    @TempDir
    Path dir;

    /** A fenced block of a page. */
    record Block(Path page, String remark, String why, String language, String text) {
        boolean isJava() {
            return language.equals("java") && !remark.equals("with Netty: ");
        }

        @Override
        public String toString() {
            Matcher main = MAIN_CLASS.matcher(text);
            return page.getFileName() + ": " + (main.find() ? main.group(1) : text.lines().findFirst().orElse(""));
        }
    }

    /** A program, and what it prints. */
    record Program(String name, Block block, String prints) {
        boolean isRun() {
            return !block.remark.equals("not run: ");
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.walk(Path.of("docs"))) {
            return Stream.concat(Stream.of("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md",
                    "examples/README.md").map(Path::of).filter(Files::exists),
                docs.filter(file -> file.toString().endsWith(".md"))).sorted().toList();
        }
    }

    private static List<Block> blocks() throws IOException {
        List<Block> blocks = new ArrayList<>();
        for (Path page : pages()) {
            Matcher block = BLOCK.matcher(Files.readString(page));
            while (block.find()) {
                String remark = block.group(1) == null ? "" : block.group(1) + (block.group(1).isEmpty() ? block.group(2) : "");
                blocks.add(new Block(page, remark, block.group(2), block.group(3), block.group(4)));
            }
        }
        return blocks;
    }

    static List<Program> programs() throws IOException {
        List<Program> programs = new ArrayList<>();
        List<Block> blocks = blocks();
        for (int i = 0; i < blocks.size(); i++) {
            Matcher main = MAIN_CLASS.matcher(blocks.get(i).text);
            if (blocks.get(i).isJava() && main.find()) {
                boolean told = i + 1 < blocks.size() && blocks.get(i + 1).language.equals("text");
                programs.add(new Program(main.group(1), blocks.get(i), told ? blocks.get(i + 1).text : ""));
            }
        }
        return programs;
    }

    private static int release(String why) {
        Matcher jdk = Pattern.compile("needs JDK (\\d+)").matcher(why == null ? "" : why);
        return jdk.find() ? Integer.parseInt(jdk.group(1)) : 17;
    }

    @ParameterizedTest
    @MethodSource("programs")
    void programDoesWhatIsSaid(Program program) throws Exception {
        int release = release(program.block.why);
        assumeTrue(Runtime.version().feature() >= release);
        assertEquals(List.of(), Javac.errors(release, program.name, program.block.text, dir));
        if (program.isRun()) {
            assertEquals(program.prints, printed(program.name));
        }
    }

    /** In this JVM and a thread of its own, whose name it may change; a second or two is saved that a JVM takes to start. */
    private String printed(String name) throws Exception {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try (URLClassLoader classes = new URLClassLoader(new URL[] {dir.toUri().toURL()})) {
            assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
                try {
                    classes.loadClass(name).getMethod("main", String[].class).invoke(null, (Object) new String[0]);
                } catch (InvocationTargetException e) {
                    throw new AssertionError(printed.toString(StandardCharsets.UTF_8), e.getCause());
                }
            });
        } finally {
            System.setOut(before);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }

    @Test
    void mostProgramsAreRun() throws Exception {
        assertTrue(programs().stream().filter(Program::isRun).count() > 15, () -> "too few");
        assertFalse(Javac.errors(17, "Wrong", "public class Wrong { void main() { wrong(); } }", dir).isEmpty());
    }

    @Test
    void everySnippetCompiles() throws Exception {
        List<String> wrong = new ArrayList<>();
        for (Block block : blocks()) {
            // The page of the mapping has a test of its own.
            if (block.isJava() && !MAIN_CLASS.matcher(block.text).find() && !block.page.endsWith("MAPPING.md")) {
                Snippets.errors(block.text, dir).forEach(e -> wrong.add(block + ": " + e));
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void everyShellBlockRuns() throws Exception {
        for (Block block : blocks()) {
            // A pasted one the tests of the examples run, since it takes what only examples/run builds.
            if (block.language.equals("sh") && !block.remark.equals("not run: ") && !block.remark.equals("pasted")) {
                Path output = dir.resolve("output");
                Process shell = new ProcessBuilder("bash", "-eu", "-c", block.text).redirectErrorStream(true)
                    .redirectOutput(output.toFile()).redirectInput(Path.of("/dev/null").toFile()).start();
                assertTrue(shell.waitFor(30, TimeUnit.SECONDS), block::toString);
                assertEquals(0, shell.exitValue(), () -> block + read(output));
            }
        }
    }

    /** A unit begins with its name in a comment. */
    @Test
    void unitsAreAsSystemdHasThem() throws Exception {
        Path analyze = Path.of("/usr/bin/systemd-analyze");
        assumeTrue(Files.isExecutable(analyze));
        for (Path page : pages()) {
            List<String> command = new ArrayList<>(List.of(analyze.toString(), "verify", "--man=no"));
            for (Block block : blocks()) {
                if (block.page.equals(page) && block.language.equals("ini")) {
                    String name = block.text.lines().findFirst().orElseThrow().replaceFirst(".*/", "");
                    command.add(Files.writeString(dir.resolve(name), block.text).toString());
                }
            }
            if (command.size() > 3) {
                Process verify = new ProcessBuilder(command).redirectErrorStream(true).start();
                String said = new String(verify.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertFalse(said.contains("nknown") || said.contains("ignoring"), () -> page + "\n" + said);
            }
        }
    }

    private static String read(Path file) {
        try {
            return "\n" + Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void everyLinkLeadsSomewhere() throws Exception {
        List<String> broken = new ArrayList<>();
        for (Path page : pages()) {
            Matcher link = LINK.matcher(Files.readString(page));
            while (link.find()) {
                if (link.group(1).contains("://")) {
                    continue;
                }
                Path target = link.group(1).isEmpty() ? page : page.resolveSibling(link.group(1)).normalize();
                if (!Files.exists(target) || link.group(2) != null && !anchors(target).contains(link.group(2))) {
                    broken.add(page + ": " + link.group());
                }
            }
        }
        assertEquals(List.of(), broken);
    }

    private static List<String> anchors(Path page) throws IOException {
        return Files.readAllLines(page).stream().filter(line -> line.startsWith("#"))
            .map(line -> line.replaceFirst("#+ ", "").toLowerCase().replaceAll("[^\\w\\- ]", "").replace(' ', '-')).toList();
    }

    private static String texts(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return String.join("\n", files.filter(Files::isRegularFile).map(DocsTest::read).toList());
        }
    }

    @Test
    void everyOptionSourceAndExampleExists() throws Exception {
        String sources = texts(Path.of("src/main/java"));
        String tests = texts(Path.of("examples/src/test"));
        for (Path page : pages()) {
            Matcher option = OPTION.matcher(Files.readString(page));
            while (option.find()) {
                assertTrue(sources.contains('"' + option.group(1) + '"'), () -> page + ": " + option.group());
            }
            Matcher source = SOURCE.matcher(Files.readString(page));
            while (source.find()) {
                assertTrue(Files.exists(Path.of("src/main/java/org/anyfd", source.group(1) + ".java")), source::group);
            }
            Matcher example = EXAMPLE.matcher(Files.readString(page));
            while (example.find()) {
                Path file = Path.of("examples/src/main/java/org/anyfd/examples", example.group(1) + ".java");
                assertTrue(Files.exists(file), () -> page + ": " + example.group());
                assertTrue(tests.contains(example.group(1) + ".class"), () -> example.group() + " has no test");
            }
        }
    }
}
