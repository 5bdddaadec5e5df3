package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Selecting leaks no file: of sockets, pipes and the like there are as many after as before. */
@Bounded
@EnabledOnOs(OS.LINUX)
class SelectorFdCensusTest {
    private static final int ROUNDS = 60;

    @RegisterExtension
    final Selecting io = new Selecting();

    private interface Round {
        void run() throws IOException;
    }

    /** Runs it a few times, so that caches fill, and then many times more. */
    private static void assertLeaksNothing(Round round) throws IOException {
        for (int i = 0; i < 3; i++) {
            round.run();
        }
        long before = census();
        for (int i = 0; i < ROUNDS; i++) {
            round.run();
        }
        long leaked = census() - before;
        assertTrue(leaked < ROUNDS / 2, () -> leaked + " files leaked in " + ROUNDS + " rounds");
    }

    /** Open files that have no path: not the jars that class loading opens, and not this listing itself. */
    private static long census() throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.filter(SelectorFdCensusTest::isAnonymous).count();
        }
    }

    private static boolean isAnonymous(Path fd) {
        try {
            return !Files.readSymbolicLink(fd).isAbsolute();
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void censusCountsPipesAndSockets() throws IOException {
        long most = 0;
        // What earlier tests have left to the collector may be closed meanwhile.
        for (int i = 0; i < 5 && most < 4; i++) {
            long before = census();
            io.pipe();
            io.tcp();
            most = Math.max(most, census() - before);
        }
        assertTrue(most >= 4);
    }

    @Test
    void closedSelectorLeavesNothing() throws IOException {
        assertLeaksNothing(() -> {
            try (Selector selector = Selector.open()) {
                selector.wakeup();
                selector.selectNow();
            }
        });
    }

    @Test
    void channelsClosedBeforeTheSelectionLeaveNothing() throws IOException {
        assertLeaksNothing(() -> {
            Pipe pipe = Pipe.open();
            pipe.source().configureBlocking(false);
            pipe.sink().configureBlocking(false);
            pipe.source().register(io.selector, OP_READ);
            pipe.sink().register(io.selector, OP_WRITE);
            io.selector.selectNow();
            pipe.source().close();
            pipe.sink().close();
            io.selector.selectNow();
        });
        assertTrue(io.selector.keys().isEmpty());
    }

    @Test
    void channelsClosedBeforeTheirSelectorLeaveNothing() throws IOException {
        assertLeaksNothing(() -> {
            try (Selector selector = Selector.open()) {
                Pipe pipe = Pipe.open();
                pipe.source().configureBlocking(false);
                pipe.source().register(selector, OP_READ);
                pipe.source().close();
                pipe.sink().close();
            }
        });
    }

    @Test
    void channelsClosedAfterTheirSelectorLeaveNothing() throws IOException {
        assertLeaksNothing(() -> {
            Pipe pipe = Pipe.open();
            try (Selector selector = Selector.open()) {
                pipe.source().configureBlocking(false);
                pipe.source().register(selector, OP_READ);
                selector.selectNow();
            }
            pipe.source().close();
            pipe.sink().close();
        });
    }

    @Test
    void channelsOfSeveralSelectorsLeaveNothing() throws IOException {
        Selector other = io.selector();
        assertLeaksNothing(() -> {
            Pipe pipe = Pipe.open();
            pipe.source().configureBlocking(false);
            pipe.source().register(io.selector, OP_READ);
            pipe.source().register(other, OP_READ);
            pipe.source().close();
            pipe.sink().close();
            other.selectNow();
            io.selector.selectNow();
        });
    }

    @Test
    void cancelledKeysLeaveNothing() throws IOException {
        assertLeaksNothing(() -> {
            Pipe pipe = Pipe.open();
            pipe.source().configureBlocking(false);
            pipe.source().register(io.selector, OP_READ);
            io.selector.selectNow();
            pipe.source().keyFor(io.selector).cancel();
            pipe.source().close();
            pipe.sink().close();
            io.selector.selectNow();
        });
    }

    @Test
    void refusedConnectionsLeaveNothing() throws IOException {
        SocketAddress refusing = io.closing(SocketChannel.open()).bind(Selecting.loopback()).getLocalAddress();
        assertLeaksNothing(() -> {
            SocketChannel socket = SocketChannel.open();
            socket.configureBlocking(false);
            assertFalse(socket.connect(refusing));
            SelectionKey key = socket.register(io.selector, OP_CONNECT);
            assertEquals(1, io.selector.select());
            assertThrowsExactly(ConnectException.class, socket::finishConnect);
            assertFalse(key.isValid());
            io.selector.selectNow();
        });
    }
}
