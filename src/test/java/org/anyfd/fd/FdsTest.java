package org.anyfd.fd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.anyfd.fd.Fds.Flag;
import org.anyfd.fd.OpenFd.Kind;
import org.anyfd.it.ChildJvm;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Directories;
import org.anyfd.testing.Raw;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Descriptors by number. */
@Bounded
class FdsTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();
    @TempDir(factory = Directories.class)
    Path directory;

    // -- Channels --

    @Test
    void channelTellsItsNumber() throws Exception {
        Pipe pipe = Pipe.open();
        fds.closing(pipe.sink());
        fds.closing(pipe.source());
        pipe.sink().write(ByteBuffer.allocate(3));
        assertEquals(3, Fds.available(Fds.fileno(pipe.source())));
        pipe.source().close();
        assertThrows(ClosedChannelException.class, () -> Fds.fileno(pipe.source()));
    }

    @Test
    void jdkChannelTellsItsNumberOnlyIfOpened() throws Exception {
        Path file = Files.createFile(directory.resolve("anyfd-test"));
        try (FileChannel channel = FileChannel.open(file)) {
            String message = assertThrows(UnsupportedOperationException.class, () -> Fds.fileno(channel)).getMessage();
            assertTrue(message.contains("--add-opens java.base/sun.nio.ch=ALL-UNNAMED"), message);
        }
        ChildJvm.Result opened = ChildJvm.run(List.of("--add-opens", "java.base/sun.nio.ch=ALL-UNNAMED",
            "--add-opens", "java.base/java.io=ALL-UNNAMED"), JdkProbe.class, file.toString());
        assertEquals(file.toRealPath() + "\n", opened.quietly());
    }

    /** Prints what the number of a FileChannel stands for. */
    static final class JdkProbe {
        private JdkProbe() {
        }

        public static void main(String[] args) throws IOException {
            try (FileChannel channel = FileChannel.open(Path.of(args[0]))) {
                System.out.println(Fds.describe(Fds.fileno(channel)).target());
            }
        }
    }

    @Test
    void keyIsFoundByNumber() throws Exception {
        EventFdChannel event = fds.closing(EventFdChannel.open(0));
        event.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            SelectionKey key = event.register(selector, SelectionKey.OP_READ);
            assertSame(key, Fds.key(selector, event.getFD()));
            assertNull(Fds.key(selector, 4711));
            key.cancel();
            assertNull(Fds.key(selector, event.getFD()));
        }
    }

    // -- Duplicates and flags --

    @Test
    void duplicateIsAnotherNumberOfTheSameFile() throws Exception {
        Raw.Pair pipe = fds.pipe();
        int duplicate = fds.closing(Fds.dup(pipe.first()));
        assertTrue(Fds.isCloseOnExec(duplicate));
        Raw.write(pipe.second(), (byte) 1, (byte) 2);
        assertEquals(2, Fds.available(duplicate));

        int other = fds.aside(fds.closing(Raw.eventfd(0)));
        Fds.dup2(pipe.first(), other);
        assertFalse(Fds.isCloseOnExec(other));
        assertEquals(2, Fds.available(other));
        Fds.setCloseOnExec(other, true);
        assertTrue(Fds.isCloseOnExec(other));
        Fds.close(fds.giveAway(other));
        assertFalse(Raw.isOpen(other));
    }

    @ParameterizedTest
    @EnumSource(names = {"APPEND", "NONBLOCK", "DIRECT"})
    void flagIsSetAndCleared(Flag flag) throws Exception {
        int number = fds.pipe().second();
        assertEquals(Set.of(), Fds.flags(number));
        Fds.setFlag(number, flag, true);
        assertEquals(Set.of(flag), Fds.flags(number));
        Fds.setFlag(number, flag, false);
        assertEquals(Set.of(), Fds.flags(number));
    }

    @Test
    void pipeIsResized() throws Exception {
        Raw.Pair pipe = fds.pipe();
        assertEquals(65536, Fds.pipeSize(pipe.first()));
        assertEquals(8192, Fds.setPipeSize(pipe.second(), 5000));
        assertEquals(8192, Fds.pipeSize(pipe.first()));
        Raw.write(pipe.second(), new byte[4096]);
        Raw.write(pipe.second(), (byte) 1);
        IOException busy = assertThrows(IOException.class, () -> Fds.setPipeSize(pipe.second(), 4096));
        assertTrue(busy.getMessage().contains("EBUSY"), busy.getMessage());
    }

    @Test
    void errorsNameCallDescriptorAndErrno() throws Exception {
        IOException notOpen = assertThrows(IOException.class, () -> Fds.flags(12345));
        assertEquals("fcntl(F_GETFL, fd 12345): EBADF bad file descriptor", notOpen.getMessage());
        List<Executable> uses = List.of(() -> Fds.dup(12345), () -> Fds.dup2(12345, 12346), () -> Fds.close(12345),
            () -> Fds.isCloseOnExec(12345), () -> Fds.setCloseOnExec(12345, true), () -> Fds.setFlag(12345, Flag.APPEND, true),
            () -> Fds.pipeSize(12345), () -> Fds.setPipeSize(12345, 4096), () -> Fds.available(12345),
            () -> Fds.describe(12345));
        for (Executable use : uses) {
            assertFails("EBADF", use);
        }
        int event = fds.closing(Raw.eventfd(0));
        assertFails("EBADF", () -> Fds.dup2(event, -1));
        assertFails("EBADF", () -> Fds.dup2(event, Integer.MAX_VALUE));
        assertFails("EBADF", () -> Fds.pipeSize(event));
        assertFails("EBADF", () -> Fds.setPipeSize(event, 4096));
        assertFails("EINVAL", () -> Fds.setPipeSize(fds.pipe().first(), -1));
        assertFails("EINVAL", () -> Fds.setFlag(event, Flag.DIRECT, true));
        assertFails("ENOTTY", () -> Fds.available(event));
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            assertFails("EINVAL", () -> Fds.available(Fds.fileno(listener)));
        }
        Raw.Pair pty = fds.pty();
        fds.close(pty.first());
        assertFails("EIO", () -> Fds.available(pty.second()));
        Selector selector = Selector.open();
        selector.close();
        assertThrows(ClosedSelectorException.class, () -> Fds.key(selector, event));
    }

    private static void assertFails(String errno, Executable use) {
        String message = assertThrows(IOException.class, use).getMessage();
        assertTrue(message.contains(": " + errno + " "), message);
    }

    // -- What is open --

    private Kind kind(int fd) throws IOException {
        return Fds.describe(fds.closing(fd)).kind();
    }

    @Test
    void everyKindIsKnown() throws Exception {
        Raw.Pair pipe = fds.pipe();
        assertEquals(Kind.PIPE, Fds.describe(pipe.first()).kind());
        assertTrue(Fds.describe(pipe.first()).readable() && !Fds.describe(pipe.first()).writable());
        assertTrue(!Fds.describe(pipe.second()).readable() && Fds.describe(pipe.second()).writable());
        assertEquals(Kind.FILE, kind(Raw.memfd()));
        assertEquals(Kind.DIRECTORY, kind(Raw.open(directory, Consts.O_RDONLY)));
        assertEquals(Kind.CHARACTER_DEVICE, Fds.describe(fds.pty().second()).kind());
        assertEquals(Kind.EVENTFD, kind(Raw.eventfd(0)));
        assertEquals(Kind.TIMERFD, kind(Raw.timerfd()));
        assertEquals(Kind.INOTIFY, kind(Raw.inotify()));
        assertEquals(Kind.EPOLL, kind(Raw.epoll()));
        assertEquals(Kind.PIDFD, kind(Raw.pidfd(ProcessHandle.current().pid())));
        assertEquals(Kind.STREAM, Fds.describe(fds.sockets().first()).kind());
        assertEquals(Kind.OTHER_SOCKET,
            Fds.describe(fds.closing(Raw.sockets(Consts.SOCK_SEQPACKET)).first()).kind());
        assertEquals(Kind.DATAGRAM, kind(Raw.socket(Consts.AF_INET, Consts.SOCK_DGRAM)));
    }

    @Test
    void listHasTheAddressesOfSockets() throws Exception {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0);
        ServerSocketChannel server = fds.closing(ServerSocketChannel.open().bind(any));
        SocketChannel client = fds.closing(SocketChannel.open(server.getLocalAddress()));
        SocketChannel accepted = fds.closing(server.accept());
        DatagramChannel datagram = fds.closing(DatagramChannel.open().bind(any));
        Path path = directory.resolve("socket");
        ServerSocketChannel unix = fds.closing(ServerSocketChannel.open(StandardProtocolFamily.UNIX));
        unix.bind(UnixDomainSocketAddress.of(path));

        List<OpenFd> list = Fds.list();
        assertEquals(list.stream().map(OpenFd::fd).sorted().distinct().toList(), list.stream().map(OpenFd::fd).toList());
        OpenFd listener = find(list, server);
        assertEquals(Kind.LISTENER, listener.kind());
        assertEquals(server.getLocalAddress(), listener.local());
        assertNull(listener.remote());
        OpenFd connection = find(list, client);
        assertEquals(Kind.STREAM, connection.kind());
        assertEquals(accepted.getRemoteAddress(), connection.local());
        assertEquals(server.getLocalAddress(), connection.remote());
        assertEquals(Fds.fileno(client) + " STREAM " + client.getLocalAddress() + " -> " + client.getRemoteAddress(),
            connection.toString());
        assertEquals(datagram.getLocalAddress(), find(list, datagram).local());
        assertEquals(Fds.fileno(unix) + " LISTENER " + path, find(list, unix).toString());
        assertTrue(connection.target().startsWith("socket:["));
    }

    private static OpenFd find(List<OpenFd> list, java.nio.channels.Channel channel) throws IOException {
        int number = Fds.fileno(channel);
        return list.stream().filter(fd -> fd.fd() == number).findAny().orElseThrow();
    }

    @Test
    void limitIsLoweredAndRaised() throws Exception {
        Fds.Limit before = Fds.limit();
        assertTrue(before.soft() <= before.hard());
        try {
            Fds.setLimit(before.soft() - 1);
            assertEquals(before.soft() - 1, Fds.limit().soft());
            assertEquals(before.hard(), Fds.raiseLimit());
            assertEquals(new Fds.Limit(before.hard(), before.hard()), Fds.limit());
        } finally {
            Fds.setLimit(before.soft());
        }
        assertThrows(IllegalArgumentException.class, () -> Fds.setLimit(-1));
        if (before.hard() < Long.MAX_VALUE) {
            assertFails("EINVAL", () -> Fds.setLimit(before.hard() + 1));
        }
    }
}
