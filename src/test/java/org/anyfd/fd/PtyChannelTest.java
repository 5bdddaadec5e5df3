package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.List;
import java.util.Random;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The master's side of a pseudo-terminal, made here or by somebody else. */
@Bounded
class PtyChannelTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    /** How a channel comes by its descriptor. */
    private enum Origin {
        OPENED {
            @Override
            PtyChannel make(Descriptors fds) throws IOException {
                return PtyChannel.open();
            }
        },
        OWNED {
            @Override
            PtyChannel make(Descriptors fds) throws IOException {
                return PtyChannel.own(fds.giveAway(Raw.ptyMaster()));
            }
        },
        BORROWED {
            @Override
            PtyChannel make(Descriptors fds) throws IOException {
                return PtyChannel.borrow(fds.closing(Raw.ptyMaster()));
            }
        };

        abstract PtyChannel make(Descriptors fds) throws IOException;
    }

    private PtyChannel pty(Origin origin) throws IOException {
        return fds.closing(origin.make(fds));
    }

    private TtyChannel terminal(PtyChannel pty) throws IOException {
        return fds.closing(pty.openTerminal());
    }

    private static String read(StreamChannel channel) throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(100);
        return channel.read(dst) < 0 ? "end" : ISO_8859_1.decode(dst.flip()).toString();
    }

    private static void write(StreamChannel channel, String text) throws IOException {
        channel.write(ByteBuffer.wrap(text.getBytes(ISO_8859_1)));
    }

    /** Reads until there is as much: of the line's end and of the echo the kernel makes writes of their own. */
    private static void assertShows(PtyChannel pty, String expected) throws IOException {
        StringBuilder shown = new StringBuilder();
        while (shown.length() < expected.length()) {
            shown.append(read(pty));
        }
        assertEquals(expected, shown.toString());
    }

    @ParameterizedTest
    @EnumSource
    void whatIsWrittenIsTypedAndWhatIsReadIsShown(Origin origin) throws Exception {
        PtyChannel pty = pty(origin);
        TtyChannel terminal = terminal(pty);
        write(pty, "typed\r");
        assertEquals("typed\n", read(terminal));
        assertShows(pty, "typed\r\n");
        write(terminal, "shown\n");
        assertShows(pty, "shown\r\n");
        ByteBuffer[] halves = {ByteBuffer.allocate(1), ByteBuffer.allocate(10)};
        write(terminal, "xyz");
        assertEquals(3, pty.read(halves));
        assertEquals('y', halves[1].get(0));
        assertEquals(2, pty.write(new ByteBuffer[] {ByteBuffer.wrap(new byte[] {'a'}), ByteBuffer.wrap(new byte[] {'\r'})}));
        assertEquals("a\n", read(terminal));
    }

    @Test
    void terminalHasAName() throws IOException {
        PtyChannel pty = pty(Origin.OPENED);
        TtyChannel terminal = fds.closing(TtyChannel.open(pty.terminalName()));
        write(terminal, "x");
        assertEquals("x", read(pty));
    }

    @ParameterizedTest
    @EnumSource
    void readsWaitForTheFirstToOpenTheTerminal(Origin origin) throws Exception {
        PtyChannel pty = pty(origin);
        Tasks.Task<String> reader = fds.run(() -> read(pty)).awaitBlocked();
        write(terminal(pty), "x");
        assertEquals("x", reader.get());
    }

    @ParameterizedTest
    @EnumSource
    void hangUpIsTheEndAfterTheLastByte(Origin origin) throws Exception {
        PtyChannel pty = pty(origin);
        TtyChannel terminal = terminal(pty);
        write(terminal, "last");
        terminal.close();
        assertEquals("last", read(pty));
        assertEquals("end", read(pty));
        assertEquals("end", read(pty));
        pty.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            SelectionKey key = pty.register(selector, OP_READ);
            assertEquals(1, selector.selectNow());
            assertEquals(-1, pty.read(new ByteBuffer[] {ByteBuffer.allocate(1)}));
            key.interestOps(0);
            selector.selectedKeys().clear();
            assertEquals(0, selector.select(50));
        }
    }

    @ParameterizedTest
    @EnumSource
    void hangUpEndsABlockedRead(Origin origin) throws Exception {
        PtyChannel pty = pty(origin);
        TtyChannel terminal = terminal(pty);
        Tasks.Task<String> reader = fds.run(() -> read(pty)).awaitBlocked();
        terminal.close();
        assertEquals("end", reader.get());
    }

    @Test
    void theEndIsNotForEver() throws Exception {
        PtyChannel pty = pty(Origin.OPENED);
        terminal(pty).close();
        assertEquals("end", read(pty));
        TtyChannel again = terminal(pty);
        Tasks.Task<String> reader = fds.run(() -> read(pty)).awaitBlocked();
        write(again, "again");
        assertEquals("again", reader.get());
    }

    @Test
    void closeIsAHangUpForTheTerminal() throws IOException {
        PtyChannel pty = pty(Origin.OPENED);
        TtyChannel terminal = terminal(pty);
        pty.close();
        assertEquals("end", read(terminal));
    }

    @ParameterizedTest
    @EnumSource
    void closeEndsABlockedRead(Origin origin) throws Exception {
        PtyChannel pty = pty(origin);
        Tasks.Task<String> reader = fds.run(() -> read(pty)).awaitBlocked();
        pty.close();
        assertThrowsExactly(AsynchronousCloseException.class, reader::get);
    }

    @ParameterizedTest
    @EnumSource
    void interruptEndsABlockedWrite(Origin origin) throws Exception {
        PtyChannel pty = pty(origin);
        TtyChannel terminal = terminal(pty);
        terminal.setMode(TtyMode.RAW);
        Tasks.Task<Object> writer = fds.run(() -> {
            for (;;) {
                pty.write(ByteBuffer.allocate(1 << 20));
            }
        }).awaitBlocked();
        writer.thread().interrupt();
        assertThrowsExactly(ClosedByInterruptException.class, writer::get);
    }

    @ParameterizedTest
    @EnumSource
    void muchPassesInBothDirections(Origin origin) throws Exception {
        PtyChannel pty = pty(origin);
        TtyChannel terminal = terminal(pty);
        terminal.setMode(TtyMode.RAW);
        assertPasses(pty, terminal);
        assertPasses(terminal, pty);
    }

    private void assertPasses(StreamChannel from, StreamChannel to) throws Exception {
        byte[] much = new byte[300_000];
        new Random(7).nextBytes(much);
        Tasks.Task<Integer> writer = fds.run(() -> from.write(ByteBuffer.wrap(much)));
        ByteBuffer got = ByteBuffer.allocate(much.length);
        while (got.hasRemaining()) {
            assertTrue(to.read(got) > 0);
        }
        assertEquals(much.length, writer.get());
        assertEquals(ByteBuffer.wrap(much), got.flip());
    }

    @Test
    void readyWhenSomethingIsShown() throws IOException {
        PtyChannel pty = pty(Origin.OPENED);
        TtyChannel terminal = terminal(pty);
        pty.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            SelectionKey key = pty.register(selector, OP_READ | OP_WRITE);
            assertEquals(1, selector.select(10_000));
            assertEquals(OP_WRITE, key.readyOps());
            key.interestOps(OP_READ);
            selector.selectedKeys().clear();
            assertEquals(0, selector.select(20));
            write(terminal, "x");
            assertEquals(1, selector.select(10_000));
            assertEquals("x", read(pty));
        }
    }

    @Test
    void sizeAndModesAreTheTerminals() throws IOException {
        PtyChannel pty = pty(Origin.OPENED);
        TtyChannel terminal = terminal(pty);
        WindowSize size = new WindowSize(80, 25);
        pty.setSize(size);
        assertEquals(size, terminal.size());
        assertEquals(size, pty.size());
        pty.setMode(TtyMode.RAW);
        assertEquals(TtyMode.RAW, terminal.mode());
        pty.setMode(TtyMode.COOKED);
        assertEquals(TtyMode.COOKED, terminal.mode());
        assertTrue(pty.isEcho());
        pty.setEcho(false);
        assertFalse(terminal.isEcho());
        terminal.close();
        assertFalse(pty.isEcho());
        assertEquals(TtyMode.COOKED, pty.mode());
        pty.setMode(TtyMode.RAW);
        pty.setSize(new WindowSize(8, 5));
        assertEquals(TtyMode.RAW, terminal(pty).mode());
        assertEquals(new WindowSize(8, 5), pty.size());
    }

    @Test
    void adoptedFlagsAreLeftAlone() throws Exception {
        int number = fds.closing(Raw.ptyMaster());
        int flags = Raw.flags(number);
        PtyChannel pty = fds.closing(PtyChannel.borrow(number));
        Tasks.Task<String> reader = fds.run(() -> read(pty)).awaitBlocked();
        assertEquals(flags, Raw.flags(number));
        write(terminal(pty), "x");
        assertEquals("x", reader.get());
        pty.close();
        assertEquals(flags, Raw.flags(number));
        assertTrue(Raw.isOpen(number));
    }

    @Test
    void onlyMastersAreTaken() throws IOException {
        int slave = fds.pty().second();
        for (Executable take : List.<Executable>of(() -> PtyChannel.own(slave), () -> PtyChannel.borrow(slave))) {
            assertEquals("ioctl(TIOCGPTN, fd " + slave + "): ENOTTY inappropriate ioctl for device",
                assertThrowsExactly(IOException.class, take).getMessage());
        }
        assertTrue(Raw.isOpen(slave));
    }

    @Test
    void everyMethodOfAClosedChannelSaysSo() throws IOException {
        PtyChannel pty = pty(Origin.OPENED);
        assertEquals("org.anyfd.fd.PtyChannel[fd " + pty.getFD() + ", " + pty.terminalName() + "]", pty.toString());
        pty.close();
        assertEquals("org.anyfd.fd.PtyChannel[closed]", pty.toString());
        List<Executable> uses = List.of(pty::terminalName, pty::openTerminal, pty::mode, () -> pty.setMode(TtyMode.RAW),
            pty::isEcho, () -> pty.setEcho(true), pty::size, () -> pty.setSize(new WindowSize(1, 1)), () -> read(pty),
            () -> write(pty, "x"));
        for (Executable use : uses) {
            assertThrowsExactly(ClosedChannelException.class, use);
        }
    }
}
