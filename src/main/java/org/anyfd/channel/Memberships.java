package org.anyfd.channel;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.SockAddr;
import org.anyfd.sys.Sys;

/**
 * The multicast memberships of one datagram channel. Any thread may call any method; under the monitor there is
 * nothing but setsockopt(2), and the dup2(2) of a bind that takes another socket.
 *
 * <p>Exceptions and texts are the JDK's, among them two IllegalStateExceptions whose texts it has the wrong way round.
 */
final class Memberships {
    private final DatagramChannel channel;
    private final Family family;
    private final Fd fd;
    /** A few: the kernel allows 20 groups by default ({@code igmp_max_memberships}). */
    private final List<Membership> joined = new ArrayList<>();

    Memberships(DatagramChannel channel, Family family, Fd fd) {
        this.channel = channel;
        this.family = family;
        this.fd = fd;
    }

    /**
     * Has a new socket hear only groups it has joined itself, and not those that others on the machine have joined on
     * its port, as is the kernel's default: ip(7), IP_MULTICAST_ALL.
     *
     * @return 0 or -errno
     */
    static int onlyJoined(int number, Family family) {
        if (family == Family.INET6) {
            // Absent before Linux 4.20; IPv4 has had it for longer.
            Family.setInt(number, Consts.IPPROTO_IPV6, Consts.IPV6_MULTICAST_ALL, 0);
        }
        int r = Family.setInt(number, Consts.IPPROTO_IP, Consts.IP_MULTICAST_ALL, 0);
        // Linux has it; who takes the kernel's place, in a sandbox, may not.
        return r == -Errno.ENOPROTOOPT ? 0 : r;
    }

    /**
     * Joins a group, unless it has been joined already.
     *
     * @param source the one sender to hear, or null for all
     */
    synchronized Membership join(InetAddress group, NetworkInterface netif, InetAddress source) throws IOException {
        requireGroup(group);
        if (source != null) {
            requireSource(source, group);
        }
        if (!fd.isOpen()) {
            throw new ClosedChannelException();
        }
        Membership present = find(group, Objects.requireNonNull(netif), source);
        if (present != null) {
            return present;
        }
        requireConfigured(netif, group);
        Membership membership = new Membership(this, channel, group, netif, source);
        request(source == null ? Consts.MCAST_JOIN_GROUP : Consts.MCAST_JOIN_SOURCE_GROUP, membership, source);
        joined.add(membership);
        return membership;
    }

    /**
     * The membership in a group, if there is one.
     *
     * @param source the one sender it hears, or null for all
     * @throws IllegalStateException if there is one, but of the other kind
     */
    synchronized Membership find(InetAddress group, NetworkInterface netif, InetAddress source) {
        for (Membership membership : joined) {
            if (!membership.group().equals(group) || !membership.networkInterface().equals(netif)) {
                continue;
            }
            if (source == null && membership.sourceAddress() != null) {
                throw new IllegalStateException("Already a member to receive all packets");
            }
            if (source != null && membership.sourceAddress() == null) {
                throw new IllegalStateException("Already have source-specific membership");
            }
            if (Objects.equals(source, membership.sourceAddress())) {
                return membership;
            }
        }
        return null;
    }

    synchronized void drop(Membership membership) {
        if (!membership.valid) {
            return;
        }
        membership.valid = false;
        joined.remove(membership);
        InetAddress source = membership.sourceAddress();
        try {
            request(source == null ? Consts.MCAST_LEAVE_GROUP : Consts.MCAST_LEAVE_SOURCE_GROUP, membership, source);
        } catch (IOException alreadyLeft) {
            // The interface is gone, or the channel is being closed.
        }
    }

    synchronized void block(Membership membership, InetAddress sender) throws IOException {
        if (membership.sourceAddress() != null) {
            throw new IllegalStateException("key is source-specific");
        }
        if (!membership.valid) {
            throw new IllegalStateException("key is no longer valid");
        }
        requireSource(sender, membership.group());
        if (!membership.blocked.contains(sender)) {
            request(Consts.MCAST_BLOCK_SOURCE, membership, sender);
            membership.blocked.add(sender);
        }
    }

