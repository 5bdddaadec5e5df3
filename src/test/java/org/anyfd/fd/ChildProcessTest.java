package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.it.ChildJvm;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Processes;
import org.anyfd.sys.Scratch;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A child's streams and its end, one at a time. */
@Bounded
class ChildProcessTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private ChildProcess start(ProcessBuilder builder, ChildProcess.Option... options) throws IOException {
        ChildProcess child = ChildProcess.start(builder, options);
        fds.closing(() -> {
            child.destroyForcibly();
            child.close();
        });
        return child;
    }

    private ChildProcess start(String... command) throws IOException {
        return start(new ProcessBuilder(command));
    }

    private ChildProcess shell(String script) throws IOException {
        return start("sh", "-c", script);
    }

    private static String text(FdChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        while (channel.read(buffer) >= 0) {
            assertTrue(buffer.hasRemaining());
        }
        return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
    }

    private static void write(FdChannel channel, String text) throws IOException {
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void streamsAndExitAreSelected() throws Exception {
        Selector selector = fds.closing(Selector.open());
        ChildProcess child = shell("read line; echo out $line; echo err >&2; read line; exit 3");
        SelectionKey in = child.stdin().configureBlocking(false).register(selector, OP_WRITE);
        SelectionKey out = child.stdout().configureBlocking(false).register(selector, OP_READ);
        SelectionKey err = child.stderr().configureBlocking(false).register(selector, OP_READ);
        SelectionKey exit = child.exit().configureBlocking(false).register(selector, OP_READ);
        assertEquals(1, selector.select());
        assertTrue(in.isWritable());
        in.interestOps(0);
        selector.selectedKeys().clear();
        assertEquals(0, selector.selectNow());
        assertNull(child.exit().take());
        assertTrue(child.isAlive());

        write(child.stdin(), "line\n");
        ByteBuffer buffer = ByteBuffer.allocate(100);
        while (buffer.position() < "out line\nerr\n".length()) {
            selector.select(key -> {
                assertTrue(key == out || key == err, key::toString);
                try {
                    ((FdChannel) key.channel()).read(buffer);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
        }

        child.stdin().close();
        while (!exit.isValid() || !selector.selectedKeys().contains(exit)) {
            selector.select();
        }
        assertEquals(new ExitStatus(3, 0, false), child.exit().take());
        assertEquals(-1, child.stdout().read(buffer));
        assertEquals(-1, child.stderr().read(buffer));
        selector.selectedKeys().clear();
        selector.select();
        assertTrue(selector.selectedKeys().contains(exit), "stays ready");
    }

    @Test
    void fastExitLosesNoOutput() throws Exception {
        for (int i = 0; i < 50; i++) {
            try (ChildProcess child = start("seq", "10000")) {
                assertEquals(0, child.waitFor());
                assertEquals(10_000, text(child.stdout()).lines().count());
            }
        }
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
    void environmentAndDirectoryAreTheBuilders(@TempDir Path dir) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "echo $GREETING; pwd").directory(dir.toFile());
        String greeting = Letters.of("grüße");
        builder.environment().put("GREETING", greeting);
        assertEquals(greeting + "\n" + dir.toRealPath() + "\n", text(start(builder).stdout()));
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
    void sessionIsItsOwnIfWanted() throws Exception {
        String stat = text(start(new ProcessBuilder("cat", "/proc/self/stat"), ChildProcess.newSession()).stdout());
        assertEquals(stat.split(" ")[0], stat.split(" ")[5]);
    }

    @Test
    void terminalTakesThePlaceOfPipes() throws Exception {
        Raw.Pair pty = fds.pty();
        ChildProcess child = start(new ProcessBuilder("sh", "-c", "tty; echo error >&2").redirectErrorStream(true),
            ChildProcess.terminal(Raw.slaveName(pty.first())));
        assertEquals(0, child.waitFor());
        String expected = Raw.slaveName(pty.first()) + "\nerror\n";
        StringBuilder shown = new StringBuilder();
        while (shown.length() < expected.length()) {
            shown.append(new String(Raw.read(pty.first()), StandardCharsets.US_ASCII));
        }
        assertEquals(expected, shown.toString());
        assertThrowsExactly(IllegalStateException.class, child::stdout);
    }

    @Test
    void signalsEndIt() throws Exception {
        ChildProcess asked = start("sleep", "1000");
        asked.destroy();
        assertEquals(128 + 15, asked.waitFor());
        assertEquals("SIGTERM", asked.exitStatus().toString());
        ChildProcess forced = start("sleep", "1000");
        assertEquals(128 + 9, forced.destroyForcibly().waitFor());
        assertEquals(new ExitStatus(137, 9, false), forced.exitStatus());
        assertFalse(forced.signal("TERM"));
        forced.destroy();
        forced.destroyForcibly();
    }

    @Test
    void anySignalCanBeSent() throws Exception {
        ChildProcess child = shell("trap 'echo got it; exit 5' USR1; echo ready; while :; do sleep 0.01; done");
        assertEquals("ready\n", line(child));
        assertTrue(child.signal("USR1"));
        assertEquals("got it\n", line(child));
        assertEquals(5, child.waitFor());
        assertThrowsExactly(IllegalArgumentException.class, () -> child.signal("NONE"));
    }

    @Test
    void signalReachesAllThatTheChildStarted() throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "sleep 1000 & echo $!; wait");
        ChildProcess child = start(builder, ChildProcess.newSession());
        ProcessHandle grandchild = ProcessHandle.of(Long.parseLong(line(child).strip())).orElseThrow();
        assertTrue(child.signalGroup("TERM"));
        assertEquals("SIGTERM", child.exit().take().toString());
        Tasks.await(() -> !grandchild.isAlive(), "the grandchild has ended, too");
        assertFalse(child.signalGroup("TERM"));
        assertThrowsExactly(IllegalStateException.class, () -> start("true").signalGroup("TERM"));
    }

    private static String line(ChildProcess child) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(100);
        do {
            assertTrue(child.stdout().read(buffer) > 0);
        } while (buffer.get(buffer.position() - 1) != '\n');
        return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
    }

    @Test
    void everySignalHasItsName() throws Exception {
        String[] names = text(start("bash", "-c", "for n in $(seq 31); do kill -l $n; done").stdout()).split("\n");
        for (int number = 1; number <= 31; number++) {
            assertEquals(number, ExitStatus.signalNumber(names[number - 1]));
            assertEquals("SIG" + names[number - 1], ExitStatus.signalled(number, false).toString());
        }
        assertEquals("signal 40", ExitStatus.signalled(40, false).toString());
        assertEquals("SIGSEGV, core dumped", ExitStatus.signalled(11, true).toString());
        assertEquals("exit code 0", ExitStatus.exited(0).toString());
        assertTrue(ExitStatus.exited(0).isSuccess());
        assertFalse(ExitStatus.exited(1).isSuccess());
    }

    @Test
    void waitsEndInTime() throws Exception {
        ChildProcess child = start("cat");
        assertFalse(child.waitFor(10, TimeUnit.MILLISECONDS));
        assertThrowsExactly(IllegalThreadStateException.class, child::exitValue);
        child.stdin().close();
        assertTrue(child.waitFor(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals(0, child.exitValue());
        assertFalse(child.isAlive());
        assertSame(child, child.onExit().get(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    @Test
    void interruptEndsWaitForAndClosesNothing() throws Exception {
        ChildProcess child = start("cat");
        Tasks.Task<Integer> waiting = fds.run(child::waitFor);
        Tasks.await(() -> waiting.thread().getState() == Thread.State.WAITING, "waits");
        waiting.thread().interrupt();
        assertThrowsExactly(InterruptedException.class, waiting::get);
        assertTrue(child.exit().isOpen());
        assertTrue(child.isAlive());
    }

    @Test
    void endWakesABlockedTake() throws Exception {
        ChildProcess child = start("cat");
        Tasks.Task<ExitStatus> taking = fds.run(() -> child.exit().take()).awaitBlocked();
        child.stdin().close();
        assertEquals(ExitStatus.exited(0), taking.get());
        assertEquals(ExitStatus.exited(0), child.exit().take());
    }

    @Test
    void closeAndInterruptEndABlockedTake() throws Exception {
        ChildProcess closed = start("cat");
        Tasks.Task<ExitStatus> taking = fds.run(() -> closed.exit().take()).awaitBlocked();
        closed.exit().close();
        assertThrowsExactly(AsynchronousCloseException.class, taking::get);
        assertThrowsExactly(ClosedChannelException.class, () -> closed.exit().take());
        assertEquals("org.anyfd.fd.PidFdChannel[closed]", closed.exit().toString());
        ChildProcess other = start("cat");
        taking = fds.run(() -> other.exit().take()).awaitBlocked();
        taking.thread().interrupt();
        assertThrowsExactly(ClosedByInterruptException.class, taking::get);
        assertTrue(other.isAlive());
    }

    @Test
    void exitIsReadyForThoseWhoRegisterLate() throws Exception {
        ChildProcess child = start("true");
        assertEquals(0, child.waitFor());
        Selector selector = fds.closing(Selector.open());
        child.exit().configureBlocking(false).register(selector, OP_READ);
        assertEquals(1, selector.select());
        assertEquals(OP_READ, child.exit().validOps());
    }

    @Test
    void closedChildCanStillBeWaitedForAndEnded() throws Exception {
        ChildProcess child = start("sleep", "1000");
        child.close();
        child.close();
        assertThrowsExactly(ClosedChannelException.class, () -> child.stdout().read(ByteBuffer.allocate(1)));
        assertTrue(child.isAlive());
        child.destroy();
        assertEquals(128 + 15, child.waitFor());
    }

    @Test
    void nobodyAsksAndThereIsNoZombie() throws Exception {
        ChildProcess child = start("true");
        Path process = Path.of("/proc/" + child.pid());
        child.close();
        Tasks.await(() -> !Files.exists(process), "waited for");
    }

    @Test
    void handleIsTheProcesss() throws Exception {
        ChildProcess child = start("sleep", "1000");
        assertEquals(child.pid(), child.toHandle().pid());
        assertTrue(child.toHandle().isAlive());
        assertEquals(ProcessHandle.current(), child.toHandle().parent().orElseThrow());
        assertTrue(child.info().command().orElseThrow().contains("/"));
        assertTrue(child.supportsNormalTermination());
        var exit = child.toHandle().onExit();
        assertTrue(child.toHandle().destroy());
        exit.get(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertEquals(128 + 15, child.waitFor());
        assertFalse(child.toHandle().isAlive());
        // One that has ended before anybody looks has one, too.
        assertNotNull(start("true").toHandle());
    }

    @Test
    void childrenOfTheJdkAreLeftAlone() throws Exception {
        List<Process> theirs = new ArrayList<>();
        List<ChildProcess> ours = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            ProcessBuilder builder = new ProcessBuilder("sh", "-c", "exit " + i);
            theirs.add(builder.start());
            ours.add(start(builder));
        }
        for (int i = 0; i < 40; i++) {
            assertEquals(i, theirs.get(i).waitFor());
            assertEquals(i, ours.get(i).waitFor());
        }
    }

    @Test
    void failedStartLeavesNothing(@TempDir Path dir) throws Exception {
        long children = ProcessHandle.current().children().count();
        assertThrowsExactly(IOException.class, () -> ChildProcess.start(new ProcessBuilder("/no/such/program")));
        ProcessBuilder noInput = new ProcessBuilder("cat").redirectInput(dir.resolve("none").toFile());
        assertThrowsExactly(NoSuchFileException.class, () -> ChildProcess.start(noInput));
        ProcessBuilder noError = new ProcessBuilder("cat").redirectError(dir.resolve("none/file").toFile());
        assertThrowsExactly(NoSuchFileException.class, () -> ChildProcess.start(noError));
        // There may have been some of earlier tests, which are about to be waited for.
        Tasks.await(() -> ProcessHandle.current().children().count() <= children, "no child");
    }

    @Test
    void channelsHaveTheirDirection() throws Exception {
        ChildProcess child = start("cat");
        assertEquals(OP_WRITE, child.stdin().validOps());
        assertEquals(OP_READ, child.stdout().validOps());
        assertEquals("org.anyfd.fd.ChildProcess[pid " + child.pid() + ", running]", child.toString());
        child.destroyForcibly().waitFor();
        assertEquals("org.anyfd.fd.ChildProcess[pid " + child.pid() + ", SIGKILL]", child.toString());
        assertEquals("Broken pipe",
            assertThrowsExactly(IOException.class, () -> write(child.stdin(), "x")).getMessage());
    }

    @Test
    void endIsKnownThoughTheJvmWasToldToIgnoreIt() throws Exception {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "trap '' CHLD; exec \"$@\"", "sh"));
        command.addAll(ChildJvm.command(List.of(), Probe.class));
        ChildProcess jvm = start(new ProcessBuilder(command).redirectErrorStream(true));
        assertEquals("exit code 7\n", text(jvm.stdout()));
    }

    /** As if another part of the program had called wait(2) for any child. */
    @Test
    void endTakenByAnotherIsKnownSinceLinux615() throws Exception {
        ChildProcess child = start("cat");
        Tasks.Task<ExitStatus> taking = fds.run(() -> child.exit().take()).awaitBlocked();
        ignoreChildren(1);
        try {
            child.stdin().close();
            int code = taking.get().code();
            assertTrue(code == 0 || code == -1, () -> "code " + code);
            assertEquals(code, child.waitFor());
        } finally {
            ignoreChildren(0);
        }
        assertEquals("unknown, taken by another wait(2)", ExitStatus.UNKNOWN.toString());
    }

    private static void ignoreChildren(long handler) {
        Scratch s = Scratch.take();
        try {
            s.small().put(0, new byte[Layouts.SIGACTION]).putLong(Layouts.SIGACTION_HANDLER, handler);
            assertEquals(0, Processes.sigaction(Consts.SIGCHLD, s.smallAddress(), 0));
        } finally {
            s.give();
        }
    }

    /** As in a container, where nobody sets a locale. */
    @Test
    void environmentThatTheJvmCannotDecodeIsPassedOn() throws Exception {
        String script = "unset LC_ALL LANG LC_CTYPE; NAME=$(printf 'gr\\303\\274n') exec \"$@\"";
        List<String> command = new ArrayList<>(List.of("sh", "-c", script, "sh"));
        command.addAll(ChildJvm.command(List.of(), Environment.class));
        assertEquals("grün\n", text(start(new ProcessBuilder(command).redirectErrorStream(true)).stdout()));
    }

    /** Has a child print a variable. */
    static final class Environment {
        public static void main(String[] args) throws Exception {
            ChildProcess.start(new ProcessBuilder("printenv", "NAME").inheritIO()).waitFor();
        }
    }

    /** Prints how a child ended. */
    static final class Probe {
        public static void main(String[] args) throws Exception {
            try (ChildProcess child = ChildProcess.start(new ProcessBuilder("sh", "-c", "exit 7"))) {
                child.waitFor();
                System.out.println(child.exitStatus());
            }
        }
    }
}
