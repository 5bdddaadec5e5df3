package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.testing.Idle.assertIdle;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Processes;
import org.anyfd.sys.Scratch;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each type of this package in each of its states, beside a socket: ready when it should be, and no spinning. */
@Bounded
class TypedReadinessTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private enum State {
        TIMER_OFF(0) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return TimerFdChannel.open();
            }
        },
        TIMER_SET(0) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                TimerFdChannel timer = TimerFdChannel.open(TimerFdChannel.Clock.BOOTTIME);
                timer.schedule(Duration.ofHours(1));
                return timer;
            }
        },
        TIMER_EXPIRED(OP_READ) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                TimerFdChannel timer = TimerFdChannel.open();
                timer.schedule(Duration.ZERO);
                return timer;
            }
        },
        TIMER_EXPIRES_ALL_THE_TIME(OP_READ) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                TimerFdChannel timer = TimerFdChannel.open();
                timer.scheduleAtFixedRate(Duration.ZERO, Duration.ofNanos(1));
                return timer;
            }
        },
        TIMER_WHOSE_CLOCK_WAS_SET(OP_READ) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                TimerFdChannel timer = fds.closing(TimerFdChannel.open(TimerFdChannel.Clock.REALTIME));
                timer.scheduleAtWatchingTheClock(Instant.MAX);
                assumeTrue(Raw.setClock(), "needs CAP_SYS_TIME");
                return timer;
            }
        },
        SIGNAL_NONE(0) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return SignalChannel.open("URG", "WINCH");
            }
        },
        SIGNAL_ARRIVED(OP_READ) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                SignalChannel signals = SignalChannel.open("URG", "WINCH");
                // Ignored by default, should one arrive after the close.
                Raw.kill(23);
                Raw.kill(28);
                return signals;
            }
        },
        PROCESS_RUNS(0) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return PidFdChannel.open(ProcessHandle.current());
            }
        },
        /** IN. */
        PROCESS_IS_A_ZOMBIE(OP_READ) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                int pid = new Spawn(new ProcessBuilder("true")).start();
                fds.closing(() -> waitFor(pid));
                return PidFdChannel.open(pid);
            }
        },
        /** IN and HUP. */
        PROCESS_WAS_WAITED_FOR(OP_READ) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                int pid = new Spawn(new ProcessBuilder("true")).start();
                PidFdChannel end = PidFdChannel.open(pid);
                waitFor(pid);
                return end;
            }
        },
        PROCESS_HAD_BEEN_WAITED_FOR(OP_READ) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                Process process = new ProcessBuilder("true").start();
                process.onExit().join();
                return PidFdChannel.open(process);
            }
        },

        WATCH_IDLE(0) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                InotifyChannel inotify = fds.closing(InotifyChannel.open());
                inotify.watch(Path.of("/"), InotifyChannel.IN_DELETE_SELF);
                return inotify;
            }
        },
        WATCH_WITH_AN_EVENT(OP_READ) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                Path directory = Files.createTempDirectory("anyfd-test");
                InotifyChannel inotify = InotifyChannel.open();
                inotify.watch(directory, InotifyChannel.IN_DELETE_SELF);
                Files.delete(directory);
                return inotify;
            }
        },

        TERMINAL_IDLE(OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return fds.closing(PtyChannel.open()).openTerminal();
            }
        },
        /** Cooked: nothing to read before the line's end. */
        TERMINAL_WITH_HALF_A_LINE(OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return typed(fds, "half");
            }
        },
        TERMINAL_WITH_A_LINE(OP_READ | OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return typed(fds, "line\n");
            }
        },
        TERMINAL_WITH_CONTROL_D(OP_READ | OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return typed(fds, "\4");
            }
        },
        TERMINAL_STOPPED(0) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                TtyChannel terminal = typed(fds, "\23");
                Tasks.await(() -> (Raw.poll(terminal.getFD()) & Consts.POLLOUT) == 0, "Control-S stops the output");
                return terminal;
            }
        },
        /** IN, OUT, ERR and HUP. */
        TERMINAL_HUNG_UP(OP_READ | OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                PtyChannel pty = PtyChannel.open();
                TtyChannel terminal = pty.openTerminal();
                pty.close();
                return terminal;
            }
        },
        PTY_BEFORE_ITS_TERMINAL_IS_OPEN(OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return PtyChannel.open();
            }
        },
        PTY_WITH_OUTPUT(OP_READ | OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                PtyChannel pty = PtyChannel.open();
                fds.closing(pty.openTerminal()).write(bytes("x"));
                return pty;
            }
        },
        /** OUT and HUP. */
        PTY_HUNG_UP(OP_READ | OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                PtyChannel pty = PtyChannel.open();
                pty.openTerminal().close();
                return pty;
            }
        },

        DATAGRAM_NONE(OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return firstOf(fds, UnixDatagramChannel.pair());
            }
        },
        DATAGRAM_ARRIVED(OP_READ | OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                UnixDatagramChannel[] pair = UnixDatagramChannel.pair();
                pair[1].write(bytes("x"));
                return firstOf(fds, pair);
            }
        },
        DATAGRAM_PEER_FULL(0) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                UnixDatagramChannel[] pair = UnixDatagramChannel.pair();
                fill(pair[0]);
                return firstOf(fds, pair);
            }
        },
        DATAGRAM_PEER_CLOSED(OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                UnixDatagramChannel[] pair = UnixDatagramChannel.pair();
                pair[1].close();
                return pair[0];
            }
        },
        PACKET_NONE(OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return firstOf(fds, UnixSeqPacketChannel.pair());
            }
        },
        PACKET_ARRIVED(OP_READ | OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                UnixSeqPacketChannel[] pair = UnixSeqPacketChannel.pair();
                pair[1].write(bytes("x"));
                return firstOf(fds, pair);
            }
        },
        PACKET_PEER_FULL(0) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                UnixSeqPacketChannel[] pair = UnixSeqPacketChannel.pair();
                fill(pair[0]);
                return firstOf(fds, pair);
            }
        },
        /** IN and RDHUP. */
        PACKET_PEER_SHUT_ITS_OUTPUT(OP_READ | OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                UnixSeqPacketChannel[] pair = UnixSeqPacketChannel.pair();
                pair[1].shutdownOutput();
                return firstOf(fds, pair);
            }
        },
        /** IN, OUT and HUP. */
        PACKET_PEER_CLOSED(OP_READ | OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                UnixSeqPacketChannel[] pair = UnixSeqPacketChannel.pair();
                pair[1].close();
                return pair[0];
            }
        },
        PACKET_SERVER_ALONE(0) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return UnixSeqPacketServerChannel.open().bind(null);
            }
        },
        PACKET_SERVER_WITH_A_CLIENT(OP_ACCEPT) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                UnixSeqPacketServerChannel server = UnixSeqPacketServerChannel.open().bind(null);
                fds.closing(UnixSeqPacketChannel.open(server.getLocalAddress()));
                return server;
            }
        },

        CHILD_WAITS_FOR_INPUT(OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return child(fds, "read line").stdin();
            }
        },
        CHILD_READS_NOTHING(0) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                FdChannel stdin = child(fds, "read line <&3; read line", ChildProcess.give(3, silent(fds))).stdin();
                fill(stdin);
                return stdin;
            }
        },
        /** OUT and ERR. */
        CHILD_CLOSED_ITS_INPUT(OP_WRITE) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return child(fds, "exec <&-; read line <&3", ChildProcess.give(3, silent(fds))).stdin();
            }
        },
        CHILD_SAYS_NOTHING(0) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return child(fds, "read line").stdout();
            }
        },
        CHILD_SAID_SOMETHING(OP_READ) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return child(fds, "echo x; read line").stdout();
            }
        },
        /** IN and HUP. */
        CHILD_SAID_SOMETHING_AND_ENDED(OP_READ) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return child(fds, "echo x").stdout();
            }
        },
        /** HUP alone. */
        CHILD_CLOSED_ITS_OUTPUT(OP_READ) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return child(fds, "exec 2>&-; read line").stderr();
            }
        },
        CHILD_RUNS(0) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return child(fds, "read line").exit();
            }
        },
        CHILD_ENDED(OP_READ) {
            @Override
            DescriptorChannel make(Descriptors fds) throws IOException {
                return child(fds, "exit 3").exit();
            }
        };

        /** What is ready, of that which can be asked for. */
        final int ready;

        State(int ready) {
            this.ready = ready;
        }

        /** A channel that the test closes. A state may need a moment to show. */
        abstract DescriptorChannel make(Descriptors fds) throws IOException;

        private static ByteBuffer bytes(String text) {
            return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
        }

        private static <C extends DescriptorChannel & WritableByteChannel> void fill(C channel) throws IOException {
            channel.configureBlocking(false);
            while (channel.write(ByteBuffer.allocate(100)) > 0) {
                // until there is no room
            }
        }

        /** A terminal at which something was typed, and echoed. */
        private static TtyChannel typed(Descriptors fds, String text) throws IOException {
            PtyChannel pty = fds.closing(PtyChannel.open());
            TtyChannel terminal = pty.openTerminal();
            pty.write(bytes(text));
            return terminal;
        }

        private static DescriptorChannel firstOf(Descriptors fds, DescriptorChannel[] pair) {
            fds.closing(pair[1]);
            return pair[0];
        }

        /** With nothing to read, and not at its end. */
        private static NativeSelectableChannel silent(Descriptors fds) throws IOException {
            Pipe pipe = Pipe.open();
            fds.closing(pipe.sink());
            return (NativeSelectableChannel) fds.closing(pipe.source());
        }

        private static ChildProcess child(Descriptors fds, String script, ChildProcess.Option... options)
                throws IOException {
            ChildProcess child = fds.closing(ChildProcess.start(new ProcessBuilder("sh", "-c", script), options));
            fds.closing(() -> child.destroyForcibly().onExit().join());
            return child;
        }

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
        listener.bind(null).configureBlocking(false).register(selector, OP_ACCEPT);
        return selector;
    }

    @ParameterizedTest
    @EnumSource
    void readyOrNotAndNoSpinEitherWay(State state) throws IOException {
        Selector selector = selectorWithASocket();
        DescriptorChannel channel = fds.closing(state.make(fds));
        SelectionKey key = channel.configureBlocking(false).register(selector, channel.validOps());
        assertReady(key, state.ready);
        for (int ops = channel.validOps(); ops != 0; ops &= ops - 1) {
            int op = Integer.lowestOneBit(ops);
            key.interestOps(op);
            assertReady(key, state.ready & op);
        }
        key.interestOps(0);
        assertIdle(selector);
        key.cancel();
        assertIdle(selector);
        channel.register(selector, 0);
        assertIdle(selector);
        channel.close();
        assertIdle(selector);
        assertEquals(1, selector.keys().size());
    }

    /** Selects until that is ready, and then twice more: readiness is told anew each time. */
    private static void assertReady(SelectionKey key, int expected) throws IOException {
        if (expected == 0) {
            assertIdle(key.selector());
            return;
        }
        Tasks.await(() -> select(key, 1000) == expected, "ready for " + expected);
        assertEquals(expected, select(key, 10_000));
        assertEquals(expected, select(key, 10_000));
    }

    private static int select(SelectionKey key, long timeoutMillis) {
        try {
            int n = key.selector().select(timeoutMillis);
            boolean selected = key.selector().selectedKeys().remove(key);
            assertEquals(selected ? 1 : 0, n);
            return selected ? key.readyOps() : 0;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
