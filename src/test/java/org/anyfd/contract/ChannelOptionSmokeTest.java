package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The options every server sets, on stream channels and listeners. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChannelOptionSmokeTest {

    @Test
    void setOptionReturnsTheChannelAndGetOptionTheValue() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            assertFalse(channel.getOption(StandardSocketOptions.TCP_NODELAY));
            assertSame(channel, channel.setOption(StandardSocketOptions.TCP_NODELAY, true));
            assertTrue(channel.getOption(StandardSocketOptions.TCP_NODELAY));
            channel.setOption(StandardSocketOptions.SO_RCVBUF, 65_536);
            assertEquals(65_536, channel.getOption(StandardSocketOptions.SO_RCVBUF));
        }
    }

    @Test
    void reuseAddressIsOnForListenersAndOffForClients() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen();
                SocketChannel channel = SocketChannel.open(listener.getLocalAddress());
                SocketChannel accepted = listener.accept()) {
            assertTrue(listener.getOption(StandardSocketOptions.SO_REUSEADDR));
            assertFalse(channel.getOption(StandardSocketOptions.SO_REUSEADDR));
            assertTrue(accepted.getOption(StandardSocketOptions.SO_REUSEADDR));
        }
    }

    @Test
    void lingerIsClampedAndMinusOneWhenOff() throws Exception {
        try (SocketChannel channel = SocketChannel.open()) {
            assertEquals(-1, channel.getOption(StandardSocketOptions.SO_LINGER));
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            assertEquals(0, channel.getOption(StandardSocketOptions.SO_LINGER));
            channel.setOption(StandardSocketOptions.SO_LINGER, 70_000);
            assertEquals(65_535, channel.getOption(StandardSocketOptions.SO_LINGER));
            channel.setOption(StandardSocketOptions.SO_LINGER, -5);
            assertEquals(-1, channel.getOption(StandardSocketOptions.SO_LINGER));
        }
    }

    @Test
    void badOptionsAndValuesAreRefused() throws Exception {
        try (SocketChannel channel = SocketChannel.open(); ServerSocketChannel listener = ServerSocketChannel.open()) {
            assertThrowsExactly(NullPointerException.class, () -> channel.setOption(null, 1));
            assertThrowsExactly(NullPointerException.class, () -> listener.getOption(null));
            var unsupported = assertThrowsExactly(UnsupportedOperationException.class,
                    () -> listener.setOption(StandardSocketOptions.TCP_NODELAY, true));
            assertEquals("'TCP_NODELAY' not supported", unsupported.getMessage());
            var invalid = assertThrowsExactly(IllegalArgumentException.class,
                    () -> channel.setOption(StandardSocketOptions.SO_SNDBUF, null));
            assertEquals("Invalid value 'null'", invalid.getMessage());
            assertThrowsExactly(IllegalArgumentException.class,
                    () -> channel.setOption(StandardSocketOptions.SO_SNDBUF, -1));
        }
    }

    @Test
    void supportedOptionsCannotBeChanged() throws Exception {
        try (SocketChannel channel = SocketChannel.open(); ServerSocketChannel listener = ServerSocketChannel.open()) {
            assertThrowsExactly(UnsupportedOperationException.class, () -> channel.supportedOptions().clear());
            assertThrowsExactly(UnsupportedOperationException.class, () -> listener.supportedOptions().clear());
            assertTrue(channel.supportedOptions().containsAll(Set.of(
                    StandardSocketOptions.SO_KEEPALIVE, StandardSocketOptions.SO_LINGER,
                    StandardSocketOptions.SO_SNDBUF, StandardSocketOptions.TCP_NODELAY)));
            assertFalse(listener.supportedOptions().contains(StandardSocketOptions.SO_LINGER));
        }
    }

    @Test
    void twoListenersShareAPortWithReusePort() throws Exception {
        try (ServerSocketChannel one = ServerSocketChannel.open(); ServerSocketChannel two = ServerSocketChannel.open()) {
            one.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            two.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            SocketAddress address = one.bind(new InetSocketAddress(Tcp.loopback4(), 0)).getLocalAddress();
            assertEquals(address, two.bind(address).getLocalAddress());
        }
    }
}
