package org.anyfd.benchmarks.micro;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One look at a selector that has some of its channels ready; they are UDP sockets, a descriptor each. */
@State(Scope.Thread)
public class SelectBenchmark {
    @Param({"jdk", "anyfd"})
    public String provider;

    /** Ready of registered. A process may often have 20,000 files open, and no more. */
    @Param({"1/10", "1/100", "1/1000", "1/10000", "1/19500", "100/1000", "1000/1000"})
    public String channels;

    private final List<DatagramChannel> registered = new ArrayList<>();
    private Selector selector;
    private int seen;
    private Consumer<SelectionKey> action;

    @Setup(Level.Trial)
    public void open() throws IOException {
        SelectorProvider provider = Providers.named(this.provider);
        String[] numbers = channels.split("/");
        selector = provider.openSelector();
        action = key -> seen += key.readyOps();
        for (int i = 0; i < Integer.parseInt(numbers[1]); i++) {
            DatagramChannel channel = provider.openDatagramChannel();
            registered.add(channel);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            if (i < Integer.parseInt(numbers[0])) {
                channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                channel.send(ByteBuffer.allocate(1), channel.getLocalAddress());
            }
        }
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        selector.close();
        for (DatagramChannel channel : registered) channel.close();
    }

    @Row("selectNow, iterate and remove")
    @Benchmark
    public int selectedKeys() throws IOException {
        selector.selectNow();
        Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
        while (keys.hasNext()) {
            SelectionKey key = keys.next();
            keys.remove();
            seen += key.readyOps();
        }
        return seen;
    }

    @Row("selectNow(Consumer)")
    @Benchmark
    public int consumer() throws IOException {
        selector.selectNow(action);
        return seen;
    }
}
