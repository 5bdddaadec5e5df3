package org.anyfd.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Nanoseconds that transfers of 64 bytes take outside the kernel: the system calls are replaced by C functions that return at
 * once ({@code src/main/c/nothing.c}). Without arguments the report, with a provider's name the child that measures it.
 */
final class Overhead {
    private static final int ROUNDS = 5;
    private static final int SIZE = 64;
    /** The least of many short runs: what the thread was kept from doing is not counted, but a cold cache would be. */
    private static final int RUNS = 60;
    private static final int OPERATIONS = 50_000;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private interface Step {
        void run() throws IOException;
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 0) {
            report();
        } else {
            Provider.check(args[0]);
            measure();
        }
    }

    private static void report() throws Exception {
        Map<String, double[][]> times = new LinkedHashMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            for (Provider provider : Provider.values()) {
                ProcessBuilder child = new ProcessBuilder(provider.java(Overhead.class, provider.name()));
                child.environment().put("LD_PRELOAD", System.getProperty("c") + "/nothing.so");
                Process process = child.redirectError(ProcessBuilder.Redirect.INHERIT).start();
                for (String line : new String(process.getInputStream().readAllBytes()).lines().toList()) {
                    String[] words = line.split("\t");
                    double[][] both = times.computeIfAbsent(words[0], name -> new double[Provider.values().length][ROUNDS]);
                    both[provider.ordinal()][round] = Double.parseDouble(words[1]);
                }
                if (process.waitFor() != 0) throw new IOException("the measurement of " + provider + " failed");
            }
        }
        Report report = new Report("overhead");
        times.forEach((name, both) -> {
            double[] jdk = both[Provider.JDK.ordinal()];
            double[] anyfd = both[Provider.ANYFD.ordinal()];
            Ratio ratio = new Ratio(anyfd, jdk);
            report.row("ns outside the kernel", name, "JDK", Ratio.median(jdk), "anyfd", Ratio.median(anyfd),
                "ratio", ratio.median(), "least", ratio.least(), "most", ratio.most());
        });
        report.finish();
    }

    private static void measure() throws IOException {
        ByteBuffer direct = ByteBuffer.allocateDirect(SIZE);
        ByteBuffer heap = ByteBuffer.allocate(SIZE);
        ByteBuffer[] quarters = quarters(true);
        ByteBuffer[] heapQuarters = quarters(false);
        InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (ServerSocketChannel listener = ServerSocketChannel.open().bind(anyPort);
                SocketChannel channel = SocketChannel.open(listener.getLocalAddress());
                DatagramChannel datagrams = DatagramChannel.open().bind(anyPort)) {
            SocketAddress itself = datagrams.getLocalAddress();
            print("read, blocking mode", () -> whole(channel.read(direct.clear())));
            print("write, blocking mode", () -> whole(channel.write(direct.clear())));
            channel.configureBlocking(false);
            print("read", () -> whole(channel.read(direct.clear())));
            print("write", () -> whole(channel.write(direct.clear())));
            print("read, heap buffer", () -> whole(channel.read(heap.clear())));
            print("write, heap buffer", () -> whole(channel.write(heap.clear())));
            print("gathering write of four", () -> whole(channel.write(cleared(quarters))));
            print("gathering write of four, heap buffers", () -> whole(channel.write(cleared(heapQuarters))));
            print("datagram: send", () -> whole(datagrams.send(direct.clear(), itself)));
            print("datagram: receive", () -> {
                datagrams.receive(direct.clear());
                whole(direct.position());
            });
        }
    }

    private static ByteBuffer[] quarters(boolean direct) {
        ByteBuffer[] buffers = new ByteBuffer[4];
        for (int i = 0; i < 4; i++) buffers[i] = direct ? ByteBuffer.allocateDirect(SIZE / 4) : ByteBuffer.allocate(SIZE / 4);
        return buffers;
    }

    private static ByteBuffer[] cleared(ByteBuffer[] buffers) {
        for (ByteBuffer buffer : buffers) buffer.clear();
        return buffers;
    }

    private static void whole(long count) {
        if (count != SIZE) throw new IllegalStateException(count + " bytes");
    }

    private static void print(String name, Step step) throws IOException {
        double least = Double.MAX_VALUE;
        for (int run = 0; run < RUNS; run++) {
            long before = THREADS.getCurrentThreadCpuTime();
            for (int i = 0; i < OPERATIONS; i++) step.run();
            least = Math.min(least, (THREADS.getCurrentThreadCpuTime() - before) / (double) OPERATIONS);
        }
        System.out.println(name + "\t" + least);
    }
}
