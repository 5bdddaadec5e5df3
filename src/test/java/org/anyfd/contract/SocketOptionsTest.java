package org.anyfd.contract;

import static java.net.StandardSocketOptions.IP_TOS;
import static java.net.StandardSocketOptions.SO_KEEPALIVE;
import static java.net.StandardSocketOptions.SO_LINGER;
import static java.net.StandardSocketOptions.SO_RCVBUF;
import static java.net.StandardSocketOptions.SO_REUSEADDR;
import static java.net.StandardSocketOptions.SO_REUSEPORT;
import static java.net.StandardSocketOptions.SO_SNDBUF;
import static java.net.StandardSocketOptions.TCP_NODELAY;
import static jdk.net.ExtendedSocketOptions.SO_INCOMING_NAPI_ID;
import static jdk.net.ExtendedSocketOptions.SO_PEERCRED;
import static jdk.net.ExtendedSocketOptions.TCP_KEEPCOUNT;
import static jdk.net.ExtendedSocketOptions.TCP_KEEPIDLE;
import static jdk.net.ExtendedSocketOptions.TCP_KEEPINTERVAL;
import static jdk.net.ExtendedSocketOptions.TCP_QUICKACK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.NetworkChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.List;
import jdk.net.UnixDomainPrincipal;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The options of stream sockets and listeners: which there are, what they are at first, what they take. */
@Bounded
class SocketOptionsTest {
    private static List<OptionsContract.Row> listenerRows(boolean reuseAddr) {
        return new ArrayList<>(List.of(
            OptionsContract.bufferSize(SO_RCVBUF),
            OptionsContract.flag(SO_REUSEADDR, reuseAddr),
            OptionsContract.flag(SO_REUSEPORT, false),
            OptionsContract.flag(TCP_QUICKACK, true),
            keepAlive(OptionsContract.row(TCP_KEEPIDLE, 7200)),
            keepAlive(OptionsContract.row(TCP_KEEPINTERVAL, 75)),
            keepAlive(OptionsContract.row(TCP_KEEPCOUNT, 9)),
            OptionsContract.row(SO_INCOMING_NAPI_ID, 0).refuses(1, SocketException.class,
                "Attempt to set read only option SO_INCOMING_NAPI_ID")));
    }

    private static OptionsContract.Row keepAlive(OptionsContract.Row row) {
        return row.accepts(1).accepts(100).refuses(0, SocketException.class, "Invalid argument")
            .refuses(-1, SocketException.class, "Invalid argument");
    }

    private static List<OptionsContract.Row> streamRows() {
        List<OptionsContract.Row> rows = listenerRows(false);
        rows.addAll(List.of(
            OptionsContract.bufferSize(SO_SNDBUF),
            OptionsContract.flag(SO_KEEPALIVE, false),
            OptionsContract.flag(TCP_NODELAY, false),
            linger(),
            // tcp(7) owns the two ECN bits.
            OptionsContract.row(IP_TOS, 0).accepts(100).reads(0x13, 0x10).reads(255, 252).accepts(0)
                .refuses(-1, IllegalArgumentException.class, "Invalid IP_TOS value")
                .refuses(256, IllegalArgumentException.class, "Invalid IP_TOS value")));
        return rows;
    }

    private static OptionsContract.Row linger() {
        return OptionsContract.row(SO_LINGER, -1).accepts(0).accepts(5).accepts(65535).reads(70000, 65535).reads(-5, -1)
            .accepts(1).reads(Integer.MIN_VALUE, -1);
    }

    @Nested
    class Stream extends OptionsContract {
        @Override
        NetworkChannel open() throws IOException {
            return SocketChannel.open();
        }

        @Override
        List<Row> rows() {
            return streamRows();
        }
    }

    @Nested
    class Ipv4Stream extends OptionsContract {
        @Override
        NetworkChannel open() throws IOException {
            return SocketChannel.open(StandardProtocolFamily.INET);
        }

        @Override
        List<Row> rows() {
            return streamRows();
        }
    }

    @Nested
    class Listener extends OptionsContract {
        @Override
        NetworkChannel open() throws IOException {
            return ServerSocketChannel.open();
        }

        @Override
        List<Row> rows() {
            return listenerRows(true);
        }
    }

    @Nested
    class Ipv4Listener extends OptionsContract {
        @Override
        NetworkChannel open() throws IOException {
            return ServerSocketChannel.open(StandardProtocolFamily.INET);
        }

        @Override
        List<Row> rows() {
            return listenerRows(true);
        }
    }

    @Nested
    class UnixStream extends OptionsContract {
        @Override
        NetworkChannel open() throws IOException {
            return SocketChannel.open(StandardProtocolFamily.UNIX);
        }

        @Override
        List<Row> rows() {
            return List.of(bufferSize(SO_RCVBUF), bufferSize(SO_SNDBUF), linger(),
                row(SO_PEERCRED, SocketException.class));
        }
    }

    @Nested
    class UnixListener extends OptionsContract {
        @Override
        NetworkChannel open() throws IOException {
            return ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        }

        @Override
        List<Row> rows() {
            return List.of(bufferSize(SO_RCVBUF));
        }
    }

    @Test
    void smallReceiveBuffersAreRaised() throws IOException {
        try (SocketChannel channel = SocketChannel.open()) {
            assertTrue(channel.setOption(SO_RCVBUF, 0).getOption(SO_RCVBUF) >= 1024);
        }
    }

    @Test
    void acceptedSocketsInheritWhatTheListenerHas() throws IOException {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.setOption(TCP_KEEPIDLE, 77).setOption(SO_RCVBUF, 16384);
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            try (SocketChannel client = SocketChannel.open(listener.getLocalAddress());
                    SocketChannel accepted = listener.accept()) {
                assertTrue(accepted.getOption(SO_REUSEADDR));
                assertFalse(client.getOption(SO_REUSEADDR));
                assertEquals(77, accepted.getOption(TCP_KEEPIDLE));
                assertEquals(16384, accepted.getOption(SO_RCVBUF));
                assertFalse(accepted.getOption(TCP_NODELAY));
                assertTrue(accepted.setOption(TCP_NODELAY, true).getOption(TCP_NODELAY));
            }
        }
    }

    @Test
    void bothPeersOfAUnixSocketAreThisUser(@TempDir Path dir) throws IOException {
        PosixFileAttributes mine = Files.readAttributes(FileSystems.getDefault().getPath("/proc/self"),
            PosixFileAttributes.class);
        UnixDomainPrincipal me = new UnixDomainPrincipal(mine.owner(), mine.group());
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(dir.resolve("socket"));
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
                SocketChannel client = SocketChannel.open(address);
                SocketChannel accepted = listener.accept()) {
            assertEquals(me, client.getOption(SO_PEERCRED));
            assertEquals(me, accepted.getOption(SO_PEERCRED));
            assertEquals(me.toString(), accepted.getOption(SO_PEERCRED).toString());
            assertThrowsExactly(SocketException.class, () -> client.setOption(SO_PEERCRED, me));
        }
    }
}
