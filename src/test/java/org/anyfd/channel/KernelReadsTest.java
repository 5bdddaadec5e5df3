package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.anyfd.fd.FdChannel;
import org.anyfd.fd.FdPassing;
import org.anyfd.fd.Fds;
import org.anyfd.fd.UnixSockets;
import org.anyfd.fd.ZeroCopy;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Tasks;
import org.anyfd.testing.Tasks.Task;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Connections that read so often in vain that they wait in recv(2). What the JDK does, too, is in the contract tests. */
@Bounded
class KernelReadsTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private final Tasks tasks = new Tasks();
    private SocketChannel near;
    private SocketChannel far;

    @BeforeEach
    void connect() throws IOException {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            far = fds.closing(SocketChannel.open(listener.getLocalAddress()));
            near = fds.closing(listener.accept());
        }
    }

    private Task<Integer> reading() {
        return tasks.run(() -> near.read(ByteBuffer.allocate(1))).awaitBlocked();
    }

    private void send() throws IOException {
        far.write(ByteBuffer.allocate(1));
    }

    /** A third read, after two that had to wait. */
    private Task<Integer> readingInKernel() throws Exception {
        for (int i = 0; i < 2; i++) {
            Task<Integer> read = reading();
            send();
            assertEquals(1, read.get());
        }
        return reading();
    }

    private boolean nonBlockingFile() throws IOException {
        return Fds.flags(Fds.fileno(near)).contains(Fds.Flag.NONBLOCK);
    }

    @Test
    void waitIsOneSystemCall() throws Exception {
        Task<Integer> read = readingInKernel();
        assertTrue(!nonBlockingFile());
        send();
        assertEquals(1, read.get());
        far.close();
        assertEquals(-1, near.read(ByteBuffer.allocate(1)));
    }

    @Test
    void oneThatIsMadeNonBlockingDoesNotWait() throws Exception {
        Task<Integer> read = readingInKernel();
        send();
        read.get();
        near.configureBlocking(false);
        assertTrue(nonBlockingFile());
        assertEquals(0, near.read(ByteBuffer.allocate(1)));
        assertEquals(0, near.read(new ByteBuffer[] {ByteBuffer.allocate(1)}));
        near.configureBlocking(true);
        Task<Integer> last = readingInKernel();
        near.close();
        assertThrowsExactly(AsynchronousCloseException.class, last::get);
    }

    @Test
    void writerWhosePeerDoesNotReadIsWokenByClose() throws Exception {
        Task<Integer> read = readingInKernel();
        Task<Integer> write = tasks.run(() -> near.write(ByteBuffer.allocate(64 << 20))).awaitBlocked();
        near.close();
        assertThrowsExactly(AsynchronousCloseException.class, read::get);
        assertThrows(IOException.class, () -> {
            if (write.get() < 64 << 20) {
                throw new IOException("a part was written");
            }
        });
    }

    @Test
    void timeIsKeptAgainstOneThatWaitedInTheKernel() throws Exception {
        Task<Integer> read = readingInKernel();
        send();
        read.get();
        near.socket().setSoTimeout(20);
        assertThrowsExactly(SocketTimeoutException.class, () -> near.socket().getInputStream().read());
    }

    @Test
    void scatteringReadWaitsElsewhere() throws Exception {
        Task<Integer> read = readingInKernel();
        send();
        read.get();
        Task<Long> scattering = tasks.run(() -> near.read(new ByteBuffer[] {ByteBuffer.allocate(1)})).awaitBlocked();
        send();
        assertEquals(1, scattering.get());
    }

    @Test
    void fileIsSentWhileAThreadReads(@TempDir Path directory) throws Exception {
        int size = 16 << 20;
        Task<Integer> read = readingInKernel();
        Task<Long> sent = tasks.run(() -> {
            try (FdChannel file = FdChannel.open(Files.write(directory.resolve("file"), new byte[size]))) {
                return ZeroCopy.sendfile(file, 0, size, near);
            }
        }).awaitBlocked();
        ByteBuffer bytes = ByteBuffer.allocate(size);
        while (bytes.hasRemaining()) {
            assertTrue(far.read(bytes) > 0);
        }
        assertEquals(size, sent.get());
        send();
        assertEquals(1, read.get());
        Task<Integer> next = readingInKernel();
        near.close();
        assertThrowsExactly(AsynchronousCloseException.class, next::get);
    }

    /** The JDK's channels keep the arena open; here what is read is lost, and no other memory is written to. */
    @Test
    void memoryThatIsFreedWhileAThreadReadsIsNotWrittenTo() throws Exception {
        assumeTrue(Runtime.version().feature() >= 22, "no shared arenas");
        Class<?> arenas = Class.forName("java.lang.foreign.Arena");
        AutoCloseable arena = (AutoCloseable) arenas.getMethod("ofShared").invoke(null);
        Object memory = arenas.getMethod("allocate", long.class, long.class).invoke(arena, 4096L, 1L);
        ByteBuffer dst = (ByteBuffer) Class.forName("java.lang.foreign.MemorySegment").getMethod("asByteBuffer").invoke(memory);
        Task<Integer> before = readingInKernel();
        send();
        before.get();
        Task<Integer> read = tasks.run(() -> near.read(dst)).awaitBlocked();
        arena.close();
        send();
        assertThrowsExactly(IllegalStateException.class, read::get);
    }

    /** The other process would lose its connection to a shutdown(2). */
    @Test
    void passedConnectionIsNonBlockingAndNotShutDown() throws Exception {
        Task<Integer> before = readingInKernel();
        send();
        before.get();
        SocketChannel[] pair = UnixSockets.pair();
        fds.closing(pair[0]);
        fds.closing(pair[1]);
        assertTrue(!nonBlockingFile());
        FdPassing.send(pair[0], ByteBuffer.allocate(1), near);
        assertTrue(nonBlockingFile());
        Task<Integer> read = reading();
        near.close();
        assertThrowsExactly(AsynchronousCloseException.class, read::get);
        try (FdPassing.Received received = FdPassing.receive(pair[1], ByteBuffer.allocate(1))) {
            SocketChannel there = (SocketChannel) received.channels().get(0);
            fds.closing(there).write(ByteBuffer.allocate(1));
            assertEquals(1, far.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void passedConnectionDoesNotWaitThoughTheOtherProcessMakesItBlocking() throws Exception {
        near.configureBlocking(false);
        SocketChannel[] pair = UnixSockets.pair();
        fds.closing(pair[0]);
        fds.closing(pair[1]);
        FdPassing.send(pair[0], ByteBuffer.allocate(1), near);
        Fds.setFlag(Fds.fileno(near), Fds.Flag.NONBLOCK, false);
        assertEquals(0, near.read(ByteBuffer.allocate(1)));
    }

    @Test
    void lingerOfZeroIsAReset() throws Exception {
        near.setOption(StandardSocketOptions.SO_LINGER, 0);
        Task<Integer> read = readingInKernel();
        near.close();
        assertThrowsExactly(AsynchronousCloseException.class, read::get);
        assertEquals("Connection reset", assertThrowsExactly(SocketException.class, () -> far.read(ByteBuffer.allocate(1))).getMessage());
    }

    @Test
    void lingerOfZeroThatIsSetWhileAThreadReadsIsAReset() throws Exception {
        Task<Integer> read = readingInKernel();
        near.setOption(StandardSocketOptions.SO_LINGER, 0);
        near.close();
        assertThrowsExactly(AsynchronousCloseException.class, read::get);
        assertEquals("Connection reset",
            assertThrowsExactly(SocketException.class, () -> far.read(ByteBuffer.allocate(1))).getMessage());
    }

    /** The reader may not have begun, be on its way to the kernel, wait there, or be on its way out. */
    @Test
    void closeAtAnyMomentEndsTheRead() throws Exception {
        for (int i = 0; i < 300; i++) {
            if (i > 0) {
                connect();
            }
            Task<Integer> read = tasks.run(() -> {
                int n = 0;
                while (n >= 0) {
                    n = near.read(ByteBuffer.allocate(1));
                }
                return n;
            });
            for (int sent = 0; sent < i % 7; sent++) {
                send();
                Thread.yield();
            }
            near.close();
            assertThrows(java.nio.channels.ClosedChannelException.class, read::get);
        }
    }
}
