package org.anyfd;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.ExtendedOps.EDGE;
import static org.anyfd.ExtendedOps.EXCLUSIVE;
import static org.anyfd.ExtendedOps.ONESHOT;
import static org.anyfd.ExtendedOps.PEER_CLOSED;
import static org.anyfd.ExtendedOps.PRIORITY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.anyfd.fd.FdChannel;
import org.anyfd.fd.UrgentData;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** What gets ready beyond NIO's operations, and what is refused. */
@Bounded
class ExtendedOpsTest extends EachForm {
    private static final int TIOCPKT = 0x5420;
    private static final int TCFLSH = 0x540B;
    private static final int TCIOFLUSH = 2;
    private static final int IDLE_MILLIS = 40;

    private void assertIdle() throws IOException {
        long start = System.nanoTime();
        assertEquals(Map.of(), form.select(selector, IDLE_MILLIS));
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        assertTrue(millis >= IDLE_MILLIS - 1, () -> "ended after " + millis + " ms");
    }

    // -- Priority --

    @Test
    void urgentByteIsPriority() throws IOException {
        SelectionKey key = key(tcp.near(), OP_READ | PRIORITY);
        assertIdle();
        tcp.far().socket().sendUrgentData('!');
        assertReady(key, PRIORITY);
        assertReady(key, PRIORITY);
        tcp.send("behind it");
        tcp.awaitEvents(Consts.POLLIN);
        assertReady(key, OP_READ | PRIORITY);
        assertEquals("behind it", tcp.received());
        assertIdle();
    }

    @Test
    void takenUrgentByteIsPriorityNoMore() throws IOException {
        SelectionKey key = key(tcp.near(), OP_READ | PRIORITY);
        assertEquals(-1, UrgentData.take(tcp.near()));
        for (int urgent : List.of(0, 200)) {
            tcp.far().socket().sendUrgentData(urgent);
            assertReady(key, PRIORITY);
            assertEquals(urgent, UrgentData.take(tcp.near()));
            assertEquals(-1, UrgentData.take(tcp.near()));
            assertIdle();
        }
        tcp.send("x");
        assertReady(key, OP_READ);
        assertEquals("x", tcp.received());
        tcp.near().close();
        assertThrows(ClosedChannelException.class, () -> UrgentData.take(tcp.near()));
        SocketChannel unconnected = fds.closing(SocketChannel.open());
        assertThrows(NotYetConnectedException.class, () -> UrgentData.take(unconnected));
        assertThrows(IllegalArgumentException.class, () -> UrgentData.take(null));
    }

    @Test
    void urgentByteIsTakenBesideAReaderThatWaits() throws Exception {
        tcp.near().configureBlocking(true);
        Tasks.Task<Integer> reader = fds.run(() -> tcp.near().read(ByteBuffer.allocate(10))).awaitBlocked();
        tcp.far().socket().sendUrgentData('!');
        tcp.awaitEvents(Consts.POLLPRI);
        assertEquals('!', UrgentData.take(tcp.near()));
        tcp.send("abc");
        assertEquals(3, reader.get());
    }

    @Test
    void urgentByteInTheStreamIsPriorityUntilRead() throws IOException {
        tcp.near().socket().setOOBInline(true);
        SelectionKey key = key(tcp.near(), OP_READ | PRIORITY);
        tcp.far().socket().sendUrgentData('!');
        assertReady(key, OP_READ | PRIORITY);
        assertEquals("!", tcp.received());
        assertIdle();
    }

    @Test
    void urgentByteIsNothingToAPlainKey() throws IOException {
        SelectionKey key = key(tcp.near(), OP_READ);
        tcp.far().socket().sendUrgentData('!');
        tcp.awaitEvents(Consts.POLLPRI);
        assertIdle();
        tcp.send("x");
        assertReady(key, OP_READ);
        assertEquals(OP_READ, key.interestOps());
    }

    @Test
    void flushOfAPseudoTerminalInPacketModeIsPriority() throws IOException {
        Raw.Pair pty = fds.pty();
        Scratch s = Scratch.take();
        try {
            s.small().putInt(0, 1);
            assertEquals(0, Sys.ioctl(pty.first(), TIOCPKT, s.smallAddress()));
        } finally {
            s.give();
        }
        FdChannel master = fds.own(pty.first());
        SelectionKey key = key(master, PRIORITY);
        assertIdle();
        assertEquals(0, Sys.ioctl(pty.second(), TCFLSH, TCIOFLUSH));
        assertReady(key, PRIORITY);
        ByteBuffer status = ByteBuffer.allocate(10);
        assertEquals(1, master.read(status));
        assertEquals(3, status.get(0), "TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE");
        assertIdle();
    }

