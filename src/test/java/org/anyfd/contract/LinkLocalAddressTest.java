package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Link-local IPv6 addresses given without their scope. One of this machine's own is used as if it had it. Skipped where
 * there is none that only one interface has.
 */
@Bounded
class LinkLocalAddressTest {
    private Inet6Address scoped;
    private InetAddress bare;

    @BeforeEach
    void find() throws IOException {
        List<Inet6Address> all = NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
            .filter(InetAddress::isLinkLocalAddress).filter(Inet6Address.class::isInstance)
            .map(Inet6Address.class::cast).toList();
        scoped = all.stream().filter(a -> all.stream().filter(a::equals).count() == 1).findFirst().orElse(null);
        assumeTrue(scoped != null, "no link-local address");
        bare = InetAddress.getByAddress(scoped.getAddress());
        assertEquals(0, ((Inet6Address) bare).getScopeId());
    }

    private void assertScoped(SocketAddress address) {
        Inet6Address here = (Inet6Address) ((InetSocketAddress) address).getAddress();
        assertEquals(scoped, here);
        assertEquals(scoped.getScopeId(), here.getScopeId());
        assertNotEquals(0, here.getScopeId());
    }

    @Test
    void connectionsBindAndConnectToIt() throws IOException {
        try (ServerSocketChannel listener = ServerSocketChannel.open().bind(new InetSocketAddress(bare, 0));
                SocketChannel client = SocketChannel.open().bind(new InetSocketAddress(bare, 0))) {
            assertScoped(listener.getLocalAddress());
            assertScoped(client.getLocalAddress());
            InetSocketAddress target =
                new InetSocketAddress(bare, ((InetSocketAddress) listener.getLocalAddress()).getPort());
            client.connect(target);
            assertSame(target, client.getRemoteAddress());
            try (SocketChannel accepted = listener.accept()) {
                assertScoped(accepted.getRemoteAddress());
            }
        }
    }

    @Test
    void datagramsAreBoundSentAndConnectedToIt() throws IOException {
        try (DatagramChannel near = DatagramChannel.open().bind(new InetSocketAddress(bare, 0));
                DatagramChannel far = DatagramChannel.open().bind(new InetSocketAddress(bare, 0))) {
            assertScoped(near.getLocalAddress());
            InetSocketAddress target = new InetSocketAddress(bare, Udp.port(far));
            Udp.send(near, target, 1);
            assertScoped(Udp.receive(far, 1));
            near.connect(target);
            assertSame(target, near.getRemoteAddress());
            near.write(Tcp.bytes(2));
            Udp.receive(far, 2);
        }
    }

    @Test
    void connectionToAnotherMachineNeedsTheScope() throws IOException {
        InetSocketAddress foreign = new InetSocketAddress(InetAddress.getByName("fe80::1234:5678:9abc:def0"), 9);
        try (DatagramChannel channel = DatagramChannel.open()) {
            assertThrowsExactly(SocketException.class, () -> channel.connect(foreign));
            assertFalse(channel.isConnected());
        }
    }
}
