package org.anyfd.channel;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Link-local IPv6 addresses given without a scope, which the kernel does not take: an address of this machine has the
 * scope of its interface. Those found are remembered. Any thread may call it.
 */
final class LinkLocal {
    private static final ConcurrentHashMap<Inet6Address, Inet6Address> SCOPED = new ConcurrentHashMap<>();

    private LinkLocal() {
    }

    /**
     * The address with its scope, if it lacks one and is this machine's; else the address itself.
     *
     * @throws SocketException if several interfaces have it
     */
    static InetAddress scoped(InetAddress address) throws SocketException {
        if (!address.isLinkLocalAddress() || !(address instanceof Inet6Address ipv6) || ipv6.getScopeId() != 0) {
            return address;
        }
        Inet6Address known = SCOPED.get(ipv6);
        if (known != null) {
            return known;
        }
        List<Integer> scopes = scopes(ipv6);
        if (scopes.size() > 1) {
            throw new SocketException("Duplicate link local addresses: must specify scope-id");
        }
        if (scopes.isEmpty()) {
            return address;
        }
        Inet6Address scoped = withScope(ipv6, scopes.get(0));
        SCOPED.put(ipv6, scoped);
        return scoped;
    }

    private static List<Integer> scopes(Inet6Address address) throws SocketException {
        // Inet6Address.equals does not look at the scope.
        return NetworkInterface.networkInterfaces()
            .filter(netif -> netif.inetAddresses().anyMatch(address::equals))
            .map(NetworkInterface::getIndex)
            .toList();
    }

    private static Inet6Address withScope(Inet6Address address, int scope) {
        try {
            return Inet6Address.getByAddress(null, address.getAddress(), scope);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible); // thrown for a wrong number of bytes only
        }
    }
}
