package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.contract.Selecting.assertTimedOut;
import static org.anyfd.contract.Selecting.drain;
import static org.anyfd.contract.Selecting.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A selector with nothing to tell sleeps: it returns neither early nor often, and burns no processor time inside
 * either. The time measured is that of the selecting thread, so other load does not count.
 */
@Bounded
class NoSpinTest {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int WAIT_MILLIS = 100;
    private static final long MAX_CPU_MILLIS = WAIT_MILLIS / 2;

    @RegisterExtension
    final Selecting io = new Selecting();

    /** Loads what would otherwise be loaded while a selection is measured. */
    @BeforeAll
    static void load() throws IOException {
        try (Selector selector = Selector.open()) {
            long start = System.nanoTime();
            assertEquals(0, selector.select(20));
            assertTimedOut(start, 20);
        }
    }

    /** Everything that can happen to the channel of a key whose interest set is empty. */
    enum Fate {
        UNCONNECTED {
            @Override
            SelectionKey meet(Selecting io) throws IOException {
                SocketChannel socket = io.closing(SocketChannel.open());
                socket.configureBlocking(false);
                return socket.register(io.selector, 0);
            }
        },
        PEER_CLOSED {
            @Override
            SelectionKey meet(Selecting io) throws IOException {
                Selecting.Connection tcp = io.tcp();
                SelectionKey key = listening(io, tcp.near().register(io.selector, OP_READ));
                tcp.far().close();
                Selecting.awaitReady(tcp.near(), OP_READ);
                return key;
            }
        },
        PEER_RESET {
            @Override
            SelectionKey meet(Selecting io) throws IOException {
                Selecting.Connection tcp = io.tcp();
                SelectionKey key = listening(io, tcp.near().register(io.selector, OP_READ));
                tcp.reset();
                Selecting.awaitReady(tcp.near(), OP_READ);
                return key;
            }
        },
        BOTH_HALVES_CLOSED {
            @Override
            SelectionKey meet(Selecting io) throws IOException {
                Selecting.Connection tcp = io.tcp();
                SelectionKey key = listening(io, tcp.near().register(io.selector, OP_READ));
                tcp.near().shutdownOutput();
                tcp.far().shutdownOutput();
                Selecting.awaitReady(tcp.near(), OP_READ);
                return key;
            }
        },
        PIPE_WRITER_GONE {
            @Override
            SelectionKey meet(Selecting io) throws IOException {
                Pipe pipe = io.pipe();
                SelectionKey key = listening(io, pipe.source().register(io.selector, OP_READ));
                pipe.sink().close();
                return key;
            }
        },
        PIPE_READER_GONE {
            @Override
            SelectionKey meet(Selecting io) throws IOException {
                Pipe pipe = io.pipe();
                Selecting.fill(pipe.sink());
                SelectionKey key = listening(io, pipe.sink().register(io.selector, OP_WRITE));
                pipe.source().close();
                return key;
            }
        },
        DATA_UNREAD {
            @Override
            SelectionKey meet(Selecting io) throws IOException {
                Pipe pipe = io.pipe();
                SelectionKey key = listening(io, pipe.source().register(io.selector, OP_READ));
                put(pipe.sink(), 1);
                return key;
            }
        };

        /** A key with an empty interest set, to whose channel it has happened. */
        abstract SelectionKey meet(Selecting io) throws IOException;

        /** Has the selector watch the channel before the interest set becomes empty. */
        private static SelectionKey listening(Selecting io, SelectionKey key) throws IOException {
            assertEquals(0, io.selector.selectNow());
            key.interestOps(0);
            assertEquals(0, io.selector.selectNow());
            return key;
        }
    }

    @ParameterizedTest
    @EnumSource
    void keyWithoutInterestSleepsWhateverHappens(Fate fate) throws Exception {
        SelectionKey key = fate.meet(io);
        assertSleeps();
        assertEquals(0, key.readyOps());
        assertTrue(key.isValid());
        key.interestOps(key.channel().validOps());
        assertEquals(1, io.selector.select(), "heard again as soon as there is interest");
    }

