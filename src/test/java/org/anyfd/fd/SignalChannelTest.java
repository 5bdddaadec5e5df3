package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.anyfd.fd.SignalChannel.Signal;
import org.anyfd.it.ChildJvm;
import org.anyfd.sys.Signals;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Signals to this JVM, selected and waited for; and who handles them before and after. */
@Bounded
class SignalChannelTest {
    private static final int USR1 = 10;
    private static final int URG = 23;
    private static final int WINCH = 28;

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private SignalChannel open(String... names) throws IOException {
        return fds.closing(SignalChannel.open(names));
    }

    private static void assertNone(SignalChannel signals) throws IOException {
        signals.configureBlocking(false);
        assertNull(signals.take());
    }

    @Test
    void signalIsTaken() throws IOException {
        SignalChannel signals = open("USR1");
        for (int i = 0; i < 100; i++) {
            Raw.kill(USR1);
            assertEquals(new Signal("USR1", USR1, 1), signals.take());
        }
        assertNone(signals);
    }

    @ParameterizedTest
    @CsvSource({"HUP,1", "INT,2", "USR1,10", "PIPE,13", "ALRM,14", "TERM,15", "CHLD,17", "CONT,18", "TSTP,20",
        "SIGWINCH,28", "PWR,30"})
    void whatMayBeCaughtIsCaught(String name, int number) throws IOException {
        assumeFalse(Raw.isIgnored(number), "ignored since the start, and the JVM keeps it so");
        SignalChannel signals = open(name);
        Raw.kill(number);
        assertEquals(new Signal(name, number, 1), signals.take());
    }

    @Test
    void signalsOfDifferentKindsComeInTheirOrder() throws IOException {
        SignalChannel signals = open("WINCH", "USR1");
        SignalChannel witness = open("USR1", "WINCH");
        Raw.kill(USR1);
        assertEquals("USR1", witness.take().name());
        Raw.kill(WINCH);
        assertEquals("WINCH", witness.take().name());
        Raw.kill(USR1);
        assertEquals("USR1", witness.take().name());
        assertEquals(new Signal("USR1", USR1, 2), signals.take());
        assertEquals(new Signal("WINCH", WINCH, 1), signals.take());
        assertNone(signals);
        assertNone(witness);
    }

    @Test
    void selectorSeesTheSignalBesideASocket() throws IOException {
        Pipe pipe = Pipe.open();
        fds.closing(pipe.source());
        fds.closing(pipe.sink());
        SignalChannel signals = open("USR1", "WINCH");
        try (Selector selector = Selector.open()) {
            pipe.source().configureBlocking(false).register(selector, OP_READ);
            SelectionKey key = signals.configureBlocking(false).register(selector, OP_READ);
            assertEquals(0, selector.selectNow());
            Raw.kill(USR1);
            assertEquals(1, selector.select(10_000));
            assertEquals(Set.of(key), selector.selectedKeys());
            selector.selectedKeys().clear();
            assertEquals(1, selector.selectNow(), "still ready");
            assertEquals("USR1", signals.take().name());
            selector.selectedKeys().clear();
            assertEquals(0, selector.selectNow());
        }
    }

    @Test
    void signalWakesASelection() throws Exception {
        SignalChannel signals = open("WINCH");
        try (Selector selector = Selector.open()) {
            signals.configureBlocking(false).register(selector, OP_READ);
            Tasks.Task<Integer> selecting = fds.run(() -> selector.select()).awaitBlocked();
            Raw.kill(WINCH);
            assertEquals(1, selecting.get());
        }
    }

    @Test
    void everyChannelIsToldUntilItCloses() throws IOException {
        SignalChannel first = open("USR1");
        SignalChannel second = open("WINCH", "SIGUSR1");
        SignalChannel third = open("USR1");
        Raw.kill(USR1);
        assertEquals(new Signal("USR1", USR1, 1), first.take());
        assertEquals(new Signal("SIGUSR1", USR1, 1), second.take());
        assertEquals(new Signal("USR1", USR1, 1), third.take());
        first.close();
        Raw.kill(USR1);
        assertEquals(1, second.take().count());
        assertEquals(1, third.take().count());
        third.close();
        Raw.kill(USR1);
        assertEquals(1, second.take().count());
        assertNone(second);
    }

    @Test
    void nameMayBeGivenTwice() throws IOException {
        SignalChannel signals = open("USR1", "SIGUSR1", "USR1");
        assertEquals(Set.of("USR1"), signals.names());
        Raw.kill(USR1);
        assertEquals(new Signal("USR1", USR1, 1), signals.take());
        assertNone(signals);
    }

    /** Counts what it handles in place of the default, which would end this JVM. */
    private Semaphore handled(String name) {
        Semaphore handled = new Semaphore(0);
        Object before = Signals.handle(name, Signals.handler(handled::release));
        fds.closing(() -> Signals.handle(name, before));
        return handled;
    }

