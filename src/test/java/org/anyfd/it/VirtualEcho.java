package org.anyfd.it;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** As many virtual threads as asked for, half of them serving the other half, all in blocking mode, and one selecting. */
final class VirtualEcho {
    private static final int ROUNDS = 3;
    private static final AtomicInteger FAILURES = new AtomicInteger();

    private VirtualEcho() { }

    private interface Body {
        void run() throws Exception;
    }

    /** {@code Thread.startVirtualThread}, which the Java release we compile for does not have. */
    private static void start(Body body) throws Throwable {
        MethodHandle start = MethodHandles.publicLookup().findStatic(Thread.class, "startVirtualThread",
            MethodType.methodType(Thread.class, Runnable.class));
        Runnable task = () -> {
            try {
                body.run();
            } catch (Exception e) {
                if (FAILURES.incrementAndGet() == 1) {
                    e.printStackTrace();
                }
            }
        };
        Thread started = (Thread) start.invokeExact(task);
        assert started != null;
    }

    public static void main(String[] args) throws Throwable {
        int clients = Integer.parseInt(args[0]) / 2;
        CountDownLatch connected = new CountDownLatch(clients);
        CountDownLatch done = new CountDownLatch(clients);
        CountDownLatch selected = new CountDownLatch(1);
        Selector selector = Selector.open();
        start(() -> {
            selector.select();
            selected.countDown();
        });
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
        start(() -> accept(server));
        for (int i = 0; i < clients; i++) {
            int id = i;
            start(() -> {
                try (SocketChannel channel = SocketChannel.open(server.getLocalAddress())) {
                    connected.countDown();
                    connected.await();
                    converse(channel, id);
                    done.countDown();
                }
            });
        }
        boolean all = done.await(60, TimeUnit.SECONDS);
        selector.wakeup();
        boolean woken = selected.await(10, TimeUnit.SECONDS);
        server.close();
        System.out.println("done=" + (clients - done.getCount()) + " all=" + all + " woken=" + woken
            + " failures=" + FAILURES);
    }

    private static void accept(ServerSocketChannel server) throws Exception {
        try {
            for (;;) {
                SocketChannel channel = server.accept();
                try {
                    start(() -> echo(channel));
                } catch (Throwable e) {
                    throw new AssertionError(e);
                }
            }
        } catch (ClosedChannelException ended) {
            // by main
        }
    }

    private static void echo(SocketChannel channel) throws Exception {
        try (channel) {
            ByteBuffer some = ByteBuffer.allocate(64);
            while (channel.read(some.clear()) >= 0) {
                channel.write(some.flip());
            }
        }
    }

    private static void converse(SocketChannel channel, int id) throws Exception {
        ByteBuffer message = ByteBuffer.allocate(8);
        for (int round = 0; round < ROUNDS; round++) {
            channel.write(message.clear().putInt(id).putInt(round).flip());
            message.clear();
            while (message.hasRemaining() && channel.read(message) >= 0) {
                Thread.onSpinWait();
            }
            if (message.flip().getInt() != id || message.getInt() != round) {
                throw new AssertionError("another's answer");
            }
        }
    }
}
