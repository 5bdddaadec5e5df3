package org.anyfd.channel;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.util.HashSet;
import java.util.Set;

/**
 * A datagram channel's membership in a multicast group on one interface, for all senders or for one. Its
 * {@link Memberships} make and end it; any thread may call any method.
 */
final class Membership extends MembershipKey {
    private final Memberships memberships;
    private final DatagramChannel channel;
    private final InetAddress group;
    private final NetworkInterface netif;
    private final InetAddress source;
    /** Guarded by {@link #memberships}: the senders not to hear, of a membership for all. */
    final Set<InetAddress> blocked = new HashSet<>();
    /** Written under {@link #memberships}; once false, for good. */
    volatile boolean valid = true;

    /**
     * A membership that has just begun.
     *
     * @param source the one sender to hear, or null for all
     */
    Membership(Memberships memberships, DatagramChannel channel, InetAddress group, NetworkInterface netif,
            InetAddress source) {
        this.memberships = memberships;
        this.channel = channel;
        this.group = group;
        this.netif = netif;
        this.source = source;
    }

    @Override
    public boolean isValid() {
        return valid;
    }

    @Override
    public void drop() {
        memberships.drop(this);
    }

    @Override
    public MembershipKey block(InetAddress sender) throws IOException {
        memberships.block(this, sender);
        return this;
    }

    @Override
    public MembershipKey unblock(InetAddress sender) {
        memberships.unblock(this, sender);
        return this;
    }

    @Override
    public DatagramChannel channel() {
        return channel;
    }

    @Override
    public InetAddress group() {
        return group;
    }

    @Override
    public NetworkInterface networkInterface() {
        return netif;
    }

    @Override
    public InetAddress sourceAddress() {
        return source;
    }

    /** As the JDK: {@code <225.4.5.6,eth0>}, with the source last if there is one. */
    @Override
    public String toString() {
        return "<" + group.getHostAddress() + "," + netif.getName()
            + (source == null ? "" : "," + source.getHostAddress()) + ">";
    }
}
