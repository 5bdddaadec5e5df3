package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.contract.Selecting.assertTimedOut;
import static org.anyfd.contract.Selecting.loopback;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Selecting on sockets that are not connected yet. */
@Bounded
class SelectConnectTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    private SocketChannel socket() throws IOException {
        SocketChannel socket = io.closing(SocketChannel.open());
        socket.configureBlocking(false);
        return socket;
    }

    /** An address that refuses: bound, so nobody else gets it, but not listening. */
    private SocketAddress refusing() throws IOException {
        return io.closing(SocketChannel.open()).bind(loopback()).getLocalAddress();
    }

    @Test
    void finishedConnectionAttemptSelectsConnect() throws IOException {
        ServerSocketChannel listener = io.listener();
        SocketChannel socket = socket();
        assertFalse(socket.connect(listener.getLocalAddress()));
        SelectionKey key = socket.register(io.selector, OP_CONNECT);
        assertEquals(1, io.selector.select());
        assertEquals(OP_CONNECT, key.readyOps());
        assertTrue(key.isConnectable());
        assertTrue(socket.finishConnect());
        assertTrue(socket.isConnected());
    }

    @Test
    void registeredBeforeConnectSelectsConnect() throws IOException {
        ServerSocketChannel listener = io.listener();
        SocketChannel socket = socket();
        SelectionKey key = socket.register(io.selector, 0);
        assertEquals(0, io.selector.selectNow());
        assertFalse(socket.connect(listener.getLocalAddress()));
        key.interestOps(OP_CONNECT);
        assertEquals(1, io.selector.select());
        assertTrue(socket.finishConnect());
    }

    @Test
    void connectingSocketIsConnectableOnly() throws IOException {
        ServerSocketChannel listener = io.listener();
        SocketChannel socket = socket();
        assertFalse(socket.connect(listener.getLocalAddress()));
        SocketChannel accepted = accept(listener);
        put(accepted, 1);
        SelectionKey key = socket.register(io.selector, OP_CONNECT | OP_READ | OP_WRITE);
        assertEquals(1, io.selector.select());
        assertEquals(OP_CONNECT, key.readyOps());
        assertTrue(socket.finishConnect());
        key.interestOps(OP_WRITE);
        io.selector.selectedKeys().clear();
        assertEquals(1, io.selector.select());
        assertEquals(OP_WRITE, key.readyOps());
    }

    @Test
    void dataThatCameWhileConnectingIsSelectedAfterwards() throws IOException {
        ServerSocketChannel listener = io.listener();
        SocketChannel socket = socket();
        assertFalse(socket.connect(listener.getLocalAddress()));
        put(accept(listener), 1);
        SelectionKey key = socket.register(io.selector, OP_CONNECT);
        assertEquals(1, io.selector.select());
        assertTrue(socket.finishConnect());
        io.selector.selectedKeys().clear();
        key.interestOps(OP_READ);
        assertEquals(1, io.selector.select());
        assertEquals(OP_READ, key.readyOps());
        assertEquals(1, Selecting.drain(socket));
    }

    private SocketChannel accept(ServerSocketChannel listener) throws IOException {
        Selecting.awaitReady(listener, SelectionKey.OP_ACCEPT);
        SocketChannel accepted = io.closing(listener.accept());
        accepted.configureBlocking(false);
        return accepted;
    }

    @Test
    void refusedConnectionSelectsConnect() throws IOException {
        SocketChannel socket = socket();
        assertFalse(socket.connect(refusing()));
        assertTrue(socket.isConnectionPending());
        SelectionKey key = socket.register(io.selector, OP_CONNECT);
        assertEquals(1, io.selector.select());
        assertEquals(OP_CONNECT, key.readyOps());
        assertThrowsExactly(ConnectException.class, socket::finishConnect);
        assertFalse(socket.isOpen());
        assertFalse(key.isValid());
        assertThrows(ClosedChannelException.class, socket::finishConnect);
        assertEquals(0, io.selector.selectNow());
        assertTrue(io.selector.keys().isEmpty());
    }

    @Test
    void refusalIsSeenByASelectorThatWaits() throws Exception {
        SocketChannel socket = socket();
        SelectionKey key = socket.register(io.selector, 0);
        SocketAddress refusing = refusing();
        Selecting.Task<Integer> select = io.run(() -> {
            int count;
            do {
                count = io.selector.select();
            } while (count == 0);
            return count;
        });
        select.awaitSelecting();
        assertFalse(socket.connect(refusing));
        key.interestOps(OP_CONNECT);
        io.selector.wakeup();
        assertEquals(1, select.get());
        assertTrue(key.isConnectable());
        assertThrowsExactly(ConnectException.class, socket::finishConnect);
    }

    /** The kernel reports a hang-up on a socket that was never connected, and to NIO that means ready. */
    @Test
    void unconnectedSocketIsReadyForWhateverIsOfInterest() throws IOException {
        SelectionKey key = socket().register(io.selector, OP_CONNECT | OP_READ);
        assertEquals(1, io.selector.select());
        assertEquals(OP_CONNECT | OP_READ, key.readyOps());
    }

    @Test
    void unconnectedSocketWithoutInterestIsSilent() throws IOException {
        SelectionKey key = socket().register(io.selector, 0);
        long start = System.nanoTime();
        assertEquals(0, io.selector.select(60));
        assertTimedOut(start, 60);
        assertEquals(0, key.readyOps());
    }

    @Test
    void unconnectedSocketThatIsReadyCanStillConnect() throws IOException {
        ServerSocketChannel listener = io.listener();
        SocketChannel socket = socket();
        SelectionKey key = socket.register(io.selector, OP_CONNECT);
        assertEquals(1, io.selector.select());
        io.selector.selectedKeys().clear();
        assertFalse(socket.connect(listener.getLocalAddress()));
        assertEquals(1, io.selector.select());
        assertEquals(OP_CONNECT, key.readyOps());
        assertTrue(socket.finishConnect());
    }

    @Test
    void closingWhileConnectingLeavesNothing() throws IOException {
        ServerSocketChannel listener = io.listener();
        SocketChannel socket = socket();
        assertFalse(socket.connect(listener.getLocalAddress()));
        socket.register(io.selector, OP_CONNECT);
        socket.close();
        assertEquals(0, io.selector.selectNow());
        assertTrue(io.selector.keys().isEmpty());
    }
}
