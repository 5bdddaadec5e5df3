package org.anyfd.examples;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** The demo with each kind of standard input a user may give it. */
@Timeout(120)
class DemoTest {
    @Test
    void pipeIsReadToItsEnd() throws Exception {
        try (Child demo = Child.start(Redirect.PIPE, Child.java(Demo.class))) {
            demo.await("stdin    is pipe:");
            demo.type("typed line\n");
            demo.await("stdin    \"typed line\"");
            demo.endInput();
            demo.await("stdin    end");
            assertAllSeen(demo);
        }
    }

    @Test
    void silentPipeEndsTheDemo() throws Exception {
        try (Child demo = Child.start(Redirect.PIPE, Child.java(Demo.class))) {
            demo.await("stdin silent");
            assertAllSeen(demo);
        }
    }

    @Test
    void devNullIsAtItsEnd() throws Exception {
        try (Child demo = Child.start(Redirect.from(new File("/dev/null")), Child.java(Demo.class))) {
            demo.await("stdin    is /dev/null");
            demo.await("stdin    end");
            assertAllSeen(demo);
        }
    }

    @Test
    void fileIsReadToItsEnd(@TempDir Path dir) throws Exception {
        Path file = Files.writeString(dir.resolve("input"), "one line in a file\n");
        try (Child demo = Child.start(Redirect.from(file.toFile()), Child.java(Demo.class))) {
            demo.await("stdin    \"one line in a file\"");
            demo.await("stdin    end");
            assertAllSeen(demo);
        }
    }

    @Test
    void closedInputIsToldAndNotRead() throws Exception {
        try (Child demo = Child.start(Redirect.PIPE, shell(" <&-"))) {
            demo.await("stdin    cannot be watched: ");
            assertAllSeen(demo);
        }
    }

    @Test
    void directoryIsToldAndTheOthersGoOn() throws Exception {
        try (Child demo = Child.start(Redirect.PIPE, shell(" </"))) {
            demo.await("stdin    java.io.IOException");
            assertAllSeen(demo);
        }
    }

    @Test
    void terminalIsReadLineByLine() throws Exception {
        try (Child demo = Child.start(Redirect.PIPE, terminal())) {
            demo.await("stdin    is /dev/pts/");
            demo.type("typed line\n");
            demo.await("stdin    \"typed line\"");
            demo.type("\u0004");
            demo.await("stdin    end");
            assertAllSeen(demo);
        }
    }

    @Test
    void silentTerminalEndsTheDemo() throws Exception {
        try (Child demo = Child.start(Redirect.PIPE, terminal())) {
            demo.await("stdin silent");
            assertAllSeen(demo);
        }
    }

    @Test
    void wrongProviderIsToldInOneSentence() throws Exception {
        List<String> command = Child.java(Demo.class);
        command.add(2, "-Djava.nio.channels.spi.SelectorProvider=sun.nio.ch.EPollSelectorProvider");
        try (Child demo = Child.start(Redirect.from(new File("/dev/null")), command)) {
            assertEquals(1, demo.exitStatus(), demo::printed);
            assertTrue(demo.printed().startsWith("This demo needs -Djava.nio"), demo::printed);
            assertEquals(1, demo.printed().lines().count(), demo::printed);
        }
    }

    private static void assertAllSeen(Child demo) throws InterruptedException {
        assertEquals(0, demo.exitStatus(), demo::printed);
        String printed = demo.printed();
        assertTrue(printed.contains("pipe     \"through the pipe\""), printed);
        assertTrue(printed.contains("fifo     \"through the FIFO\""), printed);
        assertTrue(printed.contains("eventfd  counter was 3"), printed);
        assertTrue(printed.contains("file     \"two lines.in a file\""), printed);
        assertTrue(printed.contains("tcp      8 bytes echoed"), printed);
        assertTrue(printed.contains("demo     all seen"), printed);
        assertTrue(printed.lines().noneMatch(line -> line.startsWith("WARNING")), printed);
    }

    private static List<String> shell(String redirection) {
        return List.of("sh", "-c", quoted(Child.java(Demo.class)) + redirection);
    }

    /** On a terminal of its own; what we type goes there, and what is printed there comes to us. */
    private static List<String> terminal() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "needs script(1)");
        return List.of("script", "-qec", quoted(Child.java(Demo.class)), "/dev/null");
    }

    private static String quoted(List<String> command) {
        return command.stream().map(word -> "'" + word.replace("'", "'\\''") + "'").collect(Collectors.joining(" "));
    }
}
