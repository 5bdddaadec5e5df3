package org.anyfd.fault;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import org.anyfd.AnyFdSelectorProvider;
import org.anyfd.fd.ChildProcess;
import org.anyfd.fd.EventFdChannel;
import org.anyfd.fd.FdChannel;
import org.anyfd.fd.InotifyChannel;
import org.anyfd.fd.PidFdChannel;
import org.anyfd.fd.PtyChannel;
import org.anyfd.fd.SignalChannel;
import org.anyfd.fd.TimerFdChannel;
import org.anyfd.fd.TtyChannel;
import org.anyfd.fd.UnixDatagramChannel;
import org.anyfd.fd.UnixSeqPacketChannel;
import org.anyfd.fd.UnixSeqPacketServerChannel;
import org.anyfd.fd.UnixSockets;
import org.anyfd.sys.Errno;
import org.anyfd.testing.Census;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;

/**
 * Of the calls that something makes, each fails once, the first in the first round, the second in the next one, until
 * none is left: the program is told by an IOException that says something, and no descriptor is left behind.
 */
final class EveryCallFaults {
    private static final int[] ERRORS = {Errno.EMFILE, Errno.ENOMEM};

    private final Descriptors fds;

    EveryCallFaults(Descriptors fds) {
        this.fds = fds;
    }

    private interface Attempted {
        void run() throws Exception;
    }

    private static void eachCallFails(Attempted attempted) throws Exception {
        // Loads what opens files when it is first used.
        attempted.run();
        Map<String, Integer> before = Census.take();
        for (int errno : ERRORS) {
            int after = 0;
            while (fails(attempted, after, errno)) {
                assertNothingLeft(before, after, errno);
                after++;
            }
            assertTrue(after > 0, "makes no calls");
        }
        attempted.run();
        Census.assertNoMore(before);
    }

    private static void assertNothingLeft(Map<String, Integer> before, int after, int errno) {
        try {
            Census.assertNoMore(before);
        } catch (AssertionError e) {
            throw new AssertionError("call " + after + ", " + Faults.struck() + ": " + Errno.name(errno), e);
        }
    }

    /** Whether there was such a call. */
    private static boolean fails(Attempted attempted, int after, int errno) throws Exception {
        Faults.nth(after, errno);
        try {
            attempted.run();
        } catch (IOException e) {
            Faults.end();
            assertFalse(Faults.struck().isEmpty(), e::toString);
            assertNotNull(e.getMessage(), e.getClass().getName());
            assertFalse(e.getMessage().isBlank());
        } catch (Exception | Error e) {
            Faults.end();
            throw new AssertionError("call " + after + ", " + Faults.struck() + ": " + Errno.name(errno), e);
        }
        Faults.end();
        return !Faults.struck().isEmpty();
    }

    private static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    @Case
    void selection() throws Exception {
        Raw.Pair pipe = fds.pipe();
        Raw.write(pipe.second(), (byte) 1);
        eachCallFails(() -> {
            try (Selector selector = Selector.open(); FdChannel channel = FdChannel.borrow(pipe.first())) {
                channel.configureBlocking(false);
                SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
                selector.selectNow();
                key.interestOps(0);
                selector.selectNow();
                key.interestOps(SelectionKey.OP_READ);
                selector.selectNow();
                key.cancel();
                selector.selectNow();
            }
        });
    }

