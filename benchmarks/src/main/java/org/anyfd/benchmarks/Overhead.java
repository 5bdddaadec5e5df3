package org.anyfd.benchmarks;

import java.io.File;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import jnr.ffi.LibraryLoader;

/**
 * Nanoseconds that transfers of 64 bytes take outside the kernel. The channels' sockets are replaced by {@code /dev/zero}, where the
 * kernel has next to nothing to do, and what the bare system calls take in C ({@code src/main/c/zero.c}) is subtracted. Without
 * arguments the report, with a provider's name the child that measures it.
 */
final class Overhead {
    private static final int ROUNDS = 5;
    private static final int SIZE = 64;
    /** The least of many short runs: what the thread was kept from doing is not counted, but a cold cache would be. */
    private static final int RUNS = 60;
    private static final int OPERATIONS = 50_000;
    private static final int O_RDWR = 2;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private interface Step {
        void run() throws IOException;
    }

    /** Public: JNR-FFI implements it. */
    public interface CLibrary {
        int open(String path, int flags);

        int dup2(int fd, int other);

        int bare_read(int fd, int calls);

        int bare_write(int fd, int calls);

        int bare_writev(int fd, int calls);
    }

    private final CLibrary c = LibraryLoader.create(CLibrary.class).load(System.getenv("LD_PRELOAD"));
    private final int zero = c.open("/dev/zero", O_RDWR);

    public static void main(String[] args) throws Exception {
        if (args.length == 0) {
            report();
        } else {
            Provider.check(args[0]);
            new Overhead().measure();
        }
    }

    private static void report() throws Exception {
        Map<String, double[][]> times = new LinkedHashMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            for (Provider provider : Provider.values()) {
                ProcessBuilder child = new ProcessBuilder(provider.java(Overhead.class, provider.name()));
                child.environment().put("LD_PRELOAD", System.getProperty("c") + "/zero.so");
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

    /** The channels are left to the end of the JVM: what closing a socket is, {@code /dev/zero} does not know. */
    private void measure() throws IOException {
        ByteBuffer direct = ByteBuffer.allocateDirect(SIZE);
        ByteBuffer heap = ByteBuffer.allocate(SIZE);
        ByteBuffer[] quarters = quarters(true);
        ByteBuffer[] heapQuarters = quarters(false);
        InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        ServerSocketChannel listener = ServerSocketChannel.open().bind(anyPort);
        SocketAddress server = listener.getLocalAddress();
        SocketChannel.open(server).close();
        SocketChannel channel = replaced(() -> SocketChannel.open(server));
        DatagramChannel datagrams = replaced(() -> DatagramChannel.open().bind(anyPort));
        double read = least(() -> c.bare_read(zero, OPERATIONS));
        double write = least(() -> c.bare_write(zero, OPERATIONS));
        double writev = least(() -> c.bare_writev(zero, OPERATIONS));
        print("read, blocking mode", read, () -> whole(channel.read(direct.clear())));
        print("write, blocking mode", write, () -> whole(channel.write(direct.clear())));
        channel.configureBlocking(false);
        datagrams.configureBlocking(false);
        print("read", read, () -> whole(channel.read(direct.clear())));
        print("write", write, () -> whole(channel.write(direct.clear())));
        print("read, heap buffer", read, () -> whole(channel.read(heap.clear())));
        print("write, heap buffer", write, () -> whole(channel.write(heap.clear())));
        print("gathering write of four", writev, () -> whole(channel.write(cleared(quarters))));
        print("gathering write of four, heap buffers", writev, () -> whole(channel.write(cleared(heapQuarters))));
        print("datagram: send", write, () -> whole(datagrams.send(direct.clear(), server)));
        print("datagram: receive", read, () -> {
            datagrams.receive(direct.clear());
            whole(direct.position());
        });
    }

    private interface Opening<C> {
        C open() throws IOException;
    }

    /** A channel whose socket {@code /dev/zero} has taken the place of. */
    private <C> C replaced(Opening<C> opening) throws IOException {
        Set<Integer> before = sockets();
        C channel = opening.open();
        Set<Integer> opened = sockets();
        opened.removeAll(before);
        if (opened.size() != 1) throw new IllegalStateException("sockets opened: " + opened);
        if (c.dup2(zero, opened.iterator().next()) < 0) throw new IOException("dup2");
        return channel;
    }

    private static Set<Integer> sockets() throws IOException {
        Set<Integer> sockets = new HashSet<>();
        for (File fd : new File("/proc/self/fd").listFiles()) {
            Path path = fd.toPath();
            if (Files.isSymbolicLink(path) && Files.readSymbolicLink(path).toString().startsWith("socket:")) {
                sockets.add(Integer.valueOf(fd.getName()));
            }
        }
        return sockets;
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

    private static void print(String name, double bare, Step step) throws IOException {
        double all = least(() -> {
            for (int i = 0; i < OPERATIONS; i++) step.run();
            return 0;
        });
        System.out.println(name + "\t" + (all - bare));
    }

    private interface Run {
        /** {@value #OPERATIONS} operations; returns how many failed. */
        int run() throws IOException;
    }

    /** Nanoseconds of one operation. */
    private static double least(Run run) throws IOException {
        double least = Double.MAX_VALUE;
        for (int i = 0; i < RUNS; i++) {
            long before = THREADS.getCurrentThreadCpuTime();
            if (run.run() != 0) throw new IOException("a bare system call failed");
            least = Math.min(least, (THREADS.getCurrentThreadCpuTime() - before) / (double) OPERATIONS);
        }
        return least;
    }
}
