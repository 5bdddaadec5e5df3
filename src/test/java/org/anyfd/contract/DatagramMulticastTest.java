package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
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
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Multicast, within this machine. Skipped where no interface can do it.
 *
 * <p>What a channel must not hear is sent before a marker that it hears.
 */
@Bounded
class DatagramMulticastTest {
    /** The family of the receiving socket, and that of the group. */
    enum Setting {
        IPV4(StandardProtocolFamily.INET, false),
        IPV4_ON_DUAL_STACK(StandardProtocolFamily.INET6, false),
        IPV6(StandardProtocolFamily.INET6, true);

        final ProtocolFamily socket;
        final boolean ipv6;

        Setting(ProtocolFamily socket, boolean ipv6) {
            this.socket = socket;
            this.ipv6 = ipv6;
        }

        /** In the scopes for organizations, RFC 2365, and for one interface, RFC 4291. */
        InetAddress group(int last) {
            return ipv6 ? address("ff11::4a7:" + last) : address("239.255.74." + last);
        }
    }

    private final Deque<DatagramChannel> opened = new ArrayDeque<>();

    @AfterEach
    void close() throws IOException {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private DatagramChannel channel(Setting setting) throws IOException {
        assumeTrue(setting.socket == StandardProtocolFamily.INET || Tcp.ipv6Available(), "no IPv6");
        DatagramChannel channel = DatagramChannel.open(setting.socket);
        opened.push(channel);
        return channel;
    }

    /** A channel bound to a free port, or to that of another channel. */
    private DatagramChannel receiver(Setting setting, int port) throws IOException {
        return channel(setting).setOption(StandardSocketOptions.SO_REUSEADDR, true).bind(new InetSocketAddress(port));
    }

    private DatagramChannel receiver(Setting setting) throws IOException {
        return receiver(setting, 0);
    }

    /** A channel that sends to the interface, from the interface's address. */
    private DatagramChannel sender(Setting setting) throws IOException {
        return channel(setting).setOption(StandardSocketOptions.IP_MULTICAST_IF, netif(setting))
            .bind(new InetSocketAddress(source(setting), 0));
    }

    private static NetworkInterface netif(Setting setting) throws IOException {
        for (NetworkInterface netif : NetworkInterface.networkInterfaces().toList()) {
            if (netif.isUp() && netif.supportsMulticast() && addressOf(netif, setting) != null) {
                return netif;
            }
        }
        assumeTrue(false, "no interface for " + setting);
        throw new AssertionError();
    }

    private static InetAddress addressOf(NetworkInterface netif, Setting setting) {
        return netif.inetAddresses()
            .filter(a -> setting.ipv6 ? a instanceof Inet6Address && !a.isLinkLocalAddress() : a instanceof Inet4Address)
            .findFirst().orElse(null);
    }

    /** The address that what {@link #sender} sends comes from. */
    private static InetAddress source(Setting setting) throws IOException {
        return addressOf(netif(setting), setting);
    }

    /** An address that nothing comes from. */
    private static InetAddress nobody(Setting setting) {
        return address(setting.ipv6 ? "2001:db8::1" : "203.0.113.7");
    }

    private static InetSocketAddress at(InetAddress group, DatagramChannel receiver) throws IOException {
        return new InetSocketAddress(group, Udp.port(receiver));
    }

    private void assertRefused(Class<? extends Exception> exactly, String message, Executable call) {
        Exception e = assertThrowsExactly(exactly, call);
        if (message != null) {
            assertEquals(message, e.getMessage());
        }
    }

    // -- what is heard --

    @ParameterizedTest
    @EnumSource
    void memberHearsItsGroup(Setting setting) throws IOException {
        DatagramChannel receiver = receiver(setting);
        DatagramChannel sender = sender(setting);
        receiver.join(setting.group(1), netif(setting));
        Udp.send(sender, at(setting.group(1), receiver), 1, 2);
        InetSocketAddress from = (InetSocketAddress) Udp.receive(receiver, 1, 2);
        assertEquals(source(setting), from.getAddress());
        assertEquals(Udp.port(sender), from.getPort());
    }

    @ParameterizedTest
    @EnumSource
    void everyMemberHearsTheGroup(Setting setting) throws IOException {
        DatagramChannel one = receiver(setting);
        DatagramChannel other = receiver(setting, Udp.port(one));
        one.join(setting.group(1), netif(setting));
        other.join(setting.group(1), netif(setting));
        Udp.send(sender(setting), at(setting.group(1), one), 1);
        Udp.receive(one, 1);
        Udp.receive(other, 1);
    }

    /** A socket that has joined nothing gets IPv6 groups joined by others on its port from JDK 17's provider. */
    private static boolean leaks(Setting setting) {
        return setting.ipv6 && Runtime.version().feature() < 25;
    }

    @ParameterizedTest
    @EnumSource
    void strangerOnTheSamePortHearsNothing(Setting setting) throws IOException {
        assumeTrue(!leaks(setting));
        DatagramChannel member = receiver(setting);
        DatagramChannel stranger = receiver(setting, Udp.port(member));
        member.join(setting.group(1), netif(setting));
        stranger.join(setting.group(2), netif(setting));
        DatagramChannel sender = sender(setting);
        Udp.send(sender, at(setting.group(1), member), 1);
        Udp.receive(member, 1);
        Udp.send(sender, at(setting.group(2), member), 2);
        Udp.receive(stranger, 2);
    }

    @ParameterizedTest
    @EnumSource
    void memberWhoDropsHearsNoMore(Setting setting) throws IOException {
        DatagramChannel receiver = receiver(setting);
        DatagramChannel sender = sender(setting);
        MembershipKey key = receiver.join(setting.group(1), netif(setting));
        receiver.join(setting.group(2), netif(setting));
        key.drop();
        Udp.send(sender, at(setting.group(1), receiver), 1);
        Udp.send(sender, at(setting.group(2), receiver), 2);
        Udp.receive(receiver, 2);
        receiver.join(setting.group(1), netif(setting));
        Udp.send(sender, at(setting.group(1), receiver), 3);
        Udp.receive(receiver, 3);
    }

    @ParameterizedTest
    @EnumSource
    void memberForOneSourceHearsNobodyElse(Setting setting) throws IOException {
        DatagramChannel receiver = receiver(setting);
        DatagramChannel sender = sender(setting);
        receiver.join(setting.group(1), netif(setting), nobody(setting));
        receiver.join(setting.group(2), netif(setting), source(setting));
        Udp.send(sender, at(setting.group(1), receiver), 1);
        Udp.send(sender, at(setting.group(2), receiver), 2);
        Udp.receive(receiver, 2);
        receiver.join(setting.group(1), netif(setting), source(setting));
        Udp.send(sender, at(setting.group(1), receiver), 3);
        Udp.receive(receiver, 3);
    }

    @ParameterizedTest
    @EnumSource
    void droppedSourceIsNotHeard(Setting setting) throws IOException {
        DatagramChannel receiver = receiver(setting);
        DatagramChannel sender = sender(setting);
        MembershipKey heard = receiver.join(setting.group(1), netif(setting), source(setting));
        MembershipKey other = receiver.join(setting.group(1), netif(setting), nobody(setting));
        receiver.join(setting.group(2), netif(setting));
        heard.drop();
        assertTrue(other.isValid());
        Udp.send(sender, at(setting.group(1), receiver), 1);
        Udp.send(sender, at(setting.group(2), receiver), 2);
        Udp.receive(receiver, 2);
    }

    @ParameterizedTest
    @EnumSource
    void blockedSourceIsNotHeardUntilUnblocked(Setting setting) throws IOException {
        DatagramChannel receiver = receiver(setting);
        DatagramChannel sender = sender(setting);
        MembershipKey key = receiver.join(setting.group(1), netif(setting));
        receiver.join(setting.group(2), netif(setting));
        assertSame(key, key.block(nobody(setting)));
        Udp.send(sender, at(setting.group(1), receiver), 1);
        Udp.receive(receiver, 1);
        key.block(source(setting));
        Udp.send(sender, at(setting.group(1), receiver), 2);
        Udp.send(sender, at(setting.group(2), receiver), 3);
        Udp.receive(receiver, 3);
        assertSame(key, key.unblock(source(setting)));
        Udp.send(sender, at(setting.group(1), receiver), 4);
        Udp.receive(receiver, 4);
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsHeardOfASenderThatDoesNotLoop(Setting setting) throws IOException {
        DatagramChannel receiver = receiver(setting);
        receiver.join(setting.group(1), netif(setting));
        DatagramChannel quiet = sender(setting).setOption(StandardSocketOptions.IP_MULTICAST_LOOP, false);
        Udp.send(quiet, at(setting.group(1), receiver), 1);
        Udp.send(sender(setting), at(setting.group(1), receiver), 2);
        Udp.receive(receiver, 2);
    }

    @ParameterizedTest
    @EnumSource
    void membershipOutlivesConnectAndDisconnect(Setting setting) throws IOException {
        DatagramChannel receiver = receiver(setting);
        DatagramChannel sender = sender(setting);
        MembershipKey key = receiver.join(setting.group(1), netif(setting));
        receiver.connect(sender.getLocalAddress()).disconnect();
        assertTrue(key.isValid());
        Udp.send(sender, at(setting.group(1), receiver), 1);
        Udp.receive(receiver, 1);
    }

    @Test
    void dualStackSocketHearsGroupsOfBothFamilies() throws IOException {
        DatagramChannel receiver = receiver(Setting.IPV6);
        receiver.join(Setting.IPV6.group(1), netif(Setting.IPV6));
        receiver.join(Setting.IPV4.group(1), netif(Setting.IPV4));
        Udp.send(sender(Setting.IPV6), at(Setting.IPV6.group(1), receiver), 6);
        Udp.receive(receiver, 6);
        Udp.send(sender(Setting.IPV4), at(Setting.IPV4.group(1), receiver), 4);
        Udp.receive(receiver, 4);
    }

    // -- keys --

    @ParameterizedTest
    @EnumSource
    void keySaysWhatWasJoined(Setting setting) throws IOException {
        DatagramChannel channel = channel(setting);
        MembershipKey key = channel.join(setting.group(1), netif(setting));
        assertTrue(key.isValid());
        assertSame(channel, key.channel());
        assertEquals(setting.group(1), key.group());
        assertEquals(netif(setting), key.networkInterface());
        assertNull(key.sourceAddress());
        String text = "<" + setting.group(1).getHostAddress() + "," + netif(setting).getName();
        assertEquals(text + ">", key.toString());
        MembershipKey specific = channel.join(setting.group(2), netif(setting), nobody(setting));
        assertEquals(nobody(setting), specific.sourceAddress());
        assertEquals(text.replace(setting.group(1).getHostAddress(), setting.group(2).getHostAddress()) + ","
            + nobody(setting).getHostAddress() + ">", specific.toString());
    }

    @ParameterizedTest
    @EnumSource
    void sameMembershipIsTheSameKey(Setting setting) throws IOException {
        DatagramChannel channel = channel(setting);
        MembershipKey all = channel.join(setting.group(1), netif(setting));
        assertSame(all, channel.join(setting.group(1), netif(setting)));
        MembershipKey one = channel.join(setting.group(2), netif(setting), source(setting));
        MembershipKey other = channel.join(setting.group(2), netif(setting), nobody(setting));
        assertNotSame(one, other);
        assertSame(one, channel.join(setting.group(2), netif(setting), source(setting)));
        assertSame(other, channel.join(setting.group(2), netif(setting), nobody(setting)));
        assertNotSame(all, channel(setting).join(setting.group(1), netif(setting)));
    }

    /** The texts are the JDK's, and the wrong way round. */
    @ParameterizedTest
    @EnumSource
    void membershipIsForAllSourcesOrForSome(Setting setting) throws IOException {
        DatagramChannel channel = channel(setting);
        NetworkInterface netif = netif(setting);
        MembershipKey all = channel.join(setting.group(1), netif);
        assertRefused(IllegalStateException.class, "Already have source-specific membership",
            () -> channel.join(setting.group(1), netif, source(setting)));
        MembershipKey one = channel.join(setting.group(2), netif, source(setting));
        assertRefused(IllegalStateException.class, "Already a member to receive all packets",
            () -> channel.join(setting.group(2), netif));
        all.drop();
        one.drop();
        channel.join(setting.group(1), netif, source(setting));
        channel.join(setting.group(2), netif);
    }

    @ParameterizedTest
    @EnumSource
    void droppedKeyIsInvalidAndItsSuccessorIsAnother(Setting setting) throws IOException {
        DatagramChannel channel = channel(setting);
        MembershipKey key = channel.join(setting.group(1), netif(setting));
        key.drop();
        assertFalse(key.isValid());
        key.drop();
        MembershipKey next = channel.join(setting.group(1), netif(setting));
        assertNotSame(key, next);
        key.drop();
        assertTrue(next.isValid());
        assertSame(next, channel.join(setting.group(1), netif(setting)));
        assertEquals(setting.group(1), key.group());
    }

    @ParameterizedTest
    @EnumSource
    void closeInvalidatesTheKeys(Setting setting) throws IOException {
        DatagramChannel channel = channel(setting);
        MembershipKey all = channel.join(setting.group(1), netif(setting));
        MembershipKey one = channel.join(setting.group(2), netif(setting), source(setting));
        channel.close();
        for (MembershipKey key : List.of(all, one)) {
            assertFalse(key.isValid());
            key.drop();
            assertSame(channel, key.channel());
        }
        assertRefused(IllegalStateException.class, "key is no longer valid", () -> all.block(source(setting)));
    }

    @ParameterizedTest
    @EnumSource
    void joiningDoesNotWaitForAReceiver(Setting setting) throws Exception {
        DatagramChannel receiver = receiver(setting);
        try (Task<?> task = Task.start(() -> {
            Udp.receive(receiver, 1);
            return null;
        }).awaitIn("receive")) {
            receiver.join(setting.group(2), netif(setting)).drop();
            receiver.join(setting.group(1), netif(setting)).block(nobody(setting));
            task.awaitIn("receive");
            Udp.send(sender(setting), at(setting.group(1), receiver), 1);
            task.get();
        }
    }

    // -- refusals --

    @ParameterizedTest
    @EnumSource
    void joinChecksItsArguments(Setting setting) throws IOException {
        DatagramChannel channel = channel(setting);
        InetAddress group = setting.group(1);
        InetAddress unicast = source(setting);
        NetworkInterface netif = netif(setting);
        assertThrowsExactly(NullPointerException.class, () -> channel.join(null, netif));
        assertThrowsExactly(NullPointerException.class, () -> channel.join(group, null));
        assertThrowsExactly(NullPointerException.class, () -> channel.join(group, netif, null));
        assertThrowsExactly(NullPointerException.class, () -> channel.join(unicast, netif, null));
        assertRefused(IllegalArgumentException.class, "Group not a multicast address",
            () -> channel.join(unicast, null));
        assertRefused(IllegalArgumentException.class, "Group not a multicast address",
            () -> channel.join(unicast, netif, group));
        assertSourcesRefused(setting, source -> channel.join(group, netif, source));
        channel.close();
        assertThrowsExactly(ClosedChannelException.class, () -> channel.join(group, netif));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.join(group, null));
        assertThrowsExactly(ClosedChannelException.class, () -> channel.join(group, netif, unicast));
        assertThrowsExactly(IllegalArgumentException.class, () -> channel.join(unicast, netif));
    }

    @Test
    void ipv4SocketCannotJoinIpv6Groups() throws IOException {
        DatagramChannel channel = channel(Setting.IPV4);
        InetAddress group = Setting.IPV6.group(1);
        NetworkInterface netif = netif(Setting.IPV4);
        String text = "Only IPv6 sockets can join IPv6 multicast group";
        assertRefused(IllegalArgumentException.class, text, () -> channel.join(group, netif));
        assertRefused(IllegalArgumentException.class, text, () -> channel.join(group, netif, source(Setting.IPV4)));
    }

    private interface WithSource {
        void call(InetAddress source) throws IOException;
    }

    private void assertSourcesRefused(Setting setting, WithSource operation) {
        InetAddress otherFamily = nobody(setting.ipv6 ? Setting.IPV4 : Setting.IPV6);
        for (InetAddress wildcard : List.of(Tcp.wildcard4(), Tcp.wildcard6())) {
            assertRefused(IllegalArgumentException.class, "Source address is a wildcard address",
                () -> operation.call(wildcard));
        }
        assertRefused(IllegalArgumentException.class, "Source address is multicast address",
            () -> operation.call(setting.group(1)));
        assertRefused(IllegalArgumentException.class, "Source address is different type to group",
            () -> operation.call(otherFamily));
    }

    @ParameterizedTest
    @EnumSource
    void blockChecksItsArguments(Setting setting) throws IOException {
        DatagramChannel channel = channel(setting);
        MembershipKey key = channel.join(setting.group(1), netif(setting));
        assertThrowsExactly(NullPointerException.class, () -> key.block(null));
        assertSourcesRefused(setting, key::block);
        assertRefused(IllegalStateException.class, "not blocked", () -> key.unblock(nobody(setting)));
        assertRefused(IllegalStateException.class, "not blocked", () -> key.unblock(null));
        assertSame(key, key.block(nobody(setting)));
        assertSame(key, key.block(nobody(setting)), "as often as you like");
        assertSame(key, key.unblock(nobody(setting)));
        assertRefused(IllegalStateException.class, "not blocked", () -> key.unblock(nobody(setting)));
        key.drop();
        assertRefused(IllegalStateException.class, "key is no longer valid", () -> key.block(nobody(setting)));
        assertRefused(IllegalStateException.class, "key is no longer valid", () -> key.block(null));
    }

    @ParameterizedTest
    @EnumSource
    void keyForOneSourceBlocksNobody(Setting setting) throws IOException {
        MembershipKey key = channel(setting).join(setting.group(1), netif(setting), source(setting));
        assertRefused(IllegalStateException.class, "key is source-specific", () -> key.block(source(setting)));
        assertRefused(IllegalStateException.class, "key is source-specific", () -> key.block(null));
        assertRefused(IllegalStateException.class, "not blocked", () -> key.unblock(source(setting)));
    }
}