    @Test
    void fileHasNoPriorityAndDoesNotSpin() throws IOException {
        FdChannel file = fds.own(fds.closing(Raw.memfd()));
        SelectionKey key = key(file, PRIORITY | PEER_CLOSED);
        assertIdle();
        key.interestOps(OP_READ | PRIORITY);
        assertReady(key, OP_READ);
        key.interestOps(PRIORITY);
        assertIdle();
    }

    // -- Peer closed --

    @Test
    void halfCloseIsSeenBeforeTheDataIsRead() throws IOException {
        SelectionKey key = key(tcp.near(), PEER_CLOSED);
        tcp.send("unread");
        tcp.awaitEvents(Consts.POLLIN);
        assertIdle();
        tcp.far().shutdownOutput();
        assertReady(key, PEER_CLOSED);
        key.interestOpsOr(OP_READ | OP_WRITE);
        assertReady(key, OP_READ | OP_WRITE | PEER_CLOSED);
        assertEquals("unread", tcp.received());
        assertEquals("end", tcp.received());
        key.interestOpsAnd(~(PEER_CLOSED | OP_READ | OP_WRITE));
        assertEquals(0, key.interestOps());
        assertIdle();
    }

    @Test
    void halfCloseIsEndOfStreamToAPlainKey() throws IOException {
        SelectionKey key = key(tcp.near(), OP_READ | OP_WRITE);
        tcp.far().shutdownOutput();
        tcp.awaitEvents(Consts.POLLRDHUP);
        assertReady(key, OP_READ | OP_WRITE);
    }

    @Test
    void closedReaderIsSeenByAPipesWriter() throws IOException {
        Pipe pipe = Pipe.open();
        fds.closing(pipe.sink());
        SelectionKey key = key(pipe.sink(), PEER_CLOSED);
        assertIdle();
        pipe.source().close();
        assertReady(key, PEER_CLOSED);
    }

    @Test
    void closedWriterIsSeenByAPipesReaderWithDataUnread() throws IOException {
        Pipe pipe = Pipe.open();
        fds.closing(pipe.source());
        SelectionKey key = key(pipe.source(), PEER_CLOSED);
        pipe.sink().write(ByteBuffer.allocate(1));
        assertIdle();
        pipe.sink().close();
        assertReady(key, PEER_CLOSED);
        assertEquals(1, pipe.source().read(ByteBuffer.allocate(10)));
    }

    @Test
    void resetMakesAllReadyThatIsOfInterest() throws IOException {
        SelectionKey key = key(tcp.near(), OP_READ | PRIORITY | PEER_CLOSED);
        assertNothing();
        tcp.reset();
        assertReady(key, OP_READ | PRIORITY | PEER_CLOSED);
        key.interestOps(PRIORITY);
        assertReady(key, PRIORITY);
    }

    @Test
    void modesAloneWatchNothing() throws IOException {
        SelectionKey key = key(tcp.near(), ONESHOT);
        assertNothing();
        tcp.reset();
        tcp.awaitEvents(Consts.POLLHUP);
        assertIdle();
        key.interestOps(EXCLUSIVE);
        assertIdle();
        key.interestOps(EXCLUSIVE | OP_READ);
        assertReady(key, OP_READ);
    }

    // -- Keys --

    @Test
    void interestIsWhatWasSet() throws IOException {
        SelectionKey key = key(tcp.near(), OP_READ | PRIORITY | ONESHOT);
        assertEquals(OP_READ | PRIORITY | ONESHOT, key.interestOps());
        assertEquals(OP_READ | PRIORITY | ONESHOT, key.interestOpsOr(PEER_CLOSED));
        assertEquals(OP_READ | PRIORITY | ONESHOT | PEER_CLOSED, key.interestOpsAnd(~(PRIORITY | OP_READ)));
        assertEquals(ONESHOT | PEER_CLOSED, key.interestOps());
        assertEquals(0, key.interestOps(0).interestOps());
    }

