package org.anyfd.examples;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** A server process is replaced under its clients. */
@Timeout(120)
class HandOverTest {
    private final String name = "anyfd-handover-test-" + ProcessHandle.current().pid();

    @Test
    void clientsNoticeNothing() throws Exception {
        try (Child old = Child.start(Redirect.PIPE, Child.java(HandOver.class, "0", name))) {
            int port = port(old.await("serves on port"));
            AtomicBoolean stop = new AtomicBoolean();
            try (Socket client = connect(port); Socket busy = connect(port)) {
                assertEquals("one", echo(client, "one"));
                CompletableFuture<Integer> load = CompletableFuture.supplyAsync(() -> load(busy, stop));
                try (Child successor = Child.start(Redirect.PIPE, Child.java(HandOver.class, "0", name))) {
                    successor.await("taken over with 2 connections");
                    assertEquals(port, port(successor.await("serves on port")));
                    assertEquals(0, old.exitStatus(), old::printed);
                    assertEquals("two", echo(client, "two"));
                    try (Socket newcomer = connect(port)) {
                        assertEquals("three", echo(newcomer, "three"));
                    }
                    successor.await("bytes echoed");
                    stop.set(true);
                    assertEquals(0, load.get(40, TimeUnit.SECONDS) % 1000);
                }
            }
        }
    }

    private static int port(String line) {
        return Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1));
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static String echo(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        return new String(socket.getInputStream().readNBytes(text.length()), StandardCharsets.US_ASCII);
    }

    /** Has texts echoed until told to stop; fails if one byte is lost. Returns how many bytes there were. */
    private static int load(Socket socket, AtomicBoolean stop) {
        String text = "x".repeat(999) + "\n";
        int bytes = 0;
        try {
            while (!stop.get()) {
                assertEquals(text, echo(socket, text));
                bytes += text.length();
            }
            return bytes;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
