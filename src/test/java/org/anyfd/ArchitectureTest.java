package org.anyfd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The plan of the house, in {@code package-info}: packages form a chain, and each names only itself and what stands to
 * its right, by import or by full name.
 */
class ArchitectureTest {
    private static final Path SOURCES = Path.of("src/main/java");
    private static final int MOST_LINES = 500;
    /** From right to left. */
    private static final List<String> CHAIN =
        List.of("org.anyfd.sys", "org.anyfd.poll", "org.anyfd.channel", "org.anyfd.fd", "org.anyfd");
    private static final String FOREIGN_CHANNEL = "jnr.enxio.channels.NativeSelectableChannel";
    /** Comments, and strings so that what looks like a comment in one is none. */
    private static final Pattern COMMENT_OR_STRING =
        Pattern.compile("(?s)/\\*.*?\\*/|//[^\\n]*|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])*'");
    private static final Pattern QUALIFIED =
        Pattern.compile("\\b[a-z]\\w*(?:\\s*\\.\\s*[a-z]\\w*)*\\s*\\.\\s*[A-Z*]\\w*");

    /** What a source file names against the rules. */
    private static List<String> offences(String source) {
        String code = COMMENT_OR_STRING.matcher(source).replaceAll(" ");
        Matcher header = Pattern.compile("\\bpackage\\s+([\\w.]+)\\s*;").matcher(code);
        String own = header.find() ? header.group(1) : "";
        List<String> offences = new ArrayList<>();
        Matcher names = QUALIFIED.matcher(code);
        while (names.find()) {
            String name = names.group().replaceAll("\\s", "");
            if (!allowed(own, name)) {
                offences.add(own + " names " + name);
            }
        }
        return offences;
    }

    private static boolean allowed(String own, String name) {
        int rank = CHAIN.indexOf(own);
        String named = name.substring(0, name.lastIndexOf('.'));
        if (named.equals("org.anyfd") || named.startsWith("org.anyfd.")) {
            return CHAIN.contains(named) && CHAIN.indexOf(named) <= rank;
        }
        if (named.startsWith("jnr.") || named.startsWith("com.kenai.")) {
            return rank == 0 || name.equals(FOREIGN_CHANNEL) && (rank == 2 || rank == 3);
        }
        return !named.startsWith("java.nio.channels") || rank >= 2;
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        }
    }

    @Test
    void packagesNameOnlyWhatStandsToTheirRight() throws IOException {
        List<String> offences = new ArrayList<>();
        for (Path file : sources()) {
            offences(Files.readString(file)).forEach(offence -> offences.add(file.getFileName() + ": " + offence));
        }
        assertEquals(List.of(), offences);
    }

    @Test
    void everyPackageIsInTheChain() throws IOException {
        for (Path file : sources()) {
            String folder = SOURCES.relativize(file.getParent()).toString().replace('/', '.');
            assertEquals(true, CHAIN.contains(folder), () -> file + " is in no package of the chain");
        }
        assertFalse(sources().isEmpty());
    }

    @Test
    void filesAreShort() throws IOException {
        List<String> tooLong = new ArrayList<>();
        for (Path file : sources()) {
            int lines = Files.readAllLines(file).size();
            if (lines > MOST_LINES) {
                tooLong.add(file + ": " + lines + " lines");
            }
        }
        assertEquals(List.of(), tooLong);
    }

    @Test
    void offencesAreFound() {
        assertOffends("org.anyfd.sys", "import org.anyfd.poll.Fd;");
        assertOffends("org.anyfd.sys", "import static org.anyfd.poll.Fd.own;");
        assertOffends("org.anyfd.poll", "class A { org.anyfd.channel.Io io; }");
        assertOffends("org.anyfd.poll", "class A { org.anyfd\n    .channel.Io io; }");
        assertOffends("org.anyfd.channel", "import org.anyfd.fd.*;");
        assertOffends("org.anyfd.fd", "import org.anyfd.AnyFdSelectorProvider;");
        assertOffends("org.anyfd.poll", "import jnr.ffi.Runtime;");
        assertOffends("org.anyfd.channel", "import com.kenai.jffi.MemoryIO;");
        assertOffends("org.anyfd", "import jnr.enxio.channels.NativeSelectableChannel;");
        assertOffends("org.anyfd.channel", "import jnr.enxio.channels.NativeSelector;");
        assertOffends("org.anyfd.poll", "import java.nio.channels.Selector;");
        assertOffends("org.anyfd.sys", "class A { java.nio.channels.spi.SelectorProvider p; }");
        assertOffends("org.anyfd.sys", "String s = \"/*\"; org.anyfd.poll.Fd fd; // */");
    }

    @Test
    void goodNeighboursAreNotOffences() {
        assertOffendsNot("org.anyfd.sys", "import jnr.ffi.Runtime; import com.kenai.jffi.MemoryIO;");
        assertOffendsNot("org.anyfd.poll", "import org.anyfd.sys.Sys; import java.nio.ByteBuffer;");
        assertOffendsNot("org.anyfd.channel", "import jnr.enxio.channels.NativeSelectableChannel;");
        assertOffendsNot("org.anyfd.fd", "import org.anyfd.channel.Io; import java.nio.channels.Channel;");
        assertOffendsNot("org.anyfd", "import org.anyfd.fd.FdChannel;");
        assertOffendsNot("org.anyfd.sys", "/** {@link org.anyfd.poll.Fd} */ // org.anyfd.fd.FdChannel");
        assertOffendsNot("org.anyfd.sys", "String s = \"org.anyfd.poll.Fd\";");
    }

    private static void assertOffends(String own, String code) {
        assertEquals(1, offences("package " + own + ";\n" + code).size(), code);
    }

    private static void assertOffendsNot(String own, String code) {
        assertEquals(List.of(), offences("package " + own + ";\n" + code));
    }
}
