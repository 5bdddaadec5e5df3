package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;

/** Sockets and streams used by virtual threads: they behave as for others, and those that wait hold nobody up. */
@Bounded
@EnabledForJreRange(minVersion = 25)
class VirtualThreadSocketTest {

    /** An operation in a virtual thread of its own. */
    private static final class Task<T> {
        private final FutureTask<T> outcome;
        final Thread thread;

        Task(Callable<T> body) throws ReflectiveOperationException {
            outcome = new FutureTask<>(body);
            thread = (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, outcome);
        }

        /** Waits until the thread waits inside a call to the method. */
        Task<T> awaitIn(String method) {
            long deadline = System.nanoTime() + Tcp.PATIENCE_NANOS;
            while (!waiting() || Arrays.stream(thread.getStackTrace()).noneMatch(f -> f.getMethodName().equals(method))) {
                assertFalse(outcome.isDone(), "ended instead of waiting");
                Tcp.pause(deadline, "a wait in " + method);
            }
            return this;
        }

        private boolean waiting() {
            Thread.State state = thread.getState();
            return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
        }

        T get() throws Exception {
            try {
                return outcome.get(20, TimeUnit.SECONDS);
            } catch (ExecutionException thrown) {
                if (thrown.getCause() instanceof Exception exception) {
                    throw exception;
                }
                throw thrown;
            }
        }
    }

    @Test
    void readWaitsForData() throws Exception {
        for (int timeoutMillis : new int[] {0, 20_000}) {
            try (Tcp tcp = Tcp.pair()) {
                tcp.client.socket().setSoTimeout(timeoutMillis);
                Task<Integer> reader = new Task<>(tcp.client.socket().getInputStream()::read).awaitIn("read");
                tcp.server.write(Tcp.bytes(7));
                assertEquals(7, reader.get());
            }
        }
    }

    @Test
    void aReadThatTakesTooLongLeavesTheStreamUsable() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            tcp.client.socket().setSoTimeout(80);
            InputStream in = tcp.client.socket().getInputStream();
            long start = System.nanoTime();
            assertThrowsExactly(SocketTimeoutException.class, new Task<>(in::read)::get);
            assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(79));
            tcp.server.write(Tcp.bytes(7));
            assertEquals(7, new Task<>(in::read).get());
        }
    }

    @Test
    void closeEndsABlockedRead() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<Integer> reader = new Task<>(tcp.client.socket().getInputStream()::read).awaitIn("read");
            tcp.client.close();
            assertThrowsExactly(AsynchronousCloseException.class, reader::get);
        }
    }

    @Test
    void interruptEndsABlockedReadAndCloses() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<Integer> reader = new Task<>(tcp.client.socket().getInputStream()::read).awaitIn("read");
            reader.thread.interrupt();
            assertThrowsExactly(ClosedByInterruptException.class, reader::get);
            assertFalse(tcp.client.isOpen());
        }
    }

    @Test
    void shutdownInputEndsABlockedRead() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<Integer> reader = new Task<>(tcp.client.socket().getInputStream()::read).awaitIn("read");
            tcp.client.shutdownInput();
            assertEquals(-1, reader.get());
        }
    }

    @Test
    void writeWritesAll() throws Exception {
        byte[] data = Tcp.random(1, 2_000_000);
        try (Tcp tcp = Tcp.narrowPair()) {
            OutputStream out = tcp.client.socket().getOutputStream();
            Task<Void> writer = new Task<Void>(() -> {
                out.write(data);
                return null;
            }).awaitIn("write");
            assertTrue(Arrays.equals(data, Tcp.readFully(tcp.server, data.length)));
            writer.get();
        }
    }

    @Test
    void acceptAndConnectWait() throws Exception {
        for (int timeoutMillis : new int[] {0, 20_000}) {
            try (ServerSocketChannel listener = Tcp.listen(); SocketChannel client = SocketChannel.open()) {
                listener.socket().setSoTimeout(timeoutMillis);
                Task<Socket> acceptor = new Task<>(listener.socket()::accept).awaitIn("accept");
                new Task<Void>(() -> {
                    client.socket().connect(listener.getLocalAddress(), timeoutMillis);
                    return null;
                }).get();
                try (Socket accepted = acceptor.get()) {
                    assertEquals(client.getLocalAddress(), accepted.getRemoteSocketAddress());
                }
            }
        }
    }

    @Test
    void channelsStreamsAreFullDuplex() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            Task<Integer> reader = new Task<>(Channels.newInputStream(tcp.client)::read).awaitIn("read");
            new Task<Void>(() -> {
                Channels.newOutputStream(tcp.client).write(1);
                return null;
            }).get();
            tcp.server.write(Tcp.bytes(2));
            assertEquals(2, reader.get());
        }
    }

    /** More of them than there can be carriers, which are as many as processors. */
    @Test
    void threadsThatWaitHoldNoCarrier() throws Exception {
        int many = 4 * Runtime.getRuntime().availableProcessors() + 4;
        List<Tcp> pairs = new ArrayList<>();
        List<Task<Integer>> readers = new ArrayList<>();
        try {
            for (int i = 0; i < many; i++) {
                Tcp tcp = Tcp.pair();
                pairs.add(tcp);
                InputStream in = i % 2 == 0 ? tcp.client.socket().getInputStream() : Channels.newInputStream(tcp.client);
                readers.add(new Task<>(in::read).awaitIn("read"));
            }
            assertEquals(5, new Task<>(() -> 5).get());
            for (int i = 0; i < many; i++) {
                pairs.get(i).server.write(Tcp.bytes(i));
                assertEquals(i & 0xff, readers.get(i).get());
            }
        } finally {
            for (Tcp tcp : pairs) {
                tcp.close();
            }
        }
    }

    @Test
    void connectEndsWhenTheTimeIsOver() throws Exception {
        try (FullListener listener = new FullListener(); SocketChannel client = SocketChannel.open()) {
            var address = listener.address();
            Task<Void> connector = new Task<>(() -> {
                client.socket().connect(address, 100);
                return null;
            });
            assertThrows(SocketTimeoutException.class, connector::get);
            assertFalse(client.isOpen());
        }
    }
}
