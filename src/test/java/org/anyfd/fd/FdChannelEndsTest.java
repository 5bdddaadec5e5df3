package org.anyfd.fd;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a channel meets at the end of things, and what files and devices make of it: end-of-stream, broken pipes, hang-ups,
 * and the kernel's own words for what it refuses.
 */
@Bounded
class FdChannelEndsTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }

    private static String text(ByteBuffer read) {
        return US_ASCII.decode(read.duplicate().flip()).toString();
    }

    // -- The ends of things --

    @Test
    void readerHearsOfEachByteAndThenTheEnd() throws IOException {
        Raw.Pair pipe = fds.pipe();
        FdChannel source = fds.own(pipe.first());
        Raw.write(pipe.second(), (byte) 1, (byte) 2);
        fds.close(pipe.second());
        ByteBuffer dst = ByteBuffer.allocate(10);
        assertEquals(2, source.read(dst));
        assertEquals(-1, source.read(dst));
        assertEquals(-1, source.read(new ByteBuffer[] {dst}));
        source.configureBlocking(false);
        assertEquals(-1, source.read(dst));
        assertEquals(0, source.read(ByteBuffer.allocate(0)));
        assertEquals(2, dst.position());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void writeWithoutAReaderIsABrokenPipe(boolean blocking) throws IOException {
        Raw.Pair pipe = fds.pipe();
        Raw.Pair sockets = fds.sockets();
        FdChannel sink = fds.own(pipe.second());
        FdChannel socket = fds.own(sockets.first());
        fds.close(pipe.first());
        fds.close(sockets.second());
        for (FdChannel channel : List.of(sink, socket)) {
            channel.configureBlocking(blocking);
            ByteBuffer one = ByteBuffer.allocate(1);
            IOException e = assertThrowsExactly(IOException.class, () -> channel.write(one));
            assertEquals("Broken pipe", e.getMessage());
            e = assertThrowsExactly(IOException.class, () -> channel.write(new ByteBuffer[] {one}));
            assertEquals("Broken pipe", e.getMessage());
            assertEquals(0, one.position());
            assertTrue(channel.isOpen());
        }
    }

    @Test
    void masterReadsWhatIsLeftAndThenAnError() throws IOException {
        Raw.Pair pty = fds.pty();
        FdChannel master = fds.own(pty.first());
        Raw.write(pty.second(), "bye".getBytes(US_ASCII));
        fds.close(pty.second());
        ByteBuffer dst = ByteBuffer.allocate(10);
        while (dst.position() < 3) {
            master.read(dst);
        }
        assertEquals("bye", text(dst));
        assertEquals("Input/output error",
            assertThrowsExactly(IOException.class, () -> master.read(dst)).getMessage());
    }

    @Test
    void terminalEndsWhenTheMasterGoes() throws IOException {
        Raw.Pair pty = fds.pty();
        FdChannel terminal = fds.own(pty.second());
        fds.close(pty.first());
        assertEquals(-1, terminal.read(ByteBuffer.allocate(10)));
        assertEquals("Input/output error",
            assertThrowsExactly(IOException.class, () -> terminal.write(ByteBuffer.allocate(1))).getMessage());
    }

    @Test
    void endOfInputAtATerminalIsNotForGood() throws IOException {
        int number = fds.closing(Raw.ptyMaster());
        int slave = fds.closing(Raw.open(Raw.slaveName(number), Consts.O_RDWR | Consts.O_NOCTTY));
        FdChannel terminal = fds.borrow(slave);
        byte controlD = 4;
        Raw.write(number, controlD);
        ByteBuffer dst = ByteBuffer.allocate(10);
        assertEquals(-1, terminal.read(dst));
        Raw.write(number, "hi\n".getBytes(US_ASCII));
        assertEquals(3, terminal.read(dst));
        assertEquals("hi\n", text(dst));
        terminal.configureBlocking(false);
        assertEquals(0, terminal.read(dst), "an unfinished line is not there yet");
        Raw.write(number, (byte) 'x');
        assertEquals(0, terminal.read(dst));
    }

    @Test
    void masterAndReopenedSlaveTalkAgain() throws IOException {
        Raw.Pair pty = fds.pty();
        FdChannel master = fds.own(pty.first());
        Path name = Raw.slaveName(master.getFD());
        fds.close(pty.second());
        assertThrowsExactly(IOException.class, () -> master.read(ByteBuffer.allocate(1)));
        int again = fds.closing(Raw.open(name, Consts.O_RDWR | Consts.O_NOCTTY));
        Raw.makeRaw(again);
        Raw.write(again, (byte) 'x');
        assertEquals(1, master.read(ByteBuffer.allocate(10)));
    }

    // -- Files and devices --

    @Test
    void fileIsReadAndWrittenAtTheDescriptorsPosition() throws IOException {
        int number = fds.closing(Raw.memfd());
        FdChannel file = fds.borrow(number);
        FdChannel same = fds.borrow(number);
        assertEquals(5, file.write(bytes("hello")));
        assertEquals(-1, same.read(ByteBuffer.allocate(1)));
        int rewound = fds.closing(Raw.open(Path.of("/proc/self/fd/" + number), Consts.O_RDWR));
        FdChannel again = fds.borrow(rewound);
        ByteBuffer dst = ByteBuffer.allocate(10);
        assertEquals(5, again.read(dst));
        assertEquals("hello", text(dst));
        assertEquals(-1, again.read(dst));
        again.configureBlocking(false);
        assertEquals(-1, again.read(dst));
        assertEquals(1, again.write(bytes("!")));
    }

    @Test
    void directoryIsNotRead() throws IOException {
        FdChannel directory = fds.own(Raw.open(Path.of("/proc/self"), Consts.O_RDONLY));
        assertEquals("Is a directory",
            assertThrowsExactly(IOException.class, () -> directory.read(ByteBuffer.allocate(1))).getMessage());
    }

    @Test
    void devicesDoAsTheyDo() throws IOException {
        FdChannel none = fds.own(Raw.open(Path.of("/dev/null"), Consts.O_RDWR));
        assertEquals(-1, none.read(ByteBuffer.allocate(1)));
        assertEquals(1_000_000, none.write(ByteBuffer.allocate(1_000_000)));

        FdChannel zero = fds.own(Raw.open(Path.of("/dev/zero"), Consts.O_RDWR));
        ByteBuffer dst = ByteBuffer.allocate(100_000);
        Arrays.fill(dst.array(), (byte) 1);
        while (dst.hasRemaining()) {
            assertTrue(zero.read(dst) > 0);
        }
        assertArrayEquals(new byte[100_000], dst.array());

        FdChannel full = fds.own(Raw.open(Path.of("/dev/full"), Consts.O_RDWR));
        assertEquals("No space left on device",
            assertThrowsExactly(IOException.class, () -> full.write(ByteBuffer.allocate(1))).getMessage());
    }

    @Test
    void descriptorsOfAnyOtherKindAreReadAsTheyAre() throws IOException {
        FdChannel counter = fds.own(Raw.eventfd(0));
        counter.configureBlocking(false);
        ByteBuffer eight = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
        assertEquals(0, counter.read(eight));
        assertEquals(8, counter.write(eight.putLong(0, 7)));
        assertEquals(8, counter.read(eight.clear()));
        assertEquals(7, eight.getLong(0));
        assertEquals("Invalid argument",
            assertThrowsExactly(IOException.class, () -> counter.write(ByteBuffer.allocate(4))).getMessage());

        int number = fds.closing(Raw.timerfd());
        FdChannel timer = fds.borrow(number);
        timer.configureBlocking(false);
        assertEquals(0, timer.read(eight.clear()));
        timer.configureBlocking(true);
        Raw.expire(number);
        assertEquals(8, timer.read(eight));
        assertEquals(1, eight.getLong(0));

        FdChannel inotify = fds.own(Raw.inotify());
        inotify.configureBlocking(false);
        assertEquals(0, inotify.read(ByteBuffer.allocate(4096)));
    }
}
