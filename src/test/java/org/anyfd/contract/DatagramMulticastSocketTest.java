package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.util.Collections;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The socket of a datagram channel as a MulticastSocket. Skipped where no interface can do multicast over IPv4. */
@Bounded
@SuppressWarnings("deprecation") // programs use it all the same
class DatagramMulticastSocketTest {
    /** In the scope for organizations, RFC 2365. */
    private static final InetAddress GROUP = address("239.255.74.9");
    private static final InetSocketAddress GROUP_ADDRESS = new InetSocketAddress(GROUP, 0);
    private static final InetAddress GROUP6 = address("ff11::4a7:9");
    private static final InetAddress NOBODY = address("203.0.113.7");

    private NetworkInterface netif;
    private InetAddress source;
    private DatagramChannel channel;
    private MulticastSocket socket;

    @BeforeEach
    void open() throws IOException {
        Optional<NetworkInterface> capable = NetworkInterface.networkInterfaces().filter(this::isCapable).findFirst();
        assumeTrue(capable.isPresent(), "no interface can do multicast");
        netif = capable.get();
        source = netif.inetAddresses().filter(Inet4Address.class::isInstance).findFirst().orElseThrow();
        channel = DatagramChannel.open();
        socket = (MulticastSocket) channel.socket();
    }

    private boolean isCapable(NetworkInterface candidate) {
        try {
            return candidate.isUp() && candidate.supportsMulticast()
                && candidate.inetAddresses().anyMatch(Inet4Address.class::isInstance);
        } catch (SocketException e) {
            return false;
        }
    }

    @AfterEach
    void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static void assertRefused(Class<? extends Exception> exactly, String message, Executable call) {
        assertEquals(message, assertThrowsExactly(exactly, call).getMessage());
    }

    // -- groups --

    private void send(int value) throws IOException {
        try (DatagramChannel sender = DatagramChannel.open(StandardProtocolFamily.INET)) {
            sender.setOption(StandardSocketOptions.IP_MULTICAST_IF, netif);
            Udp.send(sender, new InetSocketAddress(GROUP, socket.getLocalPort()), value);
        }
    }

    @Test
    void memberHearsTheGroupUntilItLeaves() throws IOException {
        socket.bind(null);
        socket.joinGroup(GROUP_ADDRESS, netif);
        DatagramPacket packet = new DatagramPacket(new byte[4], 4);
        send(1);
        socket.receive(packet);
        assertEquals(1, packet.getLength());
        assertEquals(1, packet.getData()[0]);
        assertEquals(source, packet.getAddress());
        socket.leaveGroup(GROUP_ADDRESS, netif);
        send(2);
        try (DatagramChannel marker = Udp.bound()) {
            Udp.send(marker, new InetSocketAddress(Tcp.loopback4(), socket.getLocalPort()), 3);
        }
        socket.receive(packet);
        assertEquals(3, packet.getData()[0]);
    }

    @Test
    void groupIsJoinedOnce() throws IOException {
        socket.joinGroup(GROUP_ADDRESS, netif);
        assertRefused(SocketException.class, "Already a member of group",
            () -> socket.joinGroup(new InetSocketAddress(GROUP, 77), netif));
        socket.leaveGroup(GROUP_ADDRESS, netif);
        assertRefused(SocketException.class, "Not a member of group", () -> socket.leaveGroup(GROUP_ADDRESS, netif));
        socket.joinGroup(GROUP_ADDRESS, netif);
    }

    @Test
    void groupIsJoinedOnTheInterfaceThatWasSet() throws IOException {
        socket.setNetworkInterface(netif);
        socket.joinGroup(GROUP);
        assertRefused(SocketException.class, "Already a member of group",
            () -> socket.joinGroup(GROUP_ADDRESS, netif));
        assertRefused(SocketException.class, "Already a member of group", () -> socket.joinGroup(GROUP_ADDRESS, null));
        socket.leaveGroup(GROUP);
        assertRefused(SocketException.class, "Not a member of group", () -> socket.leaveGroup(GROUP));
    }

