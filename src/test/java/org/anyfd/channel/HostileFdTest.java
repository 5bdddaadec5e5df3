package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Path;
import java.util.Set;
import org.anyfd.fd.FdChannel;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Sys;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Numbers that are closed, and given to other files, behind a selector's back: the key that is hit is told of, others go
 * on, and nothing goes to the wrong one.
 */
@Bounded
class HostileFdTest {
    private static final boolean EPOLL = !"poll".equals(System.getProperty("org.anyfd.poller"));
    /** {@code <fcntl.h>}. */
    private static final int O_PATH = 010000000;

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private Selector selector;
    /** A healthy key of the same selector. */
    private SelectionKey other;
    private int otherWriter;

    @BeforeEach
    void open() throws IOException {
        selector = fds.closing(Selector.open());
        Raw.Pair pipe = fds.pipe();
        otherWriter = pipe.second();
        other = register(fds.own(pipe.first()), OP_READ);
    }

    private SelectionKey register(FdChannel channel, int ops) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, ops);
    }

    private void assertOthersWork() throws IOException {
        selector.selectedKeys().clear();
        Raw.write(otherWriter, (byte) 1);
        assertEquals(1, selector.select());
        assertEquals(Set.of(other), selector.selectedKeys());
        selector.selectedKeys().clear();
        assertEquals(1, ((FdChannel) other.channel()).read(ByteBuffer.allocate(10)));
        assertEquals(0, selector.select(20));
    }

    /** Selects, having changed the interest; the exception that tells of the key. */
    private IOException failure(SelectionKey key, int ops) {
        key.interestOps(ops);
        return assertThrowsExactly(IOException.class, () -> selector.select());
    }

    // -- Closed --

    @Test
    void closedDescriptorIsToldByNameAndItsKeyCancelled() throws IOException {
        int number = fds.aside(fds.sockets().first());
        SelectionKey key = register(fds.borrow(number), OP_READ);
        assertEquals(0, selector.selectNow());
        fds.close(number);
        assertEquals((EPOLL ? "epoll_ctl(MOD, fd " : "poll(fd ") + number + "): EBADF bad file descriptor",
            failure(key, OP_READ | OP_WRITE).getMessage());
        assertFalse(key.isValid());
        assertOthersWork();
        assertEquals(Set.of(other), selector.keys());
    }

    @Test
    void losingInterestInAClosedDescriptorIsNoWorse() throws IOException {
        int number = fds.aside(fds.sockets().first());
        SelectionKey key = register(fds.borrow(number), OP_READ);
        assertEquals(0, selector.selectNow());
        fds.close(number);
        if (EPOLL) {
            assertEquals("epoll_ctl(DEL, fd " + number + "): EBADF bad file descriptor", failure(key, 0).getMessage());
            assertFalse(key.isValid());
        } else {
            key.interestOps(0);
        }
        assertOthersWork();
    }

    @Test
    void descriptorClosedBeforeItIsWatchedIsToldOf() throws IOException {
        int number = fds.aside(fds.sockets().first());
        SelectionKey key = register(fds.borrow(number), OP_READ);
        fds.close(number);
        IOException e = assertThrowsExactly(IOException.class, () -> selector.selectNow());
        assertEquals((EPOLL ? "epoll_ctl(ADD, fd " : "poll(fd ") + number + "): EBADF bad file descriptor",
            e.getMessage());
        assertFalse(key.isValid());
        assertOthersWork();
    }

    @Test
    void whatIsReadyBesideIsNotLost() throws IOException {
        SelectionKey[] bad = new SelectionKey[3];
        for (int i = 0; i < bad.length; i++) {
            bad[i] = register(fds.borrow(fds.aside(fds.sockets().first())), OP_READ);
        }
        assertEquals(0, selector.selectNow());
        for (SelectionKey key : bad) {
            fds.close(((FdChannel) key.channel()).getFD());
            key.interestOps(OP_WRITE);
        }
        Raw.write(otherWriter, (byte) 1);
        IOException e = assertThrowsExactly(IOException.class, () -> selector.select());
        assertEquals(2, e.getSuppressed().length);
        for (SelectionKey key : bad) {
            assertFalse(key.isValid());
        }
        assertTrue(selector.selectedKeys().isEmpty());
        assertEquals(1, selector.select(), "the next selection tells");
        assertEquals(Set.of(other), selector.selectedKeys());
    }

    @Test
    void closedDescriptorDoesNotKeepTheSelectorFromClosing() throws IOException {
        int number = fds.aside(fds.sockets().first());
        SelectionKey key = register(fds.borrow(number), OP_READ);
        selector.selectNow();
        fds.close(number);
        selector.close();
        assertFalse(key.isValid());
        assertTrue(key.channel().isOpen());
        key.channel().close();
    }

    @Test
    void cancellingTheKeyOfAClosedDescriptorIsQuiet() throws IOException {
        int number = fds.aside(fds.sockets().first());
        SelectionKey key = register(fds.borrow(number), OP_READ);
        selector.selectNow();
        fds.close(number);
        key.cancel();
        assertOthersWork();
    }

    @Test
    void descriptorThatCannotBeWatchedIsToldOf() throws IOException {
        int number = fds.closing(Raw.open(Path.of("/proc/self"), O_PATH));
        SelectionKey key = register(fds.borrow(number), OP_READ);
        assertEquals((EPOLL ? "epoll_ctl(ADD, fd " : "poll(fd ") + number + "): EBADF bad file descriptor",
            assertThrowsExactly(IOException.class, () -> selector.select()).getMessage());
        assertFalse(key.isValid());
        assertOthersWork();
    }

    // -- Given to somebody else --

    @Test
    @DisabledIfSystemProperty(named = "org.anyfd.poller", matches = "poll", disabledReason = "it knows numbers only")
    void eventsOfAStrangerAreNotTheKeys() throws IOException {
        int number = fds.aside(fds.sockets().first());
        SelectionKey key = register(fds.borrow(number), OP_READ);
        assertEquals(0, selector.selectNow());
        Raw.Pair stranger = fds.sockets();
        Raw.write(stranger.second(), (byte) 1);
        Raw.dup(stranger.first(), number);
        assertEquals(0, selector.select(20));
        assertEquals("epoll_ctl(MOD, fd " + number + "): ENOENT no such file or directory",
            failure(key, OP_READ | OP_WRITE).getMessage());
        assertFalse(key.isValid());
        assertOthersWork();
        assertTrue(Raw.isOpen(number), "the stranger's");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void newTenantOfANumberKeepsItsRegistration(boolean cancelFirst) throws IOException {
        int number = fds.aside(fds.sockets().first());
        SelectionKey old = register(fds.borrow(number), OP_READ);
        assertEquals(0, selector.selectNow());
        Raw.Pair fresh = fds.sockets();
        Raw.dup(fresh.first(), number);
        if (cancelFirst) {
            old.cancel();
        }
        SelectionKey tenant = register(fds.borrow(number), OP_READ);
        assertEquals(0, selector.selectNow());
        old.cancel();
        assertEquals(0, selector.selectNow());
        Raw.write(fresh.second(), (byte) 1);
        assertEquals(1, selector.select(), "the old key's end does not deafen the new one");
        assertEquals(Set.of(tenant), selector.selectedKeys());
        tenant.cancel();
        assertOthersWork();
    }

    @Test
    @DisabledIfSystemProperty(named = "org.anyfd.poller", matches = "poll", disabledReason = "it knows numbers only")
    void changeOfTheOldKeyDoesNotChangeTheNewOne() throws IOException {
        int number = fds.aside(fds.sockets().first());
        SelectionKey old = register(fds.borrow(number), OP_READ);
        assertEquals(0, selector.selectNow());
        Raw.Pair fresh = fds.sockets();
        Raw.dup(fresh.first(), number);
        SelectionKey tenant = register(fds.borrow(number), OP_READ);
        assertEquals(0, selector.selectNow());
        assertEquals("epoll_ctl(MOD, fd " + number + "): ENOENT no such file or directory",
            failure(old, OP_READ | OP_WRITE).getMessage());
        assertEquals(0, selector.select(20));
        Raw.write(fresh.second(), (byte) 1);
        assertEquals(1, selector.select());
        assertEquals(Set.of(tenant), selector.selectedKeys());
    }

    @Test
    void numbersAreReusedAThousandTimes() throws IOException {
        for (int i = 0; i < 1000; i++) {
            Raw.Pair pair = fds.sockets();
            FdChannel channel = fds.own(pair.first());
            SelectionKey key = register(channel, OP_READ);
            if (i % 3 != 0) {
                Raw.write(pair.second(), (byte) i);
                assertEquals(1, selector.select());
                assertTrue(selector.selectedKeys().remove(key));
                assertEquals(OP_READ, key.readyOps());
            }
            if (i % 5 != 0) {
                channel.close();
            } else {
                key.cancel();
            }
            fds.close(pair.second());
            assertEquals(0, selector.selectNow());
            channel.close();
        }
        assertOthersWork();
    }

    @Test
    void highNumbersAreWatched() throws IOException {
        Raw.Pair pair = fds.sockets();
        int high = Sys.fcntl(pair.first(), Consts.F_DUPFD_CLOEXEC, 3000);
        assumeTrue(high >= 3000, "the limit on open files is low");
        SelectionKey key = register(fds.own(high), OP_READ);
        Raw.write(pair.second(), (byte) 1);
        assertEquals(1, selector.select());
        assertEquals(Set.of(key), selector.selectedKeys());
        key.channel().close();
        assertOthersWork();
    }
}
