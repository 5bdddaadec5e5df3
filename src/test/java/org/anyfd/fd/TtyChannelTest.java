package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A terminal: modes, echo, size, what comes of hang-ups, and that it is left as it was found. */
@Bounded
class TtyChannelTest {
    private static final String CONTROL_C = "\u0003";
    private static final String CONTROL_D = "\u0004";
    private static final String ERASE = "\u007f";

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    /** As a new terminal is: cooked, with echo. */
    private int master;
    private Path name;
    private int slave;
    private String found;

    @BeforeEach
    void openPty() throws IOException {
        master = fds.closing(Raw.ptyMaster());
        name = Raw.slaveName(master);
        slave = fds.closing(Raw.open(name, Consts.O_RDWR | Consts.O_NOCTTY));
        found = Raw.settings(slave);
    }

    private TtyChannel borrow() throws IOException {
        return fds.closing(TtyChannel.borrow(slave));
    }

    private void type(String keys) throws IOException {
        Raw.write(master, keys.getBytes(ISO_8859_1));
    }

    private void assertShown(String expected) throws IOException {
        assertEquals(expected, new String(Raw.readAtLeast(master, expected.length()), ISO_8859_1));
    }

    private static String read(TtyChannel tty) throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(100);
        return tty.read(dst) < 0 ? "end" : ISO_8859_1.decode(dst.flip()).toString();
    }

    private static void write(TtyChannel tty, String text) throws IOException {
        tty.write(ByteBuffer.wrap(text.getBytes(ISO_8859_1)));
    }

    private static void assertReady(Selector selector, SelectionKey key, int ops) throws IOException {
        assertEquals(ops == 0 ? 0 : 1, ops == 0 ? selector.select(20) : selector.select(10_000));
        if (ops != 0) {
            assertEquals(ops, key.readyOps());
            selector.selectedKeys().clear();
        }
    }

    // -- Modes --

    @Test
    void cookedGivesEditedLines() throws IOException {
        TtyChannel tty = borrow();
        assertEquals(TtyMode.COOKED, tty.mode());
        assertTrue(tty.isEcho());
        type("ab" + ERASE + "c\r");
        assertEquals("ac\n", read(tty));
        assertShown("ab\b \bc\r\n");
        write(tty, "x\ny");
        assertShown("x\r\ny");
    }

    @Test
    void cbreakGivesKeysAsTheyAreTyped() throws IOException {
        TtyChannel tty = borrow();
        tty.setMode(TtyMode.CBREAK);
        assertEquals(TtyMode.CBREAK, tty.mode());
        assertFalse(tty.isEcho());
        type("a");
        assertEquals("a", read(tty));
        type(ERASE + CONTROL_D + "\r");
        assertEquals(ERASE + CONTROL_D + "\n", read(tty));
        write(tty, "x\ny");
        // Nothing was echoed.
        assertShown("x\r\ny");
    }

    @Test
    void rawGivesAndTakesBytesAsTheyAre() throws IOException {
        TtyChannel tty = borrow();
        tty.setMode(TtyMode.RAW);
        assertEquals(TtyMode.RAW, tty.mode());
        StringBuilder all = new StringBuilder();
        for (char c = 0; c < 256; c++) {
            all.append(c);
        }
        type(all.toString());
        StringBuilder got = new StringBuilder();
        while (got.length() < 256) {
            got.append(read(tty));
        }
        assertEquals(all.toString(), got.toString());
        write(tty, all.toString());
        assertShown(all.toString());
    }

    @ParameterizedTest
    @EnumSource
    void everyModeFollowsEveryOther(TtyMode from) throws IOException {
        TtyChannel tty = borrow();
        for (TtyMode to : TtyMode.values()) {
            tty.setMode(from);
            assertEquals(from, tty.mode());
            tty.setMode(to);
            assertEquals(to, tty.mode());
            assertEquals(to == TtyMode.COOKED, tty.isEcho());
        }
        tty.setMode(TtyMode.COOKED);
        assertEquals(found, Raw.settings(slave));
    }

    @Test
    void linesCanBeHadOfATerminalThatWasFoundRaw() throws IOException {
        Raw.makeRaw(slave);
        String foundRaw = Raw.settings(slave);
        TtyChannel tty = borrow();
        tty.setMode(TtyMode.COOKED);
        type("ab\r");
        assertEquals("ab\n", read(tty));
        assertShown("ab\r\n");
        tty.close();
        assertEquals(foundRaw, Raw.settings(slave));
    }

    /** Whose reads return 0, which would pass for the end, whenever nothing has been typed. */
    @Test
    void aTerminalThatWasFoundPollingIsWaitedFor() throws Exception {
        Raw.makeRaw(slave);
        Raw.setMinimum(slave, 0);
        TtyChannel tty = borrow();
        tty.setMode(TtyMode.RAW);
        tty.configureBlocking(false);
        assertEquals(0, tty.read(ByteBuffer.allocate(1)));
        tty.configureBlocking(true);
        Tasks.Task<String> reader = fds.run(() -> read(tty)).awaitBlocked();
        type("a");
        assertEquals("a", reader.get());
    }

    @Test
    void aPasswordIsNotShown() throws IOException {
        TtyChannel tty = borrow();
        tty.setEcho(false);
        assertEquals(TtyMode.COOKED, tty.mode());
        type("secret\r");
        assertEquals("secret\n", read(tty));
        tty.setEcho(true);
        type("open\r");
        assertEquals("open\n", read(tty));
        assertShown("open\r\n");
    }

    // -- Left as found --

    @ParameterizedTest
    @EnumSource
    void closeLeavesTheTerminalAsItWas(TtyMode mode) throws IOException {
        TtyChannel tty = borrow();
        tty.setMode(mode);
        tty.setEcho(!tty.isEcho());
        assertNotEquals(found, Raw.settings(slave));
        tty.close();
        assertEquals(found, Raw.settings(slave));
    }

    @Test
    void whatWasNotChangedIsNotPutBack() throws IOException {
        TtyChannel tty = borrow();
        tty.mode();
        Raw.makeRaw(slave);
        String other = Raw.settings(slave);
        tty.close();
        assertEquals(other, Raw.settings(slave));
    }

    @Test
    void restoreIsForTheMeantime() throws IOException {
        TtyChannel tty = borrow();
        tty.restore();
        assertEquals(found, Raw.settings(slave));
        tty.setMode(TtyMode.RAW);
        tty.restore();
        assertEquals(found, Raw.settings(slave));
        tty.setMode(TtyMode.RAW);
        tty.close();
        assertEquals(found, Raw.settings(slave));
    }

    @Test
    void theLastOfSeveralChannelsPutsItBack() throws IOException {
        TtyChannel borrowed = borrow();
        TtyChannel opened = fds.closing(TtyChannel.open(name));
        borrowed.setMode(TtyMode.CBREAK);
        opened.setMode(TtyMode.RAW);
        borrowed.close();
        assertEquals(TtyMode.RAW, opened.mode());
        opened.close();
        assertEquals(found, Raw.settings(slave));
    }

    @Test
    void closeOfARegisteredChannelPutsItBackAtOnce() throws IOException {
        TtyChannel tty = borrow();
        tty.setMode(TtyMode.RAW);
        tty.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            tty.register(selector, OP_READ);
            selector.selectNow();
            tty.close();
            assertEquals(found, Raw.settings(slave));
        }
    }

    @Test
    void closeOfATerminalThatIsGoneIsQuiet() throws IOException {
        TtyChannel tty = borrow();
        tty.setMode(TtyMode.RAW);
        fds.close(master);
        tty.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void flagsOfTheSharedDescriptionAreNeverTouched(boolean nonBlocking) throws Exception {
        Raw.setNonBlocking(slave, nonBlocking);
        int flags = Raw.flags(slave);
        TtyChannel tty = borrow();
        tty.setMode(TtyMode.RAW);
        Tasks.Task<String> reader = fds.run(() -> read(tty)).awaitBlocked();
        assertEquals(flags, Raw.flags(slave));
        type("x");
        assertEquals("x", reader.get());
        tty.configureBlocking(false);
        write(tty, "y");
        assertEquals(flags, Raw.flags(slave));
        tty.close();
        assertEquals(flags, Raw.flags(slave));
    }

    // -- Opening --

    @Test
    void onlyTerminalsAreTaken() throws IOException {
        int pipe = fds.pipe().first();
        for (Executable take : List.<Executable>of(() -> TtyChannel.own(pipe), () -> TtyChannel.borrow(pipe))) {
            assertEquals("ioctl(TCGETS, fd " + pipe + "): ENOTTY inappropriate ioctl for device",
                assertThrowsExactly(IOException.class, take).getMessage());
        }
        assertTrue(Raw.isOpen(pipe));
        assertFalse(TtyChannel.isTerminal(pipe));
        assertTrue(TtyChannel.isTerminal(slave));
        assertFalse(TtyChannel.isTerminal(-1));
        assertEquals("/dev/null: not a terminal (Inappropriate ioctl for device)",
            assertThrowsExactly(FileSystemException.class, () -> TtyChannel.open(Path.of("/dev/null"))).getMessage());
        assertThrowsExactly(NoSuchFileException.class, () -> TtyChannel.open(Path.of("/dev/nothing")));
        assertTrue(assertThrows(IOException.class, () -> TtyChannel.borrow(-1)).getMessage().contains("EBADF"));
    }

    @Test
    void onlyTheLackOfAControllingTerminalIsCalledSo() {
        FileSystemException none = new FileSystemException("/dev/tty", null, Errno.text(Errno.ENXIO));
        assertEquals("/dev/tty: this process has no controlling terminal (No such device or address)",
            TtyChannel.withoutTerminal(none).getMessage());
        for (FileSystemException other : List.of(new AccessDeniedException("/dev/tty"), new NoSuchFileException("/dev/tty"),
                new FileSystemException("/dev/tty", null, Errno.text(Errno.EMFILE)))) {
            assertSame(other, TtyChannel.withoutTerminal(other));
        }
    }

    @Test
    void ownedNumberIsClosed() throws IOException {
        int number = fds.closing(Raw.open(name, Consts.O_RDWR | Consts.O_NOCTTY));
        TtyChannel tty = fds.closing(TtyChannel.own(number));
        fds.giveAway(number);
        write(tty, "x");
        assertShown("x");
        assertEquals("org.anyfd.fd.TtyChannel[fd " + tty.getFD() + ", " + name + "]", tty.toString());
        tty.close();
        assertEquals("org.anyfd.fd.TtyChannel[closed]", tty.toString());
    }

    @Test
    void borrowedNumberStaysOpenAndIsTold() throws IOException {
        TtyChannel tty = borrow();
        assertEquals(slave, tty.getFD());
        tty.close();
        assertTrue(Raw.isOpen(slave));
    }

    @Test
    void oneThatIsOpenForReadingIsNotWritten() throws IOException {
        int reading = fds.closing(Raw.open(name, Consts.O_RDONLY | Consts.O_NOCTTY));
        TtyChannel tty = fds.closing(TtyChannel.borrow(reading));
        assertEquals(OP_READ, tty.validOps());
        assertThrowsExactly(NonWritableChannelException.class, () -> tty.write(ByteBuffer.allocate(1)));
        tty.setMode(TtyMode.RAW);
        assertEquals(TtyMode.RAW, tty.mode());
    }

    @Test
    void everyMethodOfAClosedChannelSaysSo() throws IOException {
        TtyChannel tty = fds.closing(TtyChannel.open(name));
        tty.close();
        for (Executable use : uses(tty)) {
            assertThrowsExactly(ClosedChannelException.class, use);
        }
        for (Executable use : List.<Executable>of(tty::restore, () -> read(tty), () -> write(tty, "x"))) {
            assertThrowsExactly(ClosedChannelException.class, use);
        }
        assertEquals(found, Raw.settings(slave));
    }

    @Test
    void everyMethodOfATerminalThatHungUpSaysSo() throws IOException {
        TtyChannel tty = borrow();
        tty.setMode(TtyMode.RAW);
        fds.close(master);
        for (Executable use : uses(tty)) {
            String message = assertThrowsExactly(IOException.class, use).getMessage();
            assertTrue(message.matches("ioctl\\(\\w+, fd \\d+\\): EIO input/output error"), message);
        }
        tty.restore();
    }

    /** All that asks the terminal itself. */
    private static List<Executable> uses(TtyChannel tty) {
        return List.of(tty::mode, () -> tty.setMode(TtyMode.RAW), tty::isEcho, () -> tty.setEcho(false), tty::size,
            () -> tty.setSize(new WindowSize(1, 1)), tty::line, () -> tty.setLine(LineSettings.of(9600)), tty::isExclusive,
            () -> tty.setExclusive(true), () -> tty.setBreak(true), tty::modemLines,
            () -> tty.setModemLine(ModemLine.DTR, true), tty::outstanding, tty::drain, tty::discardInput,
            tty::discardOutput);
    }

    // -- Selected, blocked, ended, hung up --

    @Test
    void readyWhenSomethingIsTyped() throws IOException {
        TtyChannel tty = borrow();
        tty.setMode(TtyMode.CBREAK);
        tty.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            SelectionKey key = tty.register(selector, OP_READ);
            assertReady(selector, key, 0);
            type("k");
            assertReady(selector, key, OP_READ);
            assertEquals("k", read(tty));
            assertReady(selector, key, 0);
            key.interestOps(OP_READ | OP_WRITE);
            assertReady(selector, key, OP_WRITE);
        }
    }

    @Test
    void endOfInputIsNotForEver() throws Exception {
        TtyChannel tty = borrow();
        try (Selector selector = Selector.open()) {
            for (int i = 0; i < 3; i++) {
                tty.configureBlocking(false);
                SelectionKey key = tty.register(selector, OP_READ);
                type(CONTROL_D);
                assertReady(selector, key, OP_READ);
                assertEquals("end", read(tty));
                assertEquals("", read(tty));
                assertReady(selector, key, 0);
                key.cancel();
                selector.selectNow();
                tty.configureBlocking(true);
                Tasks.Task<String> reader = fds.run(() -> read(tty)).awaitBlocked();
                type("more\r");
                assertEquals("more\n", reader.get());
            }
        }
    }

    @Test
    void hangUpIsTheEnd() throws Exception {
        TtyChannel tty = borrow();
        Tasks.Task<String> reader = fds.run(() -> read(tty)).awaitBlocked();
        fds.close(master);
        assertEquals("end", reader.get());
        assertEquals("end", read(tty));
        assertEquals("Input/output error", assertThrowsExactly(IOException.class, () -> write(tty, "x")).getMessage());
        tty.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            SelectionKey key = tty.register(selector, OP_READ | OP_WRITE);
            assertReady(selector, key, OP_READ | OP_WRITE);
            key.interestOps(0);
            assertReady(selector, key, 0);
        }
    }

    @Test
    void closeEndsABlockedReadAndPutsTheModeBack() throws Exception {
        TtyChannel tty = borrow();
        tty.setMode(TtyMode.RAW);
        Tasks.Task<String> reader = fds.run(() -> read(tty)).awaitBlocked();
        tty.close();
        assertThrowsExactly(AsynchronousCloseException.class, reader::get);
        assertEquals(found, Raw.settings(slave));
    }

    @Test
    void interruptEndsABlockedReadAndPutsTheModeBack() throws Exception {
        TtyChannel tty = borrow();
        tty.setMode(TtyMode.RAW);
        Tasks.Task<String> reader = fds.run(() -> read(tty)).awaitBlocked();
        reader.thread().interrupt();
        assertThrowsExactly(ClosedByInterruptException.class, reader::get);
        assertEquals(found, Raw.settings(slave));
    }

    @Test
    void modeMayChangeDuringABlockedRead() throws Exception {
        TtyChannel tty = borrow();
        Tasks.Task<String> reader = fds.run(() -> read(tty)).awaitBlocked();
        type("x");
        tty.setMode(TtyMode.RAW);
        assertEquals("x", reader.get());
    }

    @Test
    void controlCIsAByteInRawMode() throws IOException {
        TtyChannel tty = borrow();
        tty.setMode(TtyMode.RAW);
        type(CONTROL_C);
        assertEquals(CONTROL_C, read(tty));
    }

    // -- Size --

    @Test
    void sizeIsTheSameAtBothEnds() throws IOException {
        TtyChannel tty = borrow();
        assertEquals(new WindowSize(0, 0), tty.size());
        WindowSize size = new WindowSize(132, 43, 0xFFFF, 1);
        tty.setSize(size);
        assertEquals(size, fds.closing(TtyChannel.borrow(master)).size());
    }

    @Test
    void sizeOutOfRangeIsRefused() {
        assertThrowsExactly(IllegalArgumentException.class, () -> new WindowSize(-1, 1));
        assertThrowsExactly(IllegalArgumentException.class, () -> new WindowSize(1, 0x10000));
    }
}
