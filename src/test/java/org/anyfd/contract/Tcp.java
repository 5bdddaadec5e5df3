package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A connected TCP pair on loopback, and what the channel tests need around it: addresses, bytes, waits that end.
 */
final class Tcp implements AutoCloseable {

    /** How long anything that must happen may take. */
    static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    final SocketChannel client;
    final SocketChannel server;

    private Tcp(SocketChannel client, SocketChannel server) {
        this.client = client;
        this.server = server;
    }

    /** A blocking pair over IPv4. */
    static Tcp pair() throws IOException {
        return pair(loopback4());
    }

    /** A blocking pair over the given loopback address. */
    static Tcp pair(InetAddress host) throws IOException {
        try (ServerSocketChannel listener = listen(host)) {
            return connectTo(listener, SocketChannel.open());
        }
    }

    /** A pair whose buffers are small and fixed, so that the client's sending side fills soon and stays full. */
    static Tcp narrowPair() throws IOException {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.setOption(StandardSocketOptions.SO_RCVBUF, 32 * 1024);
            listener.bind(new InetSocketAddress(loopback4(), 0));
            SocketChannel client = SocketChannel.open();
            client.setOption(StandardSocketOptions.SO_SNDBUF, 32 * 1024);
            return connectTo(listener, client);
        }
    }

    private static Tcp connectTo(ServerSocketChannel listener, SocketChannel client) throws IOException {
        try {
            client.connect(listener.getLocalAddress());
            return new Tcp(client, listener.accept());
        } catch (Throwable failed) {
            client.close();
            throw failed;
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.close();
    }

    // -- addresses --

    static InetAddress loopback4() {
        return address(127, 0, 0, 1);
    }

    static InetAddress loopback6() {
        return address(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    }

    static InetAddress wildcard4() {
        return address(0, 0, 0, 0);
    }

    static InetAddress wildcard6() {
        return address(new int[16]);
    }

    private static InetAddress address(int... octets) {
        byte[] bytes = new byte[octets.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) octets[i];
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    static boolean ipv6Available() {
        try (ServerSocketChannel probe = listen(loopback6())) {
            return probe.isOpen();
        } catch (IOException | RuntimeException absent) {
            return false;
        }
    }

    static InetSocketAddress unresolved() {
        return InetSocketAddress.createUnresolved("nowhere.invalid", 7);
    }

    static ServerSocketChannel listen() throws IOException {
        return listen(loopback4());
    }

    static ServerSocketChannel listen(InetAddress host) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        try {
            return listener.bind(new InetSocketAddress(host, 0));
        } catch (Throwable failed) {
            listener.close();
            throw failed;
        }
    }

    /**
     * A channel that is bound to a port but does not listen. Connecting to its address is refused, and nobody else can
     * get the port while the channel is open.
     */
    static SocketChannel deaf() throws IOException {
        return SocketChannel.open().bind(new InetSocketAddress(loopback4(), 0));
    }

    // -- bytes --

    static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static ByteBuffer bytes(int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length);
        for (int value : values) {
            buffer.put((byte) value);
        }
        return buffer.flip();
    }

    /** Reads exactly {@code length} bytes, however many calls that takes; the channel may be in either mode. */
    static byte[] readFully(ReadableByteChannel channel, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (buffer.hasRemaining()) {
            int n = channel.read(buffer);
            if (n < 0) {
                throw new EOFException("after " + buffer.position() + " of " + length + " bytes");
            }
            if (n == 0) {
                pause(deadline, "data");
            }
        }
        return buffer.array();
    }

    /** Writes the whole buffer, however many calls that takes; the channel may be in either mode. */
    static void writeFully(WritableByteChannel channel, ByteBuffer buffer) throws IOException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (buffer.hasRemaining()) {
            if (channel.write(buffer) == 0) {
                pause(deadline, "room");
            }
        }
    }

    /** Repeats a non-blocking read until it returns something else than 0. */
    static int readSome(ReadableByteChannel channel, ByteBuffer buffer) throws IOException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        int n;
        while ((n = channel.read(buffer)) == 0) {
            pause(deadline, "data");
        }
        return n;
    }

    /**
     * Writes until the channel takes nothing more, now and for a while after, so that a blocking write will make no
     * progress. Leaves the blocking mode as found and returns how many bytes it wrote.
     *
     * <p>A pipe is full at once. A socket makes room once more when the peer's delayed acknowledgement arrives (40 ms),
     * which a virtual processor that is away may delay, so only 250 refusals, each a millisecond after the last, are final.
     */
    static <C extends SelectableChannel & WritableByteChannel> long fill(C channel) throws IOException {
        int enough = channel instanceof SocketChannel ? 250 : 1;
        boolean blocking = channel.isBlocking();
        channel.configureBlocking(false);
        ByteBuffer chunk = ByteBuffer.allocateDirect(64 * 1024);
        long total = 0;
        for (int refusals = 0; refusals < enough; ) {
            int n = channel.write(chunk.clear());
            total += n;
            refusals = n == 0 ? refusals + 1 : 0;
            if (n == 0) {
                LockSupport.parkNanos(1_000_000);
            }
        }
        channel.configureBlocking(blocking);
        return total;
    }

    /** Closes the channel so that its peer gets a reset instead of an end of stream. */
    static void reset(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channel.close();
    }

    /** How many sockets, pipes and anonymous inodes this process has open. */
    static int openDescriptors() throws IOException {
        int count = 0;
        try (DirectoryStream<Path> fds = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path fd : fds) {
                try {
                    String target = Files.readSymbolicLink(fd).toString();
                    if (target.startsWith("socket:") || target.startsWith("pipe:") || target.startsWith("anon_inode:")) {
                        count++;
                    }
                } catch (IOException gone) {
                    // Closed between listing and reading; not open, so not counted.
                }
            }
        }
        return count;
    }

    // -- time --

    static void pause(long deadline, String awaited) {
        if (System.nanoTime() - deadline > 0) {
            fail("waited too long for " + awaited);
        }
        LockSupport.parkNanos(200_000);
    }
}
