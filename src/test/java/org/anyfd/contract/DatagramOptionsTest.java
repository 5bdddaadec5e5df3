package org.anyfd.contract;

import static java.net.StandardSocketOptions.IP_MULTICAST_IF;
import static java.net.StandardSocketOptions.IP_MULTICAST_LOOP;
import static java.net.StandardSocketOptions.IP_MULTICAST_TTL;
import static java.net.StandardSocketOptions.IP_TOS;
import static java.net.StandardSocketOptions.SO_BROADCAST;
import static java.net.StandardSocketOptions.SO_RCVBUF;
import static java.net.StandardSocketOptions.SO_REUSEADDR;
import static java.net.StandardSocketOptions.SO_REUSEPORT;
import static java.net.StandardSocketOptions.SO_SNDBUF;
import static jdk.net.ExtendedSocketOptions.SO_INCOMING_NAPI_ID;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NetworkChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The options of datagram sockets: which there are, what they are at first, what they take. */
@Bounded
class DatagramOptionsTest {
    /** The rows of a socket, which takes other interfaces if it is an IPv4 one. */
    private static List<OptionsContract.Row> datagramRows(boolean ipv4) {
        OptionsContract.Row netif = OptionsContract.row(IP_MULTICAST_IF, null);
        for (NetworkInterface each : interfaces()) {
            if (each.inetAddresses().anyMatch(Inet4Address.class::isInstance)) {
                netif.accepts(each);
            } else if (ipv4) {
                netif.refuses(each, IOException.class, "Network interface not configured for IPv4");
            } else if (each.inetAddresses().findAny().isPresent()) {
                netif.accepts(each);
            }
        }
        List<OptionsContract.Row> rows = new ArrayList<>(List.of(
            OptionsContract.bufferSize(SO_RCVBUF),
            OptionsContract.bufferSize(SO_SNDBUF),
            OptionsContract.flag(SO_REUSEADDR, false),
            OptionsContract.flag(SO_REUSEPORT, false),
            OptionsContract.flag(SO_BROADCAST, false),
            OptionsContract.row(IP_TOS, 0).accepts(0x13).accepts(255).accepts(0)
                .refuses(-1, IllegalArgumentException.class, "Invalid IP_TOS value")
                .refuses(256, IllegalArgumentException.class, "Invalid IP_TOS value"),
            netif,
            OptionsContract.row(IP_MULTICAST_TTL, 1).accepts(0).accepts(255).accepts(1)
                .refuses(-1, IllegalArgumentException.class, "Invalid TTL/hop value")
                .refuses(256, IllegalArgumentException.class, "Invalid TTL/hop value"),
            OptionsContract.flag(IP_MULTICAST_LOOP, true),
            OptionsContract.row(SO_INCOMING_NAPI_ID, 0).refuses(1, SocketException.class,
                "Attempt to set read only option SO_INCOMING_NAPI_ID")));
        SocketOption<?> dontFragment = dontFragment();
        if (dontFragment != null) {
            rows.add(OptionsContract.flag(dontFragment, false));
        }
        return rows;
    }

    private static List<NetworkInterface> interfaces() {
        try {
            return NetworkInterface.networkInterfaces().toList();
        } catch (SocketException e) {
            throw new AssertionError(e);
        }
    }

    /** IP_DONTFRAGMENT, which is newer than JDK 17; null before. */
    private static SocketOption<?> dontFragment() {
        try {
            return (SocketOption<?>) jdk.net.ExtendedSocketOptions.class.getField("IP_DONTFRAGMENT").get(null);
        } catch (ReflectiveOperationException absent) {
            return null;
        }
    }

    @Nested
    class Datagram extends OptionsContract {
        @Override
        NetworkChannel open() throws IOException {
            return DatagramChannel.open();
        }

        @Override
        List<Row> rows() {
            return datagramRows(false);
        }
    }

    @Nested
    class Ipv4Datagram extends OptionsContract {
        @Override
        NetworkChannel open() throws IOException {
            return DatagramChannel.open(StandardProtocolFamily.INET);
        }

        @Override
        List<Row> rows() {
            return datagramRows(true);
        }
    }

    @Test
    void optionsLastThroughBindConnectAndDisconnect() throws IOException {
        try (DatagramChannel peer = DatagramChannel.open(StandardProtocolFamily.INET).bind(null);
                DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET)) {
            channel.setOption(IP_MULTICAST_TTL, 7).setOption(SO_BROADCAST, true).bind(null);
            channel.connect(new InetSocketAddress("127.0.0.1", port(peer)));
            channel.disconnect();
            assertEquals(7, channel.getOption(IP_MULTICAST_TTL));
            assertEquals(true, channel.getOption(SO_BROADCAST));
        }
    }

    private static int port(DatagramChannel channel) throws IOException {
        return ((InetSocketAddress) channel.getLocalAddress()).getPort();
    }
}
