package org.anyfd.examples;

import java.io.File;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A command that is kept running, killed, restarted and stopped, as a person would do it. */
@Timeout(120)
class WatchdogTest {
    private static final Pattern NUMBERS = Pattern.compile("\\d+");

    private static Child watch(String... command) throws Exception {
        return Child.start(Redirect.from(new File("/dev/null")), Child.java(Watchdog.class, command));
    }

    /** The number at an index in a line. */
    private static long number(String line, int index) {
        Matcher numbers = NUMBERS.matcher(line);
        for (int i = 0; i <= index; i++) {
            assertTrue(numbers.find(), line);
        }
        return Long.parseLong(numbers.group());
    }

    private static void kill(String signal, long pid) throws Exception {
        assertEquals(0, new ProcessBuilder("sh", "-c", "kill -" + signal + " " + pid).start().waitFor());
    }

    private static String ask(long port) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), (int) port)) {
            socket.setSoTimeout(20_000);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void commandIsKeptRunning() throws Exception {
        try (Child watchdog = watch("sleep", "1000")) {
            String on = watchdog.await("on port");
            long self = number(on, 0);
            long port = number(on, 1);
            long first = number(watchdog.await("started"), 0);
            assertEquals("running " + first + ", start 1\n", ask(port));

            kill("KILL", first);
            assertEquals("ended " + first + ": SIGKILL", watchdog.await("ended"));
            watchdog.await("again in 1 s");
            String paused = ask(port);
            assertTrue(paused.matches("to be started in \\d+ ms, start 1\n|running \\d+, start 2\n"), paused);
            long second = number(watchdog.await("started"), 0);

            kill("HUP", self);
            watchdog.await("got HUP");
            assertEquals("ended " + second + ": SIGTERM", watchdog.await("ended"));
            long third = number(watchdog.await("started"), 0);
            assertNotEquals(second, third);
            assertEquals("running " + third + ", start 3\n", ask(port));

            kill("TERM", self);
            watchdog.await("got TERM");
            assertEquals("ended " + third + ": SIGTERM", watchdog.await("ended"));
            assertEquals(0, watchdog.exitStatus(), watchdog::printed);
            // One that ends before the JDK has waited for its child leaves that to init.
            ProcessHandle.of(third).ifPresent(left -> left.onExit().orTimeout(20, TimeUnit.SECONDS).join());
        }
    }

    @Test
    void commandThatDoesNotEndIsKilled() throws Exception {
        try (Child watchdog = watch("sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done")) {
            long self = number(watchdog.await("on port"), 0);
            watchdog.await("deaf");
            kill("INT", self);
            watchdog.await("got INT");
            assertTrue(watchdog.await("ended").endsWith(": SIGKILL"), watchdog::printed);
            assertEquals(0, watchdog.exitStatus(), watchdog::printed);
        }
    }

    @Test
    void commandThatFailsAtOnceIsTriedLessAndLessOften() throws Exception {
        try (Child watchdog = watch("sh", "-c", "exit 3")) {
            long self = number(watchdog.await("on port"), 0);
            assertTrue(watchdog.await("ended").endsWith(": exit code 3"), watchdog::printed);
            watchdog.await("again in 1 s");
            watchdog.await("again in 2 s");
            kill("TERM", self);
            assertEquals(0, watchdog.exitStatus(), watchdog::printed);
        }
    }

    @Test
    void commandThatDoesNotExistIsTold() throws Exception {
        try (Child watchdog = watch("/no/such/command")) {
            long self = number(watchdog.await("on port"), 0);
            watchdog.await("/no/such/command");
            watchdog.await("again in 1 s");
            kill("TERM", self);
            assertEquals(0, watchdog.exitStatus(), watchdog::printed);
        }
    }
}
