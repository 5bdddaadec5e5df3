package org.anyfd.benchmarks;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Bytes of heap that selecting allocates once all is warm, by the JVM's own count for the thread: without arguments the
 * report, with a provider's name the child that measures it.
 */
final class Allocation {
    private static final int READY = 64;
    private static final int IDLE = 64;
    private static final int WARM_UP = 20_000;
    private static final int SELECTS = 10_000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private interface Step {
        void run() throws IOException;
    }

    private final Selector selector = Selector.open();
    private final List<Pipe> pipes = new ArrayList<>();
    private final ByteBuffer one = ByteBuffer.allocateDirect(1);
    private SelectionKey first;
    private int seen;

    private Allocation() throws IOException {
        for (int i = 0; i < READY + IDLE; i++) {
            Pipe pipe = Pipe.open();
            pipe.source().configureBlocking(false);
            SelectionKey key = pipe.source().register(selector, SelectionKey.OP_READ);
            if (i == 0) first = key;
            pipes.add(pipe);
        }
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 0) {
            report();
        } else {
            Provider.check(args[0]);
            new Allocation().measure();
        }
    }

    private static void report() throws Exception {
        Map<Provider, Map<String, Double>> bytes = new HashMap<>();
        List<String> names = new ArrayList<>();
        for (Provider provider : Provider.values()) {
            names.clear();
            Map<String, Double> results = new HashMap<>();
            Process child = new ProcessBuilder(provider.java(Allocation.class, provider.name()))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            for (String line : new String(child.getInputStream().readAllBytes()).lines().toList()) {
                String[] words = line.split("\t");
                names.add(words[0]);
                results.put(words[0], Double.valueOf(words[1]));
            }
            if (child.waitFor() != 0) throw new IOException("the measurement of " + provider + " failed");
            bytes.put(provider, results);
        }
        Report report = new Report("allocation");
        for (String name : names) {
            report.row("bytes allocated", name, "JDK", bytes.get(Provider.JDK).get(name), "anyfd", bytes.get(Provider.ANYFD).get(name));
        }
        report.finish();
    }

    private void measure() throws IOException {
        print("per select: selectNow, none ready", 1, () -> expect(selector.selectNow(), 0));
        print("per select: wakeup and select", 1, () -> {
            selector.wakeup();
            expect(selector.select(), 0);
        });
        print("per select: interest off, selectNow, on, selectNow", 2, () -> {
            first.interestOps(0);
            selector.selectNow();
            first.interestOps(SelectionKey.OP_READ);
            selector.selectNow();
        });
        print("per event: write and read of a pipe, no select", 1, () -> {
            pipes.get(0).sink().write(one.clear());
            pipes.get(0).source().read(one.clear());
        });
        print("per event: write, select, remove, read", 1, () -> {
            pipes.get(0).sink().write(one.clear());
            expect(selector.select(), 1);
            byIterator();
            pipes.get(0).source().read(one.clear());
        });
        pipes.get(0).sink().write(one.clear());
        print("per event: 1 ready, select, iterator and remove", 1, () -> {
            expect(selector.select(), 1);
            byIterator();
        });
        print("per event: 1 ready, select, remove(key)", 1, () -> {
            expect(selector.select(), 1);
            if (selector.selectedKeys().remove(first)) see(first);
        });
        for (int i = 1; i < READY; i++) pipes.get(i).sink().write(one.clear());
        print("per event: " + READY + " ready, iterator and remove", READY, () -> {
            expect(selector.selectNow(), READY);
            byIterator();
        });
        print("per event: " + READY + " ready, for each and clear", READY, () -> {
            expect(selector.selectNow(), READY);
            for (SelectionKey key : selector.selectedKeys()) see(key);
            selector.selectedKeys().clear();
        });
        Consumer<SelectionKey> action = this::see;
        print("per event: " + READY + " ready, selectNow(Consumer)", READY, () -> expect(selector.selectNow(action), READY));
        measureConnections();
    }

    private void measureConnections() throws IOException {
        try (Selector selector = Selector.open(); ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT);
            int port = listener.socket().getLocalPort();
            Thread client = new Thread(() -> askAgainAndAgain(port));
            client.setDaemon(true);
            client.start();
            print("per connection: accept, register, read, write, close", 1, () -> {
                selector.select();
                selector.selectedKeys().clear();
                SocketChannel channel = listener.accept();
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ);
                selector.select();
                selector.selectedKeys().clear();
                channel.read(one.clear());
                channel.write(one.flip());
                channel.close();
            });
        }
    }

    /** As often as {@link #print} takes a step: one byte there and one back on each connection. */
    private static void askAgainAndAgain(int port) {
        try {
            for (int i = 0; i < WARM_UP + SELECTS; i++) {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    socket.getOutputStream().write(1);
                    if (socket.getInputStream().readAllBytes().length != 1) throw new IOException("not answered");
                }
            }
        } catch (IOException e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    private void byIterator() {
        Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
        while (keys.hasNext()) {
            SelectionKey key = keys.next();
            keys.remove();
            see(key);
        }
    }

    private void see(SelectionKey key) {
        if (key.isReadable()) seen++;
    }

    private static void expect(int selected, int expected) {
        if (selected != expected) throw new IllegalStateException(selected + " keys, not " + expected);
    }

    /** One line: what, and its bytes for each of {@code parts} in a step. */
    private static void print(String what, int parts, Step step) throws IOException {
        for (int i = 0; i < WARM_UP; i++) step.run();
        long thread = Thread.currentThread().getId();
        THREADS.getThreadAllocatedBytes(thread);
        long before = THREADS.getThreadAllocatedBytes(thread);
        for (int i = 0; i < SELECTS; i++) step.run();
        long bytes = THREADS.getThreadAllocatedBytes(thread) - before;
        System.out.println(what + "\t" + bytes / ((double) SELECTS * parts));
    }
}
