package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Registering a channel: what is refused, in which order, and what registering again does. */
@Bounded
class RegisterTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    enum Kind {
        SOCKET(OP_READ | OP_WRITE | OP_CONNECT) {
            @Override
            SelectableChannel open(Selecting io) throws IOException {
                return io.closing(SocketChannel.open());
            }
        },
        SERVER_SOCKET(OP_ACCEPT) {
            @Override
            SelectableChannel open(Selecting io) throws IOException {
                return io.closing(ServerSocketChannel.open());
            }
        },
        PIPE_SOURCE(OP_READ) {
            @Override
            SelectableChannel open(Selecting io) throws IOException {
                return io.pipe().source().configureBlocking(true);
            }
        },
        PIPE_SINK(OP_WRITE) {
            @Override
            SelectableChannel open(Selecting io) throws IOException {
                return io.pipe().sink().configureBlocking(true);
            }
        };

        final int validOps;

        Kind(int validOps) {
            this.validOps = validOps;
        }

        /** A fresh channel in blocking mode. */
        abstract SelectableChannel open(Selecting io) throws IOException;
    }

    @ParameterizedTest
    @EnumSource
    void eachChannelTakesItsValidOpsOnly(Kind kind) throws IOException {
        SelectableChannel channel = kind.open(io).configureBlocking(false);
        assertEquals(kind.validOps, channel.validOps());
        for (int bit = 1; bit != 0; bit <<= 1) {
            int ops = bit;
            if ((kind.validOps & bit) != 0) {
                assertEquals(ops, channel.register(io.selector, ops).interestOps());
            } else {
                assertThrowsExactly(IllegalArgumentException.class, () -> channel.register(io.selector(), ops));
            }
        }
        assertEquals(kind.validOps, channel.register(io.selector, kind.validOps).interestOps());
        assertEquals(0, channel.register(io.selector, 0).interestOps());
    }

    @ParameterizedTest
    @EnumSource
    void blockingChannelIsRefused(Kind kind) throws IOException {
        SelectableChannel channel = kind.open(io);
        assertThrowsExactly(IllegalBlockingModeException.class, () -> channel.register(io.selector, kind.validOps));
        assertThrowsExactly(IllegalBlockingModeException.class, () -> channel.register(io.selector, 0));
        assertFalse(channel.isRegistered());
    }

    @ParameterizedTest
    @EnumSource
    void closedChannelIsRefused(Kind kind) throws IOException {
        SelectableChannel channel = kind.open(io).configureBlocking(false);
        channel.close();
        assertThrowsExactly(ClosedChannelException.class, () -> channel.register(io.selector, kind.validOps));
        assertTrue(io.selector.keys().isEmpty());
    }

    @Test
    void checksComeInOrder() throws IOException {
        SocketChannel blocking = io.closing(SocketChannel.open());
        assertThrowsExactly(IllegalArgumentException.class, () -> blocking.register(io.selector, OP_ACCEPT));
        assertThrowsExactly(IllegalArgumentException.class, () -> blocking.register(null, OP_ACCEPT));
        assertThrowsExactly(IllegalBlockingModeException.class, () -> blocking.register(null, OP_READ));
        blocking.configureBlocking(false);
        assertThrowsExactly(NullPointerException.class, () -> blocking.register(null, OP_READ));
        blocking.close();
        assertThrowsExactly(IllegalArgumentException.class, () -> blocking.register(io.selector, OP_ACCEPT));
        assertThrowsExactly(ClosedChannelException.class, () -> blocking.register(null, OP_READ));
        io.selector.close();
        assertThrowsExactly(ClosedChannelException.class, () -> blocking.register(io.selector, OP_READ));
    }

    @Test
    void blockingAndOpsAreCheckedBeforeTheSelectorIs() throws IOException {
        SocketChannel channel = io.closing(SocketChannel.open());
        io.selector.close();
        assertThrowsExactly(IllegalArgumentException.class, () -> channel.register(io.selector, OP_ACCEPT));
        assertThrowsExactly(IllegalBlockingModeException.class, () -> channel.register(io.selector, OP_READ));
    }

    @Test
    void channelThatIsNoneOfTheProvidersIsRefused() throws IOException {
        Alien alien = io.closing(new Alien());
        alien.configureBlocking(false);
        assertThrowsExactly(IllegalSelectorException.class, () -> alien.register(io.selector, OP_READ));
        assertFalse(alien.isRegistered());
        assertTrue(io.selector.keys().isEmpty());
    }

    /** A selectable channel with nothing behind it. */
    private static final class Alien extends AbstractSelectableChannel {
        Alien() {
            super(SelectorProvider.provider());
        }

        @Override
        protected void implCloseSelectableChannel() {}

        @Override
        protected void implConfigureBlocking(boolean block) {}

        @Override
        public int validOps() {
            return OP_READ;
        }
    }

    @ParameterizedTest
    @EnumSource
    void registeredChannelStaysNonBlocking(Kind kind) throws IOException {
        SelectableChannel channel = kind.open(io).configureBlocking(false);
        SelectionKey key = channel.register(io.selector, kind.validOps);
        assertThrowsExactly(IllegalBlockingModeException.class, () -> channel.configureBlocking(true));
        assertSame(channel, channel.configureBlocking(false));
        assertFalse(channel.isBlocking());
        assertTrue(key.isValid());
    }

    @Test
    void registeringAgainReturnsTheSameKey() throws IOException {
        SocketChannel channel = io.tcp().near();
        SelectionKey key = channel.register(io.selector, OP_READ, "first");
        assertSame(key, channel.register(io.selector, OP_WRITE, "second"));
        assertEquals(OP_WRITE, key.interestOps());
        assertEquals("second", key.attachment());
        assertEquals(1, io.selector.keys().size());
        assertEquals(1, io.selector.select());
        assertTrue(key.isWritable());
    }

    @Test
    void registeringAgainWithoutAttachmentDropsIt() throws IOException {
        SocketChannel channel = io.tcp().near();
        SelectionKey key = channel.register(io.selector, OP_READ, "first");
        channel.register(io.selector, OP_READ);
        assertNull(key.attachment());
    }

    @Test
    void refusedRegistrationChangesNothing() throws IOException {
        SocketChannel channel = io.tcp().near();
        SelectionKey key = channel.register(io.selector, OP_READ, "attached");
        assertThrowsExactly(IllegalArgumentException.class, () -> channel.register(io.selector, OP_ACCEPT, "other"));
        assertEquals(OP_READ, key.interestOps());
        assertEquals("attached", key.attachment());
        assertTrue(key.isValid());
    }

    @Test
    void keyForFindsTheKeyOfTheSelector() throws IOException {
        Pipe pipe = io.pipe();
        assertFalse(pipe.source().isRegistered());
        assertNull(pipe.source().keyFor(io.selector));
        assertNull(pipe.source().keyFor(null));
        SelectionKey key = pipe.source().register(io.selector, 0);
        assertTrue(pipe.source().isRegistered());
        assertSame(key, pipe.source().keyFor(io.selector));
        assertNull(pipe.source().keyFor(io.selector()));
        assertNull(pipe.sink().keyFor(io.selector));
    }

    @Test
    void oneChannelMayHaveManySelectors() throws IOException {
        Pipe pipe = io.pipe();
        List<Selector> selectors = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            selectors.add(io.selector());
            pipe.source().register(selectors.get(i), OP_READ);
        }
        assertNotSame(pipe.source().keyFor(selectors.get(0)), pipe.source().keyFor(selectors.get(1)));
        put(pipe.sink(), 1);
        for (Selector selector : selectors) {
            assertEquals(1, selector.selectNow());
            assertEquals(Set.of(pipe.source().keyFor(selector)), selector.selectedKeys());
        }
        pipe.source().keyFor(selectors.get(3)).cancel();
        assertEquals(0, selectors.get(3).selectNow());
        assertNull(pipe.source().keyFor(selectors.get(3)));
        assertTrue(pipe.source().isRegistered());
        selectors.get(4).selectedKeys().clear();
        assertEquals(1, selectors.get(4).selectNow());
    }

    @Test
    void bothEndsMayShareASelector() throws IOException {
        Selecting.Connection tcp = io.tcp();
        put(tcp.near(), 1);
        put(tcp.far(), 1);
        Selecting.awaitReady(tcp.near(), OP_READ);
        Selecting.awaitReady(tcp.far(), OP_READ);
        tcp.near().register(io.selector, OP_READ);
        tcp.far().register(io.selector, OP_READ);
        assertEquals(2, io.selector.selectNow());
    }

    @Test
    void registerDoesNotWaitForSelect() throws Exception {
        Selecting.Task<Integer> select = io.run(io.selector::select);
        select.awaitSelecting();
        Pipe pipe = io.pipe();
        SelectionKey key = io.run(() -> pipe.source().register(io.selector, OP_READ)).get();
        assertTrue(key.isValid());
        assertEquals(Set.of(key), io.selector.keys());
        assertSame(key, pipe.source().keyFor(io.selector));
        assertFalse(select.future().isDone());
        io.selector.wakeup();
        assertEquals(0, select.get());
    }

    @Test
    void registrationDuringSelectTakesEffectInTheNext() throws Exception {
        Pipe[] pipe = {io.pipe()};
        int unheeded = io.selectMeanwhile(
            () -> {
                SelectionKey key = pipe[0].source().keyFor(io.selector);
                if (key != null) {
                    key.cancel();
                }
                pipe[0] = io.pipe();
                put(pipe[0].sink(), 1);
                return null;
            },
            () -> pipe[0].source().register(io.selector, OP_READ));
        assertEquals(0, unheeded);
        assertEquals(1, io.selector.selectNow());
    }

    @Test
    void registrationDuringSelectFollowedByWakeupIsHeeded() throws Exception {
        SelectionKey[] found = new SelectionKey[1];
        Selecting.Task<Integer> select = io.run(() -> {
            int count;
            do {
                count = io.selector.select(key -> found[0] = key);
            } while (count == 0);
            return count;
        });
        select.awaitSelecting();
        SelectionKey key = io.readable(io.selector);
        io.selector.wakeup();
        assertEquals(1, select.get());
        assertSame(key, found[0]);
    }

    @Test
    void attachmentIsThereWhenAnotherThreadSelectsTheKey() throws Exception {
        int rounds = 200;
        Selecting.Task<Integer> select = io.run(() -> {
            int[] seen = {0};
            while (seen[0] < rounds) {
                io.selector.select(key -> {
                    assertEquals("attached", key.attachment());
                    key.cancel();
                    seen[0]++;
                });
            }
            return seen[0];
        });
        for (int i = 0; i < rounds; i++) {
            Pipe pipe = io.pipe();
            put(pipe.sink(), 1);
            SelectionKey key = pipe.source().register(io.selector, OP_READ, "attached");
            io.selector.wakeup();
            Selecting.await(() -> !key.isValid(), "key seen");
        }
        assertEquals(rounds, select.get());
    }
}
