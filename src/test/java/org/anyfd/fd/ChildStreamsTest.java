package org.anyfd.fd;

import static org.anyfd.fd.ChildProcessTest.text;
import static org.anyfd.fd.ChildProcessTest.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Where a child's standard input, output and error go, and what else it is given. */
@Bounded
class ChildStreamsTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private ChildProcess start(ProcessBuilder builder, ChildProcess.Option... options) throws IOException {
        return ChildProcessTest.start(fds, builder, options);
    }

    private ChildProcess start(String... command) throws IOException {
        return start(new ProcessBuilder(command));
    }

    private ChildProcess shell(String script) throws IOException {
        return start("sh", "-c", script);
    }

    @Test
    void streamsOfProcessWorkToo() throws Exception {
        ChildProcess child = shell("cat; echo error >&2");
        OutputStream input = child.getOutputStream();
        input.write("through cat".getBytes(StandardCharsets.UTF_8));
        input.close();
        assertEquals("through cat", new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertEquals("error\n", new String(child.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
        assertSame(child.getInputStream(), child.getInputStream());
        assertEquals(0, child.waitFor());
    }

    @Test
    void readersAreReadyWhenThereIsSomethingToRead() throws Exception {
        ChildProcess child = start("cat");
        BufferedReader reader = child.inputReader();
        assertFalse(reader.ready());
        write(child.stdin(), "line\n");
        Tasks.await(() -> isReady(reader), "ready");
        assertEquals("line", reader.readLine());
        assertFalse(reader.ready());
        reader.close();
        assertThrowsExactly(IOException.class, () -> child.getInputStream().available());
    }

    private static boolean isReady(BufferedReader reader) {
        try {
            return reader.ready();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void errorsAreMerged() throws Exception {
        ChildProcess child = start(new ProcessBuilder("sh", "-c", "echo one; echo two >&2; echo three")
            .redirectErrorStream(true));
        assertEquals("one\ntwo\nthree\n", text(child.stdout()));
        assertEquals("the child's standard error is redirected, and no pipe",
            assertThrowsExactly(IllegalStateException.class, child::stderr).getMessage());
        assertEquals(-1, child.getErrorStream().read());
    }

    @Test
    void errorsAreMergedIntoAFile(@TempDir Path dir) throws Exception {
        Path file = Files.writeString(dir.resolve("output"), "this is cut off");
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "echo one; echo two >&2").redirectErrorStream(true)
            .redirectOutput(file.toFile());
        assertEquals(0, start(builder).waitFor());
        assertEquals("one\ntwo\n", Files.readString(file));
    }

    @Test
    void streamsAreFiles(@TempDir Path dir) throws Exception {
        Path input = Files.writeString(dir.resolve("input"), "the input\n");
        Path output = dir.resolve("output");
        Path errors = Files.writeString(dir.resolve("errors"), "before\n");
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "cat; echo error >&2").redirectInput(input.toFile())
            .redirectOutput(output.toFile()).redirectError(Redirect.appendTo(errors.toFile()));
        ChildProcess child = start(builder);
        assertEquals(0, child.waitFor());
        assertEquals("the input\n", Files.readString(output));
        assertEquals("before\nerror\n", Files.readString(errors));
        assertThrowsExactly(IllegalStateException.class, child::stdin);
        assertThrowsExactly(IllegalStateException.class, child::stdout);
        assertThrowsExactly(IOException.class, () -> child.getOutputStream().write(1));
    }

    @Test
    void streamsAreDevNull() throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "cat; echo lost; readlink /proc/self/fd/1 >&2")
            .redirectInput(new File("/dev/null")).redirectOutput(Redirect.DISCARD);
        assertEquals("/dev/null\n", text(start(builder).stderr()).replaceAll("^pipe.*", "/dev/null"));
    }

    @Test
    void streamsAreInherited() throws Exception {
        ChildProcess child = start(new ProcessBuilder("sleep", "1000").inheritIO());
        for (int fd = 0; fd < 3; fd++) {
            assertEquals(Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)),
                Files.readSymbolicLink(Path.of("/proc/" + child.pid() + "/fd/" + fd)));
        }
    }

    @Test
    void mergedErrorsFollowAnInheritedOutput() throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sleep", "1000").redirectOutput(Redirect.INHERIT)
            .redirectErrorStream(true);
        ChildProcess child = start(builder);
        assertEquals(Files.readSymbolicLink(Path.of("/proc/self/fd/1")),
            Files.readSymbolicLink(Path.of("/proc/" + child.pid() + "/fd/2")));
    }

    @Test
    void childsEndsAreBlocking() throws Exception {
        ChildProcess child = start("sleep", "1000");
        for (int fd = 0; fd < 3; fd++) {
            String info = Files.readString(Path.of("/proc/" + child.pid() + "/fdinfo/" + fd));
            assertEquals(0, Child.flags(info) & Consts.O_NONBLOCK);
        }
    }

    /** Else the first would not read end-of-stream while the second has a copy of the end that we write to. */
    @Test
    void childHasNoStreamOfAnother() throws Exception {
        ChildProcess first = start("cat");
        start("sleep", "1000");
        Process third = new ProcessBuilder("sleep", "1000").start();
        try {
            first.stdin().close();
            assertEquals("", text(first.stdout()));
            assertEquals(0, first.waitFor());
        } finally {
            third.destroyForcibly().waitFor();
        }
    }

    @Test
    void channelsAreGivenUnderAnyNumber() throws Exception {
        Pipe pipe = Pipe.open();
        fds.closing(pipe.source());
        fds.closing(pipe.sink()).write(ByteBuffer.wrap("through 5".getBytes(StandardCharsets.US_ASCII)));
        ChildProcess.Option give = ChildProcess.give(5, (NativeSelectableChannel) pipe.source());
        ChildProcess child = start(new ProcessBuilder("sh", "-c", "head -c 9 <&5; ls /proc/$$/fd; true"), give);
        assertEquals("through 5" + "0\n1\n2\n5\n", text(child.stdout()));
        assertTrue(pipe.source().isOpen());
        pipe.source().close();
        assertThrowsExactly(ClosedChannelException.class, () -> start(new ProcessBuilder("true"), give));
        assertThrowsExactly(IllegalArgumentException.class, () -> ChildProcess.give(-1, child.exit()));
    }

    /** As in a shell's pipeline. The second would fail at once if it had our end of the pipe, which is non-blocking. */
    @Test
    void childrenAreJoined() throws Exception {
        ChildProcess first = shell("read wait; seq 3");
        ChildProcess second = start(new ProcessBuilder("tr", "0-9", "a-j"), ChildProcess.give(0, first.stdout()));
        first.stdout().close();
        Tasks.await(() -> !isRunning(second), "the second waits for the first");
        write(first.stdin(), "go on\n");
        assertEquals("b\nc\nd\n", text(second.stdout()));
        assertThrowsExactly(IllegalStateException.class, second::stdin);
    }

    private static boolean isRunning(ChildProcess child) {
        try {
            String stat = Files.readString(Path.of("/proc/" + child.pid() + "/stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2) == 'R';
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void terminalTakesThePlaceOfPipes() throws Exception {
        Raw.Pair pty = fds.pty();
        ChildProcess child = start(new ProcessBuilder("sh", "-c", "tty; echo error >&2").redirectErrorStream(true),
            ChildProcess.terminal(Raw.slaveName(pty.first())));
        assertEquals(0, child.waitFor());
        String expected = Raw.slaveName(pty.first()) + "\nerror\n";
        byte[] shown = Raw.readAtLeast(pty.first(), expected.length());
        assertEquals(expected, new String(shown, StandardCharsets.US_ASCII));
        assertThrowsExactly(IllegalStateException.class, child::stdout);
    }
}
