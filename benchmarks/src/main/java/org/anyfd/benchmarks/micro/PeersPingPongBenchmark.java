package org.anyfd.benchmarks.micro;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** {@link ChannelBenchmark#pingPong} on a pair of Unix sockets, beside others that are idle. */
@State(Scope.Thread)
public class PeersPingPongBenchmark {
    @Param({"jdk", "anyfd", "enxio", "junixsocket"})
    public String provider;

    @Param({"1/1", "1/1000"})
    public String channels;

    private final ByteBuffer bytes = ByteBuffer.allocateDirect(Connection.BYTES);
    private List<UnixPair> pairs;
    private UnixPair pair;
    private Selector selector;

    @Setup(Level.Trial)
    public void open() throws IOException {
        UnixPair.Peer peer = UnixPair.peer(provider);
        selector = peer.selector();
        pairs = UnixPair.registered(peer, selector, Integer.parseInt(channels.split("/")[1]));
        pair = pairs.get(0);
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        selector.close();
        for (UnixPair pair : pairs) pair.close();
    }

    @Row("ping-pong: select, read, write")
    @Benchmark
    public int pingPong() throws IOException {
        Connection.whole(pair.far().write(bytes.clear()));
        selector.select();
        if (selector.selectedKeys().size() != 1) throw new IllegalStateException("not one is ready");
        selector.selectedKeys().clear();
        Connection.whole(pair.near().read(bytes.clear()));
        Connection.whole(pair.near().write(bytes.flip()));
        return Connection.whole(pair.far().read(bytes.clear()));
    }
}
