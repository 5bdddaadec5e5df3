package org.anyfd.benchmarks;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * Bytes that a registered channel keeps, of the heap and of native memory: without arguments the report, which also is the
 * clients of its children; with a provider's name and a count of channels the child that measures it.
 */
final class Memory {
    private static final int CHANNELS = 8000;
    /** Made before the first measurement, so that neither classes nor the first of anything are in the difference. */
    private static final int FIRST = 500;
    private static final int TOGGLES = 4;
    private static final int OTHER_FILES = 300;
    private static final String CONNECT = "connect to ";

    /** What is made between two snapshots of a child, which are numbered from 0. */
    private record Step(String what, int snapshot, IntUnaryOperator count) { }

    private static final int SNAPSHOTS = 5;
    private static final List<Step> STEPS = List.of(
        new Step("TCP connection: accepted and registered", 1, all -> all - FIRST),
        // What the first had before they were used is the same as of the others.
        new Step("what is added when it is read, and its interest taken off and on", 2, all -> all),
        new Step("datagram channel: opened and registered", 4, all -> all - FIRST));

    private final List<SelectionKey> keys = new ArrayList<>();
    private final Selector selector = Selector.open();
    private final int channels;

    private Memory(int channels) throws IOException {
        this.channels = channels;
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 0) {
            report();
        } else {
            Provider.check(args[0]);
            int channels = Integer.parseInt(args[1]);
            new Memory(channels).connections();
            new Memory(channels).datagrams();
        }
    }

    private static void report() throws Exception {
        long files = ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getMaxFileDescriptorCount();
        int channels = (int) Math.min(CHANNELS, files - OTHER_FILES);
        if (channels < 2 * FIRST) throw new IOException("only " + files + " files can be open (ulimit -n)");
        List<Snapshot> jdk = measure(Provider.JDK, channels);
        List<Snapshot> anyfd = measure(Provider.ANYFD, channels);
        Report report = new Report("memory");
        for (Step step : STEPS) {
            int count = step.count.applyAsInt(channels);
            Snapshot one = jdk.get(step.snapshot).since(jdk.get(step.snapshot - 1));
            Snapshot other = anyfd.get(step.snapshot).since(anyfd.get(step.snapshot - 1));
            row(report, step.what, "heap", one.heap(), other.heap(), count, one.text(count), other.text(count));
            row(report, step.what, "native", one.nativeBytes(), other.nativeBytes(), count, "", "");
        }
        report.finish();
    }

    private static void row(Report report, String what, String memory, double jdk, double anyfd, int count, String... objects) {
        report.row("bytes for each", what, "memory", memory, "JDK", jdk / count, "anyfd", anyfd / count,
            "JDK's objects", objects[0], "anyfd's objects", objects[1]);
    }

    private static List<Snapshot> measure(Provider provider, int channels) throws IOException, InterruptedException {
        List<String> command = provider.java(Memory.class, provider.name(), String.valueOf(channels));
        command.add(1, "-XX:NativeMemoryTracking=summary");
        Process child = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        List<Snapshot> snapshots = new ArrayList<>();
        List<Socket> clients = new ArrayList<>();
        try (BufferedReader out = new BufferedReader(new InputStreamReader(child.getInputStream()))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith(CONNECT)) {
                    String[] words = line.substring(CONNECT.length()).split(" until ");
                    int port = Integer.parseInt(words[0]);
                    while (clients.size() < Integer.parseInt(words[1])) clients.add(new Socket(InetAddress.getLoopbackAddress(), port));
                } else {
                    snapshots.add(Snapshot.read(line, out));
                }
            }
        } finally {
            for (Socket client : clients) client.close();
            // Without its clients it would wait for ever.
            if (snapshots.size() < SNAPSHOTS) child.destroyForcibly();
        }
        if (child.waitFor() != 0) throw new IOException("the measurement of " + provider + " failed");
        return snapshots;
    }

    private void connections() throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 128);
            accept(listener, FIRST);
            snapshot();
            accept(listener, channels);
            snapshot();
            use();
            snapshot();
            close();
        }
    }

    private void accept(ServerSocketChannel listener, int until) throws IOException {
        System.out.println(CONNECT + listener.socket().getLocalPort() + " until " + until);
        while (keys.size() < until) register(listener.accept());
    }

    private void datagrams() throws Exception {
        while (keys.size() < FIRST) register(DatagramChannel.open());
        snapshot();
        while (keys.size() < channels) register(DatagramChannel.open());
        snapshot();
        close();
    }

    private void snapshot() throws Exception {
        selector.selectNow();
        Snapshot.print();
    }

    private void register(SelectableChannel channel) throws IOException {
        channel.configureBlocking(false);
        keys.add(channel.register(selector, SelectionKey.OP_READ));
    }

    private void use() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(64);
        for (SelectionKey key : keys) ((SocketChannel) key.channel()).read(bytes.clear());
        for (int i = 0; i < TOGGLES; i++) {
            for (SelectionKey key : keys) key.interestOps(0);
            selector.selectNow();
            for (SelectionKey key : keys) key.interestOps(SelectionKey.OP_READ);
            selector.selectNow();
        }
    }

    private void close() throws IOException {
        for (SelectionKey key : keys) key.channel().close();
        selector.close();
    }
}
