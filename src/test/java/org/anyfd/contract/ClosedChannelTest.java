package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NetworkChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left of a channel after close. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClosedChannelTest {

    private static final UnixDomainSocketAddress UNIX = UnixDomainSocketAddress.of("/tmp/not-inet");
    private static final SocketAddress SOMEWHERE = new InetSocketAddress(Tcp.loopback4(), 9);

    /** How a stream channel came to be closed. */
    enum Past { FRESH, BOUND, PENDING, CONNECTED, SHUT, NON_BLOCKING }

    private static SocketChannel closed(Past past) throws IOException {
        switch (past) {
            case FRESH, NON_BLOCKING -> {
                SocketChannel channel = SocketChannel.open();
                channel.configureBlocking(past == Past.FRESH);
                channel.close();
                return channel;
            }
            case BOUND -> {
                SocketChannel channel = Tcp.deaf();
                channel.close();
                return channel;
            }
            case PENDING -> {
                try (var listener = new FullListener()) {
                    SocketChannel channel = listener.pending();
                    channel.close();
                    return channel;
                }
            }
            default -> {
                try (Tcp tcp = Tcp.pair()) {
                    if (past == Past.SHUT) {
                        tcp.client.shutdownInput().shutdownOutput();
                    }
                    tcp.client.close();
                    return tcp.client;
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void closedChannelIsNothingButClosed(Past past) throws Exception {
        SocketChannel channel = closed(past);
        assertFalse(channel.isOpen());
        assertFalse(channel.isConnected());
        assertFalse(channel.isConnectionPending());
        assertFalse(channel.isRegistered());
    }

    @ParameterizedTest
    @EnumSource
    void closedChannelRefusesReadAndWrite(Past past) throws Exception {
        SocketChannel channel = closed(past);
        ByteBuffer[] array = {ByteBuffer.allocate(1)};
        assertThrowsExactly(ClosedChannelException.class, () -> channel.read(ByteBuffer.allocate(1)));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.read(ByteBuffer.allocate(0)));
        assertThrowsExactly(ClosedChannelException.class,
                () -> channel.read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.read(array));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.write(ByteBuffer.allocate(1)));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.write(ByteBuffer.allocate(0)));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.write(array));
    }

    @ParameterizedTest
    @EnumSource
    void closedChannelRefusesEverythingElse(Past past) throws Exception {
        SocketChannel channel = closed(past);
        assertThrowsExactly(ClosedChannelException.class, () -> channel.bind(null));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.bind(UNIX));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.bind(Tcp.unresolved()));
        assertThrowsExactly(ClosedChannelException.class, channel::getLocalAddress);
        assertThrowsExactly(ClosedChannelException.class, channel::getRemoteAddress);
        assertThrowsExactly(ClosedChannelException.class, channel::shutdownInput);
        assertThrowsExactly(ClosedChannelException.class, channel::shutdownOutput);
        assertThrowsExactly(ClosedChannelException.class, () -> channel.configureBlocking(true));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.configureBlocking(false));
        assertThrowsExactly(ClosedChannelException.class,
                () -> channel.setOption(StandardSocketOptions.TCP_NODELAY, true));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.getOption(StandardSocketOptions.TCP_NODELAY));
    }

    /** JDK 17 throws the subclass AsynchronousCloseException in blocking mode, 25 does not. */
    @ParameterizedTest
    @EnumSource
    void closedChannelRefusesToConnect(Past past) throws Exception {
        SocketChannel channel = closed(past);
        assertThrows(ClosedChannelException.class, () -> channel.connect(SOMEWHERE));
        assertThrows(ClosedChannelException.class, channel::finishConnect);
    }

    @Test
    void closedNonBlockingChannelRefusesToConnectPlainly() throws Exception {
        SocketChannel channel = closed(Past.NON_BLOCKING);
        assertThrowsExactly(ClosedChannelException.class, () -> channel.connect(SOMEWHERE));
        assertThrowsExactly(ClosedChannelException.class, channel::finishConnect);
    }

    @ParameterizedTest
    @EnumSource
    void badArgumentsComeBeforeClosed(Past past) throws Exception {
        SocketChannel channel = closed(past);
        assertThrowsExactly(NullPointerException.class, () -> channel.read((ByteBuffer) null));
        assertThrowsExactly(NullPointerException.class, () -> channel.write((ByteBuffer) null));
        assertThrowsExactly(NullPointerException.class, () -> channel.read((ByteBuffer[]) null));
        assertThrowsExactly(IndexOutOfBoundsException.class, () -> channel.read(new ByteBuffer[1], 0, 2));
        assertThrowsExactly(IndexOutOfBoundsException.class, () -> channel.write(new ByteBuffer[1], 0, 2));
        assertThrowsExactly(NullPointerException.class, () -> channel.connect(null));
        assertThrowsExactly(UnresolvedAddressException.class, () -> channel.connect(Tcp.unresolved()));
        assertThrowsExactly(UnsupportedAddressTypeException.class, () -> channel.connect(UNIX));
    }

    @Test
    void closedChannelsRefuseToRegister() throws Exception {
        Pipe pipe = Pipe.open();
        try (Selector selector = Selector.open()) {
            for (AbstractSelectableChannel channel : new AbstractSelectableChannel[] {
                SocketChannel.open(), ServerSocketChannel.open(), pipe.source(), pipe.sink()}) {
                channel.configureBlocking(false);
                channel.close();
                assertThrowsExactly(ClosedChannelException.class, () -> channel.register(selector, 0));
                int invalid = SelectionKey.OP_ACCEPT | SelectionKey.OP_CONNECT;
                assertThrowsExactly(IllegalArgumentException.class, () -> channel.register(selector, invalid));
            }
            assertTrue(selector.keys().isEmpty());
        }
    }

    @Test
    void closedChannelsStillListTheirOptions() throws Exception {
        for (NetworkChannel channel : new NetworkChannel[] {SocketChannel.open(), ServerSocketChannel.open()}) {
            var options = channel.supportedOptions();
            channel.close();
            assertEquals(options, channel.supportedOptions());
            assertTrue(options.contains(StandardSocketOptions.SO_REUSEADDR));
        }
    }

    @Test
    void optionChecksComeBeforeClosed() throws Exception {
        SocketChannel channel = closed(Past.FRESH);
        assertThrowsExactly(NullPointerException.class, () -> channel.setOption(null, true));
        assertThrowsExactly(NullPointerException.class, () -> channel.getOption(null));
        var refusal = assertThrowsExactly(UnsupportedOperationException.class,
                () -> channel.getOption(StandardSocketOptions.SO_BROADCAST));
        assertEquals("'SO_BROADCAST' not supported", refusal.getMessage());
        assertThrowsExactly(IllegalArgumentException.class,
                () -> channel.setOption(StandardSocketOptions.TCP_NODELAY, null));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closedListenerRefusesToAccept(boolean blocking) throws Exception {
        ServerSocketChannel listener = Tcp.listen();
        listener.configureBlocking(blocking);
        listener.close();
        assertThrows(ClosedChannelException.class, listener::accept);
        ServerSocketChannel unbound = ServerSocketChannel.open();
        unbound.configureBlocking(blocking);
        unbound.close();
        assertThrows(ClosedChannelException.class, unbound::accept);
    }

    // -- close itself --

    @Test
    void closeTwiceIsNothingNew() throws Exception {
        Pipe pipe = Pipe.open();
        for (AbstractSelectableChannel channel : new AbstractSelectableChannel[] {
            SocketChannel.open(), Tcp.deaf(), Tcp.listen(), ServerSocketChannel.open(), pipe.source(), pipe.sink()}) {
            channel.close();
            channel.close();
            assertFalse(channel.isOpen());
        }
    }

    @Test
    void closeFromSeveralThreadsIsOneClose() throws Exception {
        for (int round = 0; round < 50; round++) {
            try (Tcp tcp = Tcp.pair()) {
                CountDownLatch go = new CountDownLatch(1);
                List<Task<?>> closers = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    closers.add(Task.start(() -> {
                        go.await();
                        tcp.client.close();
                        assertFalse(tcp.client.isOpen());
                        return null;
                    }));
                }
                go.countDown();
                for (Task<?> closer : closers) {
                    closer.get();
                }
                assertEquals(-1, tcp.server.read(ByteBuffer.allocate(1)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void peerReadsWhatWasSentThenEndOfStream(boolean blocking) throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.configureBlocking(blocking);
            tcp.client.write(Tcp.bytes(1, 2));
            tcp.client.close();
            assertArrayEquals(new byte[] {1, 2}, Tcp.readFully(tcp.server, 2));
            assertEquals(-1, tcp.server.read(ByteBuffer.allocate(1)));
        }
    }

    /** The number of a closed channel soon belongs to another one. */
    @Test
    void closedChannelNeverTouchesItsSuccessor() throws Exception {
        SocketChannel closed = closed(Past.CONNECTED);
        try (Tcp one = Tcp.pair(); Tcp other = Tcp.pair()) {
            one.server.write(Tcp.bytes(1));
            other.server.write(Tcp.bytes(2));
            assertThrowsExactly(ClosedChannelException.class, () -> closed.read(ByteBuffer.allocate(1)));
            assertThrowsExactly(ClosedChannelException.class, () -> closed.write(Tcp.bytes(9)));
            assertThrowsExactly(ClosedChannelException.class, closed::shutdownOutput);
            closed.close();
            assertArrayEquals(new byte[] {1}, Tcp.readFully(one.client, 1));
            assertArrayEquals(new byte[] {2}, Tcp.readFully(other.client, 1));
            one.client.write(Tcp.bytes(3));
            assertArrayEquals(new byte[] {3}, Tcp.readFully(one.server, 1));
        }
    }
}
