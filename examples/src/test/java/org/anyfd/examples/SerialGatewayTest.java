package org.anyfd.examples;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.anyfd.fd.PtyChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The gateway, with a pty for the line; the device is at its other side. */
@Timeout(120)
class SerialGatewayTest {
    private PtyChannel device;
    private Child gateway;
    private int port;

    @BeforeEach
    void start() throws Exception {
        device = PtyChannel.open();
        String name = device.terminalName().toString();
        gateway = Child.start(Redirect.PIPE, Child.java(SerialGateway.class, name, "0", "31250"));
        Matcher started = Pattern.compile(Pattern.quote(name) + " at 31250 8N1, on port (\\d+)").matcher(gateway.await("on port"));
        assertTrue(started.matches());
        port = Integer.parseInt(started.group(1));
    }

    @AfterEach
    void end() throws IOException {
        gateway.close();
        device.close();
    }

    private Socket connect() throws IOException {
        Socket client = new Socket(InetAddress.getLoopbackAddress(), port);
        client.setSoTimeout(40_000);
        return client;
    }

    private void deviceHears(String expected) throws IOException {
        ByteBuffer got = ByteBuffer.allocate(expected.length());
        while (got.hasRemaining() && device.read(got) >= 0) {
            // on to the last byte
        }
        assertEquals(expected, new String(got.array(), StandardCharsets.ISO_8859_1));
    }

    private void deviceSays(String text) throws IOException {
        device.write(StandardCharsets.ISO_8859_1.encode(text));
    }

    private static void clientHears(Socket client, String expected) throws IOException {
        byte[] got = client.getInputStream().readNBytes(expected.length());
        assertEquals(expected, new String(got, StandardCharsets.ISO_8859_1));
    }

    private static void clientSays(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void clientAndDeviceTalk() throws Exception {
        try (Socket client = connect()) {
            clientSays(client, "AT\r\u0003\u0000\u00ff");
            deviceHears("AT\r\u0003\u0000\u00ff");
            deviceSays("OK\r\n\u0013");
            clientHears(client, "OK\r\n\u0013");
        }
        gateway.await("client has gone");
    }

    @Test
    void clientsTakeTurns() throws Exception {
        Socket first = connect();
        try (Socket second = connect()) {
            clientSays(second, "second");
            clientSays(first, "first");
            deviceHears("first");
            first.close();
            deviceHears("second");
            deviceSays("answer");
            clientHears(second, "answer");
        } finally {
            first.close();
        }
    }

    @Test
    void whatAClientSaidBeforeItClosedIsSent() throws Exception {
        try (Socket client = connect()) {
            clientSays(client, "x".repeat(50_000));
        }
        deviceHears("x".repeat(50_000));
        gateway.await("client has gone");
    }

    @Test
    void muchPassesBothWaysAtOnce() throws Exception {
        byte[] much = new byte[200_000];
        new Random(11).nextBytes(much);
        try (Socket client = connect()) {
            clientSays(client, "a");
            deviceHears("a"); // so the gateway has accepted; what the device said before that would be dropped
            FutureTask<Void> saying = start(() -> client.getOutputStream().write(much));
            FutureTask<Void> answering = start(() -> device.write(ByteBuffer.wrap(much)));
            FutureTask<Void> hearing = start(() ->
                assertArrayEquals(much, Channels.newInputStream(device).readNBytes(much.length)));
            assertArrayEquals(much, client.getInputStream().readNBytes(much.length));
            for (FutureTask<Void> task : List.of(saying, answering, hearing)) {
                task.get(40, TimeUnit.SECONDS);
            }
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static FutureTask<Void> start(Work work) {
        FutureTask<Void> task = new FutureTask<>(() -> {
            work.run();
            return null;
        });
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    @Test
    void whatNobodyListensToIsDropped() throws Exception {
        deviceSays("stale");
        try (Socket first = connect()) {
            clientSays(first, "a");
            deviceHears("a");
            // It came before the client, or is read with it: in either case, none of it is left for the next.
        }
        gateway.await("client has gone");
        try (Socket second = connect()) {
            clientSays(second, "b");
            deviceHears("b");
            deviceSays("fresh");
            clientHears(second, "fresh");
        }
    }

    @Test
    void anUnpluggedLineEndsIt() throws Exception {
        device.close();
        assertEquals(1, gateway.exitStatus());
        assertTrue(gateway.printed().contains("the line has hung up"), gateway::printed);
    }

    @Test
    void aDeviceThatIsNoLineIsTold() throws Exception {
        try (Child other = Child.start(Redirect.PIPE, Child.java(SerialGateway.class, "/dev/null", "0"))) {
            assertEquals(1, other.exitStatus());
            assertEquals("java.nio.file.FileSystemException: /dev/null: not a terminal (Inappropriate ioctl for device)",
                other.printed());
        }
    }
}
