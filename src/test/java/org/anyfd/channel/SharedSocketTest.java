package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.fd.FdChannel;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Sockets whose file others have too, in each of the ways in which a selector may watch a socket: it hears no ghosts, and
 * loses nothing when it has to begin anew.
 */
@Bounded
class SharedSocketTest {
    private static final int IDLE_MILLIS = 20;

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private Selector selector;
    private ServerSocketChannel listener;

    /** What brings a selector to watch a socket as it does. */
    private enum History {
        NEW {
            @Override
            SelectionKey live(SelectionKey key) {
                return key;
            }
        },
        /** Interest taken off and on again, as servers do around each request. */
        TOGGLED {
            @Override
            SelectionKey live(SelectionKey key) throws IOException {
                for (int i = 0; i < 5; i++) {
                    key.selector().selectNow();
                    key.interestOps(0);
                    key.selector().selectNow();
                    key.interestOps(OP_READ);
                }
                key.selector().selectNow();
                return key;
            }
        },
        /** Cancelled and registered again. */
        REREGISTERED {
            @Override
            SelectionKey live(SelectionKey key) throws IOException {
                SelectionKey last = key;
                for (int i = 0; i < 5; i++) {
                    last.selector().selectNow();
                    last.cancel();
                    last.selector().selectNow();
                    last = last.channel().register(last.selector(), OP_READ);
                }
                last.selector().selectNow();
                return last;
            }
        };

        /** The key that is the last of that life. */
        abstract SelectionKey live(SelectionKey key) throws IOException;
    }

    /** Both ends of a connection; the key is the near one's. */
    private record Connection(SocketChannel near, SocketChannel far, SelectionKey key) {
        int number() {
            return ((NativeSelectableChannel) near).getFD();
        }

        void send() throws IOException {
            far.write(ByteBuffer.allocate(1));
        }
    }

    @BeforeEach
    void open() throws IOException {
        selector = fds.closing(Selector.open());
        listener = fds.closing(ServerSocketChannel.open());
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private Connection connect(History history) throws IOException {
        SocketChannel far = fds.closing(SocketChannel.open(listener.getLocalAddress()));
        SocketChannel near = fds.closing(listener.accept());
        near.configureBlocking(false);
        return new Connection(near, far, history.live(near.register(selector, OP_READ)));
    }

    private void assertIdle() throws IOException {
        long start = System.nanoTime();
        assertEquals(0, selector.select(IDLE_MILLIS));
        long elapsedMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        assertTrue(elapsedMillis >= IDLE_MILLIS - 1, () -> "ended after " + elapsedMillis + " ms");
    }

    /** Selects until the key is ready; no other may be. */
    private void assertOnlyReady(SelectionKey key) {
        Tasks.await(() -> {
            try {
                selector.selectedKeys().clear();
                selector.select(1000);
                return !selector.selectedKeys().isEmpty();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }, "ready");
        assertEquals(Set.of(key), selector.selectedKeys());
        selector.selectedKeys().clear();
    }

    @ParameterizedTest
    @EnumSource
    void closedSocketIsSilentThoughAChildKeepsItsFile(History history) throws IOException {
        Connection closed = connect(history);
        Connection well = connect(history);
        try (Raw.Holder child = Raw.hold(closed.number())) {
            closed.near().close();
            assertFalse(closed.key().isValid());
            selector.selectNow();
            closed.send();
            assertIdle();
            well.send();
            assertOnlyReady(well.key());
            assertEquals(1, well.near().read(ByteBuffer.allocate(10)));
            assertIdle();
            assertTrue(child.isAlive());
        }
    }

    /** Cancelled, dealt with, and only then closed: no key is left that could have it taken out of the kernel. */
    @ParameterizedTest
    @EnumSource
    void socketClosedAfterItsKeyLeavesAtMostAGhostThatIsLaid(History history) throws IOException {
        List<Connection> well = new ArrayList<>();
        for (History other : History.values()) {
            well.add(connect(other));
        }
        Connection closed = connect(history);
        try (Raw.Holder child = Raw.hold(closed.number())) {
            closed.key().cancel();
            selector.selectNow();
            closed.near().close();
            closed.send();
            for (int i = 0; i < 3; i++) {
                assertEquals(0, selector.selectNow());
            }
            assertIdle();
            for (Connection connection : well) {
                connection.send();
                assertOnlyReady(connection.key());
                assertEquals(1, connection.near().read(ByteBuffer.allocate(10)));
                connection.key().interestOps(0);
                connection.send();
                assertIdle();
                connection.key().interestOps(OP_READ);
                assertOnlyReady(connection.key());
                assertEquals(1, connection.near().read(ByteBuffer.allocate(1)));
                assertIdle();
            }
            assertTrue(child.isAlive());
        }
    }

    @ParameterizedTest
    @EnumSource
    void closedSocketMakesWayForTheNext(History history) throws IOException {
        for (int i = 0; i < 20; i++) {
            Connection first = connect(history);
            if (i % 2 == 0) {
                first.key().cancel();
                selector.selectNow();
            }
            first.near().close();
            if (i % 2 == 1) {
                selector.selectNow();
            }
            Connection second = connect(history);
            second.send();
            assertOnlyReady(second.key());
            second.near().close();
            selector.selectNow();
            first.far().close();
            second.far().close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void twoChannelsOfOneSocketAreBothTold(History history) throws IOException {
        Connection connection = connect(history);
        FdChannel other = fds.borrow(connection.number());
        other.configureBlocking(false);
        SelectionKey otherKey = other.register(selector, OP_READ);
        assertIdle();
        for (int i = 0; i < 5; i++) {
            connection.send();
            Tasks.await(() -> Raw.poll(connection.number()) == (Consts.POLLIN | Consts.POLLOUT), "data and room");
            assertEquals(2, selector.select());
            selector.selectedKeys().clear();
            ByteBuffer dst = ByteBuffer.allocate(10);
            assertEquals(1, (i % 2 == 0 ? other : connection.near()).read(dst));
            // What the other one took cannot be known: a read that finds nothing settles it.
            connection.near().read(dst);
            assertIdle();
        }
        otherKey.cancel();
        connection.send();
        assertOnlyReady(connection.key());
    }

    @ParameterizedTest
    @EnumSource
    void numberGivenToAStrangerHurtsNobodyElse(History history) throws IOException {
        Connection hit = connect(history);
        Connection well = connect(history);
        int number = hit.number();
        int file = fds.closing(Raw.dup(number));
        // In one step, so that no other thread of the JVM is given the number.
        Raw.dup(fds.sockets().first(), number);
        try {
            hit.key().interestOps(0);
            try {
                selector.selectNow();
            } catch (IOException told) {
                assertTrue(told.getMessage().contains("fd " + number + "): ENOENT"), told.getMessage());
            }
            well.send();
            assertOnlyReady(well.key());
        } finally {
            // So that the channel, which does not know, closes its own again.
            Raw.dup(file, number);
        }
    }
}
