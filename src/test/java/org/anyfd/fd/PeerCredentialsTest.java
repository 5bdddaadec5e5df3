package org.anyfd.fd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.anyfd.it.ChildJvm;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Who is at the other end of a Unix socket. */
@Bounded
class PeerCredentialsTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    @TempDir
    Path directory;

    private SocketChannel[] pair() throws IOException {
        SocketChannel[] pair = UnixSockets.pair();
        fds.closing(pair[0]);
        fds.closing(pair[1]);
        return pair;
    }

    /** A line of numbers in {@code /proc/self/status}, as of Uid, Gid and Groups. */
    private static List<Long> status(String name) throws IOException {
        String line = Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(l -> l.startsWith(name + ":")).findAny().orElseThrow();
        return Arrays.stream(line.substring(name.length() + 1).strip().split("\\s+"))
            .filter(word -> !word.isEmpty()).map(Long::valueOf).toList();
    }

    private static PeerCredentials own() throws IOException {
        return new PeerCredentials(ProcessHandle.current().pid(), status("Uid").get(1), status("Gid").get(1));
    }

    @Test
    void peerOfAPairIsThisProcess() throws IOException {
        SocketChannel socket = pair()[0];
        assertEquals(own(), PeerCredentials.of(socket));
        assertEquals(status("Groups"), PeerCredentials.groups(socket));
        assertEquals(Optional.of(ProcessHandle.current()), PeerCredentials.process(socket));
        UnixSeqPacketChannel[] packets = UnixSeqPacketChannel.pair();
        fds.closing(packets[0]);
        fds.closing(packets[1]);
        assertEquals(own(), PeerCredentials.of(packets[1]));
    }

    @Test
    void listeningSocketHasThoseOfWhoListens() throws IOException {
        assertEquals(own(), PeerCredentials.of(fds.closing(UnixSeqPacketServerChannel.open().bind(null))));
    }

    @Test
    void peerInAnotherProcessIsSeenToEnd() throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("s"));
        ServerSocketChannel server = fds.closing(ServerSocketChannel.open(StandardProtocolFamily.UNIX)).bind(address);
        Process child = new ProcessBuilder(ChildJvm.command(List.of(), Visitor.class, address.getPath().toString()))
            .redirectErrorStream(true).redirectOutput(directory.resolve("out").toFile()).start();
        try {
            Tasks.Task<SocketChannel> accepting = fds.run(server::accept);
            SocketChannel socket = fds.closing(accepting.get());
            assertEquals(child.pid(), PeerCredentials.of(socket).pid());
            assertEquals(Optional.of(child.toHandle()), PeerCredentials.process(socket));
            try (PidFdChannel pidfd = pidFd(socket); Selector selector = Selector.open()) {
                pidfd.configureBlocking(false).register(selector, SelectionKey.OP_READ);
                assertEquals(0, selector.selectNow());
                assertTrue(pidfd.signal("TERM"));
                assertEquals(1, selector.select(TimeUnit.SECONDS.toMillis(Tasks.PATIENCE_SECONDS)));
                assertEquals(Optional.empty(), PeerCredentials.process(socket));
            }
        } finally {
            child.destroyForcibly().waitFor();
        }
    }

    private static PidFdChannel pidFd(SocketChannel socket) throws IOException {
        try {
            return PeerCredentials.pidFd(socket);
        } catch (IOException e) {
            assumeTrue(!e.getMessage().contains("ENOPROTOOPT"), "SO_PEERPIDFD is newer than this kernel");
            throw e;
        }
    }

    /** Connects and stays. */
    static final class Visitor {
        private Visitor() {
        }

        public static void main(String[] args) throws Exception {
            SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(args[0]));
            socket.read(ByteBuffer.allocate(1));
        }
    }

    @Test
    void messagesCarryTheirSenders() throws IOException {
        UnixDatagramChannel server = fds.closing(UnixDatagramChannel.open()).bind(null);
        UnixDatagramChannel client = fds.closing(UnixDatagramChannel.open());
        client.send(ByteBuffer.allocate(1), server.getLocalAddress());
        assertNull(FdPassing.receive(server, ByteBuffer.allocate(9)).credentials(), "not requested");
        PeerCredentials.request(server);
        client.send(ByteBuffer.allocate(2), server.getLocalAddress());
        FdPassing.Received received = FdPassing.receive(server, ByteBuffer.allocate(9));
        assertEquals(2, received.count());
        assertEquals(own(), received.credentials());
        assertEquals(UnixDomainSocketAddress.of(""), received.sender());
    }

    @Test
    void wrongUseIsClear() throws IOException {
        UnixDatagramChannel alone = fds.closing(UnixDatagramChannel.open());
        assertEquals("no peer: " + alone,
            assertThrowsExactly(IOException.class, () -> PeerCredentials.of(alone)).getMessage());
        assertTrue(assertThrowsExactly(IOException.class, () -> PeerCredentials.groups(alone)).getMessage()
            .contains("SO_PEERGROUPS of fd " + alone.getFD() + ": ENODATA"));
        assertThrows(IOException.class, () -> PeerCredentials.pidFd(alone));
        ServerSocketChannel inet = fds.closing(ServerSocketChannel.open().bind(new InetSocketAddress("localhost", 0)));
        assertThrows(IOException.class, () -> PeerCredentials.of(inet));
        alone.close();
        assertThrowsExactly(ClosedChannelException.class, () -> PeerCredentials.of(alone));
    }
}