    synchronized void unblock(Membership membership, InetAddress sender) {
        if (!membership.valid || !membership.blocked.remove(sender)) {
            throw new IllegalStateException("not blocked");
        }
        try {
            request(Consts.MCAST_UNBLOCK_SOURCE, membership, sender);
        } catch (IOException alreadyLeft) {
            // As in drop.
        }
    }

    /**
     * Joins on another socket what has been joined, and makes it the channel's, while nobody joins or leaves: the inner
     * part of a {@link PassedFds.HandOver}.
     */
    synchronized void handOver(int number, PassedFds.Change change) throws IOException {
        int r = onlyJoined(number, family);
        if (r < 0) {
            throw Errno.failed("setsockopt(IP_MULTICAST_ALL, fd " + number + ")", -r);
        }
        for (Membership membership : joined) {
            InetAddress source = membership.sourceAddress();
            joinAnew(number, source == null ? Consts.MCAST_JOIN_GROUP : Consts.MCAST_JOIN_SOURCE_GROUP, membership, source);
            for (InetAddress sender : membership.blocked) {
                joinAnew(number, Consts.MCAST_BLOCK_SOURCE, membership, sender);
            }
        }
        change.run();
    }

    private static void joinAnew(int number, int name, Membership membership, InetAddress source) throws IOException {
        int r = request(number, name, membership, source);
        // The socket is that of whoever passed it, who keeps it: it is a member still if a program before this one joined.
        if (r < 0 && r != -Errno.EADDRINUSE && r != -Errno.EADDRNOTAVAIL) {
            throw Errno.failed("setsockopt(fd " + number + ", membership " + membership + ")", -r);
        }
    }

    /** Invalidates all of them, for the descriptor has been closed: that made the kernel leave, or will. */
    synchronized void close() {
        assert !fd.isOpen() : "a join might follow";
        for (Membership membership : joined) {
            membership.valid = false;
        }
        joined.clear();
    }

    private void requireGroup(InetAddress group) {
        if (!group.isMulticastAddress()) {
            throw new IllegalArgumentException("Group not a multicast address");
        }
        if (group instanceof Inet6Address && family != Family.INET6) {
            throw new IllegalArgumentException("Only IPv6 sockets can join IPv6 multicast group");
        }
    }

    private static void requireSource(InetAddress source, InetAddress group) {
        if (source.isAnyLocalAddress()) {
            throw new IllegalArgumentException("Source address is a wildcard address");
        }
        if (source.isMulticastAddress()) {
            throw new IllegalArgumentException("Source address is multicast address");
        }
        if (source.getClass() != group.getClass()) {
            throw new IllegalArgumentException("Source address is different type to group");
        }
    }

    private static void requireConfigured(NetworkInterface netif, InetAddress group) throws IOException {
        if (group instanceof Inet4Address && netif.inetAddresses().noneMatch(Inet4Address.class::isInstance)) {
            throw new IOException("Network interface not configured for IPv4");
        }
        if (netif.getIndex() < 0) {
            throw new SocketException("Network interface cannot be identified");
        }
    }

    private void request(int name, Membership membership, InetAddress source) throws IOException {
        Numbered.use(fd, number -> {
            int r = request(number, name, membership, source);
            if (r < 0) {
                throw Errno.socketException(-r);
            }
        });
    }

    /**
     * setsockopt(2) with a group_req or, if there is a source, a group_source_req, which begins alike.
     *
     * @return 0 or -errno
     */
    private static int request(int number, int name, Membership membership, InetAddress source) {
        InetAddress group = membership.group();
        boolean ipv4 = group instanceof Inet4Address;
        int domain = ipv4 ? Consts.AF_INET : Consts.AF_INET6;
        int level = ipv4 ? Consts.IPPROTO_IP : Consts.IPPROTO_IPV6;
        Scratch s = Scratch.take();
        try {
            ByteBuffer m = s.small();
            m.putInt(Layouts.GROUP_REQ_INTERFACE, membership.networkInterface().getIndex());
            SockAddr.encode(m, Layouts.GROUP_REQ_GROUP, domain, group, 0);
            int len = Layouts.GROUP_REQ;
            if (source != null) {
                SockAddr.encode(m, Layouts.GROUP_SOURCE_REQ_SOURCE, domain, source, 0);
                len = Layouts.GROUP_SOURCE_REQ;
            }
            return Sys.setsockopt(number, level, name, s.smallAddress(), len);
        } finally {
            s.give();
        }
    }
}
