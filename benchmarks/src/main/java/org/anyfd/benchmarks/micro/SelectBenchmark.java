package org.anyfd.benchmarks.micro;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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

/** One look at a selector that has some of its channels ready; they are pipes, two descriptors each. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class SelectBenchmark {
    @Param({"jdk", "anyfd"})
    public String provider;

    /** Ready of registered; 20,000 pipes need ulimit -n 40100: -p channels=1/20000 */
    @Param({"0/1", "1/10", "1/1000", "100/1000", "1000/1000"})
    public String channels;

    private final List<Pipe> pipes = new ArrayList<>();
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
            Pipe pipe = provider.openPipe();
            pipes.add(pipe);
            pipe.source().configureBlocking(false);
            pipe.source().register(selector, SelectionKey.OP_READ);
            if (i < Integer.parseInt(numbers[0])) pipe.sink().write(ByteBuffer.allocate(1));
        }
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        selector.close();
        for (Pipe pipe : pipes) {
            pipe.source().close();
            pipe.sink().close();
        }
    }

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

    @Benchmark
    public int consumer() throws IOException {
        selector.selectNow(action);
        return seen;
    }
}