    @Test
    void groupIsJoinedOnTheKernelsChoiceIfNoneWasSet() throws IOException {
        socket.joinGroup(GROUP);
        assertRefused(SocketException.class, "Already a member of group", () -> socket.joinGroup(GROUP));
        socket.setNetworkInterface(netif);
        assertRefused(SocketException.class, "Not a member of group", () -> socket.leaveGroup(GROUP));
    }

    @Test
    void membershipsAreTheChannels() throws IOException {
        MembershipKey key = channel.join(GROUP, netif);
        assertRefused(SocketException.class, "Already a member of group",
            () -> socket.joinGroup(GROUP_ADDRESS, netif));
        socket.leaveGroup(GROUP_ADDRESS, netif);
        assertFalse(key.isValid());
        socket.joinGroup(GROUP_ADDRESS, netif);
        MembershipKey joined = channel.join(GROUP, netif);
        assertSame(joined, channel.join(GROUP, netif));
        joined.drop();
        assertRefused(SocketException.class, "Not a member of group", () -> socket.leaveGroup(GROUP_ADDRESS, netif));
        channel.join(GROUP, netif, NOBODY);
        assertThrowsExactly(IllegalStateException.class, () -> socket.joinGroup(GROUP_ADDRESS, netif));
        assertThrowsExactly(IllegalStateException.class, () -> socket.leaveGroup(GROUP_ADDRESS, netif));
    }

    @Test
    void groupsAreChecked() throws IOException {
        InetSocketAddress unicast = new InetSocketAddress(NOBODY, 0);
        SocketAddress unix = UnixDomainSocketAddress.of("/nowhere");
        assertThrowsExactly(NullPointerException.class, () -> socket.joinGroup(null));
        assertThrowsExactly(NullPointerException.class, () -> socket.leaveGroup(null));
        assertRefused(SocketException.class, "Not a multicast address", () -> socket.joinGroup(NOBODY));
        assertRefused(SocketException.class, "Not a multicast address", () -> socket.leaveGroup(NOBODY));
        assertRefused(SocketException.class, "Not a multicast address", () -> socket.joinGroup(unicast, netif));
        assertRefused(IllegalArgumentException.class, "Unsupported address type", () -> socket.joinGroup(null, netif));
        assertRefused(IllegalArgumentException.class, "Unsupported address type", () -> socket.joinGroup(unix, netif));
        assertRefused(IllegalArgumentException.class, "Unsupported address type",
            () -> socket.leaveGroup(null, netif));
        assertRefused(IllegalArgumentException.class, "Unresolved address",
            () -> socket.joinGroup(Tcp.unresolved(), netif));
        socket.close();
        assertRefused(SocketException.class, "Socket is closed", () -> socket.joinGroup(GROUP));
        assertRefused(SocketException.class, "Socket is closed", () -> socket.leaveGroup(GROUP));
        assertRefused(SocketException.class, "Socket is closed", () -> socket.joinGroup(GROUP_ADDRESS, netif));
        assertRefused(SocketException.class, "Socket is closed", () -> socket.leaveGroup(GROUP_ADDRESS, netif));
        assertRefused(SocketException.class, "Not a multicast address", () -> socket.joinGroup(NOBODY));
    }

    @Test
    void ipv4SocketCannotJoinIpv6Groups() throws IOException {
        try (DatagramChannel ipv4 = DatagramChannel.open(StandardProtocolFamily.INET)) {
            MulticastSocket of = (MulticastSocket) ipv4.socket();
            assertRefused(SocketException.class, "joinGroup failed", () -> of.joinGroup(GROUP6));
            assertThrowsExactly(IllegalArgumentException.class,
                () -> of.joinGroup(new InetSocketAddress(GROUP6, 0), netif));
        }
    }

    // -- options --