    @Test
    void keyMutedInTheSelectionThatFoundItSleeps() throws Exception {
        Selecting.Connection tcp = io.tcp();
        tcp.near().register(io.selector, OP_READ);
        tcp.reset();
        assertEquals(1, io.selector.select(key -> key.interestOps(0)));
        assertSleeps();
    }

    @Test
    void emptySelectorSleeps() throws Exception {
        assertSleeps();
    }

    @Test
    void drainedChannelSleeps() throws Exception {
        Selecting.Connection tcp = io.tcp();
        put(tcp.far(), 10);
        tcp.near().register(io.selector, OP_READ);
        assertEquals(1, io.selector.select());
        assertEquals(10, drain(tcp.near()));
        assertSleeps();
    }

    @Test
    void fullChannelSleeps() throws Exception {
        Pipe pipe = io.pipe();
        Selecting.fill(pipe.sink());
        pipe.sink().register(io.selector, OP_WRITE);
        assertSleeps();
    }

    @Test
    void cancelledKeyOfADeadPeerSleeps() throws Exception {
        Selecting.Connection tcp = io.tcp();
        SelectionKey key = tcp.near().register(io.selector, OP_READ);
        tcp.reset();
        assertEquals(1, io.selector.select());
        key.cancel();
        assertSleeps();
    }

    @Test
    void closedChannelOfADeadPeerSleeps() throws Exception {
        Selecting.Connection tcp = io.tcp();
        tcp.near().register(io.selector, OP_READ);
        tcp.reset();
        assertEquals(1, io.selector.select());
        tcp.near().close();
        assertSleeps();
    }

    @Test
    void consumedWakeupSleeps() throws Exception {
        io.selector.wakeup();
        io.selector.wakeup();
        assertEquals(0, io.selector.select());
        assertSleeps();
    }

    @Test
    void changingInterestsSleepsInBetween() throws Exception {
        SelectionKey key = io.silent(io.selector);
        long cpu = cpuMillis();
        long start = System.nanoTime();
        for (int i = 0; i < 10; i++) {
            key.interestOps(i % 2 == 0 ? 0 : OP_READ);
            assertEquals(0, io.selector.select(WAIT_MILLIS / 10));
        }
        assertTimedOut(start, WAIT_MILLIS - 9);
        assertCpuSince(cpu);
    }

    @Test
    void urgentDataDoesNotSpin() throws Exception {
        Selecting.Connection tcp = io.tcp();
        tcp.near().register(io.selector, OP_READ);
        tcp.far().socket().sendUrgentData(1);
        put(tcp.far(), 2);
        int read = 0;
        while (read < 2) {
            io.selector.select();
            io.selector.selectedKeys().clear();
            read += drain(tcp.near());
        }
        assertEquals(2, read, "the urgent byte is not in line");
        tcp.far().socket().sendUrgentData(1);
        long cpu = cpuMillis();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS);
        int returns = 0;
        for (; System.nanoTime() - deadline < 0; returns++) {
            io.selector.select(WAIT_MILLIS);
            io.selector.selectedKeys().clear();
            drain(tcp.near());
        }
        int total = returns;
        assertTrue(total < 20, () -> total + " returns");
        assertCpuSince(cpu);
        put(tcp.far(), 3);
        assertEquals(1, io.selector.select(), "and data is still heard");
    }

    /** One selection must last for its whole time, and use little of it. */
    private void assertSleeps() throws IOException {
        long cpu = cpuMillis();
        long start = System.nanoTime();
        assertEquals(0, io.selector.select(WAIT_MILLIS));
        assertTimedOut(start, WAIT_MILLIS);
        assertCpuSince(cpu);
        start = System.nanoTime();
        assertEquals(0, io.selector.select(key -> {}, 30));
        assertTimedOut(start, 30);
    }

    private static long cpuMillis() {
        return TimeUnit.NANOSECONDS.toMillis(THREADS.getCurrentThreadCpuTime());
    }

    private static void assertCpuSince(long startMillis) {
        long used = cpuMillis() - startMillis;
        assertTrue(used <= MAX_CPU_MILLIS, () -> used + " ms of processor time");
    }
}
