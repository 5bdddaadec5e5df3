package org.anyfd.benchmarks.micro;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What servers do with channels and keys, by one thread that plays both sides on loopback: no other thread's waking up is in
 * the times, but for {@link #blockingPingPong}. The buffer is direct, and a message has 64 bytes.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class ChannelBenchmark {
    private static final int BYTES = 64;

    @Param({"jdk", "anyfd"})
    public String provider;

    private final ByteBuffer bytes = ByteBuffer.allocateDirect(BYTES);
    private SelectorProvider selectors;
    private ServerSocketChannel listener;
    /** The client's end is blocking, the server's is not, and is registered. */
    private SocketChannel client;
    private SocketChannel server;
    private Selector selector;
    private SelectionKey key;
    private SocketChannel blocking;
    private SocketChannel echoed;
    private DatagramChannel sender;
    private DatagramChannel receiver;
    private InetSocketAddress receiverAddress;

    @Setup(Level.Trial)
    public void open() throws IOException {
        selectors = Providers.named(provider);
        InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        listener = selectors.openServerSocketChannel().bind(anyPort);
        client = connect();
        server = listener.accept();
        server.configureBlocking(false);
        selector = selectors.openSelector();
        key = server.register(selector, SelectionKey.OP_READ);

        blocking = connect();
        echoed = listener.accept();
        Thread echo = new Thread(this::echo, "echo");
        echo.setDaemon(true);
        echo.start();

        receiver = selectors.openDatagramChannel().bind(anyPort);
        receiverAddress = (InetSocketAddress) receiver.getLocalAddress();
        sender = selectors.openDatagramChannel();
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        selector.close();
        for (Channel channel : new Channel[] {listener, client, server, blocking, echoed, sender, receiver}) {
            channel.close();
        }
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = selectors.openSocketChannel();
        channel.connect(listener.getLocalAddress());
        channel.socket().setTcpNoDelay(true);
        return channel;
    }

    /** The other side of {@link #blockingPingPong}, until its connection is closed. */
    private void echo() {
        ByteBuffer own = ByteBuffer.allocateDirect(BYTES);
        try {
            while (echoed.read(own.clear()) > 0) echoed.write(own.flip());
        } catch (IOException closed) {
            if (echoed.isOpen()) throw new UncheckedIOException(closed);
        }
    }

    private void select() throws IOException {
        selector.select();
        if (!selector.selectedKeys().remove(key)) throw new IllegalStateException("not ready");
    }

    private static int whole(int count) {
        if (count != BYTES) throw new IllegalStateException(count + " bytes");
        return count;
    }

    /** Request and answer: client writes, server selects, reads, writes, client reads. */
    @Benchmark
    public int pingPong() throws IOException {
        whole(client.write(bytes.clear()));
        select();
        whole(server.read(bytes.clear()));
        whole(server.write(bytes.flip()));
        return whole(client.read(bytes.clear()));
    }

    /** The same for a server that answers when the channel is said to be writable. */
    @Benchmark
    public int pingPongToggle() throws IOException {
        whole(client.write(bytes.clear()));
        select();
        whole(server.read(bytes.clear()));
        key.interestOps(SelectionKey.OP_WRITE);
        select();
        whole(server.write(bytes.flip()));
        key.interestOps(SelectionKey.OP_READ);
        return whole(client.read(bytes.clear()));
    }

    /** The same for a server that is not interested while it works on the answer. */
    @Benchmark
    public int pingPongMute() throws IOException {
        whole(client.write(bytes.clear()));
        select();
        whole(server.read(bytes.clear()));
        key.interestOps(0);
        selector.selectNow();
        whole(server.write(bytes.flip()));
        key.interestOps(SelectionKey.OP_READ);
        return whole(client.read(bytes.clear()));
    }

    /** Two threads, blocking channels, no selector. */
    @Benchmark
    public int blockingPingPong() throws IOException {
        whole(blocking.write(bytes.clear()));
        return whole(blocking.read(bytes.clear()));
    }

    @Benchmark
    public int datagram() throws IOException {
        whole(sender.send(bytes.clear(), receiverAddress));
        if (receiver.receive(bytes.clear()) == null) throw new IllegalStateException("nothing received");
        return whole(bytes.position());
    }

    /** A wakeup that nobody waits for, consumed by the next select. */
    @Benchmark
    public int wakeupAndSelect() throws IOException {
        selector.wakeup();
        return selector.select();
    }

    @Benchmark
    public int cancelAndRegister() throws IOException {
        key.cancel();
        selector.selectNow();
        key = server.register(selector, SelectionKey.OP_READ);
        return selector.selectNow();
    }

    /** A connection that is made, accepted, registered, and closed by the server, then by the client. */
    @Benchmark
    public int acceptAndClose() throws IOException {
        try (SocketChannel from = selectors.openSocketChannel()) {
            from.connect(listener.getLocalAddress());
            try (SocketChannel accepted = listener.accept()) {
                accepted.configureBlocking(false);
                accepted.register(selector, SelectionKey.OP_READ);
                selector.selectNow();
            }
            selector.selectNow();
            if (from.read(bytes.clear()) != -1) throw new IllegalStateException("not closed");
            return selector.keys().size();
        }
    }
}
