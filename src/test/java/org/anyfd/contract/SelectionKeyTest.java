package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;

/** What a key says about itself, alive and cancelled. */
@Bounded
class SelectionKeyTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    @Test
    void newKeyKnowsWhereItBelongs() throws IOException {
        Pipe pipe = io.pipe();
        Object attachment = new Object();
        SelectionKey key = pipe.source().register(io.selector, OP_READ, attachment);
        assertTrue(key.isValid());
        assertSame(pipe.source(), key.channel());
        assertSame(io.selector, key.selector());
        assertSame(attachment, key.attachment());
        assertEquals(OP_READ, key.interestOps());
        assertEquals(0, key.readyOps());
        assertSame(key, pipe.source().keyFor(io.selector));
        assertTrue(pipe.source().isRegistered());
    }

    @Test
    void keysAreEqualOnlyToThemselves() throws IOException {
        Pipe pipe = io.pipe();
        SelectionKey one = pipe.source().register(io.selector, OP_READ);
        SelectionKey two = pipe.source().register(io.selector(), OP_READ);
        assertEquals(one, one);
        assertNotEquals(one, two);
        assertEquals(System.identityHashCode(one), one.hashCode());
    }

    @Test
    void newKeyIsNotReadyWhateverItsChannelIs() throws IOException {
        SelectionKey key = io.readable(io.selector);
        assertEquals(0, key.readyOps());
        assertFalse(key.isReadable());
    }

    @Test
    void readinessPredicatesFollowTheReadySet() throws IOException {
        Selecting.Connection tcp = io.tcp();
        SelectionKey key = tcp.near().register(io.selector, OP_WRITE);
        assertEquals(1, io.selector.select());
        assertTrue(key.isWritable());
        assertFalse(key.isReadable());
        assertFalse(key.isConnectable());
        assertFalse(key.isAcceptable());
        var listener = io.listener();
        SelectionKey accept = listener.register(io.selector, OP_ACCEPT);
        io.closing(SocketChannel.open(listener.getLocalAddress()));
        Selecting.awaitReady(listener, OP_ACCEPT);
        assertEquals(1, io.selector.select());
        assertTrue(accept.isAcceptable());
        assertFalse(accept.isReadable());
        assertFalse(accept.isWritable());
    }

    @Test
    void attachReturnsThePreviousAttachment() throws IOException {
        SelectionKey key = io.silent(io.selector);
        assertNull(key.attachment());
        assertNull(key.attach("one"));
        assertEquals("one", key.attachment());
        assertEquals("one", key.attach("two"));
        assertEquals("two", key.attach(null));
        assertNull(key.attachment());
    }

    @Test
    void attachIsAtomic() throws Exception {
        SelectionKey key = io.silent(io.selector);
        var returned = ConcurrentHashMap.<Object>newKeySet();
        List<Selecting.Task<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            tasks.add(io.run(() -> {
                for (int j = 0; j < 5_000; j++) {
                    Object old = key.attach(new Object());
                    assertTrue(old == null || returned.add(old), "returned twice");
                }
                return null;
            }));
        }
        for (Selecting.Task<Void> task : tasks) {
            task.get();
        }
        assertEquals(4 * 5_000 - 1, returned.size());
        assertFalse(returned.contains(key.attachment()));
    }

    @Test
    void cancelledKeyIsInvalidAtOnce() throws IOException {
        SelectionKey key = io.silent(io.selector);
        key.cancel();
        assertFalse(key.isValid());
        key.cancel();
        assertFalse(key.isValid());
    }

    @Test
    void cancelledKeyKeepsWhatItBelongsTo() throws IOException {
        Pipe pipe = io.pipe();
        SelectionKey key = pipe.source().register(io.selector, OP_READ, "attached");
        key.cancel();
        for (int i = 0; i < 2; i++) {
            assertSame(pipe.source(), key.channel());
            assertSame(io.selector, key.selector());
            assertEquals("attached", key.attachment());
            assertEquals("attached", key.attach("attached"));
            assertFalse(key.toString().isEmpty());
            io.selector.selectNow();
        }
    }

    @Test
    void cancelledKeyAnswersNothingElse() throws IOException {
        SelectionKey key = io.readable(io.selector);
        io.selector.selectNow();
        key.cancel();
        assertAllCancelled(key);
        io.selector.selectNow();
        assertAllCancelled(key);
    }

    @Test
    void keyOfAClosedChannelAnswersNothingElse() throws IOException {
        SelectionKey key = io.readable(io.selector);
        key.channel().close();
        assertFalse(key.isValid());
        assertAllCancelled(key);
    }

    @Test
    void keyOfAClosedSelectorAnswersNothingElse() throws IOException {
        SelectionKey key = io.readable(io.selector);
        io.selector.close();
        assertFalse(key.isValid());
        assertAllCancelled(key);
    }

    /** Validity is checked before the argument is. */
    private static void assertAllCancelled(SelectionKey key) {
        List<Executable> calls = List.of(
            key::interestOps,
            () -> key.interestOps(OP_READ),
            () -> key.interestOps(99),
            () -> key.interestOpsOr(OP_READ),
            () -> key.interestOpsOr(99),
            () -> key.interestOpsAnd(OP_READ),
            key::readyOps,
            key::isReadable,
            key::isWritable,
            key::isConnectable,
            key::isAcceptable);
        for (Executable call : calls) {
            assertThrowsExactly(CancelledKeyException.class, call);
        }
    }
}
