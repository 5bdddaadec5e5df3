package org.anyfd.fd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.anyfd.fd.LineSettings.FlowControl;
import org.anyfd.fd.LineSettings.Parity;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Serial lines, as far as a pty can stand for one: it keeps speed, stop bits and flow control, and has no wires. */
@Bounded
class SerialLineTest {
    private static final int CAP_SYS_ADMIN = 21;
    private static final LineSettings USUAL = LineSettings.of(115200);

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    /** The device at the other end of the line. */
    private int device;
    private Path name;

    @BeforeEach
    void openPty() throws IOException {
        device = fds.closing(Raw.ptyMaster());
        name = Raw.slaveName(device);
    }

    private TtyChannel line() throws IOException {
        return fds.closing(TtyChannel.openLine(name, USUAL));
    }

    @Test
    void bytesPassAsTheyAre() throws IOException {
        TtyChannel line = line();
        assertEquals(USUAL, line.line());
        assertEquals(TtyMode.RAW, line.mode());
        byte[] bytes = {0, 3, 4, 10, 13, 17, 19, 26, (byte) 127, (byte) 255};
        line.write(ByteBuffer.wrap(bytes));
        assertEquals(ByteBuffer.wrap(bytes), ByteBuffer.wrap(Raw.readAtLeast(device, bytes.length)));
        Raw.write(device, bytes);
        ByteBuffer got = ByteBuffer.allocate(100);
        while (got.position() < bytes.length) {
            line.read(got);
        }
        assertEquals(ByteBuffer.wrap(bytes), got.flip());
    }

