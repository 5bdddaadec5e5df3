package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Processes;
import org.anyfd.sys.Scratch;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes seen to end, by selectors and by threads that wait, while others wait for them as ever. */
@Bounded
class PidFdChannelTest {
    private static final ExitStatus SEVEN = new ExitStatus(7, 0, false);
    private static final ExitStatus TERMINATED = new ExitStatus(143, 15, false);
    private static final ExitStatus KILLED = new ExitStatus(137, 9, false);

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    /** A child of the JDK's; killed after the test. */
    private Process start(String script) throws IOException {
        Process process = new ProcessBuilder("sh", "-c", script).redirectInput(new File("/dev/null")).start();
        fds.closing(() -> {
            process.destroyForcibly();
            process.getOutputStream().close();
            process.getInputStream().close();
            process.getErrorStream().close();
        });
        return process;
    }

    private Process sleeper() throws IOException {
        return start("exec sleep 1000");
    }

    private PidFdChannel open(Process process) throws IOException {
        return fds.closing(PidFdChannel.open(process));
    }

    private PidFdChannel open(long pid) throws IOException {
        return fds.closing(PidFdChannel.open(pid));
    }

    private static void assumeKernelTellsOfAll() {
        String[] version = System.getProperty("os.version").split("[.-]");
        assumeTrue(Integer.parseInt(version[0]) * 1000 + Integer.parseInt(version[1]) >= 6015, "since Linux 6.15");
    }

    @Test
    void runningProcessHasNotEnded() throws IOException {
        PidFdChannel end = open(sleeper());
        end.configureBlocking(false);
        assertNull(end.take());
        assertNull(end.take());
    }

    @Test
    void endOfAChildOfTheJdkIsSeenAndItsStatusKnown() throws Exception {
        for (int i = 0; i < 20; i++) {
            Process process = start("exit 7");
            try (PidFdChannel end = PidFdChannel.open(process)) {
                assertEquals(process.pid(), end.pid());
                assertEquals(SEVEN, end.take());
                assertEquals(SEVEN, end.take());
            }
            assertEquals(7, process.waitFor());
        }
    }

    @Test
    void childThatWasWaitedForIsReadyAtOnce() throws Exception {
        Process process = start("exit 7");
        process.waitFor();
        try (Selector selector = Selector.open()) {
            PidFdChannel end = open(process);
            end.configureBlocking(false).register(selector, OP_READ);
            assertEquals(1, selector.selectNow());
            assertEquals(SEVEN, end.take());
            assertEquals(process.pid(), end.pid());
            assertFalse(end.signal("TERM"));
        }
        PidFdChannel byHandle = fds.closing(PidFdChannel.open(process.toHandle()));
        assertEquals(-1, byHandle.take().code());
        assertEquals("pidfd_open(" + process.pid() + "): ESRCH no such process",
            assertThrowsExactly(IOException.class, () -> PidFdChannel.open(process.pid())).getMessage());
    }

    @Test
    void endOfAHandleIsSeen() throws Exception {
        Process process = sleeper();
        PidFdChannel end = fds.closing(PidFdChannel.open(process.toHandle()));
        Tasks.Task<ExitStatus> taking = fds.run(end::take).awaitBlocked();
        process.destroy();
        ExitStatus status = taking.get();
        assertTrue(status.equals(TERMINATED) || status.code() < 0, status::toString);
        assertEquals(143, process.waitFor());
        assumeKernelTellsOfAll();
        assertEquals(TERMINATED, end.take());
    }

    @Test
    void endOfAChildOfOursIsSeenBoth() throws Exception {
        try (ChildProcess process = ChildProcess.start(new ProcessBuilder("sh", "-c", "read x; exit 7"))) {
            PidFdChannel end = open(process);
            Tasks.Task<ExitStatus> taking = fds.run(end::take).awaitBlocked();
            process.stdin().write(ByteBuffer.wrap(new byte[] {'\n'}));
            assertEquals(SEVEN, taking.get());
            assertEquals(7, process.waitFor());
        }
    }

    @Test
    void signalThatEndedAChildOfOursIsKnown() throws Exception {
        try (ChildProcess process = ChildProcess.start(new ProcessBuilder("sleep", "1000"))) {
            PidFdChannel before = open(process);
            assertEquals(process.pid(), process.exit().pid());
            assertTrue(process.exit().signal("TERM"));
            assertEquals(TERMINATED, process.exit().take());
            assertEquals(TERMINATED, before.take());
            assertEquals(TERMINATED, open(process).take());
            assertFalse(process.exit().signal("TERM"));
        }
    }

    @Test
    void statusIsLookedAtAndNotTakenAway() throws Exception {
        int pid = new Spawn(new ProcessBuilder("sh", "-c", "exit 7")).start();
        PidFdChannel first = open(pid);
        PidFdChannel second = open(pid);
        assertEquals(SEVEN, first.take());
        assertEquals(SEVEN, second.take());
        assertEquals(7, waitFor(pid));
        assertEquals(SEVEN, first.take());
    }

    private static int waitFor(int pid) {
        Scratch s = Scratch.take();
        try {
            assertEquals(0, Processes.waitid(Consts.P_PID, pid, s.smallAddress(), Consts.WEXITED));
            return s.small().getInt(Layouts.SIGINFO_STATUS);
        } finally {
            s.give();
        }
    }

    @Test
    void processOfAnotherParentIsSeenToEnd() throws Exception {
        Process parent = start("sleep 1000 & echo $!; wait");
        PidFdChannel end = open(Long.parseLong(parent.inputReader().readLine()));
        assertTrue(end.signal("KILL"));
        ExitStatus status = end.take();
        assertTrue(status.equals(KILLED) || status.code() < 0, status::toString);
        parent.waitFor();
        assumeKernelTellsOfAll();
        assertEquals(KILLED, end.take());
    }

