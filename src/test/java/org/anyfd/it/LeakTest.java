package org.anyfd.it;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.anyfd.testing.Census;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ten thousand of each leave the open files and the memory of the process where they were. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LeakTest {
    private static final long MOST_GROWTH_KB = 20 * 1024;

    private interface Cycle {
        void run() throws Exception;
    }

    private static void assertLeavesNothing(int cycles, Cycle cycle) throws Exception {
        // What is loaded, compiled and kept for good comes first.
        repeat(cycles / 4, cycle);
        Map<String, Integer> files = Census.take();
        long before = residentKb();
        repeat(cycles, cycle);
        Census.assertNoMore(files);
        long growth = residentKb() - before;
        // Again for a process that grew for its own reasons, such as to compile; a leak grows each time.
        for (int i = 0; i < 3 && growth >= MOST_GROWTH_KB; i++) {
            before = residentKb();
            repeat(cycles, cycle);
            growth = residentKb() - before;
        }
        assertTrue(growth < MOST_GROWTH_KB, growth + " kB more after " + cycles + " cycles");
    }

    private static void repeat(int cycles, Cycle cycle) throws Exception {
        for (int i = 0; i < cycles; i++) {
            cycle.run();
        }
    }

    /** VmRSS, after a collection, which also frees the direct buffers that nobody has any more. */
    private static long residentKb() throws IOException {
        System.gc();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        System.gc();
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElseThrow();
    }

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    @Test
    void connectionsThatComeAndGo() throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open().bind(anyPort())) {
            Provider.assertAnyFd(listener);
            SocketAddress address = listener.getLocalAddress();
            ByteBuffer one = ByteBuffer.allocateDirect(1);
            assertLeavesNothing(10_000, () -> {
                try (SocketChannel client = SocketChannel.open(address); SocketChannel accepted = listener.accept()) {
                    assertEquals(1, client.write(one.clear()));
                    assertEquals(1, accepted.read(one.clear()));
                }
            });
        }
    }

    @Test
    void connectionsThatAreRefused() throws Exception {
        // Bound, so that nobody else has the port, but not listening.
        try (SocketChannel holder = SocketChannel.open().bind(anyPort())) {
            SocketAddress address = holder.getLocalAddress();
            assertLeavesNothing(10_000, () -> {
                SocketChannel client = SocketChannel.open();
                assertThrows(ConnectException.class, () -> client.connect(address));
            });
        }
    }

    @Test
    void connectionsThatThePeerCloses() throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open().bind(anyPort())) {
            SocketAddress address = listener.getLocalAddress();
            assertLeavesNothing(2_000, () -> {
                SocketChannel.open(address).close();
                try (SocketChannel accepted = listener.accept()) {
                    assertEquals(-1, accepted.read(ByteBuffer.allocate(1)));
                }
            });
        }
    }

    @Test
    void selectorsThatComeAndGo() throws Exception {
        assertLeavesNothing(1_000, () -> {
            try (Selector selector = Selector.open()) {
                assertEquals(0, selector.selectNow());
            }
        });
    }

    @Test
    void keysThatComeAndGo() throws Exception {
        try (Selector selector = Selector.open();
             ServerSocketChannel listener = ServerSocketChannel.open().bind(anyPort());
             SocketChannel client = SocketChannel.open(listener.getLocalAddress())) {
            client.configureBlocking(false);
            assertLeavesNothing(2_000, () -> {
                client.register(selector, OP_READ, new byte[10_000]).cancel();
                assertEquals(0, selector.selectNow());
                assertTrue(selector.keys().isEmpty());
            });
        }
    }
}
