package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SelectionKey;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Datagram channels in a selector. */
@Bounded
class DatagramSelectTest {
    @RegisterExtension
    final Selecting io = new Selecting();

    private DatagramChannel near;
    private DatagramChannel far;

    @BeforeEach
    void open() throws IOException {
        near = io.closing(Udp.bound());
        far = io.closing(Udp.bound());
        near.configureBlocking(false);
    }

    private int select() throws IOException {
        io.selector.selectedKeys().clear();
        return io.selector.select();
    }

    private int selectNow() throws IOException {
        io.selector.selectedKeys().clear();
        return io.selector.selectNow();
    }

    @Test
    void datagramMakesTheChannelReadableUntilItIsReceived() throws IOException {
        SelectionKey key = near.register(io.selector, OP_READ);
        assertEquals(0, selectNow());
        Udp.send(far, near.getLocalAddress(), 1);
        Udp.send(far, near.getLocalAddress(), 2);
        for (int i = 1; i <= 2; i++) {
            assertEquals(1, select());
            assertEquals(OP_READ, key.readyOps());
            assertEquals(1, select(), "again, for it has not been received");
            assertEquals(far.getLocalAddress(), near.receive(ByteBuffer.allocate(1)));
        }
        assertEquals(0, selectNow());
        assertNull(near.receive(ByteBuffer.allocate(1)));
    }

    @Test
    void datagramWithoutBytesMakesTheChannelReadable() throws IOException {
        SelectionKey key = near.register(io.selector, OP_READ);
        far.send(ByteBuffer.allocate(0), near.getLocalAddress());
        assertEquals(1, select());
        assertTrue(key.isReadable());
        assertEquals(far.getLocalAddress(), near.receive(ByteBuffer.allocate(1)));
        assertEquals(0, selectNow());
    }

    @Test
    void datagramEndsASelection() throws Exception {
        near.register(io.selector, OP_READ);
        Selecting.Task<Integer> select = io.run(() -> io.selector.select()).awaitSelecting();
        Udp.send(far, near.getLocalAddress(), 1);
        assertEquals(1, select.get());
    }

    @Test
    void channelIsWritableBoundOrNot() throws IOException {
        DatagramChannel unbound = io.closing(DatagramChannel.open());
        unbound.configureBlocking(false);
        for (DatagramChannel channel : new DatagramChannel[] {near, unbound}) {
            SelectionKey key = channel.register(io.selector, OP_READ | OP_WRITE);
            assertEquals(1, select());
            assertEquals(OP_WRITE, key.readyOps());
            key.cancel();
            selectNow();
        }
    }

    @Test
    void onlyThePeerMakesAConnectedChannelReadable() throws IOException {
        DatagramChannel stranger = io.closing(Udp.bound());
        near.connect(far.getLocalAddress());
        near.register(io.selector, OP_READ);
        Udp.send(stranger, near.getLocalAddress(), 1);
        Udp.send(far, near.getLocalAddress(), 2);
        assertEquals(1, select());
        assertEquals(1, near.read(ByteBuffer.allocate(8)));
        assertEquals(0, selectNow());
    }

    @Test
    void deadPeerMakesTheChannelReady() throws IOException {
        DatagramChannel deaf = io.closing(Udp.deaf());
        near.connect(deaf.getLocalAddress());
        SelectionKey key = near.register(io.selector, OP_READ);
        near.write(Tcp.bytes(1));
        assertEquals(1, select());
        assertEquals(OP_READ, key.readyOps());
        assertThrowsExactly(PortUnreachableException.class, () -> near.read(ByteBuffer.allocate(1)));
        assertEquals(0, selectNow());
        assertTrue(near.isOpen());
    }

    @Test
    void keyWorksAfterConnectAndDisconnect() throws IOException {
        SelectionKey key = near.register(io.selector, OP_READ);
        for (int i = 0; i < 3; i++) {
            near.connect(far.getLocalAddress());
            Udp.send(far, near.getLocalAddress(), 1);
            assertEquals(1, select());
            assertEquals(1, near.read(ByteBuffer.allocate(1)));
            near.disconnect();
            assertEquals(0, selectNow());
            Udp.send(far, near.getLocalAddress(), 2);
            assertEquals(1, select());
            assertSame(key, io.selector.selectedKeys().iterator().next());
            assertEquals(far.getLocalAddress(), near.receive(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void keyWorksAfterAPortOfTheKernelsChoiceWasLostAndFound() throws IOException {
        DatagramChannel channel = io.closing(DatagramChannel.open());
        channel.configureBlocking(false);
        channel.register(io.selector, OP_READ);
        channel.connect(far.getLocalAddress()).disconnect();
        Udp.send(far, new InetSocketAddress(Tcp.loopback4(), Udp.port(channel)), 1);
        assertEquals(1, select());
        assertEquals(far.getLocalAddress(), channel.receive(ByteBuffer.allocate(1)));
    }

    @Test
    void blockingChannelCannotBeRegistered() {
        assertThrowsExactly(IllegalBlockingModeException.class, () -> far.register(io.selector, OP_READ));
        assertThrowsExactly(IllegalArgumentException.class,
            () -> near.register(io.selector, SelectionKey.OP_ACCEPT));
        assertThrowsExactly(IllegalArgumentException.class,
            () -> near.register(io.selector, SelectionKey.OP_CONNECT));
    }

    @Test
    void registeredChannelKeepsItsPortUntilTheNextSelection() throws IOException {
        InetSocketAddress address = (InetSocketAddress) near.getLocalAddress();
        SelectionKey key = near.register(io.selector, OP_READ);
        io.selector.selectNow();
        near.close();
        assertFalse(key.isValid());
        try (DatagramChannel next = DatagramChannel.open()) {
            assertThrowsExactly(BindException.class, () -> next.bind(address));
            io.selector.selectNow();
            assertEquals(address, next.bind(address).getLocalAddress());
        }
    }

    @Test
    void echoServerServesManyClients() throws IOException {
        DatagramChannel[] clients = new DatagramChannel[20];
        ByteBuffer buffer = ByteBuffer.allocate(64);
        SelectionKey server = near.register(io.selector, OP_READ);
        for (int i = 0; i < clients.length; i++) {
            clients[i] = io.closing(Udp.bound()).connect(near.getLocalAddress());
            clients[i].configureBlocking(false).register(io.selector, OP_READ, i);
            clients[i].write(Tcp.bytes(i));
        }
        int answered = 0;
        while (answered < clients.length * 10) {
            select();
            for (SelectionKey key : io.selector.selectedKeys()) {
                DatagramChannel channel = (DatagramChannel) key.channel();
                if (key == server) {
                    SocketAddress client = near.receive(buffer.clear());
                    near.send(buffer.flip(), client);
                } else if (channel.read(buffer.clear()) > 0) {
                    assertEquals((int) key.attachment(), buffer.get(0));
                    answered++;
                    channel.write(buffer.flip());
                }
            }
        }
    }
}