    @Test
    void zombieOfAnotherParentHasEndedWithoutAStatus() throws Exception {
        Process parent = start("sleep 1000 & echo $!; exec sleep 1000");
        PidFdChannel end = open(Long.parseLong(parent.inputReader().readLine()));
        Path name = Path.of("/proc/" + parent.pid() + "/comm");
        // From then on nobody waits for the child.
        Tasks.await(() -> isContent(name, "sleep\n"), "the shell is gone");
        assertTrue(end.signal("KILL"));
        assertEquals(-1, end.take().code());
        assertFalse(end.signal("TERM"));
    }

    private static boolean isContent(Path file, String content) {
        try {
            return Files.readString(file).equals(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void selectorSeesTheEndBesideASocketAndGoesOnSeeingIt() throws Exception {
        Pipe pipe = Pipe.open();
        fds.closing(pipe.source());
        fds.closing(pipe.sink());
        Process process = sleeper();
        PidFdChannel end = open(process);
        try (Selector selector = Selector.open()) {
            pipe.source().configureBlocking(false).register(selector, OP_READ);
            SelectionKey key = end.configureBlocking(false).register(selector, OP_READ);
            assertEquals(0, selector.selectNow());
            Tasks.Task<Integer> selecting = fds.run(() -> selector.select()).awaitBlocked();
            assertTrue(end.signal("SIGTERM"));
            assertEquals(1, selecting.get());
            assertEquals(Set.of(key), selector.selectedKeys());
            process.waitFor();
            for (int i = 0; i < 3; i++) {
                selector.selectedKeys().clear();
                assertEquals(1, selector.selectNow());
                assertEquals(TERMINATED, end.take());
            }
        }
    }

    @Test
    void signalIsSentWhileTheProcessRuns() throws Exception {
        Process process = start("trap 'exit 7' USR1; echo ready; while :; do sleep 0.01; done");
        assertEquals("ready", process.inputReader().readLine());
        PidFdChannel end = open(process);
        assertTrue(end.signal("USR1"));
        assertEquals(SEVEN, end.take());
        assertFalse(end.signal("USR1"));
        assertFalse(end.signal("KILL"));
    }

    @Test
    void thisProcessIsAProcessToo() throws IOException {
        PidFdChannel end = fds.closing(PidFdChannel.open(ProcessHandle.current()));
        SignalChannel signals = fds.closing(SignalChannel.open("WINCH"));
        assertTrue(end.signal("WINCH"));
        assertEquals("WINCH", signals.take().name());
        end.configureBlocking(false);
        assertNull(end.take());
    }

    @ParameterizedTest
    @ValueSource(strings = {"FOO", "", "SIG", "term", "15"})
    void unknownSignalIsRefused(String name) throws IOException {
        PidFdChannel end = open(sleeper());
        assertEquals("no signal of that name, or a real-time signal: " + name,
            assertThrowsExactly(IllegalArgumentException.class, () -> end.signal(name)).getMessage());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, 1L << 31, Long.MAX_VALUE})
    void numberOfNoProcessIsRefused(long pid) {
        assertEquals("not the number of a process: " + pid,
            assertThrowsExactly(IllegalArgumentException.class, () -> PidFdChannel.open(pid)).getMessage());
    }

    @Test
    void threadIsNoProcess() {
        long self = ProcessHandle.current().pid();
        String[] threads = new File("/proc/self/task").list((dir, name) -> !name.equals(Long.toString(self)));
        long thread = Long.parseLong(threads[0]);
        String message = assertThrowsExactly(IOException.class, () -> PidFdChannel.open(thread)).getMessage();
        assertTrue(message.startsWith("pidfd_open(" + thread + "): E"), message);
    }

    @Test
    void closeEndsABlockedTakeAndNotTheProcess() throws Exception {
        Process process = sleeper();
        PidFdChannel end = open(process);
        Tasks.Task<ExitStatus> taking = fds.run(end::take).awaitBlocked();
        end.close();
        assertThrowsExactly(AsynchronousCloseException.class, taking::get);
        assertTrue(process.isAlive());
    }

    @Test
    void interruptEndsABlockedTake() throws Exception {
        PidFdChannel end = open(sleeper());
        Tasks.Task<ExitStatus> taking = fds.run(end::take).awaitBlocked();
        taking.thread().interrupt();
        assertThrowsExactly(ClosedByInterruptException.class, taking::get);
        assertFalse(end.isOpen());
    }

    @Test
    void closedChannelRefusesEverything() throws IOException {
        Selector selector = fds.closing(Selector.open());
        PidFdChannel end = open(sleeper());
        end.close();
        end.close();
        assertThrowsExactly(ClosedChannelException.class, end::take);
        assertThrowsExactly(ClosedChannelException.class, () -> end.signal("TERM"));
        assertThrowsExactly(ClosedChannelException.class, () -> end.configureBlocking(false));
        assertThrowsExactly(ClosedChannelException.class, () -> end.register(selector, OP_READ));
        assertEquals(OP_READ, end.validOps());
    }

    @Test
    void toStringNamesProcessAndDescriptor() throws IOException {
        Process process = sleeper();
        PidFdChannel end = open(process);
        assertEquals("org.anyfd.fd.PidFdChannel[fd " + end.getFD() + ", process " + process.pid() + "]", end.toString());
        end.close();
        assertEquals("org.anyfd.fd.PidFdChannel[closed]", end.toString());
    }
}
