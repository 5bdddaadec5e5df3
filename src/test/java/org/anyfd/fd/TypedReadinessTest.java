package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Processes;
import org.anyfd.sys.Scratch;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Timers, signals and processes in each of their states, beside a socket: ready when they should be, and no spinning. */
@Bounded
class TypedReadinessTest {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int IDLE_MILLIS = 60;

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private enum State {
        TIMER_OFF(false) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return TimerFdChannel.open();
            }
        },
        TIMER_SET(false) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                TimerFdChannel timer = TimerFdChannel.open(TimerFdChannel.Clock.BOOTTIME);
                timer.schedule(Duration.ofHours(1));
                return timer;
            }
        },
        TIMER_EXPIRED(true) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                TimerFdChannel timer = TimerFdChannel.open();
                timer.schedule(Duration.ZERO);
                return timer;
            }
        },
        TIMER_EXPIRES_ALL_THE_TIME(true) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                TimerFdChannel timer = TimerFdChannel.open();
                timer.scheduleAtFixedRate(Duration.ZERO, Duration.ofNanos(1));
                return timer;
            }
        },
        TIMER_WHOSE_CLOCK_WAS_SET(true) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                TimerFdChannel timer = fds.closing(TimerFdChannel.open(TimerFdChannel.Clock.REALTIME));
                timer.scheduleAtWatchingTheClock(Instant.MAX);
                assumeTrue(Raw.setClock(), "needs CAP_SYS_TIME");
                return timer;
            }
        },
        SIGNAL_NONE(false) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return SignalChannel.open("URG", "WINCH");
            }
        },
        SIGNAL_ARRIVED(true) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                SignalChannel signals = SignalChannel.open("URG", "WINCH");
                // Ignored by default, should one arrive after the close.
                Raw.kill(23);
                Raw.kill(28);
                return signals;
            }
        },
        PROCESS_RUNS(false) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return PidFdChannel.open(ProcessHandle.current());
            }
        },
        /** IN. */
        PROCESS_IS_A_ZOMBIE(true) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                int pid = new Spawn(new ProcessBuilder("true")).start();
                fds.closing(() -> waitFor(pid));
                return PidFdChannel.open(pid);
            }
        },
        /** IN and HUP. */
        PROCESS_WAS_WAITED_FOR(true) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                int pid = new Spawn(new ProcessBuilder("true")).start();
                PidFdChannel end = PidFdChannel.open(pid);
                waitFor(pid);
                return end;
            }
        },
        PROCESS_HAD_BEEN_WAITED_FOR(true) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                Process process = new ProcessBuilder("true").start();
                process.onExit().join();
                return PidFdChannel.open(process);
            }
        };

        final boolean ready;

        State(boolean ready) {
            this.ready = ready;
        }

        /** A channel that the test closes. A state may need a moment to show. */
        abstract DescriptorChannel make(Descriptors fds) throws IOException;

        private static void waitFor(int pid) {
            Scratch s = Scratch.take();
            try {
                assertEquals(0, Processes.waitid(Consts.P_PID, pid, s.smallAddress(), Consts.WEXITED));
            } finally {
                s.give();
            }
        }
    }

    private Selector selectorWithASocket() throws IOException {
        Selector selector = fds.closing(Selector.open());
        ServerSocketChannel listener = fds.closing(ServerSocketChannel.open());
        listener.bind(null).configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
        return selector;
    }

    @ParameterizedTest
    @EnumSource
    void readyOrNotAndNoSpinEitherWay(State state) throws IOException {
        Selector selector = selectorWithASocket();
        DescriptorChannel channel = fds.closing(state.make(fds));
        SelectionKey key = channel.configureBlocking(false).register(selector, OP_READ);
        if (state.ready) {
            for (int i = 0; i < 3; i++) {
                assertEquals(1, selector.select(10_000));
                assertTrue(selector.selectedKeys().remove(key));
                assertEquals(OP_READ, key.readyOps());
            }
        } else {
            assertIdle(selector);
        }
        key.interestOps(0);
        assertIdle(selector);
        key.interestOps(OP_READ);
        assertEquals(state.ready ? 1 : 0, selector.selectNow());
        selector.selectedKeys().clear();
        key.cancel();
        assertIdle(selector);
        channel.register(selector, 0);
        assertIdle(selector);
        channel.close();
        assertIdle(selector);
        assertEquals(1, selector.keys().size());
    }

    /** One selection lasts all of its time, and sleeps for most of it. */
    private static void assertIdle(Selector selector) throws IOException {
        long cpu = THREADS.getCurrentThreadCpuTime();
        long start = System.nanoTime();
        assertEquals(0, selector.select(IDLE_MILLIS));
        long elapsedMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        long cpuMillis = TimeUnit.NANOSECONDS.toMillis(THREADS.getCurrentThreadCpuTime() - cpu);
        assertTrue(elapsedMillis >= IDLE_MILLIS - 1, () -> "ended after " + elapsedMillis + " ms");
        assertTrue(cpuMillis <= IDLE_MILLIS / 2, () -> "spun for " + cpuMillis + " ms");
    }
}
