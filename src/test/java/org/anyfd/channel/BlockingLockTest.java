package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A blocked operation does not keep the channel's blockingLock(), with which the streams of java.nio.channels.Channels
 * call: they are full duplex on every JDK, which the JDK's own sockets are since 19.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BlockingLockTest {
    private SocketChannel client;
    private SocketChannel server;

    @BeforeEach
    void connect() throws IOException {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress("127.0.0.1", 0));
            client = SocketChannel.open(listener.getLocalAddress());
            server = listener.accept();
        }
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        server.close();
    }

    private static final class Task<T> extends FutureTask<T> {
        final Thread thread = new Thread(this, "task");

        Task(Callable<T> body) {
            super(body);
            thread.setDaemon(true);
            thread.start();
        }

        /** Waits until the thread has given the monitor up. */
        Task<T> awaitWaiting() throws InterruptedException {
            for (int millis = 0; millis < 20_000; millis++) {
                if (Arrays.stream(thread.getStackTrace()).anyMatch(frame -> frame.getClassName().endsWith(".StandIn"))
                        && thread.getState() == Thread.State.WAITING) {
                    return this;
                }
                LockSupport.parkNanos(1_000_000);
            }
            return fail("not waiting but at " + Arrays.toString(thread.getStackTrace()));
        }

        T result() throws Exception {
            return get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void outputStreamWritesWhileTheInputStreamIsBlocked() throws Exception {
        Task<Integer> reader = new Task<>(Channels.newInputStream(client)::read).awaitWaiting();
        Channels.newOutputStream(client).write(1);
        ByteBuffer got = ByteBuffer.allocate(1);
        server.read(got);
        assertEquals(1, got.get(0));
        server.write(ByteBuffer.wrap(new byte[] {2}));
        assertEquals(2, reader.result());
    }

    @Test
    void inputStreamReadsWhileTheOutputStreamIsBlocked() throws Exception {
        byte[] much = new byte[20_000_000];
        OutputStream out = Channels.newOutputStream(client);
        Task<Void> writer = new Task<Void>(() -> {
            out.write(much);
            return null;
        }).awaitWaiting();
        server.write(ByteBuffer.wrap(new byte[] {3}));
        assertEquals(3, Channels.newInputStream(client).read());
        server.socket().getInputStream().readNBytes(much.length);
        writer.result();
    }

    @Test
    void theMonitorIsFreeHoweverOftenItWasEntered() throws Exception {
        Task<Integer> reader = new Task<>(() -> {
            synchronized (client.blockingLock()) {
                synchronized (client.blockingLock()) {
                    return client.read(ByteBuffer.allocate(1));
                }
            }
        }).awaitWaiting();
        assertTrue(entered(client));
        server.write(ByteBuffer.allocate(1));
        assertEquals(1, reader.result());
    }

    @Test
    void everyWaitLetsGoOfIt() throws Exception {
        Pipe pipe = Pipe.open();
        try (ServerSocketChannel listener = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0));
                Pipe.SourceChannel source = pipe.source();
                Pipe.SinkChannel sink = pipe.sink()) {
            Task<SocketChannel> acceptor = new Task<>(() -> {
                synchronized (listener.blockingLock()) {
                    return listener.accept();
                }
            }).awaitWaiting();
            Task<Integer> reader = new Task<>(Channels.newInputStream(source)::read).awaitWaiting();
            assertTrue(entered(listener));
            assertTrue(entered(source));
            SocketChannel.open(listener.getLocalAddress()).close();
            acceptor.result().close();
            sink.write(ByteBuffer.wrap(new byte[] {4}));
            assertEquals(4, reader.result());
        }
    }

    private static boolean entered(SelectableChannel channel) throws Exception {
        return new Task<>(() -> {
            synchronized (channel.blockingLock()) {
                return true;
            }
        }).result();
    }

    @Test
    void notifyingTheMonitorDoesNotEndTheWait() throws Exception {
        Task<Integer> reader = new Task<>(Channels.newInputStream(client)::read).awaitWaiting();
        for (int i = 0; i < 10; i++) {
            synchronized (client.blockingLock()) {
                client.blockingLock().notifyAll();
            }
        }
        reader.awaitWaiting();
        server.write(ByteBuffer.wrap(new byte[] {6}));
        assertEquals(6, reader.result());
    }

    @Test
    void closeByTheOtherStreamEndsTheWait() throws Exception {
        Task<Integer> reader = new Task<>(Channels.newInputStream(client)::read).awaitWaiting();
        Channels.newOutputStream(client).close();
        assertFalse(client.isOpen());
        reader.thread.join(20_000);
        assertFalse(reader.thread.isAlive());
    }

    /** Both ends send before they read, more than the connection holds. */
    @Test
    void muchGoesBothWaysAtOnce() throws Exception {
        byte[] data = new byte[8_000_000];
        new java.util.Random(1).nextBytes(data);
        Task<byte[]> there = pump(client, data);
        Task<byte[]> back = pump(server, data);
        assertArrayEquals(data, there.result());
        assertArrayEquals(data, back.result());
    }

    private static Task<byte[]> pump(SocketChannel channel, byte[] data) {
        InputStream in = Channels.newInputStream(channel);
        OutputStream out = Channels.newOutputStream(channel);
        Task<byte[]> reader = new Task<>(() -> in.readNBytes(data.length));
        new Task<Void>(() -> {
            for (int i = 0; i < data.length; i += 10_000) {
                out.write(data, i, 10_000);
            }
            return null;
        });
        return reader;
    }
}
