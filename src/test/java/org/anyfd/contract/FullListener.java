package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A listener that nobody accepts from and whose backlog is full: a connection to it stays pending until
 * {@link #makeRoom()}.
 */
final class FullListener implements AutoCloseable {
    private final ServerSocketChannel listener = ServerSocketChannel.open();
    private final List<SocketChannel> waiting = new ArrayList<>();

    FullListener() throws IOException {
        listener.bind(new InetSocketAddress(Tcp.loopback4(), 0), 1);
        while (connects()) {
            // One more place taken.
        }
    }

    private boolean connects() throws IOException {
        SocketChannel channel = SocketChannel.open();
        waiting.add(channel);
        channel.configureBlocking(false);
        if (channel.connect(address())) {
            return true;
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(50);
        while (System.nanoTime() - deadline < 0) {
            if (channel.finishConnect()) {
                return true;
            }
            LockSupport.parkNanos(1_000_000);
        }
        // This thread may have been away for all of that time.
        return channel.finishConnect();
    }

    InetSocketAddress address() throws IOException {
        return (InetSocketAddress) listener.getLocalAddress();
    }

    /** A non-blocking channel whose connection to this listener is pending. */
    SocketChannel pending() throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        if (channel.connect(address())) {
            fail("connected to a full listener");
        }
        return channel;
    }

    /** Lets pending connections complete, at the kernel's next attempt, about a second later. */
    void makeRoom() throws IOException {
        listener.configureBlocking(false);
        SocketChannel accepted;
        while ((accepted = listener.accept()) != null) {
            waiting.add(accepted);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (SocketChannel channel : waiting) {
            channel.close();
        }
    }
}
