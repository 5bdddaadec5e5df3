package org.anyfd.fault;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Tasks;

/** Signals rain on the thread that waits: every wait in the kernel ends with EINTR after a few hundred microseconds. */
final class StormFaults {
    private static final int WAIT_MILLIS = 150;

    private final Descriptors fds;

    StormFaults(Descriptors fds) {
        this.fds = fds;
    }

    private static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private Pipe pipe() throws IOException {
        Pipe pipe = Pipe.open();
        fds.closing(pipe.source());
        fds.closing(pipe.sink());
        return pipe;
    }

    /** Runs what waits in a thread of its own, in the rain, and then something that ends the wait. */
    private <T> T inTheRain(Callable<T> waits, Callable<?> end) throws Exception {
        CompletableFuture<Integer> number = new CompletableFuture<>();
        CompletableFuture<T> result = new CompletableFuture<>();
        // The thread outlives the storm: its number may be another's afterwards.
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch calm = new CountDownLatch(1);
        Tasks.Task<Void> task = fds.run(() -> {
            number.complete(Faults.thread());
            begun.await();
            try {
                result.complete(waits.call());
            } catch (Exception | Error e) {
                result.completeExceptionally(e);
            }
            calm.await();
            return null;
        });
        try (Faults.Storm storm = Faults.Storm.at(number.get(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS))) {
            begun.countDown();
            task.awaitSeenWaiting();
            storm.awaitSignals();
            end.call();
            return result.get(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        } finally {
            calm.countDown();
        }
    }

    @Case
    void timedSelectionLastsItsTime() throws Exception {
        try (Selector selector = Selector.open(); Faults.Storm storm = Faults.Storm.at(Faults.thread())) {
            Cpu cpu = Cpu.here();
            long start = System.nanoTime();
            assertEquals(0, selector.select(WAIT_MILLIS));
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            assertTrue(millis >= WAIT_MILLIS - 1, () -> millis + " ms");
            cpu.assertIdle();
        }
    }

    @Case
    void noWakeupAndNoEventIsLost() throws Exception {
        Pipe pipe = pipe();
        pipe.source().configureBlocking(false);
        try (Selector selector = Selector.open()) {
            pipe.source().register(selector, OP_READ);
            AtomicInteger heard = new AtomicInteger();
            int rounds = 100;
            Integer total = inTheRain(() -> {
                for (int i = 0; i < rounds; i++) {
                    int n = selector.select();
                    assertEquals(i % 2, n);
                    if (n == 1) {
                        pipe.source().read(ByteBuffer.allocate(1));
                        selector.selectedKeys().clear();
                    }
                    heard.incrementAndGet();
                }
                return heard.get();
            }, () -> {
                for (int i = 0; i < rounds; i++) {
                    int round = i;
                    Tasks.await(() -> heard.get() == round, "round " + round);
                    if (i % 2 == 0) {
                        selector.wakeup();
                    } else {
                        pipe.sink().write(ByteBuffer.allocate(1));
                    }
                }
                return null;
            });
            assertEquals(rounds, total);
        }
    }

    @Case
    void blockingOperationsGoOn() throws Exception {
        Pipe pipe = pipe();
        assertEquals(1, inTheRain(() -> pipe.source().read(ByteBuffer.allocate(9)),
            () -> pipe.sink().write(ByteBuffer.allocate(1))));
        ByteBuffer much = ByteBuffer.allocate(1 << 20);
        assertEquals(much.capacity(), inTheRain(() -> pipe.sink().write(much), () -> {
            ByteBuffer dst = ByteBuffer.allocate(much.capacity());
            while (dst.hasRemaining()) {
                pipe.source().read(dst);
            }
            return null;
        }));
        ServerSocketChannel listener = fds.closing(ServerSocketChannel.open()).bind(loopback());
        SocketChannel far = fds.closing(inTheRain(listener::accept,
            () -> fds.closing(SocketChannel.open(listener.getLocalAddress()))));
        assertTrue(far.isConnected());
        DatagramChannel datagrams = fds.closing(DatagramChannel.open()).bind(loopback());
        DatagramChannel sender = fds.closing(DatagramChannel.open()).bind(loopback());
        assertEquals(sender.getLocalAddress(), inTheRain(() -> datagrams.receive(ByteBuffer.allocate(9)),
            () -> sender.send(ByteBuffer.allocate(1), datagrams.getLocalAddress())));
    }

    @Case
    void closeEndsABlockedRead() throws Exception {
        Pipe pipe = pipe();
        assertThrows(AsynchronousCloseException.class, () -> inTheRain(() -> pipe.source().read(ByteBuffer.allocate(1)), () -> {
            pipe.source().close();
            return null;
        }));
    }

    @Case
    void timeoutsOfAdaptorsAreKept() throws Exception {
        ServerSocketChannel listener = fds.closing(ServerSocketChannel.open()).bind(loopback());
        SocketChannel near = fds.closing(SocketChannel.open(listener.getLocalAddress()));
        near.socket().setSoTimeout(WAIT_MILLIS);
        try (Faults.Storm storm = Faults.Storm.at(Faults.thread())) {
            Cpu cpu = Cpu.here();
            long start = System.nanoTime();
            assertThrows(SocketTimeoutException.class, () -> near.socket().getInputStream().read());
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            assertTrue(millis >= WAIT_MILLIS - 1, () -> millis + " ms");
            cpu.assertIdle();
        }
    }
}
