package org.anyfd.benchmarks.micro;

import java.io.IOException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What is done with keys and selectors while nothing is sent. */
@State(Scope.Thread)
public class KeyBenchmark {
    @Param({"jdk", "anyfd"})
    public String provider;

    private SelectorProvider selectors;
    private Connection connection;
    private Selector selector;
    private SelectionKey key;

    @Setup(Level.Trial)
    public void open() throws IOException {
        selectors = Providers.named(provider);
        connection = new Connection(selectors);
        selector = selectors.openSelector();
        key = connection.register(selector);
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        selector.close();
        connection.close();
    }

    @Row("interest in reading off, selectNow, on, selectNow")
    @Benchmark
    public int readOffAndOn() throws IOException {
        key.interestOps(0);
        int ready = selector.selectNow();
        key.interestOps(SelectionKey.OP_READ);
        return ready + selector.selectNow();
    }

    @Row("interest in writing on, select, off, selectNow")
    @Benchmark
    public int writeOnAndOff() throws IOException {
        key.interestOpsOr(SelectionKey.OP_WRITE);
        selector.select();
        if (!selector.selectedKeys().remove(key)) throw new IllegalStateException("not writable");
        key.interestOpsAnd(~SelectionKey.OP_WRITE);
        return selector.selectNow();
    }

    @Row("cancel, selectNow, register again, selectNow")
    @Benchmark
    public int cancelAndRegister() throws IOException {
        key.cancel();
        int ready = selector.selectNow();
        key = connection.server.register(selector, SelectionKey.OP_READ);
        return ready + selector.selectNow();
    }

    @Row("open a channel, register, selectNow, close, selectNow")
    @Benchmark
    public int openRegisterClose() throws IOException {
        try (DatagramChannel channel = selectors.openDatagramChannel()) {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            selector.selectNow();
        }
        return selector.selectNow();
    }

    @Row("wakeup that nobody waits for, select")
    @Benchmark
    public int wakeupAndSelect() throws IOException {
        selector.wakeup();
        return selector.select();
    }

    @Row("open a selector, selectNow, close")
    @Benchmark
    public int openSelector() throws IOException {
        try (Selector opened = selectors.openSelector()) {
            return opened.selectNow();
        }
    }
}
