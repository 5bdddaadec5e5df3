package org.anyfd.benchmarks.micro;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Iterator;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** {@link SelectBenchmark} among Unix sockets: of all descriptors, those that each of the four can watch. */
@State(Scope.Thread)
public class PeersSelectBenchmark {
    @Param({"jdk", "anyfd", "enxio", "junixsocket"})
    public String provider;

    @Param({"1/10", "1/100", "1/1000", "1/2000", "100/1000"})
    public String channels;

    private List<UnixPair> pairs;
    private Selector selector;
    private int seen;

    @Setup(Level.Trial)
    public void open() throws IOException {
        String[] numbers = channels.split("/");
        UnixPair.Peer peer = UnixPair.peer(provider);
        selector = peer.selector();
        pairs = UnixPair.registered(peer, selector, Integer.parseInt(numbers[1]));
        for (UnixPair pair : pairs.subList(0, Integer.parseInt(numbers[0]))) pair.far().write(ByteBuffer.allocate(1));
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        selector.close();
        for (UnixPair pair : pairs) pair.close();
    }

    @Row("selectNow, iterate and remove")
    @Benchmark
    public int select() throws IOException {
        selector.selectNow();
        Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
        while (keys.hasNext()) {
            SelectionKey key = keys.next();
            keys.remove();
            seen += key.readyOps();
        }
        return seen;
    }
}
