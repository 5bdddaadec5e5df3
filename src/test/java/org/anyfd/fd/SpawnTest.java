package org.anyfd.fd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Processes;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a started program finds, and what becomes of a start that fails. */
@Bounded
class SpawnTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    /** All the output of a program, which gets /dev/null for its input and must end with status 0. */
    private String output(Spawn spawn) throws IOException {
        Raw.Pair pipe = fds.pipe();
        int pid = spawn.give(1, pipe.second()).start();
        fds.close(pipe.second());
        StringBuilder text = new StringBuilder();
        for (byte[] bytes = Raw.read(pipe.first()); bytes.length > 0; bytes = Raw.read(pipe.first())) {
            text.append(new String(bytes, StandardCharsets.UTF_8));
        }
        fds.close(pipe.first());
        assertEquals(0, status(pid), text::toString);
        return text.toString();
    }

    private static int status(int pid) throws IOException {
        Scratch s = Scratch.take();
        try {
            int r = Processes.waitid(Consts.P_PID, pid, s.smallAddress(), Consts.WEXITED);
            if (r < 0) {
                throw Errno.failed("waitid(" + pid + ")", -r);
            }
            assertEquals(Consts.CLD_EXITED, s.small().getInt(Layouts.SIGINFO_CODE));
            return s.small().getInt(Layouts.SIGINFO_STATUS);
        } finally {
            s.give();
        }
    }

    private static Spawn shell(String script) throws IOException {
        return new Spawn(new ProcessBuilder("sh", "-c", script));
    }

    /** Six integers: JNR-FFI 2.3.4's stub for x86-64 would pass a wrong environment. */
    @Test
    void programHasItsArgumentsAndEnvironment() throws IOException {
        String last = Letters.of("grüße");
        assertEquals("a b||" + last + "|", output(new Spawn(new ProcessBuilder("printf", "%s|", "a b", "", last))));
        ProcessBuilder builder = new ProcessBuilder("env");
        builder.environment().clear();
        builder.environment().put("PATH", "/searched/is/our/own");
        assertEquals("PATH=/searched/is/our/own\n", output(new Spawn(builder)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void programHasNoOtherDescriptors(boolean byList) throws IOException {
        Raw.Pair pipe = fds.pipe();
        Sys.fcntl(pipe.first(), Consts.F_SETFD, 0);
        Spawn spawn = shell("ls /proc/$$/fd; true");
        assertEquals("0\n1\n2\n", output(byList ? spawn.closesByList() : spawn));
    }

    /** As the JVM's own threads do, without close-on-exec. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void programHasNotWhatIsOpenedMeanwhile(boolean byList) throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        Tasks.Task<Void> opener = fds.run(() -> {
            while (!enough.get()) {
                Raw.close(Sys.socket(Consts.AF_UNIX, Consts.SOCK_STREAM, 0));
            }
            return null;
        });
        try {
            for (int i = 0; i < 100; i++) {
                Spawn spawn = shell("ls /proc/$$/fd; true");
                assertEquals("0\n1\n2\n", output(byList ? spawn.closesByList() : spawn));
            }
        } finally {
            enough.set(true);
        }
        opener.get();
    }

    @Test
    void descriptorsAreGivenUnderAnyNumber() throws IOException {
        Raw.Pair pipe = fds.pipe();
        Raw.write(pipe.second(), "through 7".getBytes(StandardCharsets.US_ASCII));
        fds.close(pipe.second());
        assertEquals("through 7\n0\n1\n2\n7\n",
            output(shell("cat <&7; echo; ls /proc/$$/fd; true").give(7, pipe.first())));
    }

    /** As a JVM that was started with its standard input closed may well have a pipe there. */
    @Test
    void descriptorsMayTradeTheirNumbers() throws IOException {
        Raw.Pair a = fds.pipe();
        Raw.Pair b = fds.pipe();
        Raw.write(a.second(), (byte) 'a');
        Raw.write(b.second(), (byte) 'b');
        fds.close(a.second());
        fds.close(b.second());
        int top = Math.max(a.first(), b.first());
        Spawn spawn = shell("cat /proc/$$/fd/" + a.first() + " /proc/$$/fd/" + b.first());
        assertEquals("ba", output(spawn.give(a.first(), b.first()).give(b.first(), a.first()).give(top + 2, 2)));
    }

    @Test
    void signalsAreUnblockedAndDefault() throws IOException {
        String status = output(new Spawn(new ProcessBuilder("cat", "/proc/self/status")));
        assertEquals("0000000000000000", field(status, "SigBlk"));
        long inherited = Long.parseUnsignedLong(field(Files.readString(Path.of("/proc/self/status")), "SigIgn"), 16);
        assertEquals(inherited & 0b111, Long.parseUnsignedLong(field(status, "SigIgn"), 16));
    }

    private static String field(String status, String name) {
        return status.lines().filter(line -> line.startsWith(name)).findAny().orElseThrow().split("\\s+")[1];
    }

    @Test
    void sessionIsTheChildsOwn() throws IOException {
        String[] fields = output(new Spawn(new ProcessBuilder("cat", "/proc/self/stat")).newSession()).split(" ");
        assertEquals(fields[0], fields[4], "process group");
        assertEquals(fields[0], fields[5], "session");
        assertEquals("0", fields[6], "terminal");
    }

    @Test
    void terminalControlsTheChild() throws IOException {
        Raw.Pair pty = fds.pty();
        String script = "test -t 0 && test -t 2 && tty && echo to the terminal >/dev/tty";
        assertEquals(Raw.slaveName(pty.first()) + "\n", output(shell(script).terminal(Raw.slaveName(pty.first()))));
        String expected = "to the terminal\n";
        byte[] shown = Raw.readAtLeast(pty.first(), expected.length());
        assertEquals(expected, new String(shown, StandardCharsets.US_ASCII));
    }

    @Test
    void programRunsInItsDirectory(@TempDir Path dir) throws IOException {
        Path real = dir.toRealPath();
        assertEquals(real + "\n", output(new Spawn(new ProcessBuilder("pwd").directory(real.toFile()))));
        Path script = real.resolve("here");
        Files.writeString(script, "echo found");
        assertTrue(script.toFile().setExecutable(true));
        assertEquals("found\n", output(new Spawn(new ProcessBuilder("./here").directory(real.toFile()))));
    }

    @Test
    void scriptWithoutInterpreterIsTheShells(@TempDir Path dir) throws IOException {
        Path script = Files.writeString(dir.resolve("script"), "echo \"$0 has $1 and $2\"");
        assertTrue(script.toFile().setExecutable(true));
        assertEquals(script + " has a b and c\n", output(new Spawn(new ProcessBuilder(script.toString(), "a b", "c"))));
    }

    @Test
    void failureIsToldAsProcessBuilderTellsIt(@TempDir Path dir) throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "text");
        assertFails(new ProcessBuilder("/no/such/program"), Errno.ENOENT);
        assertFails(new ProcessBuilder("no-such-program"), Errno.ENOENT);
        assertFails(new ProcessBuilder(file.toString()), Errno.EACCES);
        assertFails(new ProcessBuilder(dir.toString()), Errno.EACCES);
        assertFails(new ProcessBuilder("true").directory(new File("/no/such/directory")), Errno.ENOENT);
        assertFails(new ProcessBuilder("true").directory(file.toFile()), Errno.ENOTDIR);
        assertFails(new ProcessBuilder("true", "x".repeat(5_000_000)), 7);
    }

    private static void assertFails(ProcessBuilder builder, int errno) {
        String ours = assertThrowsExactly(IOException.class, () -> new Spawn(builder).start()).getMessage();
        String theirs = assertThrowsExactly(IOException.class, builder::start).getMessage();
        assertTrue(ours.endsWith(": error=" + errno + ", " + Errno.text(errno)), ours);
        assertTrue(theirs.startsWith(ours.substring(0, ours.lastIndexOf("error="))), theirs);
    }

    @Test
    void commandIsCheckedAsByProcessBuilder() {
        assertThrowsExactly(IndexOutOfBoundsException.class, () -> new Spawn(new ProcessBuilder()));
        assertThrowsExactly(NullPointerException.class,
            () -> new Spawn(new ProcessBuilder(Arrays.asList("true", null))));
        assertThrowsExactly(IOException.class, () -> new Spawn(new ProcessBuilder("true", "a\0b")));
    }
}