    private static void assertHandled(Semaphore handled) throws InterruptedException {
        assertTrue(handled.tryAcquire(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    @Test
    void formerHandlerIsBackAfterTheLastClose() throws Exception {
        Semaphore handled = handled("USR1");
        SignalChannel first = SignalChannel.open("USR1");
        SignalChannel second = SignalChannel.open("USR1");
        Raw.kill(USR1);
        assertEquals(1, first.take().count());
        assertEquals(1, second.take().count());
        first.close();
        Raw.kill(USR1);
        assertEquals(1, second.take().count());
        assertEquals(0, handled.availablePermits());
        second.close();
        Raw.kill(USR1);
        assertHandled(handled);
        assertEquals(0, handled.availablePermits());
    }

    @Test
    void formerHandlerIsBackAfterTheCloseOfARegisteredChannel() throws Exception {
        Semaphore handled = handled("USR1");
        try (Selector selector = Selector.open(); SignalChannel signals = SignalChannel.open("USR1")) {
            signals.configureBlocking(false).register(selector, OP_READ);
            signals.close();
            Raw.kill(USR1);
            assertHandled(handled);
        }
    }

    @Test
    void handlerThatCameLaterStays() throws Exception {
        SignalChannel signals = SignalChannel.open("WINCH");
        Semaphore handled = handled("WINCH");
        signals.close();
        Raw.kill(WINCH);
        assertHandled(handled);
    }

    @ParameterizedTest
    @ValueSource(strings = {"KILL", "STOP", "QUIT", "SEGV", "BUS", "ILL", "FPE", "USR2"})
    void whatTheSystemOrTheJvmKeepsIsRefused(String name) throws Exception {
        Semaphore handled = handled("USR1");
        assertEquals("SIG" + name + " cannot be caught, the system or the JVM keeps it to itself (HUP, INT and TERM with"
                + " -Xrs)",
            assertThrowsExactly(IllegalArgumentException.class, () -> SignalChannel.open("USR1", name)).getMessage());
        Raw.kill(USR1);
        assertHandled(handled);
    }

    @ParameterizedTest
    @ValueSource(strings = {"FOO", "", "SIG", "hup", "1", "RTMIN+1"})
    void unknownNameIsRefused(String name) {
        assertEquals("no signal of that name, or a real-time signal: " + name,
            assertThrowsExactly(IllegalArgumentException.class, () -> SignalChannel.open("USR1", name)).getMessage());
    }

    @Test
    void aSignalMustBeNamed() {
        assertEquals("no signal is named",
            assertThrowsExactly(IllegalArgumentException.class, () -> SignalChannel.open()).getMessage());
        assertThrowsExactly(NullPointerException.class, () -> SignalChannel.open("USR1", null));
    }

    @Test
    void signalEndsABlockedTake() throws Exception {
        SignalChannel signals = open("WINCH");
        Tasks.Task<Signal> taking = fds.run(signals::take).awaitBlocked();
        Raw.kill(WINCH);
        assertEquals("WINCH", taking.get().name());
    }

    @Test
    void closeEndsABlockedTake() throws Exception {
        SignalChannel signals = open("WINCH");
        Tasks.Task<Signal> taking = fds.run(signals::take).awaitBlocked();
        signals.close();
        assertThrowsExactly(AsynchronousCloseException.class, taking::get);
    }

    @Test
    void interruptEndsABlockedTakeAndGivesTheSignalBack() throws Exception {
        Semaphore handled = handled("USR1");
        SignalChannel signals = open("USR1");
        Tasks.Task<Signal> taking = fds.run(signals::take).awaitBlocked();
        taking.thread().interrupt();
        assertThrowsExactly(ClosedByInterruptException.class, taking::get);
        assertFalse(signals.isOpen());
        Raw.kill(USR1);
        assertHandled(handled);
    }

    @Test
    void closedChannelRefusesEverything() throws IOException {
        Selector selector = fds.closing(Selector.open());
        SignalChannel signals = open("WINCH");
        signals.close();
        signals.close();
        assertThrowsExactly(ClosedChannelException.class, signals::take);
        assertThrowsExactly(ClosedChannelException.class, () -> signals.configureBlocking(false));
        assertThrowsExactly(ClosedChannelException.class, () -> signals.register(selector, OP_READ));
        assertEquals(OP_READ, signals.validOps());
    }

    /**
     * Of URG, which no other test sends: some may still be on their way when this test ends, in threads that have not yet
     * run the JVM's handler.
     */
    @Test
    void signalsInTheMidstOfOpeningAndClosingAreHandledBySomeone() throws Exception {
        Semaphore handled = handled("URG");
        Tasks.Task<Void> sending = fds.run(() -> {
            for (int i = 0; i < 500; i++) {
                Raw.kill(URG);
            }
            return null;
        });
        while (!sending.future().isDone()) {
            SignalChannel.open("URG").close();
        }
        sending.get();
        handled.drainPermits();
        Raw.kill(URG);
        assertHandled(handled);
    }

    /** Takes TERM once, and then leaves it to the JVM. */
    static final class TermProbe {
        public static void main(String[] args) throws IOException {
            try (SignalChannel signals = SignalChannel.open("TERM", "HUP")) {
                System.out.println("open");
                System.out.println(signals.take());
            }
            System.out.println("closed");
            System.in.read();
        }
    }

    @Test
    void termEndsTheJvmOnlyWhenNoChannelIsOpen() throws Exception {
        Process jvm = new ProcessBuilder(ChildJvm.command(List.of(), TermProbe.class))
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        fds.closing(() -> jvm.destroyForcibly());
        try (BufferedReader lines = jvm.inputReader()) {
            assertEquals("open", lines.readLine());
            jvm.toHandle().destroy();
            assertEquals("Signal[name=TERM, number=15, count=1]", lines.readLine());
            assertEquals("closed", lines.readLine());
            jvm.toHandle().destroy();
            assertTrue(jvm.waitFor(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS));
            assertEquals(128 + 15, jvm.exitValue());
        }
    }

    @Test
    void toStringNamesSignalsAndDescriptor() throws IOException {
        SignalChannel signals = open("WINCH", "SIGUSR1");
        assertEquals("org.anyfd.fd.SignalChannel[fd " + signals.getFD() + ", WINCH, SIGUSR1]", signals.toString());
        signals.close();
        assertEquals("org.anyfd.fd.SignalChannel[closed]", signals.toString());
    }
}
