package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.testing.Idle.assertIdle;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.anyfd.fd.FdChannel;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Census;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Several channels of one open file, by one number or by duplicates, here or in another process. epoll(7) watches files,
 * not numbers, and goes on with a file that lives on under another number.
 */
@Bounded
class SharedFileTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private Selector selector;

    @BeforeEach
    void open() throws IOException {
        selector = fds.closing(Selector.open());
    }

    private SelectionKey register(FdChannel channel, int ops) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, ops);
    }

    private Set<SelectionKey> select() throws IOException {
        Set<SelectionKey> selected = new HashSet<>();
        selector.select(selected::add);
        return selected;
    }

    // -- Several channels --

    /** Two ways to have two channels of one file. */
    private int second(boolean duplicate, int number) throws IOException {
        return duplicate ? fds.closing(Raw.dup(number)) : number;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void twoChannelsOfOneFileAreBothToldAndGoAlone(boolean duplicate) throws IOException {
        Raw.Pair pipe = fds.pipe();
        FdChannel one = fds.borrow(pipe.first());
        FdChannel two = fds.borrow(second(duplicate, pipe.first()));
        SelectionKey first = register(one, OP_READ);
        SelectionKey second = register(two, OP_READ);
        assertIdle(selector);
        Raw.write(pipe.second(), (byte) 1);
        assertEquals(Set.of(first, second), select());
        assertEquals(1, one.read(ByteBuffer.allocate(1)));
        assertIdle(selector);
        Raw.write(pipe.second(), (byte) 1);

        first.cancel();
        assertEquals(Set.of(second), select());
        SelectionKey again = refreshed(one);
        assertEquals(Set.of(again, second), select());
        second.cancel();
        assertEquals(Set.of(again), select());
        SelectionKey other = refreshed(two);
        again.interestOps(0);
        assertEquals(Set.of(other), select());
        again.interestOps(OP_READ);
        other.interestOps(0);
        assertEquals(Set.of(again), select());
        other.interestOps(OP_READ);
        assertEquals(Set.of(again, other), select());
        one.close();
        assertEquals(Set.of(other), select());
        two.close();
        assertIdle(selector);
    }

    /** Registers anew after a cancellation has been dealt with. */
    private SelectionKey refreshed(FdChannel channel) throws IOException {
        selector.selectNow(key -> {});
        return register(channel, OP_READ);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void oneDirectionEach(boolean duplicate) throws IOException {
        Raw.Pair sockets = fds.sockets();
        SelectionKey reading = register(fds.borrow(sockets.first()), OP_READ);
        SelectionKey writing = register(fds.borrow(second(duplicate, sockets.first())), OP_WRITE);
        assertEquals(Set.of(writing), select());
        Raw.write(sockets.second(), (byte) 1);
        assertEquals(Set.of(reading, writing), select());
        writing.interestOps(OP_READ);
        reading.interestOps(OP_WRITE);
        assertEquals(Set.of(reading, writing), select());
        assertEquals(OP_WRITE, reading.readyOps());
        assertEquals(OP_READ, writing.readyOps());
    }

    @Test
    void manyChannelsOfOneNumber() throws IOException {
        Raw.Pair pipe = fds.pipe();
        Set<SelectionKey> keys = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            keys.add(register(fds.borrow(pipe.first()), OP_READ));
        }
        Raw.write(pipe.second(), (byte) 1);
        assertEquals(keys, select());
        var before = Census.take();
        for (SelectionKey key : Set.copyOf(keys)) {
            key.interestOps(0);
            selector.selectNow(selected -> {});
            key.interestOps(OP_READ);
            assertEquals(keys, select());
        }
        Census.assertNoMore(before);
    }

    @Test
    void oneFileInTwoSelectors() throws IOException {
        Raw.Pair pipe = fds.pipe();
        FdChannel channel = fds.borrow(pipe.first());
        register(channel, OP_READ);
        Selector another = fds.closing(Selector.open());
        channel.register(another, OP_READ);
        Raw.write(pipe.second(), (byte) 1);
        assertEquals(1, selector.select());
        assertEquals(1, another.select());
        channel.close();
        assertEquals(0, selector.selectNow());
        assertEquals(0, another.selectNow());
    }

    @Test
    void severalChannelsOfAFileThatIsAlwaysReady() throws IOException {
        int number = fds.closing(Raw.open(Path.of("/dev/null"), Consts.O_RDWR));
        SelectionKey first = register(fds.borrow(number), OP_READ);
        SelectionKey second = register(fds.borrow(number), OP_WRITE);
        assertEquals(Set.of(first, second), select());
        first.cancel();
        assertEquals(Set.of(second), select());
        second.cancel();
        assertIdle(selector);
    }

    // -- Files that outlive their number --

    private Raw.Pair aside(Raw.Pair pipe) throws IOException {
        return new Raw.Pair(fds.aside(pipe.first()), pipe.second());
    }

    @Test
    void closedChannelIsSilentThoughADuplicateKeepsItsFileOpen() throws IOException {
        Raw.Pair pipe = fds.pipe();
        fds.closing(Raw.dup(pipe.first()));
        FdChannel channel = fds.own(pipe.first());
        register(channel, OP_READ);
        Raw.write(pipe.second(), (byte) 1);
        assertEquals(1, selector.select());
        channel.close();
        assertIdle(selector);
    }

    /** The number is closed behind our back: what the kernel still reports cannot be taken back, but it is forgotten. */
    @Test
    void ghostsAreLaid() throws IOException {
        Raw.Pair pipe = aside(fds.pipe());
        Raw.Pair healthy = fds.pipe();
        int duplicate = fds.closing(Raw.dup(pipe.first()));
        FdChannel haunted = fds.borrow(pipe.first());
        SelectionKey ghost = register(haunted, OP_READ);
        SelectionKey well = register(fds.borrow(healthy.first()), OP_READ);
        SelectionKey twin = register(fds.borrow(healthy.first()), OP_READ);
        SelectionKey file = register(fds.own(Raw.open(Path.of("/dev/null"), Consts.O_RDWR)), 0);
        assertIdle(selector);
        Raw.write(pipe.second(), (byte) 1);
        fds.close(pipe.first());
        for (int i = 0; i < 10 && ghost.isValid(); i++) {
            try {
                // epoll still finds the file ready, poll the number gone.
                assertTrue(Set.of(ghost).containsAll(select()));
                assertEquals("read(fd " + haunted.getFD() + "): EBADF bad file descriptor",
                    assertThrowsExactly(IOException.class, () -> haunted.read(ByteBuffer.allocate(1))).getMessage());
                haunted.close();
            } catch (IOException told) {
                assertEquals("poll(fd " + haunted.getFD() + "): EBADF bad file descriptor", told.getMessage());
            }
        }
        for (int i = 0; i < 3; i++) {
            selector.selectNow(key -> assertTrue(key.isValid()));
        }
        assertIdle(selector);

        Raw.write(healthy.second(), (byte) 1);
        assertEquals(Set.of(well, twin), select());
        file.interestOps(OP_WRITE);
        assertEquals(Set.of(well, twin, file), select());
        twin.cancel();
        file.cancel();
        assertEquals(Set.of(well), select());
        assertEquals(1, Raw.read(duplicate).length, "the byte is whose the file is");
    }

    @Test
    void numberThatComesBackIsWatchedAnew() throws IOException {
        Raw.Pair pipe = aside(fds.pipe());
        int duplicate = fds.closing(Raw.dup(pipe.first()));
        SelectionKey old = register(fds.borrow(pipe.first()), OP_READ);
        assertIdle(selector);
        fds.close(pipe.first());
        old.cancel();
        selector.selectNow();
        Raw.dup(duplicate, pipe.first());
        fds.closing(pipe.first());
        SelectionKey anew = register(fds.borrow(pipe.first()), OP_READ);
        assertIdle(selector);
        Raw.write(pipe.second(), (byte) 1);
        for (int i = 0; i < 5; i++) {
            assertEquals(Set.of(anew), selectUntilAny());
        }
        anew.cancel();
        for (int i = 0; i < 3; i++) {
            selector.selectNow();
        }
        assertIdle(selector);
    }

    /** A ghost's event may end a selection early, twice at most. */
    private Set<SelectionKey> selectUntilAny() throws IOException {
        Set<SelectionKey> selected = Set.of();
        for (int i = 0; i < 3 && selected.isEmpty(); i++) {
            selected = select();
        }
        return selected;
    }

    // -- Another process has it too --

    @Test
    void childThatKeepsTheFileDoesNotKeepItReady() throws IOException {
        Raw.Pair pipe = fds.pipe();
        try (Raw.Holder child = Raw.hold(pipe.first())) {
            FdChannel channel = fds.own(pipe.first());
            SelectionKey key = register(channel, OP_READ);
            Raw.write(pipe.second(), (byte) 1);
            assertEquals(Set.of(key), select());
            channel.close();
            assertIdle(selector);
            Raw.write(pipe.second(), (byte) 1);
            assertIdle(selector);
            assertTrue(child.isAlive());
        }
    }

    @Test
    void childThatKeepsTheOtherEndPutsOffTheEnd() throws IOException {
        Raw.Pair pipe = fds.pipe();
        SelectionKey key = register(fds.own(pipe.first()), OP_READ);
        try (Raw.Holder child = Raw.hold(pipe.second())) {
            fds.close(pipe.second());
            assertIdle(selector);
            assertTrue(child.isAlive());
        }
        assertEquals(Set.of(key), select());
        assertEquals(-1, ((FdChannel) key.channel()).read(ByteBuffer.allocate(1)));
    }
}
