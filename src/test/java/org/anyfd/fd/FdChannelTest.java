package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import java.util.List;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Channels of descriptors that somebody else opened: who closes them, what they are good for, what is refused. */
@Bounded
class FdChannelTest {
    /** Beyond any limit on open files that a test runs under. */
    private static final int NEVER_OPEN = 99_999_999;

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }

    private static String text(ByteBuffer read) {
        return US_ASCII.decode(read.duplicate().flip()).toString();
    }

    // -- Owning and borrowing --

    @ParameterizedTest
    @EnumSource
    void ownedDescriptorIsClosedWithTheChannel(Kind kind) throws IOException {
        int number = kind.open(fds).first();
        FdChannel channel = fds.own(number);
        assertTrue(channel.isOpen());
        channel.close();
        assertFalse(channel.isOpen());
        assertFalse(Raw.isOpen(number));
        channel.close();
    }

    @ParameterizedTest
    @EnumSource
    void borrowedDescriptorStaysOpen(Kind kind) throws IOException {
        Raw.Pair pair = kind.open(fds);
        FdChannel channel = fds.borrow(pair.first());
        assertEquals(pair.first(), channel.getFD());
        channel.close();
        assertFalse(channel.isOpen());
        assertTrue(Raw.isOpen(pair.first()));
        Raw.Pair way = kind.writable ? pair : new Raw.Pair(pair.second(), pair.first());
        Raw.write(way.first(), "still".getBytes(US_ASCII));
        assertEquals("still", new String(Raw.read(way.second()), US_ASCII));
    }

    @Test
    void standardStreamsAreBorrowed() throws IOException {
        List<FdChannel> streams = List.of(FdChannel.stdin(), FdChannel.stdout(), FdChannel.stderr());
        for (int number = 0; number < 3; number++) {
            FdChannel stream = streams.get(number);
            assertEquals(number, stream.getFD());
            stream.close();
            assertTrue(Raw.isOpen(number));
        }
    }

    @Test
    void severalChannelsMayBorrowOneDescriptor() throws IOException {
        Raw.Pair pipe = fds.pipe();
        FdChannel first = fds.borrow(pipe.first());
        FdChannel second = fds.borrow(pipe.first());
        Raw.write(pipe.second(), (byte) 1, (byte) 2);
        assertEquals(1, first.read(ByteBuffer.allocate(1)));
        first.close();
        assertEquals(1, second.read(ByteBuffer.allocate(1)));
    }

    @ParameterizedTest
    @EnumSource
    void registeredDescriptorStaysOpenUntilTheNextSelection(Kind kind) throws IOException {
        int number = kind.open(fds).first();
        FdChannel channel = fds.own(number);
        int inUse = channel.fd().number();
        channel.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            SelectionKey key = channel.register(selector, channel.validOps());
            selector.selectNow();
            channel.close();
            assertFalse(key.isValid());
            assertTrue(Raw.isOpen(inUse));
            selector.selectNow();
            // A terminal's is that of a new description, and may be another's soon.
            Tasks.await(() -> !Raw.isOpen(inUse), "closed");
            assertTrue(selector.keys().isEmpty());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, NEVER_OPEN})
    void descriptorThatIsNotOpenIsRefused(int number) {
        String message = "fcntl(F_GETFL, fd " + number + "): EBADF bad file descriptor";
        assertEquals(message, assertThrowsExactly(IOException.class, () -> FdChannel.own(number)).getMessage());
        assertEquals(message, assertThrowsExactly(IOException.class, () -> FdChannel.borrow(number)).getMessage());
    }

    @Test
    void closeTellsThatTheDescriptorWasClosedBehindItsBack() throws IOException {
        int number = fds.giveAway(fds.aside(fds.pipe().first()));
        FdChannel channel = FdChannel.own(number);
        Raw.close(number);
        IOException e = assertThrowsExactly(IOException.class, channel::close);
        assertEquals("close(fd " + number + "): EBADF bad file descriptor", e.getMessage());
        assertFalse(channel.isOpen());
        channel.close();
    }

    @Test
    void readTellsThatTheDescriptorWasClosedBehindItsBack() throws IOException {
        int number = fds.aside(fds.pipe().first());
        FdChannel channel = fds.borrow(number);
        fds.close(number);
        IOException e = assertThrowsExactly(IOException.class, () -> channel.read(ByteBuffer.allocate(1)));
        assertEquals("read(fd " + channel.getFD() + "): EBADF bad file descriptor", e.getMessage());
    }

    // -- What a channel says of itself --

    @Test
    void validOpsFollowTheAccessMode() throws IOException {
        Raw.Pair pipe = fds.pipe();
        assertEquals(OP_READ, fds.own(pipe.first()).validOps());
        assertEquals(OP_WRITE, fds.own(pipe.second()).validOps());
        assertEquals(OP_READ | OP_WRITE, fds.own(fds.sockets().first()).validOps());
        Path none = Path.of("/dev/null");
        assertEquals(OP_READ, fds.own(Raw.open(none, Consts.O_RDONLY)).validOps());
        assertEquals(OP_WRITE, fds.own(Raw.open(none, Consts.O_WRONLY)).validOps());
        assertEquals(OP_READ | OP_WRITE, fds.own(Raw.open(none, Consts.O_RDWR)).validOps());
    }

    @Test
    void opsOutsideValidOpsAreRefused() throws IOException {
        FdChannel channel = fds.own(fds.pipe().first());
        channel.configureBlocking(false);
        Selector selector = fds.closing(Selector.open());
        assertThrowsExactly(IllegalArgumentException.class, () -> channel.register(selector, OP_WRITE));
        assertThrowsExactly(IllegalArgumentException.class, () -> channel.register(selector, SelectionKey.OP_ACCEPT));
        assertThrowsExactly(IllegalArgumentException.class, () -> channel.register(selector, SelectionKey.OP_CONNECT));
        SelectionKey key = channel.register(selector, OP_READ);
        assertThrowsExactly(IllegalArgumentException.class, () -> key.interestOps(OP_READ | OP_WRITE));
        assertEquals(OP_READ, key.interestOps());
    }

    @Test
    void blockingChannelIsNotRegistered() throws IOException {
        FdChannel channel = fds.own(fds.pipe().first());
        assertTrue(channel.isBlocking());
        Selector selector = fds.closing(Selector.open());
        assertThrowsExactly(IllegalBlockingModeException.class, () -> channel.register(selector, OP_READ));
        channel.configureBlocking(false);
        channel.register(selector, OP_READ);
        assertThrowsExactly(IllegalBlockingModeException.class, () -> channel.configureBlocking(true));
    }

    @Test
    void closedChannelRefusesEverything() throws IOException {
        Raw.Pair pipe = fds.pipe();
        FdChannel source = fds.own(pipe.first());
        FdChannel sink = fds.own(pipe.second());
        source.close();
        sink.close();
        ByteBuffer one = ByteBuffer.allocate(1);
        Selector selector = fds.closing(Selector.open());
        assertThrowsExactly(ClosedChannelException.class, () -> source.read(one));
        assertThrowsExactly(ClosedChannelException.class, () -> source.read(new ByteBuffer[] {one}));
        assertThrowsExactly(ClosedChannelException.class, () -> source.write(one));
        assertThrowsExactly(ClosedChannelException.class, () -> sink.write(one));
        assertThrowsExactly(ClosedChannelException.class, () -> sink.write(new ByteBuffer[] {one}));
        assertThrowsExactly(ClosedChannelException.class, () -> sink.read(one));
        assertThrowsExactly(ClosedChannelException.class, () -> source.configureBlocking(false));
        assertThrowsExactly(ClosedChannelException.class, () -> source.register(selector, OP_READ));
    }

    @Test
    void toStringNamesDescriptorAndFile() throws IOException {
        int number = fds.pipe().first();
        FdChannel channel = fds.own(number);
        assertTrue(channel.toString().matches("org.anyfd.fd.FdChannel\\[fd " + number + ", pipe:\\[[0-9]+]]"),
            channel.toString());
        channel.close();
        assertEquals("org.anyfd.fd.FdChannel[closed]", channel.toString());
    }

    @Test
    void providerIsTheOneInUse() throws IOException {
        assertSame(SelectorProvider.provider(), fds.own(fds.pipe().first()).provider());
    }

    // -- Arguments --

    @Test
    void wrongDirectionIsRefused() throws IOException {
        Raw.Pair pipe = fds.pipe();
        FdChannel source = fds.own(pipe.first());
        FdChannel sink = fds.own(pipe.second());
        ByteBuffer one = ByteBuffer.allocate(1);
        assertThrowsExactly(NonWritableChannelException.class, () -> source.write(one));
        assertThrowsExactly(NonWritableChannelException.class, () -> source.write(new ByteBuffer[] {one}));
        assertThrowsExactly(NonReadableChannelException.class, () -> sink.read(one));
        assertThrowsExactly(NonReadableChannelException.class, () -> sink.read(new ByteBuffer[] {one}));
        assertEquals(1, one.remaining());
    }

    @Test
    void nullIsRefused() throws IOException {
        FdChannel channel = fds.own(fds.sockets().first());
        channel.configureBlocking(false);
        assertThrowsExactly(NullPointerException.class, () -> channel.read((ByteBuffer) null));
        assertThrowsExactly(NullPointerException.class, () -> channel.write((ByteBuffer) null));
        assertThrowsExactly(NullPointerException.class, () -> channel.read((ByteBuffer[]) null));
        assertThrowsExactly(NullPointerException.class, () -> channel.write((ByteBuffer[]) null));
        assertThrowsExactly(NullPointerException.class, () -> channel.read(new ByteBuffer[1]));
        assertThrowsExactly(NullPointerException.class, () -> channel.write(new ByteBuffer[1]));
        assertTrue(channel.isOpen());
    }

    @Test
    void rangeOutsideTheArrayIsRefused() throws IOException {
        FdChannel channel = fds.own(fds.sockets().first());
        ByteBuffer[] two = {ByteBuffer.allocate(1), ByteBuffer.allocate(1)};
        for (int[] range : new int[][] {{-1, 1}, {0, -1}, {0, 3}, {1, 2}, {3, 0}, {Integer.MAX_VALUE, 1}}) {
            assertThrowsExactly(IndexOutOfBoundsException.class, () -> channel.read(two, range[0], range[1]));
            assertThrowsExactly(IndexOutOfBoundsException.class, () -> channel.write(two, range[0], range[1]));
        }
    }

    @ParameterizedTest
    @EnumSource(Buffers.class)
    void readOnlyBufferIsNotReadInto(Buffers buffers) throws IOException {
        Raw.Pair pipe = fds.pipe();
        FdChannel source = fds.own(pipe.first());
        Raw.write(pipe.second(), (byte) 1);
        ByteBuffer readOnly = buffers.allocate(1).asReadOnlyBuffer();
        assertEquals("Read-only buffer",
            assertThrowsExactly(IllegalArgumentException.class, () -> source.read(readOnly)).getMessage());
        ByteBuffer[] mixed = {buffers.allocate(1), readOnly};
        assertThrowsExactly(IllegalArgumentException.class, () -> source.read(mixed));
        assertEquals(0, mixed[0].position());
        assertEquals(1, source.read(buffers.allocate(2)), "the byte is still there");
    }

    enum Buffers {
        HEAP {
            @Override
            ByteBuffer allocate(int size) {
                return ByteBuffer.allocate(size);
            }
        },
        DIRECT {
            @Override
            ByteBuffer allocate(int size) {
                return ByteBuffer.allocateDirect(size);
            }
        };

        abstract ByteBuffer allocate(int size);
    }

    // -- Bytes --

    @ParameterizedTest
    @MethodSource("org.anyfd.fd.Kind#readers")
    void readMovesPositionByWhatWasRead(Kind kind) throws IOException {
        for (Buffers buffers : Buffers.values()) {
            for (Kind.Adopting adopting : Kind.Adopting.values()) {
                Raw.Pair pair = kind.open(fds);
                FdChannel near = adopting.adopt(fds, pair.first());
                Raw.write(pair.second(), "abcde".getBytes(US_ASCII));
                ByteBuffer dst = buffers.allocate(10);
                dst.position(2).limit(6);
                assertEquals(4, near.read(dst));
                assertEquals(6, dst.position());
                assertEquals("\0\0abcd", text(dst));
                dst.clear();
                assertEquals(1, near.read(dst));
                assertEquals("e", text(dst));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.anyfd.fd.Kind#writers")
    void writeMovesPositionByWhatWasWritten(Kind kind) throws IOException {
        for (Buffers buffers : Buffers.values()) {
            for (Kind.Adopting adopting : Kind.Adopting.values()) {
                Raw.Pair pair = kind.open(fds);
                FdChannel near = adopting.adopt(fds, pair.first());
                ByteBuffer src = buffers.allocate(10).put(bytes("xxabcdexxx")).position(2).limit(7).asReadOnlyBuffer();
                assertEquals(5, near.write(src));
                assertEquals(7, src.position());
                assertEquals("abcde", new String(Raw.read(pair.second()), US_ASCII));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.anyfd.fd.Kind#readers")
    void scatterFillsBuffersInOrder(Kind kind) throws IOException {
        Raw.Pair pair = kind.open(fds);
        FdChannel near = fds.own(pair.first());
        Raw.write(pair.second(), "abcdefgh".getBytes(US_ASCII));
        ByteBuffer untouched = ByteBuffer.allocate(5);
        ByteBuffer[] dsts = {untouched, ByteBuffer.allocate(2), ByteBuffer.allocate(0), ByteBuffer.allocateDirect(3),
            ByteBuffer.allocate(10), untouched};
        assertEquals(8, near.read(dsts, 1, 4));
        assertEquals("ab", text(dsts[1]));
        assertEquals("cde", text(dsts[3]));
        assertEquals("fgh", text(dsts[4]));
        assertEquals(0, untouched.position());
    }

    @ParameterizedTest
    @MethodSource("org.anyfd.fd.Kind#writers")
    void gatherDrainsBuffersInOrder(Kind kind) throws IOException {
        Raw.Pair pair = kind.open(fds);
        FdChannel near = fds.own(pair.first());
        ByteBuffer[] srcs = {bytes("no"), bytes("ab"), bytes(""), ByteBuffer.allocateDirect(3).put(bytes("cde")).flip(),
            bytes("f").asReadOnlyBuffer(), bytes("no")};
        assertEquals(6, near.write(srcs, 1, 4));
        StringBuilder got = new StringBuilder();
        while (got.length() < 6) {
            got.append(new String(Raw.read(pair.second()), US_ASCII));
        }
        assertEquals("abcdef", got.toString());
        assertEquals(2, srcs[0].remaining());
        assertEquals(2, srcs[5].remaining());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void emptyBuffersTransferNothingAndDoNotWait(boolean blocking) throws IOException {
        FdChannel channel = fds.own(fds.sockets().first());
        channel.configureBlocking(blocking);
        ByteBuffer none = ByteBuffer.allocate(0);
        assertEquals(0, channel.read(none));
        assertEquals(0, channel.write(none));
        assertEquals(0, channel.read(new ByteBuffer[0]));
        assertEquals(0, channel.write(new ByteBuffer[0]));
        assertEquals(0, channel.read(new ByteBuffer[] {none, none}));
        assertEquals(0, channel.write(new ByteBuffer[] {none, none}));
        assertEquals(0, channel.read(new ByteBuffer[1], 1, 0));
    }

    @ParameterizedTest
    @MethodSource("org.anyfd.fd.Kind#readers")
    void nonBlockingReadOfNothingReturnsZero(Kind kind) throws IOException {
        Raw.Pair pair = kind.open(fds);
        FdChannel near = fds.own(pair.first());
        near.configureBlocking(false);
        ByteBuffer one = ByteBuffer.allocate(1);
        assertEquals(0, near.read(one));
        assertEquals(0, near.read(new ByteBuffer[] {one, ByteBuffer.allocateDirect(1)}));
        Raw.write(pair.second(), (byte) 'x');
        assertEquals(1, near.read(one));
        assertEquals("x", text(one));
    }

    @ParameterizedTest
    @MethodSource("org.anyfd.fd.Kind#writers")
    void nonBlockingWriteStopsWhenThereIsNoRoom(Kind kind) throws IOException {
        Raw.Pair pair = kind.open(fds);
        FdChannel near = fds.own(pair.first());
        near.configureBlocking(false);
        long total = 0;
        ByteBuffer much = ByteBuffer.allocateDirect(100_000);
        for (int n = near.write(much); n > 0; n = near.write(much.clear())) {
            total += n;
        }
        assertTrue(total > 1000, "written: " + total);
        // Behind a pty there is a second buffer, to which the kernel moves what is in the first when it has time.
        for (int n = 1; n > 0; total += n) {
            n = (int) near.write(new ByteBuffer[] {ByteBuffer.allocate(1 << 20), ByteBuffer.allocateDirect(100)});
        }
        for (long left = total; left > 0;) {
            left -= Raw.read(pair.second()).length;
        }
        Tasks.await(() -> (Raw.poll(near.getFD()) & Consts.POLLOUT) != 0, "room");
        assertEquals(1, near.write(ByteBuffer.allocate(1)));
    }
}
