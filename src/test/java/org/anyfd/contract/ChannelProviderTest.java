package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.Closeable;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the provider hands out, and what a channel is before anything was done with it. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChannelProviderTest {

    private static final ProtocolFamily UNHEARD_OF = () -> "UNHEARD_OF";

    private final SelectorProvider provider = SelectorProvider.provider();

    @Test
    void providerIsOneObject() {
        assertSame(provider, SelectorProvider.provider());
    }

    @Test
    void openedChannelsNameTheProvider() throws Exception {
        try (SocketChannel stream = SocketChannel.open(); ServerSocketChannel listener = ServerSocketChannel.open();
                DatagramChannel datagram = DatagramChannel.open(); Selector selector = Selector.open()) {
            assertSame(provider, stream.provider());
            assertSame(provider, listener.provider());
            assertSame(provider, datagram.provider());
            assertSame(provider, selector.provider());
        }
        Pipe pipe = Pipe.open();
        try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
            assertSame(provider, source.provider());
            assertSame(provider, sink.provider());
        }
    }

    @Test
    void acceptedChannelNamesTheProvider() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            assertSame(provider, tcp.server.provider());
        }
    }

    @Test
    void everyOpenGivesAnotherChannel() throws Exception {
        assertNewEachTime(provider::openSocketChannel);
        assertNewEachTime(provider::openServerSocketChannel);
        assertNewEachTime(provider::openDatagramChannel);
        assertNewEachTime(provider::openSelector);
        Pipe one = provider.openPipe();
        Pipe other = provider.openPipe();
        assertNewEachTime(List.of(one.source(), other.source()).iterator()::next);
        assertNewEachTime(List.of(one.sink(), other.sink()).iterator()::next);
    }

    private static void assertNewEachTime(Callable<? extends Closeable> open) throws Exception {
        try (Closeable one = open.call(); Closeable other = open.call()) {
            assertNotSame(one, other);
        }
    }

    @Test
    void channelsOfEachInternetFamilyOpen() throws Exception {
        provider.openSocketChannel(StandardProtocolFamily.INET).close();
        provider.openServerSocketChannel(StandardProtocolFamily.INET).close();
        provider.openDatagramChannel(StandardProtocolFamily.INET).close();
        if (Tcp.ipv6Available()) {
            provider.openSocketChannel(StandardProtocolFamily.INET6).close();
            provider.openServerSocketChannel(StandardProtocolFamily.INET6).close();
            provider.openDatagramChannel(StandardProtocolFamily.INET6).close();
        }
    }

    @Test
    void nullFamilyIsRejected() {
        assertThrowsExactly(NullPointerException.class, () -> provider.openSocketChannel(null));
        assertThrowsExactly(NullPointerException.class, () -> provider.openServerSocketChannel(null));
        assertThrowsExactly(NullPointerException.class, () -> provider.openDatagramChannel(null));
    }

    @Test
    void unknownFamilyIsRejected() {
        for (var failure : new UnsupportedOperationException[] {
            assertThrowsExactly(UnsupportedOperationException.class, () -> SocketChannel.open(UNHEARD_OF)),
            assertThrowsExactly(UnsupportedOperationException.class, () -> ServerSocketChannel.open(UNHEARD_OF)),
            assertThrowsExactly(UnsupportedOperationException.class, () -> DatagramChannel.open(UNHEARD_OF)),
            assertThrowsExactly(UnsupportedOperationException.class,
                    () -> DatagramChannel.open(StandardProtocolFamily.UNIX)),
        }) {
            assertEquals("Protocol family not supported", failure.getMessage());
        }
    }

    @Test
    void validOpsFollowTheKindOfChannel() throws Exception {
        try (SocketChannel stream = SocketChannel.open(); ServerSocketChannel listener = ServerSocketChannel.open();
                DatagramChannel datagram = DatagramChannel.open()) {
            assertEquals(SelectionKey.OP_READ | SelectionKey.OP_WRITE, datagram.validOps());
            assertEquals(SelectionKey.OP_READ | SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT, stream.validOps());
            assertEquals(SelectionKey.OP_ACCEPT, listener.validOps());
        }
        Pipe pipe = Pipe.open();
        try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
            assertEquals(SelectionKey.OP_READ, source.validOps());
            assertEquals(SelectionKey.OP_WRITE, sink.validOps());
        }
    }

    @Test
    void newChannelsAreOpenBlockingAndUnregistered() throws Exception {
        Pipe pipe = Pipe.open();
        try (SocketChannel stream = SocketChannel.open();
                ServerSocketChannel listener = ServerSocketChannel.open();
                DatagramChannel datagram = DatagramChannel.open();
                Pipe.SourceChannel source = pipe.source();
                Pipe.SinkChannel sink = pipe.sink();
                Selector selector = Selector.open()) {
            for (SelectableChannel channel : new SelectableChannel[] {stream, listener, datagram, source, sink}) {
                assertTrue(channel.isOpen());
                assertTrue(channel.isBlocking());
                assertFalse(channel.isRegistered());
                assertNull(channel.keyFor(selector));
                assertNotNull(channel.blockingLock());
                assertSame(channel.blockingLock(), channel.blockingLock());
            }
        }
    }

    @Test
    void configureBlockingSwitchesTheModeAndReturnsTheChannel() throws Exception {
        Pipe pipe = Pipe.open();
        try (SocketChannel stream = SocketChannel.open();
                ServerSocketChannel listener = ServerSocketChannel.open();
                DatagramChannel datagram = DatagramChannel.open();
                Pipe.SourceChannel source = pipe.source();
                Pipe.SinkChannel sink = pipe.sink()) {
            for (SelectableChannel channel : new SelectableChannel[] {stream, listener, datagram, source, sink}) {
                assertSame(channel, channel.configureBlocking(false));
                assertFalse(channel.isBlocking());
                assertSame(channel, channel.configureBlocking(false));
                assertFalse(channel.isBlocking());
                assertSame(channel, channel.configureBlocking(true));
                assertTrue(channel.isBlocking());
            }
        }
    }

    @Test
    void channelsCompareByIdentity() throws Exception {
        try (SocketChannel one = SocketChannel.open(); SocketChannel other = SocketChannel.open()) {
            assertEquals(one, one);
            assertFalse(one.equals(other));
            assertEquals(System.identityHashCode(one), one.hashCode());
        }
    }
}
