package org.anyfd.all;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What is in the jar, and what is not. */
class JarTest {
    @Test
    void everyClassIsOursRenamedOrOneThatCannotBe() throws IOException {
        try (JarFile jar = new JarFile(Java.JAR.toFile())) {
            Set<String> packages = jar.stream().map(Object::toString).filter(name -> name.endsWith(".class"))
                .map(name -> name.substring(0, name.lastIndexOf('/')))
                .map(name -> name.startsWith("org/anyfd") ? "org/anyfd" : name).collect(Collectors.toCollection(TreeSet::new));
            assertEquals(Set.of("com/kenai/jffi", "com/kenai/jffi/internal", "jnr/enxio/channels", "org/anyfd"), packages);
            assertEquals(List.of("jnr/enxio/channels/NativeSelectableChannel.class"), jar.stream().map(Object::toString)
                .filter(name -> name.startsWith("jnr/") && name.endsWith(".class")).toList());
            assertEquals(2, jar.stream().filter(entry -> entry.getName().matches("jni/(x86_64|aarch64)-Linux/lib.*\\.so")).count());
        }
    }

    @Test
    void serviceLicencesAndManifestAreThere() throws IOException {
        try (JarFile jar = new JarFile(Java.JAR.toFile())) {
            assertEquals("org.anyfd.AnyFdSelectorProvider",
                text(jar, "META-INF/services/java.nio.channels.spi.SelectorProvider").strip());
            assertTrue(text(jar, "META-INF/LICENSE").contains("Apache License"));
            String licences = text(jar, "META-INF/licenses/README.txt");
            for (String name : List.of("jffi", "libffi", "jnr-enxio", "picocli", "minimal-json")) {
                assertTrue(licences.contains(name), name);
            }
            for (String name : List.of("libffi.txt", "minimal-json.txt")) {
                assertTrue(licences.contains(name) && !text(jar, "META-INF/licenses/" + name).isEmpty(), name);
            }
            Attributes manifest = jar.getManifest().getMainAttributes();
            assertEquals("ALL-UNNAMED", manifest.getValue("Enable-Native-Access"));
            assertEquals("org.anyfd.all", manifest.getValue("Automatic-Module-Name"));
        }
    }

    /** So that two builds of one commit give the same bytes: the time is the one in the POM, or that of a library's entry. */
    @Test
    void noEntryHasTheTimeOfTheBuild() throws IOException {
        try (JarFile jar = new JarFile(Java.JAR.toFile())) {
            LocalDateTime fixed = jar.getEntry("org/anyfd/AnyFdSelectorProvider.class").getTimeLocal();
            assertEquals(LocalTime.MIDNIGHT, fixed.toLocalTime());
            assertEquals(List.of(), jar.stream().filter(entry -> entry.getTimeLocal().isAfter(fixed)).toList());
        }
    }

    private static String text(JarFile jar, String name) throws IOException {
        return new String(jar.getInputStream(jar.getEntry(name)).readAllBytes(), StandardCharsets.UTF_8);
    }
}
