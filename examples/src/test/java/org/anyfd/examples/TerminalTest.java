package org.anyfd.examples;

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.anyfd.fd.ChildProcess;
import org.anyfd.fd.PtyChannel;
import org.anyfd.fd.TtyMode;
import org.anyfd.fd.WindowSize;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** The chat, with a person at its terminal and guests from elsewhere. */
@Timeout(120)
class TerminalTest {
    private static final String LEFT = "\033[D";
    private static final String UP = "\033[A";
    private static final String BACKSPACE = "\u007f";
    private static final String CONTROL_A = "\u0001";
    private static final String CONTROL_C = "\u0003";
    private static final String CONTROL_D = "\u0004";

    private PtyChannel pty;
    private Person person;
    private ChildProcess program;
    private int port;

    @BeforeEach
    void start() throws Exception {
        pty = PtyChannel.open();
        pty.setSize(new WindowSize(60, 20));
        person = new Person(pty);
        program = pty.start(new ProcessBuilder(Child.java(Terminal.class, "0")));
        port = Integer.parseInt(person.seesMatch("nc localhost (\\d+)\r\n").group(1));
        person.sees("60x20> ");
    }

    @AfterEach
    void end() throws Exception {
        program.destroyForcibly().waitFor();
        program.close();
        person.close();
    }

    private void endsAndLeavesTheTerminalAsItWas(int status) throws Exception {
        assertTrue(program.waitFor(40, TimeUnit.SECONDS));
        assertEquals(status, program.exitValue());
        assertEquals(TtyMode.COOKED, pty.mode());
        assertTrue(pty.isEcho());
    }

    @Test
    void wordsOfGuestsAppearAboveTheLineThatIsEdited() throws Exception {
        try (Socket guest = new Socket(InetAddress.getLoopbackAddress(), port)) {
            guest.setSoTimeout(40_000);
            BufferedReader heard = new BufferedReader(new InputStreamReader(guest.getInputStream(), StandardCharsets.UTF_8));
            person.sees("guest 1 has come\r\n");
            person.type("helo");
            person.sees("> helo");
            guest.getOutputStream().write("hi\nthere\n".getBytes(StandardCharsets.UTF_8));
            person.sees("guest 1: hi\r\n");
            person.sees("guest 1: there\r\n");
            person.sees("> helo");
            person.type(LEFT + "l\r");
            person.sees("you: hello\r\n");
            assertEquals("hello", heard.readLine());
            person.type(UP + BACKSPACE + BACKSPACE + CONTROL_A + "ü" + "\r");
            person.sees("you: ühel\r\n");
            assertEquals("ühel", heard.readLine());
        }
        person.sees("guest 1 has gone");
        person.type(CONTROL_C);
        endsAndLeavesTheTerminalAsItWas(0);
    }

    @Test
    void theWindowsSizeAndTheTimeAreShown() throws Exception {
        pty.setSize(new WindowSize(132, 43));
        String before = person.seesMatch("(\\d\\d:\\d\\d:\\d\\d) 132x43> ").group(1);
        String tick = before;
        while (tick.equals(before)) {
            tick = person.seesMatch("(\\d\\d:\\d\\d:\\d\\d) 132x43> ").group(1);
        }
        assertNotEquals(before, tick);
        person.type("x" + CONTROL_D);
        person.sees("> x");
        person.type(BACKSPACE + CONTROL_D);
        endsAndLeavesTheTerminalAsItWas(0);
    }

    @Test
    void aLongLineScrolls() throws Exception {
        pty.setSize(new WindowSize(30, 20));
        person.sees("30x20> ");
        person.type("abcdefghijklmnopqrstuvwxyz");
        // 14 columns are left, of which the cursor has one.
        person.seesMatch("30x20> nopqrstuvwxyz\r\033\\[29C");
        person.type(CONTROL_A);
        person.seesMatch("30x20> abcdefghijklmn\r\033\\[16C");
    }

    @Test
    void killedByHandItLeavesTheTerminalAsItWas() throws Exception {
        assertEquals(TtyMode.RAW, pty.mode());
        program.signal("TERM");
        endsAndLeavesTheTerminalAsItWas(143);
    }

    @Test
    void withoutATerminalItSaysSo() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setsid")), "needs setsid(1)");
        List<String> command = new ArrayList<>(List.of("setsid", "-w"));
        command.addAll(Child.java(Terminal.class, "0"));
        try (Child child = Child.start(Redirect.from(new File("/dev/null")), command)) {
            assertEquals(1, child.exitStatus(), child::printed);
            assertEquals("/dev/tty: this process has no controlling terminal (No such device or address)", child.printed());
        }
    }
}
