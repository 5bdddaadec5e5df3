package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.anyfd.fd.FdChannel;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;

/** What the kernel watches for a key that is cancelled, and for the next key of its channel. */
class DormantKeysTest extends EdgeKeysFixture {
    @Test
    void registeringAnewTakesOverWhatTheKernelWatches() throws IOException {
        EdgeWatch watch = edges(toggled(ours, OP_READ));
        for (int i = 0; i < 20; i++) {
            ours.keyFor(selector).cancel();
            selector.selectNow();
            assertNull(ours.keyFor(selector));
            peer.write(ByteBuffer.wrap(new byte[10]));
            ours.configureBlocking(true);
            ours.read(ByteBuffer.allocate(4));
            ours.configureBlocking(false);
            SelectionKey key = ours.register(selector, OP_READ);
            assertEquals(1, selectAnew(10_000));
            assertEquals(OP_READ, key.readyOps());
            assertTrue(edges(key) == watch);
            assertEquals(6, ours.read(ByteBuffer.allocate(100)));
            assertEquals(0, selectAnew(1));
        }
    }

    @Test
    void dormantKeyThatDoesNotProfitIsFollowedByOneWatchedLevelTriggered() throws IOException {
        SelectionKey key = toggled(ours, OP_READ);
        EdgeWatch watch = edges(key);
        key.cancel();
        selector.selectNow();
        while (watch.dormant != null) {
            peer.write(ByteBuffer.wrap(new byte[1]));
            selectAnew(1);
        }
        key = ours.register(selector, OP_READ);
        assertEquals(1, selectAnew(10_000));
        assertNull(edges(key));
    }

    @Test
    void cancellingAndRegisteringAnewIsAToggle() throws IOException {
        SelectionKey key = null;
        for (int i = 0; i < 3; i++) {
            key = ours.register(selector, OP_READ);
            selector.selectNow();
            key.cancel();
            selector.selectNow();
        }
        key = ours.register(selector, OP_READ);
        selector.selectNow();
        assertNotNull(edges(key));
    }

    @Test
    void channelClosedBetweenKeysLeavesNothing() throws IOException {
        SelectionKey key = toggled(ours, OP_READ);
        int number = ((NativeSocketChannel) ours).getFD();
        key.cancel();
        selector.selectNow();
        ours.close();
        SocketChannel[] next = pair();
        SelectionKey stranger = next[0].register(selector, OP_READ);
        next[1].write(ByteBuffer.wrap(new byte[10]));
        assertEquals(1, selectAnew(10_000));
        assertEquals(OP_READ, stranger.readyOps());
        assertEquals(-1, ((NativeSelectionKey) key).token, "the slot of fd " + number + " is free");
    }

    /** As one that is watched level-triggered: its number must not stay open until something else happens. */
    @Test
    void channelClosedDuringTheWaitIsLetGoOfWhenThePeerAnswers() throws Exception {
        toggled(ours, OP_READ);
        new Tasks().run(() -> {
            while (selector.isOpen()) {
                selector.select(key -> { });
            }
            return null;
        }).awaitBlocked();
        ours.close();
        assertEquals(-1, peer.read(ByteBuffer.allocate(1)));
        peer.close();
        Tasks.await(() -> selector.keys().isEmpty(), "the key is gone");
    }

    /** The selector's second channel of a number is watched through a duplicate, which would keep the connection. */
    @Test
    void channelWatchedThroughADuplicateIsClosedBetweenKeys() throws IOException {
        FdChannel same = FdChannel.borrow(((NativeSocketChannel) ours).getFD());
        open.add(same);
        same.configureBlocking(false);
        SelectionKey first = same.register(selector, OP_READ);
        selector.selectNow();
        SelectionKey second = toggled(ours, OP_READ);
        first.cancel();
        second.cancel();
        selector.selectNow();
        same.close();
        ours.close();
        assertEquals(-1, peer.read(ByteBuffer.allocate(1)));
    }

    /** The other process keeps the file open, and with it the entry, when the number is closed here. */
    @Test
    void keyOfAPassedChannelIsNotKept() throws IOException {
        SelectionKey key = toggled(ours, OP_READ);
        EdgeWatch watch = edges(key);
        ((NativeSocketChannel) ours).passed();
        key.cancel();
        selector.selectNow();
        assertNull(watch.dormant);
        assertTrue(!watch.active);
    }

    /** The last event of each finds no key. That is no sign of a ghost, for which all keys would be armed anew. */
    @Test
    void dormantKeysThatAreGivenUpDoNotRenewTheKernelsSet() throws IOException {
        String set = ((NativeSelector) selector).backend();
        SocketChannel[][] pairs = {pair(), pair()};
        EdgeWatch[] watches = new EdgeWatch[2];
        for (int i = 0; i < 2; i++) {
            SelectionKey key = toggled(pairs[i][0], OP_READ);
            watches[i] = edges(key);
            key.cancel();
            selector.selectNow();
            while (watches[i].balance > -8) {
                pairs[i][1].write(ByteBuffer.wrap(new byte[1]));
                selector.selectNow();
            }
        }
        // In two selections one after the other.
        for (int i = 0; i < 2; i++) {
            assertNotNull(watches[i].dormant, "bears one event more");
            while (watches[i].dormant != null) {
                pairs[i][1].write(ByteBuffer.wrap(new byte[1]));
                selector.selectNow();
            }
        }
        assertEquals(set, ((NativeSelector) selector).backend());
    }
}
