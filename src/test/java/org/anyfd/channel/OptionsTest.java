package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Sys;
import org.junit.jupiter.api.Test;

/** What the contract of options cannot see: the kernel's side of a row. */
class OptionsTest {
    private final Random random = new Random();

    @Test
    void ipOptionsOfAnIpv6SocketHoldForBothFamilies() throws Exception {
        for (Options.Row row : rowsOfTwoNames()) {
            int fd = Sys.socket(Consts.AF_INET6, Consts.SOCK_DGRAM | Consts.SOCK_CLOEXEC, 0);
            try {
                for (Object value : values(row.option())) {
                    row.set(fd, Consts.AF_INET6, value);
                    assertEquals(value, row.get(fd, Consts.AF_INET6), row.option().name());
                    if (row.option() != StandardSocketOptions.IP_MULTICAST_IF) {
                        assertEquals(value, row.value().get(fd, row.kernel4()), row.option().name());
                    }
                }
            } finally {
                Sys.close(fd);
            }
        }
    }

    @Test
    void ipOptionsOfAnIpv4SocketNeedNoIpv6() throws Exception {
        for (Options.Row row : rowsOfTwoNames()) {
            int fd = Sys.socket(Consts.AF_INET, Consts.SOCK_DGRAM | Consts.SOCK_CLOEXEC, 0);
            try {
                for (Object value : values(row.option())) {
                    if (value instanceof NetworkInterface netif && !hasIpv4(netif)) {
                        continue;
                    }
                    row.set(fd, Consts.AF_INET, value);
                    assertEquals(value, row.get(fd, Consts.AF_INET), row.option().name());
                }
            } finally {
                Sys.close(fd);
            }
        }
    }

    /** So that an interface without IPv4 address will do; getsockopt(2) of ip(7) shows the address only, none here. */
    @Test
    void ipv4InterfaceOfAnIpv6SocketIsSetByNumber() throws Exception {
        Options.Row row = Options.DATAGRAM.require(StandardSocketOptions.IP_MULTICAST_IF);
        int fd = Sys.socket(Consts.AF_INET6, Consts.SOCK_DGRAM | Consts.SOCK_CLOEXEC, 0);
        try {
            NetworkInterface netif = NetworkInterface.getByName("lo");
            row.set(fd, Consts.AF_INET6, netif);
            assertNull(row.value().get(fd, row.kernel4()));
            assertEquals(netif, row.get(fd, Consts.AF_INET6));
        } finally {
            Sys.close(fd);
        }
    }

    @Test
    void everyRowOfEveryKindIsRead() throws Exception {
        read(Options.STREAM, Consts.AF_INET6, Consts.SOCK_STREAM);
        read(Options.STREAM, Consts.AF_INET, Consts.SOCK_STREAM);
        read(Options.LISTENER, Consts.AF_INET, Consts.SOCK_STREAM);
        read(Options.DATAGRAM, Consts.AF_INET6, Consts.SOCK_DGRAM);
        read(Options.DATAGRAM, Consts.AF_INET, Consts.SOCK_DGRAM);
        read(Options.UNIX_LISTENER, Consts.AF_UNIX, Consts.SOCK_STREAM);
    }

    private static void read(Options options, int domain, int type) throws IOException {
        int fd = Sys.socket(domain, type | Consts.SOCK_CLOEXEC, 0);
        try {
            for (SocketOption<?> option : options.supported()) {
                Object value = options.require(option).get(fd, domain);
                assertTrue(value == null || option.type().isInstance(value), option.name());
            }
        } finally {
            Sys.close(fd);
        }
    }

    private static List<Options.Row> rowsOfTwoNames() {
        List<Options.Row> rows = new ArrayList<>();
        for (SocketOption<?> option : Options.DATAGRAM.supported()) {
            Options.Row row = Options.DATAGRAM.require(option);
            if (row.kernel4() != null) {
                rows.add(row);
            }
        }
        assertTrue(rows.size() >= 4, rows::toString);
        return rows;
    }

    private List<?> values(SocketOption<?> option) throws IOException {
        if (option.type() == Boolean.class) {
            return List.of(true, false, true);
        }
        if (option.type() == Integer.class) {
            return List.of(random.nextInt(256), random.nextInt(256));
        }
        return NetworkInterface.networkInterfaces().filter(n -> n.getInetAddresses().hasMoreElements()).toList();
    }

    private static boolean hasIpv4(NetworkInterface netif) {
        return netif.inetAddresses().anyMatch(Inet4Address.class::isInstance);
    }
}
