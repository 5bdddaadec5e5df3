package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which addresses stream channels take and show: families, wildcards, host names. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SocketChannelAddressTest {

    private static InetSocketAddress local(SocketChannel channel) throws IOException {
        return (InetSocketAddress) channel.getLocalAddress();
    }

    private static InetSocketAddress local(ServerSocketChannel channel) throws IOException {
        return (InetSocketAddress) channel.getLocalAddress();
    }

    private static InetSocketAddress remote(SocketChannel channel) throws IOException {
        return (InetSocketAddress) channel.getRemoteAddress();
    }

    private static void assumeDualStack() {
        assumeTrue(Tcp.ipv6Available(), "no ::1");
        assumeTrue(!Boolean.getBoolean("java.net.preferIPv4Stack"), "IPv4 only");
    }

    private static void exchange(SocketChannel one, SocketChannel other) throws IOException {
        one.write(Tcp.bytes(1, 2));
        assertArrayEquals(new byte[] {1, 2}, Tcp.readFully(other, 2));
        other.write(Tcp.bytes(3));
        assertArrayEquals(new byte[] {3}, Tcp.readFully(one, 1));
    }

    // -- IPv4 --

    @Test
    void ipv4ConnectionOfDefaultChannelsShowsIpv4AddressesOnly() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            for (SocketChannel side : new SocketChannel[] {tcp.client, tcp.server}) {
                assertInstanceOf(Inet4Address.class, local(side).getAddress());
                assertInstanceOf(Inet4Address.class, remote(side).getAddress());
                assertEquals(Tcp.loopback4(), local(side).getAddress());
                assertEquals(Tcp.loopback4(), remote(side).getAddress());
            }
        }
    }

    @Test
    void ipv4ChannelsConnect() throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.INET);
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET)) {
            listener.bind(new InetSocketAddress(Tcp.loopback4(), 0));
            channel.connect(listener.getLocalAddress());
            try (SocketChannel accepted = listener.accept()) {
                assertEquals(local(channel), remote(accepted));
                exchange(channel, accepted);
            }
        }
    }

    @Test
    void ipv4ChannelsRefuseIpv6Addresses() throws Exception {
        InetSocketAddress six = new InetSocketAddress(Tcp.loopback6(), 9);
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.INET);
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET)) {
            assertThrowsExactly(UnsupportedAddressTypeException.class, () -> channel.connect(six));
            assertThrowsExactly(UnsupportedAddressTypeException.class, () -> channel.bind(six));
            assertThrowsExactly(UnsupportedAddressTypeException.class, () -> listener.bind(six));
            assertTrue(channel.isOpen());
            assertTrue(listener.isOpen());
            assertNull(channel.getLocalAddress());
            assertNull(listener.getLocalAddress());
        }
    }

    @Test
    void everyLoopbackAddressServes() throws Exception {
        InetAddress another = InetAddress.getByAddress(new byte[] {127, 1, 2, 3});
        try (ServerSocketChannel listener = Tcp.listen(another);
                SocketChannel channel = SocketChannel.open(listener.getLocalAddress());
                SocketChannel accepted = listener.accept()) {
            assertEquals(another, remote(channel).getAddress());
            assertEquals(another, local(accepted).getAddress());
        }
    }

    // -- IPv6 --

    @Test
    void ipv6ConnectionShowsIpv6Addresses() throws Exception {
        assumeDualStack();
        try (Tcp tcp = Tcp.pair(Tcp.loopback6())) {
            for (SocketChannel side : new SocketChannel[] {tcp.client, tcp.server}) {
                assertInstanceOf(Inet6Address.class, local(side).getAddress());
                assertEquals(Tcp.loopback6(), local(side).getAddress());
                assertEquals(Tcp.loopback6(), remote(side).getAddress());
            }
            assertEquals(local(tcp.client), remote(tcp.server));
            exchange(tcp.client, tcp.server);
        }
    }

    @Test
    void ipv6ChannelsConnect() throws Exception {
        assumeDualStack();
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.INET6);
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET6)) {
            listener.bind(new InetSocketAddress(Tcp.loopback6(), 0));
            channel.connect(listener.getLocalAddress());
            try (SocketChannel accepted = listener.accept()) {
                exchange(channel, accepted);
            }
        }
    }

    @Test
    void ipv6ChannelReachesIpv4Listener() throws Exception {
        assumeDualStack();
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.INET);
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET6)) {
            listener.bind(new InetSocketAddress(Tcp.loopback4(), 0));
            channel.connect(listener.getLocalAddress());
            try (SocketChannel accepted = listener.accept()) {
                assertInstanceOf(Inet4Address.class, local(channel).getAddress());
                assertEquals(local(channel), remote(accepted));
                exchange(channel, accepted);
            }
        }
    }

    @Test
    void wildcardListenerHearsBothFamilies() throws Exception {
        assumeDualStack();
        try (ServerSocketChannel listener = ServerSocketChannel.open().bind(null)) {
            int port = local(listener).getPort();
            for (InetAddress host : new InetAddress[] {Tcp.loopback4(), Tcp.loopback6()}) {
                try (SocketChannel channel = SocketChannel.open(new InetSocketAddress(host, port));
                        SocketChannel accepted = listener.accept()) {
                    assertEquals(host, remote(accepted).getAddress());
                    assertEquals(host, local(accepted).getAddress());
                    assertEquals(local(channel), remote(accepted));
                }
            }
        }
    }

    // -- wildcard --

    @Test
    void bindToNullTakesTheWildcardOfTheFamilyAndAFreePort() throws Exception {
        try (SocketChannel four = SocketChannel.open(StandardProtocolFamily.INET).bind(null);
                ServerSocketChannel fourListener = ServerSocketChannel.open(StandardProtocolFamily.INET).bind(null)) {
            assertEquals(Tcp.wildcard4(), local(four).getAddress());
            assertEquals(Tcp.wildcard4(), local(fourListener).getAddress());
            assertNotEquals(0, local(four).getPort());
            assertNotEquals(0, local(fourListener).getPort());
        }
        assumeDualStack();
        try (SocketChannel channel = SocketChannel.open().bind(null);
                ServerSocketChannel listener = ServerSocketChannel.open().bind(null)) {
            assertEquals(Tcp.wildcard6(), local(channel).getAddress());
            assertEquals(Tcp.wildcard6(), local(listener).getAddress());
            assertNotEquals(0, local(channel).getPort());
            assertNotEquals(0, local(listener).getPort());
        }
    }

    @Test
    void ipv4WildcardOfADefaultChannelReadsBackAsTheIpv6One() throws Exception {
        assumeDualStack();
        try (SocketChannel channel = SocketChannel.open().bind(new InetSocketAddress(Tcp.wildcard4(), 0));
                ServerSocketChannel listener = Tcp.listen(Tcp.wildcard4())) {
            assertEquals(Tcp.wildcard6(), local(channel).getAddress());
            assertEquals(Tcp.wildcard6(), local(listener).getAddress());
        }
    }

    @Test
    void wildcardBoundChannelShowsItsRealAddressOnceConnected() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen(); SocketChannel channel = SocketChannel.open().bind(null)) {
            int port = local(channel).getPort();
            channel.connect(listener.getLocalAddress());
            assertEquals(new InetSocketAddress(Tcp.loopback4(), port), channel.getLocalAddress());
        }
    }

    @Test
    void connectToTheWildcardGoesToLoopback() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen();
                SocketChannel channel = SocketChannel.open(new InetSocketAddress(Tcp.wildcard4(), local(listener).getPort()));
                SocketChannel accepted = listener.accept()) {
            assertTrue(remote(channel).getAddress().isLoopbackAddress());
            assertEquals(local(listener).getPort(), remote(channel).getPort());
            exchange(channel, accepted);
        }
    }

    @Test
    void connectToTheIpv4WildcardOfAnIpv4ChannelShowsIpv4Loopback() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen();
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET)) {
            channel.connect(new InetSocketAddress(Tcp.wildcard4(), local(listener).getPort()));
            assertEquals(listener.getLocalAddress(), channel.getRemoteAddress());
        }
    }

    @Test
    void connectToTheIpv6WildcardGoesToIpv6Loopback() throws Exception {
        assumeDualStack();
        try (ServerSocketChannel listener = Tcp.listen(Tcp.loopback6());
                SocketChannel channel =
                        SocketChannel.open(new InetSocketAddress(Tcp.wildcard6(), local(listener).getPort()))) {
            assertEquals(listener.getLocalAddress(), channel.getRemoteAddress());
        }
    }

    @Test
    void nonBlockingConnectToTheWildcardShowsLoopbackWhilePending() throws Exception {
        try (ServerSocketChannel listener = Tcp.listen();
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET)) {
            channel.configureBlocking(false);
            channel.connect(new InetSocketAddress(Tcp.wildcard4(), local(listener).getPort()));
            assertEquals(listener.getLocalAddress(), channel.getRemoteAddress());
        }
    }

    // -- host names and objects --

    @Test
    void remoteAddressKeepsTheHostNameTheCallerGave() throws Exception {
        InetAddress named = InetAddress.getByAddress("some.name", Tcp.loopback4().getAddress());
        try (ServerSocketChannel listener = Tcp.listen();
                SocketChannel channel = SocketChannel.open(new InetSocketAddress(named, local(listener).getPort()));
                SocketChannel accepted = listener.accept()) {
            assertEquals("some.name", remote(channel).getHostString());
            assertTrue(remote(channel).toString().startsWith("some.name/127.0.0.1:"), remote(channel).toString());
            assertEquals("127.0.0.1", local(channel).getHostString());
            assertEquals("127.0.0.1", remote(accepted).getHostString());
            assertEquals("127.0.0.1", local(accepted).getHostString());
        }
    }

    @Test
    void nonBlockingConnectKeepsTheHostNameToo() throws Exception {
        InetAddress named = InetAddress.getByAddress("some.name", Tcp.loopback4().getAddress());
        try (var listener = new FullListener(); SocketChannel channel = SocketChannel.open()) {
            channel.configureBlocking(false);
            assertFalse(channel.connect(new InetSocketAddress(named, listener.address().getPort())));
            assertEquals("some.name", remote(channel).getHostString());
        }
    }

    @Test
    void boundAddressForgetsTheHostName() throws Exception {
        InetAddress named = InetAddress.getByAddress("some.name", Tcp.loopback4().getAddress());
        try (ServerSocketChannel listener = Tcp.listen(named)) {
            assertEquals("127.0.0.1", local(listener).getHostString());
        }
    }

    @Test
    void addressesStayTheSameAndSurviveThePeer() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            InetSocketAddress local = local(tcp.client);
            InetSocketAddress remote = remote(tcp.client);
            assertSame(local.getClass(), InetSocketAddress.class);
            Tcp.reset(tcp.server);
            assertEquals(local, tcp.client.getLocalAddress());
            assertEquals(remote, tcp.client.getRemoteAddress());
        }
    }
}
