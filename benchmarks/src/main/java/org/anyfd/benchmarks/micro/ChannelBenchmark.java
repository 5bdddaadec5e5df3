package org.anyfd.benchmarks.micro;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What servers do with channels, by one thread that plays both sides on loopback: no other thread's waking up is in the
 * times. Buffers are direct where it is not said otherwise.
 */
@State(Scope.Thread)
public class ChannelBenchmark {
    private static final int PARTS = 4;

    @Param({"jdk", "anyfd"})
    public String provider;

    private final ByteBuffer bytes = ByteBuffer.allocateDirect(Connection.BYTES);
    private final ByteBuffer heap = ByteBuffer.allocate(Connection.BYTES);
    private final ByteBuffer[] parts = new ByteBuffer[PARTS];
    private SelectorProvider selectors;
    private Connection connection;
    private Selector selector;
    private SelectionKey key;
    private DatagramChannel sender;
    private DatagramChannel receiver;
    private InetSocketAddress receiverAddress;

    @Setup(Level.Trial)
    public void open() throws IOException {
        selectors = Providers.named(provider);
        connection = new Connection(selectors);
        selector = selectors.openSelector();
        key = connection.register(selector);
        for (int i = 0; i < PARTS; i++) parts[i] = ByteBuffer.allocateDirect(Connection.BYTES / PARTS);
        receiver = selectors.openDatagramChannel().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        receiverAddress = (InetSocketAddress) receiver.getLocalAddress();
        sender = selectors.openDatagramChannel();
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        selector.close();
        connection.close();
        sender.close();
        receiver.close();
    }

    private void select() throws IOException {
        selector.select();
        if (!selector.selectedKeys().remove(key)) throw new IllegalStateException("not ready");
    }

    private int pingPong(ByteBuffer bytes) throws IOException {
        connection.request(bytes);
        select();
        connection.read(bytes);
        connection.write(bytes);
        return connection.answer(bytes);
    }

    @Row("ping-pong: select, read, write")
    @Benchmark
    public int pingPong() throws IOException {
        return pingPong(bytes);
    }

    @Row("ping-pong, heap buffers")
    @Benchmark
    public int pingPongHeap() throws IOException {
        return pingPong(heap);
    }

    /** For a server that answers when the channel is said to be writable. */
    @Row("ping-pong, answered at OP_WRITE")
    @Benchmark
    public int pingPongToggle() throws IOException {
        connection.request(bytes);
        select();
        connection.read(bytes);
        key.interestOps(SelectionKey.OP_WRITE);
        select();
        connection.write(bytes);
        key.interestOps(SelectionKey.OP_READ);
        return connection.answer(bytes);
    }

    /** For a server that is not interested while it works on the answer. */
    @Row("ping-pong, interest 0 meanwhile")
    @Benchmark
    public int pingPongMute() throws IOException {
        connection.request(bytes);
        select();
        connection.read(bytes);
        key.interestOps(0);
        selector.selectNow();
        connection.write(bytes);
        key.interestOps(SelectionKey.OP_READ);
        return connection.answer(bytes);
    }

    @Row("write and read, no selector")
    @Benchmark
    public int transfer() throws IOException {
        connection.request(bytes);
        connection.read(bytes);
        return bytes.position();
    }

    @Row("write and read, heap buffers")
    @Benchmark
    public int transferHeap() throws IOException {
        connection.request(heap);
        connection.read(heap);
        return heap.position();
    }

    @Row("gathering write of 4, scattering read")
    @Benchmark
    public int transferParts() throws IOException {
        for (ByteBuffer part : parts) part.clear();
        Connection.whole(connection.client.write(parts));
        for (ByteBuffer part : parts) part.clear();
        return Connection.whole(connection.server.read(parts));
    }

    @Row("datagram: send, receive")
    @Benchmark
    public int datagram() throws IOException {
        Connection.whole(sender.send(bytes.clear(), receiverAddress));
        if (receiver.receive(bytes.clear()) == null) throw new IllegalStateException("nothing received");
        return Connection.whole(bytes.position());
    }

    /** The client connects and closes by the same provider, which is in the time too. */
    @Row("connect, accept, register, close")
    @Benchmark
    public int acceptAndClose() throws IOException {
        try (SocketChannel from = selectors.openSocketChannel()) {
            from.connect(connection.listener.getLocalAddress());
            try (SocketChannel accepted = connection.listener.accept()) {
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