    /** The usual ones are set by their code, of which the kernel makes the number that is read back. */
    @ParameterizedTest
    @ValueSource(ints = {50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400, 57600, 115200,
        230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000})
    void usualSpeedsAreKnownToProgramsThatKnowNoOthers(int speed) throws IOException {
        TtyChannel line = line();
        line.setLine(USUAL.withSpeed(speed));
        assertEquals(speed, line.line().speed());
        Termios termios = Termios.of(line.fd());
        assertEquals(speed, termios.ispeed());
        assertNotEquals(Consts.BOTHER, termios.cflag() & Consts.CBAUD);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 51, 31250, 250000, 12_000_000})
    void otherSpeedsAreSetAsWell(int speed) throws IOException {
        TtyChannel line = line();
        line.setLine(USUAL.withSpeed(speed));
        assertEquals(speed, line.line().speed());
        line.setLine(USUAL);
        assertEquals(USUAL, line.line());
    }

    @ParameterizedTest
    @EnumSource
    void flowControlAndStopBitsAreSet(FlowControl flow) throws IOException {
        TtyChannel line = line();
        LineSettings wanted = USUAL.withStopBits(2).withFlow(flow);
        line.setLine(wanted);
        assertEquals(wanted, line.line());
        line.setLine(USUAL);
        assertEquals(USUAL, line.line());
        assertEquals(TtyMode.RAW, line.mode());
    }

    @Test
    void softwareFlowControlHoldsTheOutput() throws Exception {
        TtyChannel line = line();
        line.setLine(USUAL.withFlow(FlowControl.SOFTWARE));
        line.configureBlocking(false);
        byte xOff = 0x13;
        byte xOn = 0x11;
        Raw.write(device, xOff);
        // Not by writing until nothing is taken: nobody reads, and the pty may be full before it is stopped.
        Tasks.await(() -> (Raw.poll(line.getFD()) & Consts.POLLOUT) == 0, "output held");
        line.configureBlocking(true);
        Tasks.Task<Integer> writer = fds.run(() -> line.write(ByteBuffer.allocate(1))).awaitBlocked();
        Raw.write(device, xOn);
        assertEquals(1, writer.get());
    }

    /** The kernel's tables go both ways, also for what a pty does not take. */
    @ParameterizedTest
    @EnumSource
    void everyFrameGoesIntoTheFlagsAndComesBack(Parity parity) throws IOException {
        Termios termios = Termios.of(line().fd());
        for (int dataBits = 5; dataBits <= 8; dataBits++) {
            for (int stopBits = 1; stopBits <= 2; stopBits++) {
                LineSettings frame = new LineSettings(1234, dataBits, parity, stopBits, FlowControl.SOFTWARE);
                Termios set = frame.on(termios);
                assertEquals(frame, LineSettings.of(set));
                assertEquals(USUAL, LineSettings.of(USUAL.on(set)));
            }
        }
    }

    @Test
    void whatTheDriverDoesNotTakeIsToldAndTakenBack() throws IOException {
        TtyChannel line = line();
        String before = Raw.settings(line.getFD());
        LineSettings wanted = LineSettings.of(9600).withDataBits(7).withParity(Parity.EVEN).withFlow(FlowControl.HARDWARE);
        assertEquals("ioctl(TCSETS2, fd " + line.getFD()
                + "): the driver made 9600 8N1 RTS/CTS of 9600 7E1 RTS/CTS",
            assertThrowsExactly(IOException.class, () -> line.setLine(wanted)).getMessage());
        assertEquals(before, Raw.settings(line.getFD()));
        assertThrowsExactly(IOException.class, () -> TtyChannel.openLine(name, wanted));
    }

    @Test
    void speedsMayBeOffByAFiftieth() {
        assertTrue(USUAL.takenAs(USUAL.withSpeed(115200 + 2304)));
        assertTrue(USUAL.takenAs(USUAL.withSpeed(115200 - 2304)));
        assertFalse(USUAL.takenAs(USUAL.withSpeed(115200 + 2305)));
        assertFalse(USUAL.takenAs(USUAL.withStopBits(2)));
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        for (int speed : new int[] {0, -1}) {
            assertThrowsExactly(IllegalArgumentException.class, () -> LineSettings.of(speed));
        }
        for (int dataBits : new int[] {4, 9}) {
            assertThrowsExactly(IllegalArgumentException.class, () -> USUAL.withDataBits(dataBits));
        }
        for (int stopBits : new int[] {0, 3}) {
            assertThrowsExactly(IllegalArgumentException.class, () -> USUAL.withStopBits(stopBits));
        }
        assertThrowsExactly(NullPointerException.class, () -> USUAL.withParity(null));
    }

    @Test
    void settingsStayWhenTheLineIsClosed() throws IOException {
        try (TtyChannel other = fds.closing(TtyChannel.open(name))) {
            TtyChannel line = line();
            line.setLine(USUAL.withSpeed(31250));
            line.close();
            assertEquals(31250, other.line().speed());
            assertEquals(TtyMode.COOKED, other.mode());
        }
    }

    @Test
    void exclusiveUseKeepsOthersOut() throws Exception {
        TtyChannel line = line();
        assertFalse(line.isExclusive());
        line.setExclusive(true);
        assertTrue(line.isExclusive());
        if (hasCapSysAdmin()) {
            TtyChannel.open(name).close();
        } else {
            assertTrue(assertThrowsExactly(FileSystemException.class, () -> TtyChannel.open(name)).getMessage()
                .contains("busy"));
        }
        line.setExclusive(false);
        assertFalse(line.isExclusive());
        TtyChannel.open(name).close();
    }

    private static boolean hasCapSysAdmin() throws IOException {
        String effective = Files.readString(Path.of("/proc/self/status")).lines()
            .filter(line -> line.startsWith("CapEff:")).findAny().orElseThrow();
        return (Long.parseUnsignedLong(effective.split("\\s+")[1], 16) >> CAP_SYS_ADMIN & 1) != 0;
    }

    @Test
    void aPtyHasNoModemLines() throws IOException {
        TtyChannel line = line();
        String refused = "ioctl(%s, fd " + line.getFD() + "): ENOTTY inappropriate ioctl for device";
        assertEquals(String.format(refused, "TIOCMGET"),
            assertThrowsExactly(IOException.class, line::modemLines).getMessage());
        assertEquals(String.format(refused, "TIOCMBIS"),
            assertThrowsExactly(IOException.class, () -> line.setModemLine(ModemLine.DTR, true)).getMessage());
        assertEquals(String.format(refused, "TIOCMBIC"),
            assertThrowsExactly(IOException.class, () -> line.setModemLine(ModemLine.RTS, false)).getMessage());
        assertEquals("DCD is set by the other end",
            assertThrowsExactly(IllegalArgumentException.class, () -> line.setModemLine(ModemLine.DCD, true)).getMessage());
    }

    @Test
    void aBreakOfAPtyPassesUnseen() throws IOException {
        TtyChannel line = line();
        line.setBreak(true);
        line.setBreak(false);
    }

    @Test
    void drainedWhenAllIsSent() throws IOException {
        TtyChannel line = line();
        line.write(ByteBuffer.allocate(10));
        line.drain();
        assertEquals(0, line.outstanding());
    }

    @Test
    void discardedInputIsNotRead() throws Exception {
        TtyChannel line = line();
        line.configureBlocking(false);
        Raw.write(device, (byte) 'a');
        Tasks.await(() -> (Raw.poll(line.getFD()) & Consts.POLLIN) != 0, "input came");
        line.discardInput();
        Raw.write(device, (byte) 'b');
        Tasks.await(() -> (Raw.poll(line.getFD()) & Consts.POLLIN) != 0, "input came");
        ByteBuffer got = ByteBuffer.allocate(10);
        assertEquals(1, line.read(got));
        assertEquals('b', got.get(0));
    }

    @Test
    void discardedOutputMakesRoom() throws Exception {
        TtyChannel line = line();
        line.configureBlocking(false);
        Tasks.await(() -> written(line) == 0, "full");
        line.discardOutput();
        assertTrue(written(line) > 0);
    }

    private static int written(TtyChannel line) {
        try {
            return line.write(ByteBuffer.allocate(4096));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void anUnpluggedLineIsAtItsEnd() throws Exception {
        TtyChannel line = line();
        Tasks.Task<Integer> reader = fds.run(() -> line.read(ByteBuffer.allocate(1))).awaitBlocked();
        fds.close(device);
        assertEquals(-1, reader.get());
        assertEquals("Input/output error",
            assertThrowsExactly(IOException.class, () -> line.write(ByteBuffer.allocate(1))).getMessage());
        assertTrue(assertThrowsExactly(IOException.class, () -> line.setLine(USUAL)).getMessage().contains("EIO"));
    }

    /** For a moment the kernel has EIO for the end (pty_close), which a reader that does not stop meets now and then. */
    @ParameterizedTest
    @ValueSource(classes = {TtyChannel.class, FdChannel.class})
    void aReaderAmidTheHangUpIsAtItsEnd(Class<?> kind) throws Exception {
        for (int i = 0; i < 500; i++) {
            int master = fds.closing(Raw.ptyMaster());
            Path slave = Raw.slaveName(master);
            try (StreamChannel line = kind == TtyChannel.class ? TtyChannel.open(slave) : FdChannel.open(slave)) {
                line.configureBlocking(false);
                CountDownLatch reads = new CountDownLatch(3);
                Tasks.Task<Integer> reader = fds.run(() -> {
                    int n;
                    do {
                        n = line.read(ByteBuffer.allocate(1));
                        reads.countDown();
                    } while (n == 0);
                    return n;
                });
                assertTrue(reads.await(10, TimeUnit.SECONDS));
                fds.close(master);
                assertEquals(-1, reader.get());
            }
        }
    }
}