    @Test
    void timeToLiveIsAnOctet() throws IOException {
        assertEquals(1, socket.getTimeToLive());
        socket.setTimeToLive(8);
        assertEquals(8, socket.getTimeToLive());
        assertEquals(8, channel.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
        socket.setTTL((byte) 200);
        assertEquals(200, socket.getTimeToLive());
        assertEquals((byte) 200, socket.getTTL());
        for (int ttl : new int[] {-1, 256}) {
            assertRefused(IllegalArgumentException.class, "Invalid TTL/hop value", () -> socket.setTimeToLive(ttl));
        }
    }

    @Test
    void loopbackModeIsTheReverseOfTheOption() throws IOException {
        assertFalse(socket.getLoopbackMode());
        socket.setLoopbackMode(true);
        assertTrue(socket.getLoopbackMode());
        assertFalse(channel.getOption(StandardSocketOptions.IP_MULTICAST_LOOP));
    }

    @Test
    void interfaceNotSetIsOneWithoutNumber() throws IOException {
        NetworkInterface none = socket.getNetworkInterface();
        assertEquals(0, none.getIndex());
        assertEquals(Collections.singletonList(Tcp.wildcard4()), Collections.list(none.getInetAddresses()));
        assertTrue(socket.getInterface().isAnyLocalAddress());
    }

    @Test
    void interfaceCanBeSetAndUnset() throws IOException {
        NetworkInterface none = socket.getNetworkInterface();
        socket.setNetworkInterface(netif);
        assertEquals(netif, socket.getNetworkInterface());
        assertEquals(netif, channel.getOption(StandardSocketOptions.IP_MULTICAST_IF));
        assertTrue(Collections.list(netif.getInetAddresses()).contains(socket.getInterface()));
        socket.setNetworkInterface(none);
        assertEquals(none, socket.getNetworkInterface());
        assertRefused(IllegalArgumentException.class, "Invalid value 'null'", () -> socket.setNetworkInterface(null));
    }

    @Test
    void interfaceCanBeSetByEachOfItsAddresses() throws IOException {
        for (InetAddress address : Collections.list(netif.getInetAddresses())) {
            socket.setInterface(address);
            assertEquals(address, socket.getInterface());
            assertEquals(netif, socket.getNetworkInterface());
        }
        InetAddress last = socket.getInterface();
        socket.setNetworkInterface(netif);
        assertEquals(last, socket.getInterface());
        assertThrowsExactly(SocketException.class, () -> socket.setInterface(NOBODY));
        assertRefused(SocketException.class, "Invalid value 'null'", () -> socket.setInterface(null));
    }

    @Test
    void closedSocketHasNoOptions() {
        socket.close();
        Executable[] calls = {
            () -> socket.setTimeToLive(1), () -> socket.setTimeToLive(-1), socket::getTimeToLive,
            () -> socket.setTTL((byte) 1), socket::getTTL, () -> socket.setLoopbackMode(true), socket::getLoopbackMode,
            () -> socket.setNetworkInterface(netif), socket::getNetworkInterface, socket::getInterface,
            () -> socket.setInterface(source),
        };
        for (Executable call : calls) {
            assertRefused(SocketException.class, "Socket is closed", call);
        }
    }

    // -- sending with a time to live --

    @Test
    void timeToLiveOfOnePacketIsNotThatOfTheNext() throws IOException {
        try (DatagramChannel receiver = Udp.bound()) {
            socket.send(new DatagramPacket(new byte[] {1}, 1, receiver.getLocalAddress()), (byte) 5);
            assertEquals(1, socket.getTimeToLive());
            Udp.receive(receiver, 1);
            assertRefused(IllegalArgumentException.class, "Address not set",
                () -> socket.send(new DatagramPacket(new byte[1], 1), (byte) 5));
            assertEquals(1, socket.getTimeToLive());
        }
        assertThrowsExactly(NullPointerException.class, () -> socket.send(null, (byte) 5));
        socket.close();
        assertThrowsExactly(SocketException.class,
            () -> socket.send(new DatagramPacket(new byte[1], 1, Udp.discard()), (byte) 5));
    }
}
