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

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.anyfd.it.ChildJvm;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Processes;
import org.anyfd.sys.Scratch;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
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
        return start(fds, builder, options);
    }

    /** One that is ended after the test. */
    static ChildProcess start(Descriptors fds, ProcessBuilder builder, ChildProcess.Option... options)
            throws IOException {
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

    /** All that it says until it closes the stream. */
    static String text(FdChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        while (channel.read(buffer) >= 0) {
            assertTrue(buffer.hasRemaining());
        }
        return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
    }

    static void write(FdChannel channel, String text) throws IOException {
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
    void environmentAndDirectoryAreTheBuilders(@TempDir Path dir) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "echo $GREETING; pwd").directory(dir.toFile());
        String greeting = Letters.of("grüße");
        builder.environment().put("GREETING", greeting);
        assertEquals(greeting + "\n" + dir.toRealPath() + "\n", text(start(builder).stdout()));
    }

    @Test
    void sessionIsItsOwnIfWanted() throws Exception {
        String stat = text(start(new ProcessBuilder("cat", "/proc/self/stat"), ChildProcess.newSession()).stdout());
        assertEquals(stat.split(" ")[0], stat.split(" ")[5]);
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

    @Test
    void scriptWithoutInterpreterIsFoundAlongThePath(@TempDir Path dir) throws Exception {
        Path script = Files.writeString(dir.resolve("a-script"), "echo \"$0 has $1\"");
        assertTrue(script.toFile().setExecutable(true));
        ProcessBuilder jvm = new ProcessBuilder(ChildJvm.command(List.of(), Script.class)).redirectErrorStream(true);
        jvm.environment().merge("PATH", dir.toString(), (path, first) -> first + ":" + path);
        assertEquals(script + " has x\n", text(start(jvm).stdout()));
    }

    /** Runs a script by its name. */
    static final class Script {
        public static void main(String[] args) throws Exception {
            ChildProcess.start(new ProcessBuilder("a-script", "x").inheritIO()).waitFor();
        }
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
