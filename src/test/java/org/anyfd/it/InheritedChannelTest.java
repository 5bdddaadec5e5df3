package org.anyfd.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Programs started by inetd or systemd find their socket, on the JDK's provider and on anyfd alike. */
class InheritedChannelTest {
    private static final byte[] LINE = "to and fro\n".getBytes(StandardCharsets.US_ASCII);
    private static final String DETACHED = "/dev/null\n".repeat(3);

    /** The JDK's provider is the oracle of this test. */
    enum By {
        JDK("sun.nio.ch.EPollSelectorProvider"),
        ANYFD("org.anyfd.AnyFdSelectorProvider");

        final String option;

        By(String provider) {
            option = "-Djava.nio.channels.spi.SelectorProvider=" + provider;
        }
    }

    @TempDir
    static Path built;
    @TempDir
    Path dir;

    @BeforeAll
    static void compile() throws Exception {
        Process cc;
        try {
            cc = new ProcessBuilder("cc", "-o", built.resolve("socket_as_stdin").toString(),
                "src/test/c/socket_as_stdin.c").inheritIO().start();
        } catch (IOException e) {
            assumeTrue(false, "no C compiler to build the program that plays inetd: " + e.getMessage());
            return;
        }
        assertEquals(0, cc.waitFor());
    }

    @ParameterizedTest
    @EnumSource
    void listeningSocketIsAServerSocketChannel(By by) throws Exception {
        Process child = start(by, "listen");
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port())) {
            exchangeLine(client);
        }
        assertEquals("server same=true\nblocking=true bound=true\n" + DETACHED, log(child));
    }

    @ParameterizedTest
    @EnumSource
    void connectionIsASocketChannel(By by) throws Exception {
        Process child = start(by, "stream");
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port())) {
            exchangeLine(client);
            assertEquals(-1, client.getInputStream().read(), "closing the channel ends the connection");
        }
        assertEquals("socket same=true\nblocking=true connected=true remote=true\n" + DETACHED, log(child));
    }

    @ParameterizedTest
    @EnumSource
    void datagramSocketIsADatagramChannel(By by) throws Exception {
        assumeFalse(by == By.JDK && Runtime.version().feature() >= 25,
            "JDK 25's own channel receives, but what it sends from an inherited IPv4 socket does not arrive");
        Process child = start(by, "datagram");
        try (DatagramSocket client = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            client.setSoTimeout(30_000);
            client.send(new DatagramPacket(LINE, LINE.length, InetAddress.getLoopbackAddress(), port()));
            DatagramPacket answer = new DatagramPacket(new byte[100], 100);
            client.receive(answer);
            assertEquals(LINE.length, answer.getLength());
        }
        assertEquals("datagram same=true\nblocking=true bytes=" + LINE.length + "\n" + DETACHED, log(child));
    }

    @ParameterizedTest
    @EnumSource
    void otherStandardInputIsNoChannel(By by) throws Exception {
        ChildJvm.run(List.of(by.option), InheritedProbe.class, logFile().toString());
        assertEquals("none same=true\n", Files.readString(logFile()));
    }

    private Process start(By by, String kind) throws IOException {
        List<String> command = new ArrayList<>(List.of(built.resolve("socket_as_stdin").toString(),
            dir.resolve("port").toString(), kind));
        command.addAll(ChildJvm.command(List.of(by.option), InheritedProbe.class, logFile().toString()));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private Path logFile() {
        return dir.resolve("log");
    }

    /** The file is there, with all its contents, once the socket is bound. */
    private int port() throws IOException {
        Path file = dir.resolve("port");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!Files.exists(file)) {
            assertTrue(System.nanoTime() - deadline < 0, "the child has not bound its socket");
            LockSupport.parkNanos(1_000_000);
        }
        return Integer.parseInt(Files.readString(file).strip());
    }

    private static void exchangeLine(Socket client) throws IOException {
        client.setSoTimeout(30_000);
        client.getOutputStream().write(LINE);
        assertArrayEquals(LINE, client.getInputStream().readNBytes(LINE.length));
    }

    private String log(Process child) throws Exception {
        assertTrue(child.waitFor(30, TimeUnit.SECONDS), "the child has not ended");
        assertEquals(0, child.exitValue());
        return Files.readString(logFile());
    }
}
