package org.anyfd.all;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.TimeUnit;
import org.anyfd.fd.ChildProcess;
import org.anyfd.fd.PtyChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The command line's {@code watch}, driven through pipes and a terminal. */
@Timeout(value = 50, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a read of a child's output heeds no interrupt
class WatchTest {
    @TempDir
    private Path folder;

    private Process watch;

    private BufferedReader start(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("-jar", Java.JAR.toString(), "watch"));
        all.addAll(List.of(arguments));
        watch = Java.command(all.toArray(String[]::new)).redirectErrorStream(true).start();
        return watch.inputReader();
    }

    @AfterEach
    void end() throws InterruptedException {
        if (watch != null) {
            watch.destroyForcibly().waitFor();
        }
    }

    /** Reads lines until one has this in it. */
    private static String await(BufferedReader lines, String what) throws IOException {
        StringBuilder seen = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            seen.append(line).append('\n');
            if (line.contains(what)) {
                return line;
            }
        }
        throw new AssertionError("no line with '" + what + "' in\n" + seen);
    }

    @Test
    void standardInputIsPrintedUntilItsEnd() throws Exception {
        Java.Ended ended = Java.run(Java.command("-jar", Java.JAR.toString(), "watch", "-"), "hello\n\u001b[31m");
        String out = ended.quietly();
        assertTrue(out.contains("stdin: 11 bytes \"hello\\n\\u001b[31m\""), out);
        assertFalse(out.contains("\u001b"), "what is printed does nothing to a terminal");
        assertTrue(out.contains("stdin: end"), out);
    }

    @Test
    void everythingAtOnceInOneSelector() throws Exception {
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        Path file = Files.createFile(folder.resolve("file"));
        Path directory = Files.createDirectory(folder.resolve("directory"));
        Process process = new ProcessBuilder("/bin/sh", "-c", "read line; exit 3").start();
        BufferedReader out = start("-", fifo.toString(), file.toString(), directory.toString(), "--listen", "0",
            "--pid", Long.toString(process.pid()), "--timer", "200ms", "--signal", "HUP");
        String listening = await(out, ": listening");
        String port = listening.replaceAll(".*:(\\d+): listening", "$1");
        await(out, "signal HUP: waiting");

        await(out, "timer 0.2s: tick");
        Files.writeString(fifo, "through the FIFO");
        await(out, "\"through the FIFO\"");
        Files.writeString(file, "more");
        await(out, "IN_CLOSE_WRITE " + file);
        Files.createDirectories(directory.resolve("deeper"));
        await(out, "IN_CREATE|IN_ISDIR " + directory.resolve("deeper"));
        try (Socket socket = new Socket("localhost", Integer.parseInt(port))) {
            socket.getOutputStream().write("knock".getBytes(StandardCharsets.US_ASCII));
            await(out, "connection from");
            await(out, "5 bytes \"knock\"");
        }
        await(out, ": end");
        process.outputWriter().close();
        await(out, "process " + process.pid() + ": ended");
        assertEquals(0, new ProcessBuilder("kill", "-HUP", Long.toString(watch.pid())).start().waitFor());
        await(out, "signal HUP: arrived");

        assertEquals(0, new ProcessBuilder("kill", "-TERM", Long.toString(watch.pid())).start().waitFor());
        await(out, "watch: ended by SIGTERM");
        assertTrue(watch.waitFor(20, TimeUnit.SECONDS));
        assertEquals(128 + 15, watch.exitValue());
    }

    @Test
    void connectionsAndDatagramsArePrinted() throws Exception {
        Path path = folder.resolve("socket");
        try (ServerSocket tcp = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                DatagramSocket sender = new DatagramSocket()) {
            unix.bind(UnixDomainSocketAddress.of(path));
            BufferedReader out = start(path.toString(), "--udp", "0", "--connect", "localhost:" + tcp.getLocalPort());
            String port = await(out, ": listening").replaceAll(".*:(\\d+): listening", "$1");
            try (SocketChannel peer = unix.accept()) {
                peer.write(StandardCharsets.US_ASCII.encode("by Unix"));
                await(out, path + ": 7 bytes \"by Unix\"");
            }
            byte[] datagram = "by UDP".getBytes(StandardCharsets.US_ASCII);
            sender.send(new DatagramPacket(datagram, datagram.length, InetAddress.getLoopbackAddress(), Integer.parseInt(port)));
            await(out, "6 bytes \"by UDP\"");
            try (Socket peer = tcp.accept()) {
                peer.getOutputStream().write("by TCP".getBytes(StandardCharsets.US_ASCII));
                await(out, "6 bytes \"by TCP\"");
            }
            await(out, tcp.getLocalPort() + ": end");
        }
    }

    @Test
    void controlCOnATerminalEndsIt() throws Exception {
        try (PtyChannel terminal = PtyChannel.open();
                ChildProcess child = terminal.start(Java.command("-jar", Java.JAR.toString(), "watch", "-", "--timer", "1h"));
                InputStream screen = Channels.newInputStream(terminal);
                Scanner lines = new Scanner(screen, StandardCharsets.UTF_8)) {
            assertTrue(lines.findWithinHorizon("timer 1h: running", 0) != null);
            terminal.write(StandardCharsets.US_ASCII.encode("typed\n"));
            assertTrue(lines.findWithinHorizon("stdin: 6 bytes \"typed\\\\n\"", 0) != null);
            terminal.write(StandardCharsets.US_ASCII.encode("\u0003"));
            assertTrue(lines.findWithinHorizon("watch: ended by SIGINT", 0) != null);
            assertTrue(child.waitFor(20, TimeUnit.SECONDS));
            assertEquals(128 + 2, child.exitStatus().code());
        }
    }

    @Test
    void whatCannotBeWatchedIsToldAndTheRestIsWatched() throws Exception {
        Path missing = folder.resolve("missing");
        Java.Ended ended = Java.run("-jar", Java.JAR.toString(), "watch", missing.toString(), "--timer", "10ms", "--count", "2");
        assertTrue(ended.out().contains(missing + ": java.nio.file.NoSuchFileException"), ended.out());
        assertEquals(2, ended.out().lines().filter(line -> line.contains("tick")).count(), ended.out());
        assertEquals(1, ended.status());
    }

    @Test
    void wrongUsageIsExplained() throws Exception {
        Java.Ended none = Java.run("-jar", Java.JAR.toString(), "watch");
        assertEquals(2, none.status());
        assertTrue(none.err().contains("nothing to watch") && none.err().contains("--listen"), none.err());
        for (String wrong : List.of("--pid x", "--count 0")) {
            Java.Ended number = Java.run(("-jar " + Java.JAR + " watch " + wrong).split(" "));
            assertEquals(2, number.status());
            assertTrue(number.err().contains("is no number from 1 on"), number.err());
        }
        Java.Ended port = Java.run("-jar", Java.JAR.toString(), "watch", "--listen", "99999");
        assertTrue(port.out().contains("--listen 99999: '99999' is no port number from 0 to 65535"), port.out());
        Java.Ended time = Java.run("-jar", Java.JAR.toString(), "watch", "--timer", "soon");
        assertEquals(2, time.status());
        assertTrue(time.err().contains("'soon' is no time such as 500ms"), time.err());
        String help = Java.run("-jar", Java.JAR.toString(), "watch", "--help").quietly();
        assertTrue(help.contains("--timer=TIME"), help);
    }
}
