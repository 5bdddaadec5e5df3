package org.anyfd.all;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import packaged.Which;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The commands with java and the options of the JVM that README and docs/ tell the user to type do what they should, as they
 * stand there but for numbers and folders that differ from machine to machine. The programs there are DocsTest's, the scripts
 * .ci/run's.
 */
class CommandsTest {
    private static final Path ROOT = Path.of("..");
    /** A line of code, but for the remark after it; or a span of code. */
    private static final Pattern CODE = Pattern.compile("^ {4}(\\S.*?)(?: {2,}#.*)?$|`([^`\\n]+)`", Pattern.MULTILINE);
    private static final Pattern COMMAND = Pattern.compile("(java -\\S+ |JAVA_TOOL_OPTIONS=).+|java -version");
    /** One that says it all: {@code -D} alone is the name of a property, and two options are a command of somebody else's. */
    private static final Pattern OPTION = Pattern.compile("(-D[\\w.]+=|-javaagent:|--[\\w-]+=|-XX:)\\S+");
    private static final String JDKS_OWN = "sun.nio.ch.EPollSelectorProvider";

    /** Has anyfd-all.jar, a packaged program, jffi's library, and nothing else. */
    @TempDir
    static Path folder;

    @BeforeAll
    static void packProgram() throws IOException {
        Files.copy(Java.JAR, folder.resolve("anyfd-all.jar"));
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Which.class.getName());
        String entry = Which.class.getName().replace('.', '/') + ".class";
        try (OutputStream file = Files.newOutputStream(folder.resolve("program.jar"));
                JarOutputStream jar = new JarOutputStream(file, manifest);
                InputStream bytes = Which.class.getClassLoader().getResourceAsStream(entry)) {
            jar.putNextEntry(new JarEntry(entry));
            bytes.transferTo(jar);
        }
        String arch = System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x86_64";
        try (JarFile jar = new JarFile(Java.JAR.toFile());
                InputStream library = jar.getInputStream(jar.getEntry("jni/" + arch + "-Linux/libjffi-1.2.so"))) {
            Files.copy(library, folder.resolve("libjffi-1.2.so"));
        }
    }

    private static Set<String> written(Pattern what) throws IOException {
        List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md"), ROOT.resolve("SECURITY.md")));
        try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
            docs.filter(page -> page.toString().endsWith(".md")).forEach(pages::add);
        }
        Set<String> found = new TreeSet<>();
        for (Path page : pages) {
            // Programs are full of such lines.
            Matcher code = CODE.matcher(Files.readString(page).replaceAll("(?ms)^```.*?^```$", ""));
            while (code.find()) {
                String text = code.group(1) == null ? code.group(2) : code.group(1);
                if (what.matcher(text).matches() && !text.contains("...")) {
                    found.add(text);
                }
            }
        }
        return found;
    }

    static Set<String> commands() throws IOException {
        return written(COMMAND);
    }

    static Set<String> options() throws IOException {
        return written(OPTION);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void commandDoesWhatItShould(String written) throws Exception {
        String command = written.replace("4711", "" + ProcessHandle.current().pid()).replace("7000", "0")
            .replace(" /tmp ", " " + folder + " ");
        if (command.startsWith("JAVA_TOOL_OPTIONS=")) {
            command = "env " + command + " java -jar program.jar";
        } else if (command.contains(" watch ")) {
            command += " --count 1";
        }
        Java.Ended ended = run(command.replace("java ", "\"$JAVA\" "));
        assertEquals(0, ended.status(), ended.toString());
        String expected = command.contains("program.jar") ? "1 by " + Agent.ANYFD
            : command.contains(" watch ") ? "stdin: 6 bytes \"typed\\n\""
            : command.contains("anyfd-all.jar") ? " 0 failed"
            : "";
        assertTrue(ended.out().contains(expected), ended.toString());
    }

    @ParameterizedTest
    @MethodSource("options")
    void optionDoesWhatItShould(String written) throws Exception {
        String option = written.replace("/some/dir", folder.toString());
        Java.Ended ended = run("\"$JAVA\" -XX:+IgnoreUnrecognizedVMOptions " + option + " -cp anyfd-all.jar:program.jar packaged.Which");
        assertEquals(0, ended.status(), ended.toString());
        assertTrue(ended.out().contains("1 by " + (option.contains(JDKS_OWN) ? JDKS_OWN : Agent.ANYFD)), ended.toString());
        assertEquals(option.endsWith("=verbose"), ended.err().contains("anyfd: the selector provider is "), ended.toString());
    }

    @Test
    void thereAreSome() throws Exception {
        assertTrue(commands().size() >= 4, () -> "too few");
        assertTrue(options().contains("-Dorg.anyfd.poller=poll") && options().contains("-javaagent:anyfd-all.jar"));
    }

    private static Java.Ended run(String command) throws Exception {
        ProcessBuilder shell = Java.command().command("bash", "-c", command).directory(folder.toFile());
        shell.environment().put("JAVA", Java.tool("java"));
        return Java.run(shell, "typed\n");
    }
}
