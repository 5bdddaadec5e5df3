package org.anyfd.benchmarks.micro;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Two threads that wait for each other: most of each time is the kernel's, to wake one and put the other to sleep. Nothing is
 * closed: the JVM ends with the trial.
 */
@State(Scope.Thread)
public class ThreadsBenchmark {
    private static final int PAUSE = 1000;

    @Param({"jdk", "anyfd"})
    public String provider;

    private final ByteBuffer bytes = ByteBuffer.allocateDirect(Connection.BYTES);
    private Connection echoed;
    private Connection served;
    private Selector server;
    private Selector woken;
    /** Wakeups that the other thread has seen. */
    private volatile int wakeups;

    @Setup(Level.Trial)
    public void open() throws IOException {
        SelectorProvider selectors = Providers.named(provider);
        echoed = new Connection(selectors);
        served = new Connection(selectors);
        server = selectors.openSelector();
        woken = selectors.openSelector();
        SelectionKey key = served.register(server);
        start(() -> echo(ByteBuffer.allocateDirect(Connection.BYTES)));
        start(() -> serve(key, ByteBuffer.allocateDirect(Connection.BYTES)));
        start(this::countWakeups);
    }

    private interface Loop {
        void run() throws IOException;
    }

    private static void start(Loop loop) {
        Thread thread = new Thread(() -> {
            try {
                loop.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private void echo(ByteBuffer own) throws IOException {
        while (echoed.server.read(own.clear()) > 0) echoed.server.write(own.flip());
    }

    private void serve(SelectionKey key, ByteBuffer own) throws IOException {
        for (;;) {
            server.select();
            if (!server.selectedKeys().remove(key)) throw new IllegalStateException("not ready");
            served.read(own);
            served.write(own);
        }
    }

    private void countWakeups() throws IOException {
        for (;;) {
            woken.select();
            wakeups++;
        }
    }

    @Row("ping-pong between threads, blocking channels")
    @Benchmark
    public int blocking() throws IOException {
        echoed.request(bytes);
        return echoed.answer(bytes);
    }

    @Row("ping-pong between threads, blocking client, selecting server")
    @Benchmark
    public int selecting() throws IOException {
        served.request(bytes);
        return served.answer(bytes);
    }

    /** Before it, a pause of some microseconds, so that the selector has begun to wait; it is in the time. */
    @Row("wakeup of a selector that waits, until it says so")
    @Benchmark
    public int wakeup() {
        int before = wakeups;
        Blackhole.consumeCPU(PAUSE);
        woken.wakeup();
        while (wakeups == before) Thread.onSpinWait();
        return before;
    }
}
