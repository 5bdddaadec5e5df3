package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connecting: blocking, non-blocking, refused, impossible. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SocketChannelConnectTest {

    /** Waits for a non-blocking connect to end, which on loopback takes a moment. */
    private static void finish(SocketChannel channel) throws Exception {
        long deadline = System.nanoTime() + Tcp.PATIENCE_NANOS;
        while (!channel.finishConnect()) {
            Tcp.pause(deadline, "connection");
        }
    }

    @Test
    void blockingConnectReturnsTrue() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen(); SocketChannel channel = SocketChannel.open()) {
            assertTrue(channel.connect(listener.getLocalAddress()));
            assertTrue(channel.isConnected());
            assertFalse(channel.isConnectionPending());
            assertNotNull(channel.getLocalAddress());
        }
    }

    @Test
    void openWithAddressConnects() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen();
                SocketChannel channel = SocketChannel.open(listener.getLocalAddress())) {
            assertTrue(channel.isConnected());
            assertTrue(channel.isBlocking());
        }
    }

    @Test
    void connectionIsMadeBeforeItIsAccepted() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen();
                SocketChannel channel = SocketChannel.open(listener.getLocalAddress())) {
            assertEquals(2, channel.write(Tcp.bytes(7, 8)));
            try (SocketChannel accepted = listener.accept()) {
                assertArrayEquals(new byte[] {7, 8}, Tcp.readFully(accepted, 2));
            }
        }
    }

    @Test
    void nonBlockingConnectIsFinishedByFinishConnect() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen(); SocketChannel channel = SocketChannel.open()) {
            channel.configureBlocking(false);
            if (!channel.connect(listener.getLocalAddress())) {
                assertTrue(channel.isConnectionPending());
                assertFalse(channel.isConnected());
                finish(channel);
            }
            assertTrue(channel.isConnected());
            assertFalse(channel.isConnectionPending());
            assertTrue(channel.finishConnect());
            try (SocketChannel accepted = listener.accept()) {
                assertEquals(channel.getLocalAddress(), accepted.getRemoteAddress());
            }
        }
    }

    @Test
    void finishConnectInBlockingModeWaitsForTheConnection() throws Exception {
        try (var listener = new FullListener(); SocketChannel channel = listener.pending()) {
            channel.configureBlocking(true);
            try (Task<Boolean> finisher = Task.start(channel::finishConnect).awaitIn("finishConnect")) {
                listener.makeRoom();
                assertTrue(finisher.get());
            }
            assertTrue(channel.isConnected());
            assertNotNull(channel.getLocalAddress());
        }
    }

    @Test
    void blockingConnectWaitsForTheConnection() throws Exception {
        try (var listener = new FullListener(); SocketChannel channel = SocketChannel.open()) {
            InetSocketAddress address = listener.address();
            try (Task<Boolean> connector = Task.start(() -> channel.connect(address)).awaitIn("connect")) {
                assertTrue(channel.isConnectionPending());
                assertEquals(address, channel.getRemoteAddress());
                listener.makeRoom();
                assertTrue(connector.get());
            }
            assertTrue(channel.isConnected());
        }
    }

    @Test
    void pendingConnectionSurvivesAChangeOfMode() throws Exception {
        try (var listener = new FullListener(); SocketChannel channel = listener.pending()) {
            channel.configureBlocking(true);
            channel.configureBlocking(false);
            assertTrue(channel.isConnectionPending());
            listener.makeRoom();
            finish(channel);
            assertTrue(channel.isConnected());
        }
    }

    @Test
    void closeWhilePendingEndsThePendingConnection() throws Exception {
        try (var listener = new FullListener(); SocketChannel channel = listener.pending()) {
            channel.close();
            assertFalse(channel.isConnectionPending());
            assertFalse(channel.isConnected());
            assertThrowsExactly(ClosedChannelException.class, channel::finishConnect);
        }
    }

    // -- refused --

    @Test
    void refusedBlockingConnectClosesTheChannel() throws Exception {
        try (SocketChannel deaf = Tcp.deaf(); SocketChannel channel = SocketChannel.open()) {
            ConnectException failure =
                    assertThrowsExactly(ConnectException.class, () -> channel.connect(deaf.getLocalAddress()));
            assertEquals("Connection refused", failure.getMessage());
            assertFalse(channel.isOpen());
            assertFalse(channel.isConnected());
            assertFalse(channel.isConnectionPending());
        }
    }

    @Test
    void refusedNonBlockingConnectFailsInFinishConnectAndClosesTheChannel() throws Exception {
        try (SocketChannel deaf = Tcp.deaf(); SocketChannel channel = SocketChannel.open()) {
            channel.configureBlocking(false);
            assertFalse(channel.connect(deaf.getLocalAddress()));
            assertTrue(channel.isConnectionPending());
            ConnectException failure = assertThrowsExactly(ConnectException.class, () -> finish(channel));
            assertEquals("Connection refused", failure.getMessage());
            assertFalse(channel.isOpen());
            assertFalse(channel.isConnectionPending());
            assertThrowsExactly(ClosedChannelException.class, channel::finishConnect);
        }
    }

    @Test
    void refusedConnectionFailsBlockingFinishConnectToo() throws Exception {
        try (SocketChannel deaf = Tcp.deaf(); SocketChannel channel = SocketChannel.open()) {
            channel.configureBlocking(false);
            assertFalse(channel.connect(deaf.getLocalAddress()));
            channel.configureBlocking(true);
            assertThrowsExactly(ConnectException.class, channel::finishConnect);
            assertFalse(channel.isOpen());
        }
    }

    /** The listener goes while the connection is pending; the kernel's next attempt, a second later, is refused. */
    @Test
    void blockedConnectLearnsOfTheRefusal() throws Exception {
        try (var listener = new FullListener(); SocketChannel channel = SocketChannel.open()) {
            InetSocketAddress address = listener.address();
            try (Task<Boolean> connector = Task.start(() -> channel.connect(address)).awaitIn("connect")) {
                listener.close();
                assertEquals("Connection refused", connector.fails(ConnectException.class).getMessage());
            }
            assertFalse(channel.isOpen());
        }
    }

    @Test
    void blockedFinishConnectLearnsOfTheRefusal() throws Exception {
        try (var listener = new FullListener(); SocketChannel channel = listener.pending()) {
            channel.configureBlocking(true);
            try (Task<Boolean> finisher = Task.start(channel::finishConnect).awaitIn("finishConnect")) {
                listener.close();
                assertEquals("Connection refused", finisher.fails(ConnectException.class).getMessage());
            }
            assertFalse(channel.isOpen());
            assertThrows(ClosedChannelException.class, channel::finishConnect);
        }
    }

    @Test
    void refusedOpenWithAddressThrows() throws Exception {
        try (SocketChannel deaf = Tcp.deaf()) {
            assertThrowsExactly(ConnectException.class, () -> SocketChannel.open(deaf.getLocalAddress()));
        }
    }

    @Test
    void refusedChannelHasNoAddressesLeft() throws Exception {
        try (SocketChannel deaf = Tcp.deaf(); SocketChannel channel = SocketChannel.open()) {
            assertThrowsExactly(ConnectException.class, () -> channel.connect(deaf.getLocalAddress()));
            assertThrowsExactly(ClosedChannelException.class, channel::getLocalAddress);
            assertThrowsExactly(ClosedChannelException.class, channel::getRemoteAddress);
        }
    }

    /** TCP has no broadcast: the kernel says ENETUNREACH without sending anything. */
    @Test
    void otherFailuresAreSocketExceptionsAndCloseTheChannelToo() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            SocketException failure = assertThrowsExactly(SocketException.class,
                    () -> channel.connect(new InetSocketAddress("255.255.255.255", 9)));
            assertEquals("Network is unreachable", failure.getMessage());
            assertFalse(channel.isOpen());
        }
    }

    @Test
    void failedBindLeavesTheChannelOpenAndUsable() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen(); SocketChannel channel = SocketChannel.open()) {
            BindException failure =
                    assertThrowsExactly(BindException.class, () -> channel.bind(listener.getLocalAddress()));
            assertEquals("Address already in use", failure.getMessage());
            assertTrue(channel.isOpen());
            assertTrue(channel.connect(listener.getLocalAddress()));
        }
    }

    @Test
    void bindToAForeignAddressFails() throws Exception {
        // TEST-NET-3, reserved for documentation, is nobody's address.
        InetSocketAddress foreign = new InetSocketAddress("203.0.113.1", 0);
        try (SocketChannel channel = SocketChannel.open()) {
            BindException failure = assertThrowsExactly(BindException.class, () -> channel.bind(foreign));
            assertEquals("Cannot assign requested address", failure.getMessage());
            assertTrue(channel.isOpen());
        }
    }

    @Test
    void channelMayConnectToItself() throws Exception {
        try (SocketChannel channel = Tcp.deaf()) {
            assertTrue(channel.connect(channel.getLocalAddress()));
            assertEquals(channel.getLocalAddress(), channel.getRemoteAddress());
            channel.write(Tcp.bytes(42));
            assertArrayEquals(new byte[] {42}, Tcp.readFully(channel, 1));
        }
    }

    @Test
    void secondConnectWhileTheFirstBlocksNeverConnectsTwice() throws Exception {
        try (var listener = new FullListener(); SocketChannel channel = SocketChannel.open()) {
            InetSocketAddress address = listener.address();
            try (Task<Boolean> first = Task.start(() -> channel.connect(address)).awaitIn("connect");
                    Task<Boolean> second = Task.start(() -> channel.connect(address)).awaitIn("connect")) {
                listener.makeRoom();
                assertTrue(first.get());
                second.fails(AlreadyConnectedException.class);
            }
            assertTrue(channel.isConnected());
        }
    }
}
