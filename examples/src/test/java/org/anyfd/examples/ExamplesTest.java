package org.anyfd.examples;

import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Each example does what its first lines promise. */
@Timeout(120)
class ExamplesTest {
    private static final Pattern PORT = Pattern.compile("on port (\\d+)");

    @Test
    void echoServerEchoes() throws Exception {
        try (Child server = Child.start(Redirect.PIPE, Child.java(EchoServer.class, "0"))) {
            String started = server.await("on port");
            assertTrue(started.contains("org.anyfd."), started);
            assertEchoes(port(started));
        }
    }

    @Test
    void shardsAnswerAll() throws Exception {
        try (Child server = Child.start(Redirect.PIPE, Child.java(Shards.class, "0", "4"))) {
            String started = server.await("on port");
            assertTrue(started.startsWith("4 selectors"), started);
            URI page = URI.create("http://127.0.0.1:" + port(started) + "/");
            for (int i = 0; i < 50; i++) {
                try (InputStream answer = page.toURL().openStream()) {
                    String text = new String(answer.readAllBytes(), StandardCharsets.UTF_8);
                    assertTrue(text.matches("answer \\d+ of shard [1-4], woken for nothing \\d+ times\n"), text);
                }
            }
        }
    }

    @Test
    void nettyAnswers() throws Exception {
        try (Child server = Child.start(Redirect.PIPE, Child.java(NettyHttpServer.class, "0"))) {
            String started = server.await("on port");
            assertTrue(started.contains("org.anyfd."), started);
            URI page = URI.create("http://127.0.0.1:" + port(started) + "/some/page");
            try (InputStream answer = page.toURL().openStream()) {
                assertEquals("You asked for /some/page\n", new String(answer.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
    }

    @Test
    void mixedSeesEverythingInOneLoop(@TempDir Path dir) throws Exception {
        Path file = Files.writeString(dir.resolve("notes"), "a note\n");
        try (Child mixed = Child.start(Redirect.PIPE, Child.java(Mixed.class, file.toString()))) {
            int port = port(mixed.await("on port"));
            String try_ = mixed.await("try: echo hello > ");
            mixed.await(file + " \"a note\"");
            mixed.await(file + " end");
            mixed.await("eventfd  counter was 1");
            assertEchoes(port);
            mixed.await("bytes echoed");
            Files.writeString(Path.of(try_.substring(try_.indexOf('/'))), "hello\n");
            mixed.await("fifo     \"hello\"");
            mixed.type("typed line\n");
            mixed.await("stdin    \"typed line\"");
            mixed.endInput();
            assertEquals(0, mixed.exitStatus(), mixed::printed);
        }
    }

    @Test
    void watchTreeSeesWhatHappensBelow(@TempDir Path dir) throws Exception {
        Files.createDirectory(dir.resolve("a"));
        try (Child watch = Child.start(Redirect.PIPE, Child.java(WatchTree.class, dir.toString()))) {
            watch.await("watching " + dir);
            Files.writeString(dir.resolve("a/x"), "text");
            watch.await("written    a/x");
            Files.createDirectories(dir.resolve("b/c"));
            watch.await("created    b/");
            watch.await(" b/c/"); // "found" where it was there before b/ was watched, else "created"
            Files.move(dir.resolve("a"), dir.resolve("b/c/d"));
            watch.await("moved      a/ -> b/c/d/");
            Files.delete(dir.resolve("b/c/d/x"));
            watch.await("deleted    b/c/d/x");
            watch.endInput();
            assertEquals(0, watch.exitStatus(), watch::printed);
        }
    }

    @Test
    void watchTreeSaysWhatItCannotWatch(@TempDir Path dir) throws Exception {
        try (Child watch = Child.start(Redirect.PIPE, Child.java(WatchTree.class, dir.resolve("none").toString()))) {
            watch.await("cannot be watched: java.nio.file.NoSuchFileException: " + dir.resolve("none"));
            assertEquals(1, watch.exitStatus(), watch::printed);
        }
    }

    @Test
    void argumentsThatAreNoNumbersAreAnsweredWithTheUsage() throws Exception {
        assertRefused("EchoServer [PORT]", EchoServer.class, "seven");
        assertRefused("HandOver [PORT [NAME]]", HandOver.class, "-1");
        assertRefused("NettyHttpServer [PORT]", NettyHttpServer.class, "80.80");
        assertRefused("SerialGateway DEVICE PORT [SPEED]", SerialGateway.class, "/dev/none");
        assertRefused("SerialGateway DEVICE PORT [SPEED]", SerialGateway.class, "/dev/none", "0", "fast");
        assertRefused("Shards [PORT [THREADS]]", Shards.class, "0", "many");
        assertRefused("Terminal [PORT]", Terminal.class, "65536");
        assertRefused("Watchdog COMMAND [ARGUMENT...]", Watchdog.class);
        assertRefused("ZeroDowntime [PORT [RESTARTS]]", ZeroDowntime.class, "0", "");
    }

    private static void assertRefused(String usage, Class<?> example, String... arguments) throws Exception {
        try (Child child = Child.start(Redirect.PIPE, Child.java(example, arguments))) {
            assertEquals(2, child.exitStatus(), child::printed);
            assertEquals("usage: " + usage, child.printed());
        }
    }

    /** As a reader pastes it; but not over a file that may be there. */
    @Test
    void readmesExampleTellsItsGuests(@TempDir Path dir) throws Exception {
        String readme = Files.readString(Path.of("../README.md"));
        Matcher pasted = Pattern.compile("^<!-- pasted -->\n```sh\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE).matcher(readme);
        assertTrue(pasted.find(), "no example in README.md");
        // The build that runs this test has just made what the script would make.
        Files.writeString(Path.of("../target/examples.built"), "");
        Path script = Files.writeString(dir.resolve("pasted"), "cd ..\n" + pasted.group(1).replace("/tmp/", dir + "/"));
        try (Child tell = Child.start(Redirect.PIPE, List.of("bash", "-eu", script.toString()))) {
            String started = tell.await("listen with: nc localhost ");
            int port = Integer.parseInt(started.replaceAll(".* ", ""));
            try (Socket guest = new Socket("localhost", port)) {
                guest.setSoTimeout(500);
                String heard = "";
                for (int i = 0; heard.isEmpty() && i < 40; i++) {
                    tell.type("a line for everyone\n");
                    try {
                        heard = new String(guest.getInputStream().readNBytes(20), StandardCharsets.US_ASCII);
                    } catch (SocketTimeoutException e) {
                        // The line came in before the guest: the next one then.
                    }
                }
                assertEquals("a line for everyone\n", heard);
            }
            tell.endInput();
            assertEquals(0, tell.exitStatus(), tell::printed);
        }
    }

    private static int port(String line) {
        Matcher port = PORT.matcher(line);
        assertTrue(port.find(), line);
        return Integer.parseInt(port.group(1));
    }

    private static void assertEchoes(int port) throws Exception {
        byte[] sent = new byte[100_000];
        for (int i = 0; i < sent.length; i++) {
            sent[i] = (byte) (i * 31);
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(sent);
            socket.shutdownOutput();
            byte[] received = socket.getInputStream().readNBytes(sent.length);
            assertEquals(new String(sent, StandardCharsets.ISO_8859_1), new String(received, StandardCharsets.ISO_8859_1));
        }
    }
}