    @Case
    void pipe() throws Exception {
        eachCallFails(() -> {
            Pipe pipe = Pipe.open();
            try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
                sink.write(ByteBuffer.allocate(10));
                source.read(ByteBuffer.allocate(10));
                source.configureBlocking(false);
                source.read(ByteBuffer.allocate(10));
            }
        });
    }

    @Case
    void connection() throws Exception {
        eachCallFails(() -> {
            try (ServerSocketChannel unbound = ServerSocketChannel.open();
                    ServerSocketChannel listener = unbound.bind(loopback());
                    SocketChannel near = SocketChannel.open(listener.getLocalAddress());
                    SocketChannel far = listener.accept()) {
                near.setOption(StandardSocketOptions.TCP_NODELAY, true);
                near.write(ByteBuffer.allocate(10));
                far.read(ByteBuffer.allocate(10));
                far.shutdownOutput();
                near.read(ByteBuffer.allocate(10));
                near.getLocalAddress();
                near.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        });
    }

    @Case
    void socketsOfAdaptors() throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open().bind(loopback())) {
            eachCallFails(() -> {
                try (SocketChannel channel = SocketChannel.open()) {
                    channel.socket().connect(listener.getLocalAddress(), 1000);
                    channel.socket().setSoTimeout(100);
                    channel.socket().getOutputStream().write(1);
                    try (SocketChannel far = listener.accept()) {
                        far.socket().setSoTimeout(1000);
                        far.socket().getInputStream().read();
                    }
                } finally {
                    acceptAll(listener);
                }
            });
        }
    }

    private static void acceptAll(ServerSocketChannel listener) throws IOException {
        Faults.end();
        listener.configureBlocking(false);
        for (SocketChannel left = listener.accept(); left != null; left = listener.accept()) {
            left.close();
        }
        listener.configureBlocking(true);
    }

    @Case
    void unixConnection() throws Exception {
        Path dir = Files.createTempDirectory("anyfd-test");
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(dir.resolve("s"));
        try {
            eachCallFails(() -> {
                Files.deleteIfExists(address.getPath());
                try (ServerSocketChannel unbound = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                        ServerSocketChannel listener = unbound.bind(address);
                        SocketChannel near = SocketChannel.open(address);
                        SocketChannel far = listener.accept()) {
                    near.write(ByteBuffer.allocate(10));
                    far.read(ByteBuffer.allocate(10));
                }
            });
            eachCallFails(() -> close(UnixSockets.pair()));
        } finally {
            Files.deleteIfExists(address.getPath());
            Files.delete(dir);
        }
    }

    private static void close(Channel... channels) throws IOException {
        for (Channel channel : channels) {
            channel.close();
        }
    }

    @Case
    void datagrams() throws Exception {
        eachCallFails(() -> {
            try (DatagramChannel a = DatagramChannel.open();
                    DatagramChannel b = DatagramChannel.open()) {
                a.bind(loopback());
                b.send(ByteBuffer.allocate(10), a.getLocalAddress());
                a.configureBlocking(false);
                a.receive(ByteBuffer.allocate(10));
                b.connect(a.getLocalAddress());
                b.write(ByteBuffer.allocate(10));
                b.disconnect();
            }
        });
    }

    @Case
    void unixMessages() throws Exception {
        Path dir = Files.createTempDirectory("anyfd-test");
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(dir.resolve("s"));
        try {
            eachCallFails(() -> close(UnixDatagramChannel.pair()));
            eachCallFails(() -> close(UnixSeqPacketChannel.pair()));
            eachCallFails(() -> {
                Files.deleteIfExists(address.getPath());
                try (UnixSeqPacketServerChannel unbound = UnixSeqPacketServerChannel.open();
                        UnixSeqPacketServerChannel listener = unbound.bind(address);
                        UnixSeqPacketChannel near = UnixSeqPacketChannel.open(address);
                        UnixSeqPacketChannel far = listener.accept()) {
                    near.write(ByteBuffer.allocate(10));
                    far.read(ByteBuffer.allocate(10));
                }
            });
        } finally {
            Files.deleteIfExists(address.getPath());
            Files.delete(dir);
        }
    }

    @Case
    void descriptorsOfTheirOwnKind() throws Exception {
        eachCallFails(() -> {
            try (EventFdChannel eventfd = EventFdChannel.open(1)) {
                eventfd.take();
            }
        });
        int shared = fds.closing(Raw.eventfd(0));
        eachCallFails(() -> {
            try (FdChannel eventfd = FdChannel.borrow(shared)) {
                eventfd.write(ByteBuffer.allocate(Long.BYTES));
            }
        });
        eachCallFails(() -> {
            try (TimerFdChannel timer = TimerFdChannel.open()) {
                timer.schedule(Duration.ofMillis(1));
            }
        });
        eachCallFails(() -> {
            try (PidFdChannel pidfd = PidFdChannel.open(ProcessHandle.current())) {
                pidfd.configureBlocking(false);
            }
        });
        eachCallFails(() -> SignalChannel.open("WINCH").close());
    }

    @Case
    void inotify() throws Exception {
        Path dir = Files.createTempDirectory("anyfd-test");
        eachCallFails(() -> {
            try (InotifyChannel inotify = InotifyChannel.open()) {
                inotify.watch(dir, InotifyChannel.IN_CREATE);
            }
        });
        Files.delete(dir);
    }

    @Case
    void terminals() throws Exception {
        eachCallFails(() -> {
            try (PtyChannel pty = PtyChannel.open()) {
                pty.configureBlocking(false);
                pty.read(ByteBuffer.allocate(10));
            }
        });
        Raw.Pair pty = fds.pty();
        Path slave = Raw.slaveName(pty.first());
        eachCallFails(() -> TtyChannel.open(slave).close());
        eachCallFails(() -> FdChannel.borrow(pty.second()).close());
        eachCallFails(() -> {
            try (TtyChannel tty = TtyChannel.borrow(pty.second())) {
                tty.write(ByteBuffer.allocate(1));
            }
        });
    }

    @Case
    void files() throws Exception {
        Path file = Files.createTempFile("anyfd-test", ".txt");
        eachCallFails(() -> {
            try (FdChannel channel = FdChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.allocate(10));
                channel.read(ByteBuffer.allocate(10));
            }
        });
        Files.delete(file);
    }

    /** A number that could not be taken over stays the program's. */
    @Case
    void takingOver() throws Exception {
        Raw.Pair sockets = fds.sockets();
        Raw.Pair pipe = fds.pipe();
        eachCallFails(() -> takenOver(sockets.first(), true));
        eachCallFails(() -> takenOver(sockets.first(), false));
        eachCallFails(() -> takenOver(pipe.first(), false));
    }

    private static void takenOver(int number, boolean asWhatItIs) throws IOException {
        int own = Raw.dup(number);
        try (Channel channel = asWhatItIs ? AnyFdSelectorProvider.adopt(own) : FdChannel.own(own)) {
            assertTrue(channel.isOpen());
        } catch (IOException e) {
            Faults.end();
            assertTrue(Raw.isOpen(own), e::toString);
            Raw.close(own);
            throw e;
        }
    }

    @Case
    void childProcess() throws Exception {
        eachCallFails(() -> {
            try (ChildProcess child = ChildProcess.start(new ProcessBuilder("true"))) {
                child.waitFor();
            }
        });
    }

    /** A blocked operation needs a descriptor to be woken by. */
    @Case
    void blockedRead() throws Exception {
        try (TimerFdChannel timer = TimerFdChannel.open()) {
            eachCallFails(() -> {
                timer.schedule(Duration.ofMillis(2));
                timer.takeExpirations();
            });
        }
    }
}
