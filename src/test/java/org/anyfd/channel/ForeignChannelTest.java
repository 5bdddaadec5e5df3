package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import jnr.enxio.channels.NativeDeviceChannel;
import jnr.enxio.channels.NativeSelectableChannel;
import jnr.enxio.channels.NativeSocketChannel;
import jnr.unixsocket.UnixServerSocketChannel;
import jnr.unixsocket.UnixSocketAddress;
import jnr.unixsocket.UnixSocketChannel;
import org.anyfd.it.ChildJvm;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Directories;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Channels that are not ours: those of jnr-enxio and jnr-unixsocket, and any that say which descriptor they are, can be
 * selected; the JDK's cannot.
 */
@Bounded
class ForeignChannelTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private Selector selector;

    @BeforeEach
    void open() throws IOException {
        selector = fds.closing(Selector.open());
    }

    /** A channel that says which descriptor it is, and that is all it does. */
    private static class Plain extends AbstractSelectableChannel implements NativeSelectableChannel {
        private final int number;

        Plain(int number) {
            super(SelectorProvider.provider());
            this.number = number;
        }

        @Override
        public int getFD() {
            return number;
        }

        @Override
        public int validOps() {
            return OP_READ | OP_WRITE;
        }

        @Override
        protected void implCloseSelectableChannel() throws IOException {
            Raw.close(number);
        }

        @Override
        protected void implConfigureBlocking(boolean block) throws IOException {
            Raw.setNonBlocking(number, !block);
        }
    }

    /** One that does not. */
    private static final class Mute extends AbstractSelectableChannel {
        Mute() {
            super(SelectorProvider.provider());
        }

        @Override
        public int validOps() {
            return OP_READ;
        }

        @Override
        protected void implCloseSelectableChannel() {
        }

        @Override
        protected void implConfigureBlocking(boolean block) {
        }
    }

    private <T extends SelectableChannel> T nonBlocking(T channel) throws IOException {
        fds.closing(channel);
        channel.configureBlocking(false);
        return channel;
    }

    @Test
    void channelThatSaysItsDescriptorIsSelected() throws IOException {
        Raw.Pair sockets = fds.sockets();
        Plain plain = nonBlocking(new Plain(fds.giveAway(sockets.first())));
        SelectionKey key = plain.register(selector, OP_READ, "attached");
        assertEquals("attached", key.attachment());
        assertEquals(0, selector.selectNow());
        Raw.write(sockets.second(), (byte) 1);
        assertEquals(1, selector.select());
        assertEquals(Set.of(key), selector.selectedKeys());
        key.interestOps(OP_READ | OP_WRITE);
        assertEquals(1, selector.select());
        assertEquals(OP_READ | OP_WRITE, key.readyOps());
        plain.close();
        assertFalse(key.isValid());
        assertEquals(0, selector.select(20));
        assertTrue(selector.keys().isEmpty());
    }

    @Test
    void rulesOfRegistrationAreThoseOfAnyChannel() throws IOException {
        Plain plain = fds.closing(new Plain(fds.giveAway(fds.sockets().first())));
        assertThrowsExactly(IllegalBlockingModeException.class, () -> plain.register(selector, OP_READ));
        plain.configureBlocking(false);
        assertThrowsExactly(IllegalArgumentException.class, () -> plain.register(selector, OP_ACCEPT));
        plain.close();
        assertThrowsExactly(ClosedChannelException.class, () -> plain.register(selector, OP_READ));
    }

    @Test
    void channelOfNoDescriptorIsRefused() throws IOException {
        Mute mute = nonBlocking(new Mute());
        assertThrowsExactly(IllegalSelectorException.class, () -> mute.register(selector, OP_READ));
        assertNull(mute.keyFor(selector));
        assertTrue(selector.keys().isEmpty());
        Plain none = new Plain(-1) {
            @Override
            protected void implConfigureBlocking(boolean block) {
            }

            @Override
            protected void implCloseSelectableChannel() {
            }
        };
        SelectionKey key = nonBlocking(none).register(selector, OP_READ);
        IOException e = assertThrowsExactly(IOException.class, () -> selector.selectNow());
        assertTrue(e.getMessage().contains("fd -1): EBADF"), e.getMessage());
        assertFalse(key.isValid());
    }

    /** The JDK closes a channel's descriptor first and cancels its keys then; a selection may come in between. */
    @Test
    void selectionAmidACloseIsQuiet() throws IOException {
        for (boolean changed : new boolean[] {true, false}) {
            Raw.Pair sockets = fds.sockets();
            int[] selected = {-1};
            SelectionKey[] key = new SelectionKey[1];
            Plain plain = nonBlocking(new Plain(fds.giveAway(fds.aside(sockets.first()))) {
                @Override
                protected void implCloseSelectableChannel() throws IOException {
                    super.implCloseSelectableChannel();
                    if (changed) {
                        key[0].interestOps(OP_WRITE);
                    }
                    selected[0] = selector.selectNow();
                }
            });
            key[0] = plain.register(selector, OP_READ);
            assertEquals(0, selector.selectNow());
            plain.close();
            assertEquals(0, selected[0]);
            assertFalse(key[0].isValid());
            assertEquals(0, selector.select(20));
        }
    }

    @Test
    void foreignNumbersAreReusedAThousandTimes() throws IOException {
        Pipe pipe = Pipe.open();
        fds.closing(pipe.sink());
        SelectionKey ours = nonBlocking(pipe.source()).register(selector, OP_READ);
        for (int i = 0; i < 1000; i++) {
            Raw.Pair sockets = fds.sockets();
            Plain plain = nonBlocking(new Plain(fds.giveAway(sockets.first())));
            SelectionKey key = plain.register(selector, OP_READ);
            if (i % 2 == 0) {
                assertEquals(0, selector.selectNow());
            }
            Raw.write(sockets.second(), (byte) 1);
            assertEquals(1, selector.select());
            assertTrue(selector.selectedKeys().remove(key));
            plain.close();
            fds.close(sockets.second());
        }
        pipe.sink().write(ByteBuffer.allocate(1));
        assertEquals(1, selector.select());
        assertEquals(Set.of(ours), selector.selectedKeys());
    }

    // -- jnr-enxio --

    @Test
    void enxioSocketIsSelectedBesideOurs() throws IOException {
        Raw.Pair sockets = fds.sockets();
        NativeSocketChannel socket = nonBlocking(new NativeSocketChannel(fds.giveAway(sockets.first())));
        Pipe pipe = Pipe.open();
        fds.closing(pipe.sink());
        SelectionKey ours = nonBlocking(pipe.source()).register(selector, OP_READ);
        SelectionKey theirs = socket.register(selector, OP_READ);
        assertEquals(0, selector.select(20));
        Raw.write(sockets.second(), (byte) 7);
        assertEquals(1, selector.select());
        assertEquals(Set.of(theirs), selector.selectedKeys());
        ByteBuffer dst = ByteBuffer.allocate(10);
        assertEquals(1, socket.read(dst));
        pipe.sink().write(ByteBuffer.allocate(1));
        selector.selectedKeys().clear();
        assertEquals(1, selector.select());
        assertEquals(Set.of(ours), selector.selectedKeys());
        theirs.interestOps(OP_WRITE);
        assertEquals(1, selector.select());
        assertEquals(2, selector.selectedKeys().size());
        socket.write(ByteBuffer.wrap(new byte[] {8}));
        assertArrayEquals(new byte[] {8}, Raw.read(sockets.second()));
        theirs.interestOps(0);
        fds.close(sockets.second());
        selector.selectedKeys().clear();
        pipe.source().read(dst);
        assertEquals(0, selector.select(20), "a hang-up nobody asked for");
        theirs.interestOps(OP_READ);
        assertEquals(1, selector.select());
        assertTrue(socket.read(dst) <= 0);
    }

    @Test
    void enxioDeviceIsSelected() throws IOException {
        Raw.Pair pty = fds.pty();
        NativeDeviceChannel device = nonBlocking(new NativeDeviceChannel(fds.giveAway(pty.second())));
        SelectionKey key = device.register(selector, OP_READ);
        assertEquals(0, selector.select(20));
        Raw.write(pty.first(), (byte) 1);
        assertEquals(1, selector.select());
        assertEquals(Set.of(key), selector.selectedKeys());
        assertEquals(1, device.read(ByteBuffer.allocate(10)));
    }

    // -- jnr-unixsocket --

    /** A server and three clients, all non-blocking, in one selector and one thread: everything sent comes back. */
    @Test
    void unixSocketServerAndClientsTalk(@TempDir(factory = Directories.class) Path directory) throws IOException {
        UnixSocketAddress address = new UnixSocketAddress(directory.resolve("socket").toFile());
        UnixServerSocketChannel server = nonBlocking(UnixServerSocketChannel.open());
        server.socket().bind(address);
        server.register(selector, OP_ACCEPT);
        byte[] data = new byte[300_000];
        new Random(1).nextBytes(data);
        List<Conversation> conversations = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            UnixSocketChannel client = nonBlocking(UnixSocketChannel.create());
            Conversation conversation = new Conversation(data);
            conversations.add(conversation);
            boolean connected = client.connect(address);
            client.register(selector, connected ? OP_READ | OP_WRITE : OP_CONNECT, conversation);
        }
        Tasks.await(() -> {
            try {
                selector.select(this::serve, 1000);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            return conversations.stream().noneMatch(conversation -> conversation.received.hasRemaining());
        }, "all that was sent has come back");
        for (Conversation conversation : conversations) {
            assertArrayEquals(data, conversation.received.array());
        }
        for (SelectionKey key : Set.copyOf(selector.keys())) {
            key.channel().close();
        }
        assertEquals(0, selector.selectNow());
        assertTrue(selector.keys().isEmpty());
    }

    private static final class Conversation {
        final ByteBuffer sent;
        final ByteBuffer received;

        Conversation(byte[] data) {
            sent = ByteBuffer.wrap(data);
            received = ByteBuffer.allocate(data.length);
        }
    }

    private void serve(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                nonBlocking(((UnixServerSocketChannel) key.channel()).accept())
                    .register(selector, OP_READ, ByteBuffer.allocate(10_000));
            } else if (key.attachment() instanceof Conversation conversation) {
                converse(key, conversation);
            } else {
                echo(key, (ByteBuffer) key.attachment());
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void converse(SelectionKey key, Conversation conversation) throws IOException {
        UnixSocketChannel client = (UnixSocketChannel) key.channel();
        if (key.isConnectable()) {
            assertTrue(client.finishConnect());
            key.interestOps(OP_READ | OP_WRITE);
            return;
        }
        if (key.isReadable()) {
            client.read(conversation.received);
        }
        if (key.isWritable()) {
            client.write(conversation.sent);
            key.interestOps(conversation.sent.hasRemaining() ? OP_READ | OP_WRITE : OP_READ);
        }
    }

    private static void echo(SelectionKey key, ByteBuffer buffer) throws IOException {
        UnixSocketChannel peer = (UnixSocketChannel) key.channel();
        if (key.isReadable()) {
            peer.read(buffer);
        }
        peer.write(buffer.flip());
        key.interestOps(buffer.hasRemaining() ? OP_READ | OP_WRITE : OP_READ);
        buffer.compact();
    }

    // -- The JDK's --

    @Test
    void channelsOfTheJdkAreRefusedAndOursByTheJdk() throws Exception {
        ChildJvm.Result child = ChildJvm.run(
            List.of("-Djava.nio.channels.spi.SelectorProvider=sun.nio.ch.EPollSelectorProvider"), ForeignProbe.class);
        assertEquals("""
            SocketChannelImpl in ours: java.nio.channels.IllegalSelectorException
            ServerSocketChannelImpl in ours: java.nio.channels.IllegalSelectorException
            DatagramChannelImpl in ours: java.nio.channels.IllegalSelectorException
            SourceChannelImpl in ours: java.nio.channels.IllegalSelectorException
            FdChannel in the JDK's: java.nio.channels.IllegalSelectorException
            NativeSocketChannel in the JDK's: java.nio.channels.IllegalSelectorException
            FdChannel in ours: ready
            NativeSocketChannel in ours: ready
            """, child.quietly());
    }
}
