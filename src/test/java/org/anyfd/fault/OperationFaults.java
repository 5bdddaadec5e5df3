package org.anyfd.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.fd.EventFdChannel;
import org.anyfd.fd.FdChannel;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Limits;
import org.anyfd.sys.Sys;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;

/** What the kernel may refuse an operation of a channel, or do by halves. */
final class OperationFaults {
    private static final int RLIMIT_NOFILE = 7;
    private static final int MUCH = 300_000;

    private final Descriptors fds;
    private final ServerSocketChannel listener;

    OperationFaults(Descriptors fds) throws IOException {
        this.fds = fds;
        listener = fds.closing(ServerSocketChannel.open())
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private SocketChannel client() throws IOException {
        return fds.closing(SocketChannel.open(listener.getLocalAddress()));
    }

    private SocketChannel[] connection() throws IOException {
        return new SocketChannel[] {client(), fds.closing(listener.accept())};
    }

    private static ByteBuffer bytes(int count) {
        return ByteBuffer.allocate(count);
    }

    // -- No descriptor to be had --

    @Case
    void acceptWithoutADescriptorLeavesTheConnection() throws IOException {
        for (boolean blocking : new boolean[] {true, false}) {
            for (int errno : new int[] {Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM, Errno.EPERM}) {
                listener.configureBlocking(blocking);
                client();
                Faults.once("accept4", errno);
                assertEquals(Errno.text(errno), assertThrows(IOException.class, listener::accept).getMessage());
                assertTrue(listener.isOpen());
                assertTrue(fds.closing(listener.accept()).isConnected(), "the next one succeeds");
            }
        }
        assertNull(listener.accept());
    }

    /** The next one may be there already. */
    @Case
    void acceptPassesOverAConnectionThatWasAborted() throws IOException {
        client();
        Faults.once("accept4", Errno.ECONNABORTED);
        fds.closing(listener.accept());
        assertEquals(2, Faults.calls());
    }

    /** Not made up: the kernel's own EMFILE. */
    @Case
    void descriptorsRunOutForGood() throws Exception {
        try (Selector selector = Selector.open()) {
            listener.configureBlocking(false);
            SelectionKey key = listener.register(selector, SelectionKey.OP_ACCEPT);
            client();
            EventFdChannel before = fds.closing(EventFdChannel.open(0));
            try (Limit limit = new Limit()) {
                for (int i = 0; i < 3; i++) {
                    assertEquals(1, selector.select(), "still there");
                    assertEquals("Too many open files", assertThrows(IOException.class, listener::accept).getMessage());
                    selector.selectedKeys().clear();
                }
                assertTrue(key.isValid());
                assertTrue(assertThrows(IOException.class, Selector::open).getMessage().contains("EMFILE"));
                assertThrows(IOException.class, SocketChannel::open);
                assertThrows(IOException.class, Pipe::open);
                assertEquals("eventfd(): EMFILE too many open files",
                    assertThrows(IOException.class, () -> EventFdChannel.open(0)).getMessage());
                before.add(1);
                assertEquals(1, before.take());
            }
            assertEquals(1, selector.select());
            fds.closing(listener.accept());
        }
    }

    /** Not one descriptor more. */
    private static final class Limit implements AutoCloseable {
        private final ByteBuffer limits = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
        private final long before;

        Limit() throws IOException {
            assertEquals(0, Limits.getrlimit(RLIMIT_NOFILE, Sys.address(limits)));
            before = limits.getLong(0);
            // What is used below has been loaded: a class that is not would have to be read from a file.
            assertThrows(IOException.class, () -> {
                Faults.once("socket", Errno.EMFILE);
                SocketChannel.open();
            });
            assertThrows(IOException.class, () -> {
                Faults.once("pipe2", Errno.EMFILE);
                Pipe.open();
            });
            // The lower numbers are the standard streams'. Of the others the JVM's own threads might give one back.
            set(3);
        }

        private void set(long soft) {
            limits.putLong(0, soft);
            assertEquals(0, Limits.setrlimit(RLIMIT_NOFILE, Sys.address(limits)));
        }

        @Override
        public void close() {
            set(before);
        }
    }

    /** A blocked read needs something to be woken by: without it, it says so, and the channel lives. */
    @Case
    void blockingReadWithoutADescriptorIsTold() throws Exception {
        SocketChannel[] ends = connection();
        Faults.always("ppoll", Errno.ENOMEM);
        assertEquals("poll(): ENOMEM cannot allocate memory",
            assertThrows(IOException.class, () -> ends[0].read(bytes(1))).getMessage());
        Faults.end();
        ends[1].write(bytes(1));
        assertEquals(1, ends[0].read(bytes(1)));
    }

    // -- Transfers by halves --

    @Case
    void writesThatTakeLittleAtATimeLoseNothing() throws Exception {
        SocketChannel[] tcp = connection();
        assertArrives(tcp[0], tcp[1]);
        Pipe pipe = Pipe.open();
        assertArrives(fds.closing(pipe.sink()), fds.closing(pipe.source()));
        Raw.Pair raw = fds.pipe();
        assertArrives(fds.own(raw.second()), fds.own(raw.first()));
    }

    private void assertArrives(GatheringByteChannel to, ReadableByteChannel from) throws Exception {
        Faults.cap(977);
        Tasks.Task<Long> writer = fds.run(() -> {
            ByteBuffer[] parts = {numbers(0, 3), numbers(3, 5000), numbers(5003, MUCH - 5003)};
            assertEquals(MUCH, to.write(numbers(0, MUCH)), "a blocking write takes all");
            long total = 0;
            while (parts[2].hasRemaining()) {
                total += to.write(parts);
            }
            return total;
        });
        assertNumbers(from);
        assertNumbers(from);
        assertEquals(MUCH, writer.get());
        Faults.end();
    }

    private static ByteBuffer numbers(int from, int count) {
        ByteBuffer numbers = bytes(count);
        for (int i = 0; i < count; i++) {
            numbers.put(i, (byte) ((from + i) * 31 >> 3));
        }
        return numbers;
    }

    private static void assertNumbers(ReadableByteChannel from) throws IOException {
        ByteBuffer all = bytes(MUCH);
        while (all.hasRemaining()) {
            if (from.read(all) < 0) {
                throw new EOFException();
            }
        }
        assertEquals(numbers(0, MUCH), all.flip());
    }

    @Case
    void adaptorsStreamWritesAll() throws Exception {
        SocketChannel[] ends = connection();
        Faults.cap(977);
        Tasks.Task<Void> writer = fds.run(() -> {
            ends[0].socket().getOutputStream().write(numbers(0, MUCH).array());
            return null;
        });
        assertNumbers(ends[1]);
        writer.get();
    }

    @Case
    void nonBlockingWriteSaysHowMuchItTook() throws IOException {
        SocketChannel near = connection()[0];
        near.configureBlocking(false);
        Faults.cap(5);
        ByteBuffer src = bytes(12);
        assertEquals(5, near.write(src));
        assertEquals(7, src.remaining());
        assertEquals(5, near.write(new ByteBuffer[] {bytes(8), bytes(9)}));
    }

    // -- Errors of the connection --

    @Case
    void errorOfATransferIsToldOnce() throws IOException {
        for (int errno : new int[] {Errno.ECONNRESET, Errno.ETIMEDOUT, Errno.EHOSTUNREACH, Errno.EIO, Errno.ENOBUFS}) {
            SocketChannel[] ends = connection();
            ends[1].write(bytes(1));
            Faults.once("read", errno);
            assertEquals(errno == Errno.ECONNRESET ? "Connection reset" : Errno.text(errno),
                assertThrows(IOException.class, () -> ends[0].read(bytes(9))).getMessage());
            assertTrue(ends[0].isOpen(), "the program closes it");
            Faults.once("write", errno);
            assertEquals(Errno.text(errno), assertThrows(IOException.class, () -> ends[0].write(bytes(9))).getMessage());
            assertEquals(9, ends[0].write(bytes(9)));
        }
    }

    /** As when another library has closed it. */
    @Case
    void numberClosedBehindOurBackIsTold() throws IOException {
        int number = fds.aside(fds.sockets().first());
        try (FdChannel channel = FdChannel.borrow(number)) {
            fds.close(number);
            for (int i = 0; i < 2; i++) {
                assertEquals("read(fd " + number + "): EBADF bad file descriptor",
                    assertThrows(IOException.class, () -> channel.read(bytes(1))).getMessage());
            }
        }
    }

    /** The kernel has freed the number whatever close(2) says: it is not closed again, under its next owner. */
    @Case
    void closeThatFailsIsNotRepeated() throws IOException {
        for (int errno : new int[] {Errno.EINTR, Errno.EIO, Errno.ENOSPC}) {
            int number = fds.aside(fds.sockets().first());
            FdChannel channel = FdChannel.own(fds.giveAway(number));
            Faults.once("close", errno);
            try {
                channel.close();
            } catch (IOException told) {
                assertTrue(errno != Errno.EINTR && told.getMessage().contains(Errno.name(errno)), told::toString);
            }
            assertEquals(1, Faults.calls());
            assertFalse(channel.isOpen());
            Raw.dup(listenerNumber(), number);
            channel.close();
            assertEquals(1, Faults.calls());
            Faults.end();
            assertTrue(Raw.isOpen(number));
            Raw.close(number);
        }
    }

    private int listenerNumber() {
        return ((NativeSelectableChannel) listener).getFD();
    }

    // -- Readiness that comes to nothing --

    @Case
    void readThatIsAlwaysTooLateDoesNotSpin() throws Exception {
        SocketChannel[] ends = connection();
        ends[1].write(bytes(1));
        assertEquals(1, patiently("read", () -> ends[0].read(bytes(1))));
    }

    @Case
    void writeThatFindsNoRoomDoesNotSpin() throws Exception {
        SocketChannel[] ends = connection();
        assertEquals(1, patiently("write", () -> ends[0].write(bytes(1))));
    }

    /** As when other processes accept from the same socket, and are faster. */
    @Case
    void acceptThatIsAlwaysTooLateDoesNotSpin() throws Exception {
        client();
        fds.closing(patiently("accept4", listener::accept));
    }

    private interface Operation<T> {
        T run() throws IOException;
    }

    /** Runs an operation whose calls say EAGAIN for a while, though the descriptor is ready. */
    private <T> T patiently(String function, Operation<T> operation) throws Exception {
        Faults.always(function, Errno.EAGAIN);
        Tasks.Task<T> task = fds.run(operation::run);
        Tasks.await(() -> Faults.calls() > 10, "tries");
        Cpu cpu = Cpu.of(task.thread());
        int before = Faults.calls();
        long start = System.nanoTime();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(150));
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        int tries = Faults.calls() - before;
        assertTrue(tries <= millis + 10, () -> tries + " tries in " + millis + " ms");
        cpu.assertIdle();
        Faults.end();
        return task.get();
    }

    @Case
    void spuriousReadinessDoesNotEndABlockingRead() throws Exception {
        SocketChannel[] ends = connection();
        Faults.ready(((NativeSelectableChannel) ends[0]).getFD(), Consts.POLLIN, 20);
        Tasks.Task<Integer> reader = fds.run(() -> ends[0].read(bytes(9)));
        Tasks.await(() -> Faults.readyLeft() == 0, "spurious readiness");
        assertFalse(reader.future().isDone());
        ends[1].write(bytes(2));
        assertEquals(2, reader.get());
    }
}
