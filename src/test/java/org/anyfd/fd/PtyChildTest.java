package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.anyfd.it.ChildJvm;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Directories;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Programs on a pseudo-terminal, as a person would drive them. */
@Bounded
class PtyChildTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private PtyChannel pty;
    /** All that was shown. */
    private final StringBuilder screen = new StringBuilder();

    @BeforeEach
    void open() throws IOException {
        pty = fds.closing(PtyChannel.open());
    }

    private ChildProcess start(String... command) throws IOException {
        ChildProcess child = pty.start(new ProcessBuilder(command));
        fds.closing(child);
        fds.closing(() -> child.destroyForcibly());
        return child;
    }

    private ChildProcess shell(String script) throws IOException {
        return start("sh", "-c", script);
    }

    private void type(String keys) throws IOException {
        pty.write(ByteBuffer.wrap(keys.getBytes(ISO_8859_1)));
    }

    /** Reads on until the text is shown, and forgets what came before. */
    private void shows(String text) throws Exception {
        Tasks.Task<Object> reader = fds.run(() -> {
            while (screen.indexOf(text) < 0) {
                assertTrue(readMore(), () -> "no \"" + text + "\" in: " + screen);
            }
            return null;
        });
        try {
            reader.get();
        } catch (AssertionError e) {
            throw new AssertionError("no \"" + text + "\" in: " + screen, e);
        }
        screen.delete(0, screen.indexOf(text) + text.length());
    }

    private boolean readMore() throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(1000);
        boolean more = pty.read(dst) >= 0;
        screen.append(ISO_8859_1.decode(dst.flip()));
        return more;
    }

    /** All that is still shown until everybody has closed the terminal. */
    private String rest() throws Exception {
        return fds.run(() -> {
            while (readMore()) {
                // on to the end
            }
            return screen.toString();
        }).get();
    }

    private static void endsWith(ChildProcess child, int status) throws Exception {
        assertTrue(child.waitFor(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals(status, child.exitValue());
    }

    @Test
    void theTerminalIsTheChildsOwn() throws Exception {
        ChildProcess child = shell("tty; tty <&1; tty <&2; echo to the terminal >/dev/tty; "
            + "read pid name state parent group session terminal foreground rest </proc/$$/stat; "
            + "test $pid = $session && test $group = $foreground && echo leads the session, in the foreground; read x");
        String name = pty.terminalName().toString();
        shows(name + "\r\n" + name + "\r\n" + name + "\r\nto the terminal\r\n");
        shows("leads the session, in the foreground\r\n");
        type("\r");
        endsWith(child, 0);
    }

    @Test
    void linesAreTypedAndShown() throws Exception {
        ChildProcess child = start("cat");
        type("hello\r");
        shows("hello\r\nhello\r\n");
        type("\u0004");
        endsWith(child, 0);
        assertEquals("", rest());
    }

    @Test
    void controlCReachesTheProgramAndItsChildren() throws Exception {
        ChildProcess child = shell("trap 'echo interrupted; exit 7' INT; echo ready; while :; do sleep 0.05; done");
        shows("ready");
        type("\u0003");
        shows("interrupted");
        endsWith(child, 7);
    }

    @Test
    void controlCEndsAProgram() throws Exception {
        ChildProcess child = start("cat");
        type("x\r");
        shows("x\r\nx\r\n");
        type("\u0003");
        endsWith(child, 128 + 2);
    }

    @Test
    void closeHangsTheProgramUp() throws Exception {
        // One that reads may meet the end before the signal comes, and end by itself: pty_close wakes its readers first.
        ChildProcess child = shell("echo ready; exec sleep 1000");
        shows("ready");
        pty.close();
        endsWith(child, 128 + 1);
    }

    @Test
    void sizeReachesTheProgram() throws Exception {
        pty.setSize(new WindowSize(80, 25));
        // Not in a read, for which a signal that comes just before it is lost on the shell.
        ChildProcess child = shell("trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.05; done");
        shows("25 80\r\n");
        pty.setSize(new WindowSize(132, 43));
        shows("43 132\r\n");
        endsWith(child, 0);
    }

    @Test
    void aFastExitLosesNoOutput() throws Exception {
        for (int i = 0; i < 20; i++) {
            try (PtyChannel fresh = PtyChannel.open(); ChildProcess child = fresh.start(new ProcessBuilder("echo", "all"))) {
                pty = fresh;
                screen.setLength(0);
                endsWith(child, 0);
                assertEquals("all\r\n", rest());
            }
        }
    }

    @Test
    void muchOutputIsReadToTheLastByteAfterTheEnd() throws Exception {
        ChildProcess child = shell("seq 200000; exit 3");
        String all = rest();
        assertEquals(200_000, all.lines().count());
        assertTrue(all.endsWith("\r\n199999\r\n200000\r\n"));
        endsWith(child, 3);
    }

    @Test
    void outputAndExitAreSelected() throws Exception {
        pty.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            SelectionKey output = pty.register(selector, OP_READ);
            ChildProcess child = start("echo", "done");
            SelectionKey exit = child.exit().configureBlocking(false).register(selector, OP_READ);
            boolean ended = false;
            boolean exited = false;
            while (!ended || !exited) {
                assertTrue(selector.select(10_000) > 0);
                if (selector.selectedKeys().remove(output)) {
                    ended = !readMore();
                    output.interestOps(ended ? 0 : OP_READ);
                }
                if (selector.selectedKeys().remove(exit)) {
                    exited = true;
                    exit.interestOps(0);
                }
            }
            assertEquals("done\r\n", screen.toString());
            assertEquals(0, child.exitValue());
        }
    }

    @Test
    void whatIsRedirectedGoesElsewhere(@TempDir(factory = Directories.class) Path directory) throws Exception {
        File file = directory.resolve("errors").toFile();
        ChildProcess child = pty.start(new ProcessBuilder("sh", "-c", "echo shown; echo hidden >&2").redirectError(file));
        fds.closing(child);
        endsWith(child, 0);
        assertEquals("shown\r\n", rest());
        assertEquals("hidden\n", Files.readString(file.toPath()));
        assertThrowsExactly(IllegalStateException.class, child::stdout);
    }

    @Test
    void errorsJoinTheOutputWhereverThatGoes(@TempDir(factory = Directories.class) Path directory) throws Exception {
        File file = directory.resolve("output").toFile();
        for (Redirect redirect : List.of(Redirect.PIPE, Redirect.to(file))) {
            ChildProcess child = pty.start(new ProcessBuilder("sh", "-c", "echo out; echo err >&2")
                .redirectErrorStream(true).redirectOutput(redirect));
            fds.closing(child);
            endsWith(child, 0);
        }
        assertEquals("out\r\nerr\r\n", rest());
        assertEquals("out\nerr\n", Files.readString(file.toPath()));
    }

    @Test
    void aProgramThatIsNotThereIsTold() {
        IOException e = assertThrowsExactly(IOException.class, () -> start("/no/such/program"));
        assertTrue(e.getMessage().contains("No such file or directory"), e.getMessage());
    }

    @Test
    void aPasswordIsAskedForWithoutEcho() throws Exception {
        ChildProcess child = shell("stty -echo; printf 'Password: '; read x; stty echo; echo; echo \"<$x>\"");
        shows("Password: ");
        type("secret\r");
        shows("\r\n<secret>\r\n");
        endsWith(child, 0);
        assertFalse(screen.toString().contains("secret"));
    }

    // -- A JVM with this as its controlling terminal --

    private ChildProcess probe(String mode, TtyProbe.End end) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(ChildJvm.command(List.of(), TtyProbe.class, mode, end.name()));
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        ChildProcess child = pty.start(builder);
        fds.closing(child);
        fds.closing(() -> child.destroyForcibly());
        shows("WindowSize[columns=0, rows=0, widthPixels=0, heightPixels=0]");
        return child;
    }

    @Test
    void controlCEndsAJvmWhichPutsTheModeBack() throws Exception {
        String found = Raw.settings(pty.getFD());
        ChildProcess child = probe("CBREAK", TtyProbe.End.WAIT);
        assertNotEquals(found, Raw.settings(pty.getFD()));
        type("\u0003");
        endsWith(child, 130);
        assertEquals(found, Raw.settings(pty.getFD()));
    }

    @Test
    void aChangeOfSizeIsSelected() throws Exception {
        ChildProcess child = probe("CBREAK", TtyProbe.End.RESIZE);
        shows("watching");
        for (int columns = 80; columns < 85; columns++) {
            pty.setSize(new WindowSize(columns, 25));
            shows(columns + "x25\r\n");
        }
        type("q");
        endsWith(child, 0);
    }

    @Test
    void hangUpEndsAJvm() throws Exception {
        ChildProcess child = probe("RAW", TtyProbe.End.WAIT);
        pty.close();
        assertTrue(child.waitFor(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS));
        // Whichever is first: that its read is at the end, or SIGHUP.
        assertTrue(child.exitValue() == 0 || child.exitValue() == 129, child::toString);
    }

    /** Else the kernel would stop it, and nobody would see it end. */
    @Test
    void aJvmInTheBackgroundEndsWithoutTouchingTheTerminal() throws Exception {
        String java = String.join(" ", ChildJvm.command(List.of(), TtyProbe.class, "CBREAK", "RESIZE"));
        ChildProcess bash = start("bash", "--norc", "--noediting", "-i");
        type("PS1='go''on '\r");
        shows("goon ");
        type("unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS; " + java + "\r");
        // It selects: a read in the background would stop it.
        shows("watching");
        type("\u001a");
        shows("goon ");
        // The shell has its own modes back; in the background the program would be stopped again by changing them.
        type("bg; kill $!; wait $!; echo status $?\r");
        shows("status 143");
        assertEquals(TtyMode.COOKED, pty.mode());
        type("exit\r");
        endsWith(bash, 0);
    }

    /** What it would find before is the line editor's of the shell, which must not be what it leaves. */
    @Test
    void aJvmFromTheBackgroundLeavesTheModesInWhichItWasGivenTheTerminal() throws Exception {
        String script = "set -m; stty -icanon -echo; \"$@\" & echo started; read x; stty icanon echo; fg; echo it is over; read x";
        List<String> command = new ArrayList<>(List.of("sh", "-c", script, "sh"));
        command.addAll(ChildJvm.command(List.of(), TtyProbe.class, "RAW", "RETURN"));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        ChildProcess shell = pty.start(builder);
        fds.closing(shell);
        fds.closing(() -> shell.destroyForcibly());
        shows("started");
        Tasks.await(() -> shell.children().anyMatch(PtyChildTest::isStopped), "stopped by its change of the modes");
        type("\r");
        shows("RAW WindowSize[");
        shows("it is over");
        assertEquals(TtyMode.COOKED, pty.mode());
        assertTrue(pty.isEcho());
        type("\r");
        endsWith(shell, 0);
    }

    private static boolean isStopped(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2) == 'T';
        } catch (IOException gone) {
            return false;
        }
    }
}
