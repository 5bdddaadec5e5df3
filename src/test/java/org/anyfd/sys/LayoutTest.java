package org.anyfd.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every constant, size, offset and error number equals what C has on this machine, and the other machine's differ in
 * just the rows known to. The rows are found by reflection, so that a new one is compared or the test fails.
 */
class LayoutTest {
    /** What aarch64 has where it differs from x86-64; from glibc's headers for it. */
    private static final Map<String, Integer> AARCH64 = Map.of(
        "O_DIRECT", 0200000,
        "O_NOFOLLOW", 0100000,
        "EPOLL_EVENT", 16,
        "EPOLL_EVENT_DATA", 8,
        "SYS_read", 63,
        "SYS_write", 64,
        "SYS_readv", 65,
        "SYS_writev", 66,
        "SYS_poll", -1,
        "SYS_epoll_wait", -1);

    private static final Map<String, Integer> X86_64 = Map.of(
        "O_DIRECT", 040000,
        "O_NOFOLLOW", 0400000,
        "EPOLL_EVENT", 12,
        "EPOLL_EVENT_DATA", 4,
        "SYS_read", 0,
        "SYS_write", 1,
        "SYS_readv", 19,
        "SYS_writev", 20,
        "SYS_poll", 7,
        "SYS_epoll_wait", 232);

    private static final Map<String, Integer> CONSTANTS = new TreeMap<>();
    private static final Map<String, Integer> LAYOUTS = new TreeMap<>();
    private static final Map<Integer, String> TEXTS = new TreeMap<>();

    @BeforeAll
    static void askC(@TempDir Path dir) throws Exception {
        StringBuilder constants = new StringBuilder();
        rows(Consts.class).keySet().forEach(name -> constants.append("CONSTANT(" + name + ")\n"));
        errors().keySet().forEach(name -> constants.append("CONSTANT(" + name + ")\n"));
        Files.writeString(dir.resolve("constants.inc"), constants);
        Path program = dir.resolve("layout");
        compile(dir, program);
        for (String line : run(program.toString()).lines().toList()) {
            String[] row = line.split(" ", 3);
            switch (row[0]) {
                case "constant" -> CONSTANTS.put(row[1], Integer.parseInt(row[2]));
                case "layout" -> LAYOUTS.put(row[1], Integer.parseInt(row[2]));
                default -> TEXTS.put(Integer.parseInt(row[1]), row[2]);
            }
        }
    }

    private static void compile(Path dir, Path program) throws Exception {
        try {
            run("cc", "-Wall", "-Werror", "-I", dir.toString(), "-o", program.toString(), "src/test/c/layout.c");
        } catch (IOException e) {
            Assumptions.abort("no C compiler to compare with: " + e.getMessage());
        }
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), command[0]);
        assertEquals(0, process.exitValue(), output);
        return output;
    }

    @Test
    void constantsAreThoseOfC() throws Exception {
        rows(Consts.class).forEach((name, value) -> assertEquals(CONSTANTS.get(name), value, name));
    }

    @Test
    void layoutsAreThoseOfC() throws Exception {
        rows(Layouts.class).forEach((name, value) -> assertEquals(LAYOUTS.get(name), value, name));
        assertEquals(LAYOUTS.keySet(), rows(Layouts.class).keySet());
    }

    @Test
    void errorNumbersAreThoseOfC() throws Exception {
        errors().forEach((name, number) -> assertEquals(CONSTANTS.get(name), number, name));
        rows(Errno.class).forEach((name, number) -> assertEquals(name, Errno.name(number)));
    }

    @Test
    void errorTextsAreThoseOfC() {
        Assumptions.assumeFalse(TEXTS.isEmpty(), "the C library is not glibc, whose texts these are");
        TEXTS.forEach((number, text) ->
            assertEquals(text.equals("Unknown error " + number) ? "errno " + number : text, Errno.text(number)));
    }

    @Test
    void machinesDifferInTheRowsKnownTo() throws Exception {
        Map<String, Integer> x86 = tablesOn("amd64");
        Map<String, Integer> arm = tablesOn("aarch64");
        x86.forEach((name, value) -> {
            assertEquals(X86_64.getOrDefault(name, value), value, name);
            assertEquals(AARCH64.getOrDefault(name, value), arm.get(name), name);
        });
        assertEquals(AARCH64.keySet(), X86_64.keySet());
        AARCH64.keySet().forEach(name -> {
            assertNotNull(x86.get(name), name);
            assertNotEquals(x86.get(name), arm.get(name), name);
        });
    }

    /** Consts and Layouts as they come out on a machine, in classes loaded anew while os.arch names it. */
    private static Map<String, Integer> tablesOn(String arch) throws Exception {
        String here = System.getProperty("os.arch");
        URL classes = Consts.class.getProtectionDomain().getCodeSource().getLocation();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader())) {
            System.setProperty("os.arch", arch);
            Map<String, Integer> tables = rows(loader.loadClass(Consts.class.getName()));
            tables.putAll(rows(loader.loadClass(Layouts.class.getName())));
            return tables;
        } finally {
            System.setProperty("os.arch", here);
        }
    }

    /** The public constants of a table, by name. */
    private static Map<String, Integer> rows(Class<?> table) throws IllegalAccessException {
        Map<String, Integer> rows = new TreeMap<>();
        for (Field field : table.getDeclaredFields()) {
            if (Modifier.isPublic(field.getModifiers())) {
                rows.put(field.getName(), field.getInt(null));
            }
        }
        return rows;
    }

    /** The errors that have a name, by name. */
    private static Map<String, Integer> errors() {
        Map<String, Integer> errors = new TreeMap<>();
        for (int number = 1; number <= 4095; number++) {
            if (!Errno.name(number).equals("E" + number)) {
                errors.put(Errno.name(number), number);
            }
        }
        return errors;
    }
}
