package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.contract.Selecting.assertTimedOut;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A channel closed while a selector knows it: dead to its users at once, really closed by the next selection. */
@Bounded
class ChannelCloseWhileRegisteredTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    private static final ByteBuffer ONE = ByteBuffer.allocate(1);

    private static int readOne(Pipe.SourceChannel source) throws IOException {
        return source.read(ONE.clear());
    }

    @Test
    void closeInvalidatesTheKeyAtOnce() throws IOException {
        SelectionKey key = io.silent(io.selector);
        key.channel().close();
        assertFalse(key.isValid());
        assertFalse(key.channel().isOpen());
        assertTrue(io.selector.keys().contains(key));
        assertTrue(key.channel().isRegistered());
        assertEquals(0, io.selector.selectNow());
        assertTrue(io.selector.keys().isEmpty());
        assertFalse(key.channel().isRegistered());
    }

    @Test
    void closedChannelIsNotSelected() throws IOException {
        SelectionKey key = io.readable(io.selector);
        assertEquals(1, io.selector.selectNow());
        key.channel().close();
        assertEquals(0, io.selector.selectNow());
        assertTrue(io.selector.selectedKeys().isEmpty());
    }

    @Test
    void closingWhileIteratingTheSelectedKeysIsFine() throws IOException {
        for (int i = 0; i < 10; i++) {
            io.readable(io.selector);
        }
        assertEquals(10, io.selector.selectNow());
        for (SelectionKey key : io.selector.selectedKeys()) {
            key.channel().close();
        }
        assertEquals(0, io.selector.selectNow());
        assertTrue(io.selector.keys().isEmpty());
    }

    /** The open end of the pipe tells whether the other is really closed. */
    @Test
    void fileIsClosedByTheNextSelection() throws IOException {
        Pipe pipe = io.pipe();
        pipe.sink().register(io.selector, OP_WRITE);
        assertEquals(1, io.selector.selectNow());
        pipe.sink().close();
        assertEquals(0, readOne(pipe.source()), "no end of stream yet");
        assertEquals(0, io.selector.selectNow());
        assertEquals(-1, readOne(pipe.source()));
    }

    @Test
    void fileIsClosedByTheNextSelectionThoughNeverSelected() throws IOException {
        Pipe pipe = io.pipe();
        pipe.sink().register(io.selector, 0);
        pipe.sink().close();
        assertEquals(0, readOne(pipe.source()));
        assertEquals(0, io.selector.selectNow());
        assertEquals(-1, readOne(pipe.source()));
    }

    @Test
    void fileOfACancelledKeyIsClosedByTheNextSelection() throws IOException {
        Pipe pipe = io.pipe();
        pipe.sink().register(io.selector, OP_WRITE).cancel();
        pipe.sink().close();
        assertEquals(0, io.selector.selectNow());
        assertEquals(-1, readOne(pipe.source()));
    }

    @Test
    void fileIsClosedAtOnceWhenNoKeyIsLeft() throws IOException {
        Pipe pipe = io.pipe();
        pipe.sink().register(io.selector, OP_WRITE).cancel();
        io.selector.selectNow();
        pipe.sink().close();
        assertEquals(-1, readOne(pipe.source()));
    }

    @Test
    void fileIsClosedWhenTheLastOfItsSelectorsHasRun() throws IOException {
        Selector other = io.selector();
        Pipe pipe = io.pipe();
        pipe.sink().register(io.selector, OP_WRITE);
        pipe.sink().register(other, OP_WRITE);
        pipe.sink().close();
        assertEquals(0, io.selector.selectNow());
        assertEquals(0, readOne(pipe.source()));
        assertEquals(0, other.selectNow());
        assertEquals(-1, readOne(pipe.source()));
    }

    /** One selection closes the sink and reports what the source makes of it. */
    @Test
    void peerInTheSameSelectorSeesTheEndOfStream() throws IOException {
        Pipe pipe = io.pipe();
        SelectionKey source = pipe.source().register(io.selector, OP_READ);
        pipe.sink().register(io.selector, OP_WRITE);
        assertEquals(1, io.selector.selectNow());
        io.selector.selectedKeys().clear();
        pipe.sink().close();
        assertEquals(1, io.selector.select());
        assertEquals(Set.of(source), io.selector.selectedKeys());
        assertEquals(-1, readOne(pipe.source()));
    }

    @Test
    void peerOfASocketSeesTheEndOfStreamAtOnce() throws IOException {
        Selecting.Connection tcp = io.tcp();
        tcp.near().register(io.selector, OP_READ);
        io.selector.selectNow();
        tcp.near().close();
        Selecting.awaitReady(tcp.far(), OP_READ);
        assertEquals(-1, tcp.far().read(ByteBuffer.allocate(1)));
        assertEquals(1, io.selector.keys().size());
        assertEquals(0, io.selector.selectNow());
    }

    @Test
    void socketThatLingersForNoTimeResetsInTheNextSelection() throws IOException {
        Selecting.Connection tcp = io.tcp();
        tcp.near().register(io.selector, OP_READ);
        io.selector.selectNow();
        tcp.near().setOption(StandardSocketOptions.SO_LINGER, 0);
        tcp.near().close();
        assertEquals(0, tcp.far().read(ByteBuffer.allocate(1)), "nothing sent yet");
        assertEquals(0, io.selector.selectNow());
        Selecting.awaitReady(tcp.far(), OP_READ);
        assertThrowsExactly(SocketException.class, () -> tcp.far().read(ByteBuffer.allocate(1)));
    }

    @Test
    void socketThatLingersDoesNotKeepTheSelectorWaiting() throws IOException {
        Selecting.Connection tcp = io.tcp();
        tcp.near().setOption(StandardSocketOptions.SO_LINGER, 10);
        Selecting.fill(tcp.near());
        tcp.near().register(io.selector, OP_READ);
        io.selector.selectNow();
        tcp.near().close();
        long start = System.nanoTime();
        assertEquals(0, io.selector.selectNow());
        assertTrue(Selecting.millisSince(start) < 9_000, "waited for a peer that does not read");
        assertTrue(Selecting.drain(tcp.far()) > 0, "what was written arrives");
    }

    @Test
    void closedListenerAcceptsIntoItsBacklogUntilTheNextSelection() throws IOException {
        ServerSocketChannel listener = io.listener();
        SocketAddress address = listener.getLocalAddress();
        listener.register(io.selector, OP_ACCEPT);
        io.selector.selectNow();
        listener.close();
        assertThrows(ClosedChannelException.class, listener::accept);
        assertTrue(io.closing(SocketChannel.open(address)).isConnected());
        assertEquals(0, io.selector.selectNow());
        assertThrowsExactly(ConnectException.class, () -> SocketChannel.open(address));
    }

    @Test
    void closedListenerFreesItsAddressInTheNextSelection() throws IOException {
        ServerSocketChannel listener = io.listener();
        SocketAddress address = listener.getLocalAddress();
        listener.register(io.selector, OP_ACCEPT);
        listener.close();
        io.selector.selectNow();
        ServerSocketChannel next = io.closing(ServerSocketChannel.open()).bind(address);
        assertEquals(address, next.getLocalAddress());
    }

    @Test
    void closeDoesNotWakeTheSelector() throws Exception {
        Pipe pipe = io.pipe();
        SelectionKey key = pipe.source().register(io.selector, OP_READ);
        long start = System.nanoTime();
        Selecting.Task<Integer> select = io.run(() -> io.selector.select(250));
        select.awaitSelecting();
        pipe.source().close();
        assertFalse(key.isValid());
        assertEquals(0, select.get());
        assertTimedOut(start, 250);
    }

    @Test
    void closeOfASocketDoesNotWaitForTheSelector() throws Exception {
        Selecting.Connection tcp = io.tcp();
        tcp.near().register(io.selector, OP_READ);
        Selecting.Task<Integer> select = io.run(io.selector::select);
        select.awaitSelecting();
        io.run(() -> {
            tcp.near().close();
            return null;
        }).get();
        assertFalse(tcp.near().isOpen());
        Selecting.awaitReady(tcp.far(), OP_READ);
        io.selector.wakeup();
        assertEquals(0, select.get());
        assertTrue(io.selector.keys().isEmpty());
    }

    @Test
    void channelMayBeClosedInTheActionOfItsKey() throws IOException {
        SelectionKey key = io.readable(io.selector);
        assertEquals(1, io.selector.select(k -> closeQuietly(k)));
        assertFalse(key.isValid());
        assertEquals(0, io.selector.selectNow());
        assertTrue(io.selector.keys().isEmpty());
    }

    /** An event already fetched for a channel that is closed must not be handed to the next owner of its number. */
    @Test
    void staleEventDoesNotReachANewChannel() throws IOException {
        for (int round = 0; round < 20; round++) {
            List<SelectionKey> keys = List.of(io.readable(io.selector), io.readable(io.selector));
            List<SelectionKey> heirs = new ArrayList<>();
            List<SelectionKey> seen = new ArrayList<>();
            io.selector.select(key -> {
                seen.add(key);
                if (heirs.isEmpty()) {
                    keys.forEach(ChannelCloseWhileRegisteredTest::closeQuietly);
                    for (int i = 0; i < 3; i++) {
                        heirs.add(registerQuietly());
                    }
                }
            });
            assertTrue(keys.containsAll(seen), "only keys that were ready");
            assertEquals(0, io.selector.selectNow());
            assertEquals(3, io.selector.keys().size());
            for (SelectionKey heir : heirs) {
                assertEquals(0, heir.readyOps());
                heir.channel().close();
            }
            io.selector.selectNow();
        }
    }

    private static void closeQuietly(SelectionKey key) {
        try {
            key.channel().close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private SelectionKey registerQuietly() {
        try {
            return io.silent(io.selector);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Each new channel is likely to get the number of the one closed before it. */
    @Test
    void reusedNumbersBelongToTheNewChannel() throws IOException {
        for (int round = 0; round < 30; round++) {
            Pipe pipe = io.pipe();
            SelectionKey key = pipe.source().register(io.selector, OP_READ, round);
            assertEquals(0, io.selector.selectNow(), "round " + round);
            put(pipe.sink(), 1);
            assertEquals(1, io.selector.select());
            assertEquals(Set.of(key), io.selector.selectedKeys());
            assertEquals(round, key.attachment());
            pipe.source().close();
            pipe.sink().close();
            io.selector.selectNow();
            assertTrue(io.selector.keys().isEmpty());
        }
    }

    /** A cancelled key and a new one, perhaps of the same number, are handled by the same selection. */
    @Test
    void lateCancelDoesNotHitTheNextOwnerOfTheNumber() throws IOException {
        for (int round = 0; round < 30; round++) {
            Pipe old = io.pipe();
            SelectionKey cancelled = old.source().register(io.selector, OP_READ);
            io.selector.selectNow();
            cancelled.cancel();
            old.source().close();
            old.sink().close();
            Pipe next = io.pipe();
            SelectionKey key = next.source().register(io.selector, OP_READ);
            put(next.sink(), 1);
            assertEquals(1, io.selector.select(), "round " + round);
            assertEquals(Set.of(key), io.selector.selectedKeys());
            io.selector.selectedKeys().clear();
            assertEquals(1, io.selector.selectNow(), "still heard after the old key is gone");
            next.source().close();
        }
    }
}
