package org.anyfd.fd;

import static org.anyfd.fd.InotifyChannel.IN_CREATE;
import static org.anyfd.fd.InotifyChannel.IN_DELETE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.anyfd.AnyFdSelectorProvider;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Directories;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Timers, processes and watches that somebody else opened, with O_NONBLOCK off. */
@Bounded
class AdoptedKindsTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();
    @TempDir(factory = Directories.class)
    Path directory;

    private <C extends SelectableChannel> C adopt(int number, Class<C> kind) throws IOException {
        C channel = fds.closing(AnyFdSelectorProvider.adopt(number, kind));
        fds.giveAway(number);
        return channel;
    }

    private static void awaitReadable(SelectableChannel channel) throws IOException {
        channel.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            channel.register(selector, SelectionKey.OP_READ);
            assertEquals(1, selector.select());
        }
    }

    // -- Timers --

    @Test
    void timerStaysSetAsItIs() throws Exception {
        int number = fds.aside(fds.closing(Raw.timerfd()));
        int shared = fds.closing(Raw.dup(number));
        Raw.expire(number);
        TimerFdChannel timer = adopt(number, TimerFdChannel.class);
        assertEquals(TimerFdChannel.Clock.MONOTONIC, timer.clock());
        awaitReadable(timer);
        assertEquals(1, timer.takeExpirations());
        assertEquals(0, timer.takeExpirations());
        assertFalse(Raw.isNonBlocking(shared));
    }

    @Test
    void timerIsSetAnewAndWaitedFor() throws Exception {
        TimerFdChannel timer = adopt(fds.aside(fds.closing(Raw.timerfd())), TimerFdChannel.class);
        Tasks.Task<Long> taking = fds.run(timer::takeExpirations).awaitBlocked();
        timer.schedule(Duration.ofMillis(1));
        assertEquals(1, taking.get());
        Tasks.Task<Long> again = fds.run(timer::takeExpirations).awaitBlocked();
        timer.close();
        assertThrows(AsynchronousCloseException.class, again::get);
    }

    @Test
    void timerKnowsItsClock() throws Exception {
        try (TimerFdChannel made = TimerFdChannel.open(TimerFdChannel.Clock.REALTIME)) {
            TimerFdChannel timer =
                adopt(fds.aside(fds.closing(Raw.dup(made.getFD()))), TimerFdChannel.class);
            assertEquals(TimerFdChannel.Clock.REALTIME, timer.clock());
            timer.scheduleAt(Instant.EPOCH);
            assertEquals(1, timer.takeExpirations());
        }
    }

    // -- Processes --

    @Test
    void endOfAProcessIsSeen() throws Exception {
        Process process = new ProcessBuilder("sh", "-c", "read line; exit 7").start();
        try {
            PidFdChannel end = adopt(fds.aside(fds.closing(Raw.pidfd(process.pid()))), PidFdChannel.class);
            assertEquals(process.pid(), end.pid());
            end.configureBlocking(false);
            assertNull(end.take());
            assertTrue(end.signal("CONT"));
            process.getOutputStream().close();
            awaitReadable(end);
            int code = end.take().code();
            assertTrue(code == 7 || code == -1, "told to the parent, who may have asked already: " + code);
            assertFalse(end.signal("CONT"));
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void processThatWasWaitedForHasNoNumber() throws Exception {
        Process process = new ProcessBuilder("cat").start();
        int number = fds.aside(fds.closing(Raw.pidfd(process.pid())));
        process.getOutputStream().close();
        process.waitFor();
        PidFdChannel end = adopt(number, PidFdChannel.class);
        assertEquals(-1, end.pid());
        awaitReadable(end);
        int code = end.take().code();
        assertTrue(code == 0 || code == -1, "told since Linux 6.15: " + code);
    }

    // -- Watches --

    @Test
    void watchesOfOthersTellTheNameAlone() throws Exception {
        int number = fds.aside(fds.closing(Raw.inotify()));
        int shared = fds.closing(Raw.dup(number));
        Raw.watch(number, directory);
        InotifyChannel inotify = adopt(number, InotifyChannel.class);
        Files.createFile(directory.resolve("one"));
        awaitReadable(inotify);
        List<InotifyEvent> events = inotify.read();
        assertEquals("[IN_CREATE one]", events.toString());
        assertEquals(Path.of(""), events.get(0).watch().path());
        assertEquals(List.of(), inotify.read());
        assertFalse(Raw.isNonBlocking(shared));

        InotifyWatch watch = inotify.watch(directory, IN_CREATE | IN_DELETE);
        assertSame(events.get(0).watch(), watch);
        Files.delete(directory.resolve("one"));
        assertEquals("[IN_DELETE " + directory.resolve("one") + "]", inotify.read().toString());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void watchOfOthersEnds(boolean cancelled) throws Exception {
        int number = fds.aside(fds.closing(Raw.inotify()));
        Path other = Files.createDirectory(directory.resolve("other"));
        Raw.watch(number, other);
        InotifyChannel inotify = adopt(number, InotifyChannel.class);
        InotifyWatch mine = inotify.watch(directory, IN_DELETE);
        Files.createFile(other.resolve("file"));
        InotifyWatch watch = inotify.read().get(0).watch();
        Files.createFile(other.resolve("another"));
        if (cancelled) {
            watch.cancel();
        }
        Files.delete(other.resolve("file"));
        Files.delete(other.resolve("another"));
        Files.delete(other);
        String gone = "IN_DELETE|IN_ISDIR " + other;
        assertEquals(cancelled ? "[" + gone + "]" : "[IN_CREATE another, IN_IGNORED , " + gone + "]", inotify.read().toString());
        assertFalse(watch.isValid());
        assertTrue(mine.isValid());
    }

    @Test
    void closeWakesTheReader() throws Exception {
        InotifyChannel inotify = adopt(fds.aside(fds.closing(Raw.inotify())), InotifyChannel.class);
        Tasks.Task<?> reading = fds.run(inotify::read).awaitBlocked();
        inotify.close();
        assertThrows(AsynchronousCloseException.class, reading::get);
    }

    // -- What cannot be --

    private interface Owner {
        Object own(int fd) throws IOException;
    }

    @Test
    void otherKindsAreRefusedAndLeftOpen() throws Exception {
        int number = fds.pipe().first();
        for (Owner owner : new Owner[] {EventFdChannel::own, TimerFdChannel::own, PidFdChannel::own, InotifyChannel::own}) {
            String message = assertThrows(IOException.class, () -> owner.own(number)).getMessage();
            assertTrue(message.matches("not of kind [A-Z]+: fd " + number + " PIPE pipe:\\[\\d+]"), message);
            assertEquals("fcntl(F_GETFL, fd 12345): EBADF bad file descriptor",
                assertThrows(IOException.class, () -> owner.own(12345)).getMessage());
        }
        assertTrue(Raw.isOpen(number));
    }
}