    @Test
    void validOperationsAreNios() throws IOException {
        assertEquals(OP_READ | OP_WRITE, fds.closing(DatagramChannel.open()).validOps());
        FdChannel pipe = fds.own(fds.pipe().first());
        pipe.configureBlocking(false);
        assertEquals(OP_READ, pipe.validOps());
        for (int op : List.of(PRIORITY, PEER_CLOSED, EDGE, ONESHOT, EXCLUSIVE)) {
            assertThrows(IllegalArgumentException.class, () -> pipe.register(selector, OP_READ | op));
            assertThrows(IllegalArgumentException.class, () -> tcp.near().register(selector, op));
        }
    }

    @Test
    void invalidOperationsStayInvalid() throws IOException {
        SelectionKey key = key(tcp.near(), OP_READ | PRIORITY);
        int known = PRIORITY | PEER_CLOSED | EDGE | ONESHOT | EXCLUSIVE | tcp.near().validOps();
        for (int bit = 0; bit < 32; bit++) {
            int op = 1 << bit;
            if ((known & op) == 0) {
                assertThrows(IllegalArgumentException.class, () -> key.interestOps(op));
                assertThrows(IllegalArgumentException.class, () -> key.interestOpsOr(PRIORITY | op));
            }
        }
        assertThrows(IllegalArgumentException.class, () -> key.interestOps(OP_ACCEPT | PRIORITY));
        assertEquals(OP_READ | PRIORITY, key.interestOps());
    }

    @Test
    void exclusiveGoesWithNothingThatTheKernelRefuses() throws IOException {
        SelectionKey key = key(tcp.near(), OP_READ | EXCLUSIVE);
        for (int op : List.of(PRIORITY, PEER_CLOSED, ONESHOT)) {
            IllegalArgumentException told =
                assertThrows(IllegalArgumentException.class, () -> key.interestOps(OP_READ | EXCLUSIVE | op));
            assertTrue(told.getMessage().startsWith("EXCLUSIVE does not go with"), told.getMessage());
            assertThrows(IllegalArgumentException.class, () -> key.interestOpsOr(op));
        }
        assertEquals(OP_READ | EXCLUSIVE, key.interestOps());
        tcp.send("x");
        assertReady(key, OP_READ);
    }

    @Test
    @EnabledIfSystemProperty(named = "org.anyfd.poller", matches = "poll")
    void pollHasNoEdges() throws IOException {
        SelectionKey key = key(tcp.near(), OP_READ);
        UnsupportedOperationException told =
            assertThrows(UnsupportedOperationException.class, () -> key.interestOps(OP_READ | EDGE));
        assertTrue(told.getMessage().contains("poll(2)"), told.getMessage());
        assertThrows(UnsupportedOperationException.class, () -> key.interestOpsOr(EDGE));
        tcp.send("x");
        assertReady(key, OP_READ);
    }

    @Test
    void cancelledKeyIsRefusedBeforeItsOperationsAreLookedAt() throws IOException {
        SelectionKey key = key(tcp.near(), OP_READ | PRIORITY);
        key.cancel();
        assertThrows(CancelledKeyException.class, () -> key.interestOps(EXCLUSIVE | ONESHOT));
        assertThrows(CancelledKeyException.class, () -> key.interestOpsOr(EXCLUSIVE | ONESHOT));
    }

    /** As frameworks do that replace a selector. */
    @Test
    void registeringAnewLeavesNothingBehind() throws IOException {
        SelectionKey key = key(tcp.near(), PRIORITY | ONESHOT);
        assertNothing();
        tcp.near().register(selector, OP_READ);
        assertEquals(OP_READ, key.interestOps());
        tcp.far().socket().sendUrgentData('!');
        tcp.awaitEvents(Consts.POLLPRI);
        assertNothing();
        tcp.send("x");
        assertReady(key, OP_READ);
        assertReady(key, OP_READ);
        key.cancel();
        assertNothing();
        SelectionKey next = key(tcp.near(), PEER_CLOSED);
        assertNothing();
        tcp.far().close();
        assertReady(next, PEER_CLOSED);
    }

    @Test
    void listenerAndUnconnectedSocketTakeThem() throws IOException {
        ServerSocketChannel listener = fds.closing(ServerSocketChannel.open()).bind(null);
        SelectionKey listening = key(listener, OP_ACCEPT | PRIORITY | PEER_CLOSED);
        assertIdle();
        SocketChannel client = fds.closing(SocketChannel.open());
        client.configureBlocking(false);
        client.connect(listener.getLocalAddress());
        assertReady(listening, OP_ACCEPT);
        fds.closing(listener.accept());
        assertIdle();
    }
}
