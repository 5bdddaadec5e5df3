package org.anyfd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the jar says of itself to those who pack programs. */
class PackagingTest {
    private static final Path MANIFEST = Path.of("target/classes/META-INF/MANIFEST.MF");
    private static final Pattern ROW = Pattern.compile("\\| `[\\w.]+:([\\w-]+)` \\| ([\\w.]+) \\|");
    private static final Pattern JAR =
        Pattern.compile(".*/(?:com/github/jnr|org/ow2/asm)/([\\w-]+)/([\\w.]+)/[^/]+\\.jar");
    /** Other libraries' channels, which the tests register with our selectors. */
    private static final Set<String> FOR_TESTS = Set.of("jnr-unixsocket", "jnr-posix");

    @Test
    void bundleExportsThePublicPackagesOnly() throws Exception {
        Attributes headers;
        try (InputStream in = Files.newInputStream(MANIFEST)) {
            headers = new Manifest(in).getMainAttributes();
        }
        assertEquals("org.anyfd", headers.getValue("Bundle-SymbolicName"));
        assertEquals(Set.of("org.anyfd", "org.anyfd.fd"), packages(headers.getValue("Export-Package"), true));
        assertEquals(Set.of("com.kenai.jffi", "jnr.enxio.channels"), packages(headers.getValue("Import-Package"), false));
        assertTrue(headers.keySet().stream().noneMatch(name -> name.toString().contains("LastModified")
            || name.toString().contains("Built")), "not reproducible: " + headers.keySet());
    }

    /** Of a header; those that a framework may lack only if asked for. */
    private static Set<String> packages(String header, boolean optional) {
        String unquoted = header.replaceAll("\"[^\"]*\"", "");
        return Arrays.stream(unquoted.split(",")).filter(clause -> optional || !clause.contains("resolution:=optional"))
            .map(clause -> clause.replaceFirst(";.*", "")).collect(Collectors.toSet());
    }

    @Test
    void licencesOfAllThatIsNeededAreListed() throws Exception {
        Set<String> listed = ROW.matcher(Files.readString(Path.of("THIRD-PARTY.md"))).results()
            .map(PackagingTest::artifact).collect(Collectors.toCollection(TreeSet::new));
        Set<String> needed = Arrays.stream(System.getProperty("java.class.path").split(":")).map(JAR::matcher)
            .filter(Matcher::matches).filter(jar -> !FOR_TESTS.contains(jar.group(1)))
            .map(PackagingTest::artifact).collect(Collectors.toCollection(TreeSet::new));
        assertFalse(needed.isEmpty());
        assertEquals(needed, listed);
    }

    private static String artifact(MatchResult match) {
        return match.group(1) + " " + match.group(2);
    }
}
