package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Threads that wait for datagrams, and what other threads can do meanwhile. That close and interrupt wake a thread in
 * every kind of operation is in BlockingCloseTest and BlockingInterruptTest.
 */
@Bounded
class DatagramBlockingTest {
    private Udp udp;

    @BeforeEach
    void open() throws IOException {
        udp = Udp.pair();
    }

    @AfterEach
    void close() throws IOException {
        Thread.interrupted();
        udp.close();
    }

    private static Task<SocketAddress> receiving(DatagramChannel channel) {
        return Task.start(() -> channel.receive(ByteBuffer.allocate(16))).awaitIn("receive");
    }

    // -- arrival --

    @Test
    void datagramWakesTheReceiver() throws Exception {
        try (Task<SocketAddress> receiver = receiving(udp.near)) {
            Udp.send(udp.far, udp.nearAddress, 1);
            assertEquals(udp.farAddress, receiver.get());
        }
    }

    @Test
    void datagramWithoutBytesWakesTheReceiver() throws Exception {
        try (Task<SocketAddress> receiver = receiving(udp.near)) {
            udp.far.send(ByteBuffer.allocate(0), udp.nearAddress);
            assertEquals(udp.farAddress, receiver.get());
        }
    }

    @Test
    void receiverOfAnUnboundChannelBindsItAndWaits() throws Exception {
        try (DatagramChannel unbound = DatagramChannel.open();
                Task<SocketAddress> receiver = receiving(unbound)) {
            Udp.send(udp.far, new InetSocketAddress(Tcp.loopback4(), Udp.port(unbound)), 1);
            assertEquals(udp.farAddress, receiver.get());
        }
    }

    @Test
    void readerWaitsForItsPeer() throws Exception {
        udp.near.connect(udp.farAddress);
        ByteBuffer[] dsts = {ByteBuffer.allocate(1), ByteBuffer.allocateDirect(4)};
        try (DatagramChannel stranger = Udp.bound();
                Task<Long> reader = Task.start(() -> udp.near.read(dsts)).awaitIn("read")) {
            Udp.send(stranger, udp.nearAddress, 1);
            reader.awaitIn("read");
            Udp.send(udp.far, udp.nearAddress, 1, 2, 3);
            assertEquals(3, reader.get());
        }
    }

    @Test
    void deadPeerWakesTheReader() throws Exception {
        try (DatagramChannel deaf = Udp.deaf()) {
            udp.near.connect(deaf.getLocalAddress());
            try (Task<Integer> reader =
                    Task.start(() -> udp.near.read(ByteBuffer.allocate(1))).awaitIn("read")) {
                udp.near.write(Tcp.bytes(1));
                reader.fails(PortUnreachableException.class);
                assertTrue(udp.near.isOpen());
            }
        }
    }

    @Test
    void receiversTakeTurns() throws Exception {
        try (Task<SocketAddress> first = receiving(udp.near);
                Task<SocketAddress> second = receiving(udp.near)) {
            Udp.send(udp.far, udp.nearAddress, 1);
            assertEquals(udp.farAddress, first.get());
            second.awaitIn("receive");
            Udp.send(udp.far, udp.nearAddress, 2);
            assertEquals(udp.farAddress, second.get());
        }
    }

    // -- what waits for a receiver, and what does not --

    @Test
    void everythingElseGoesOnWhileAThreadReceives() throws Exception {
        try (Task<SocketAddress> receiver = receiving(udp.near)) {
            Udp.send(udp.near, udp.farAddress, 7);
            Udp.receive(udp.far, 7);
            assertEquals(udp.nearAddress, udp.near.getLocalAddress());
            assertNull(udp.near.getRemoteAddress());
            assertFalse(udp.near.isConnected());
            udp.near.setOption(StandardSocketOptions.SO_RCVBUF, 8192);
            assertNotNull(udp.near.getOption(StandardSocketOptions.SO_RCVBUF));
            receiver.awaitIn("receive");
            Udp.send(udp.far, udp.nearAddress, 1);
            receiver.get();
        }
    }

    /** Operations that must not change anything under a receiver. */
    enum Waiting {
        CONNECT("connect") {
            @Override
            Callable<?> on(DatagramChannel channel) {
                return () -> channel.connect(Udp.discard());
            }
        },
        DISCONNECT("disconnect") {
            @Override
            Callable<?> on(DatagramChannel channel) {
                return channel::disconnect;
            }
        },
        CONFIGURE_BLOCKING("configureBlocking") {
            @Override
            Callable<?> on(DatagramChannel channel) {
                return () -> channel.configureBlocking(false);
            }
        };

        private final String method;

        Waiting(String method) {
            this.method = method;
        }

        abstract Callable<?> on(DatagramChannel channel);
    }

    @ParameterizedTest
    @EnumSource
    void changesWaitForTheReceiver(Waiting waiting) throws Exception {
        try (Task<SocketAddress> receiver = receiving(udp.near);
                Task<?> changer = Task.start(waiting.on(udp.near)).awaitIn(waiting.method)) {
            Udp.send(udp.far, udp.nearAddress, 1);
            assertEquals(udp.farAddress, receiver.get());
            changer.get();
            assertTrue(udp.near.isOpen());
        }
    }

    // -- close and interrupt --

    @Test
    void closeWakesOneReceiverAndRefusesTheNext() throws Exception {
        try (Task<SocketAddress> first = receiving(udp.near);
                Task<SocketAddress> second = receiving(udp.near)) {
            udp.near.close();
            first.fails(AsynchronousCloseException.class);
            assertThrows(ClosedChannelException.class, second::get);
        }
    }

    @Test
    void portIsFreeOnceTheWokenReceiverHasLeft() throws Exception {
        try (Task<SocketAddress> receiver = receiving(udp.near)) {
            udp.near.close();
            receiver.fails(AsynchronousCloseException.class);
            try (DatagramChannel next = DatagramChannel.open().bind(udp.nearAddress)) {
                assertEquals(udp.nearAddress, next.getLocalAddress());
            }
        }
    }

    @Test
    void closeWakesThoseWhoWaitForTheReceiver() throws Exception {
        try (Task<SocketAddress> receiver = receiving(udp.near);
                Task<?> connector =
                        Task.start(() -> udp.near.connect(Udp.discard())).awaitIn("connect")) {
            udp.near.close();
            receiver.fails(AsynchronousCloseException.class);
            assertThrows(ClosedChannelException.class, connector::get);
        }
    }

    @Test
    void interruptedThreadNeitherSendsNorReceivesButCloses() throws Exception {
        udp.near.connect(udp.farAddress);
        Callable<?>[] operations = {
            () -> udp.near.receive(ByteBuffer.allocate(1)), () -> udp.near.send(Tcp.bytes(1), udp.farAddress),
            () -> udp.near.read(ByteBuffer.allocate(1)), () -> udp.near.write(Tcp.bytes(1)),
            () -> udp.near.write(ByteBuffer.allocate(0)), () -> udp.near.write(new ByteBuffer[0]),
        };
        for (Callable<?> operation : operations) {
            Udp.send(udp.far, udp.nearAddress, 1);
            Thread.currentThread().interrupt();
            assertThrowsExactly(ClosedByInterruptException.class, operation::call);
            assertTrue(Thread.interrupted());
            assertFalse(udp.near.isOpen());
            udp.close();
            udp = Udp.pair();
            udp.near.connect(udp.farAddress);
        }
    }

    @Test
    void interruptClosesAnUnconnectedChannelToo() throws Exception {
        Thread.currentThread().interrupt();
        assertThrowsExactly(ClosedByInterruptException.class, () -> udp.near.send(Tcp.bytes(1), udp.farAddress));
        assertTrue(Thread.interrupted());
        assertFalse(udp.near.isOpen());
        assertTrue(udp.far.isOpen());
    }

    @Test
    void interruptMeansNothingToAddressesAndNonBlockingOperations() throws Exception {
        Thread.currentThread().interrupt();
        udp.near.connect(udp.farAddress);
        udp.near.disconnect();
        udp.near.configureBlocking(false);
        assertEquals(1, udp.near.send(Tcp.bytes(1), udp.farAddress));
        assertNull(udp.near.receive(ByteBuffer.allocate(1)));
        assertTrue(udp.near.isOpen());
        assertTrue(Thread.interrupted());
    }

    /** The closer has seen nothing of the receiver, which may be before, in or behind its wait. */
    @Test
    void closeAtAnyMomentEndsTheReceiver() throws Exception {
        for (int i = 0; i < 200; i++) {
            try (Udp pair = Udp.pair()) {
                CountDownLatch started = new CountDownLatch(1);
                Task<SocketAddress> receiver = Task.start(() -> {
                    started.countDown();
                    return pair.near.receive(ByteBuffer.allocate(1));
                });
                started.await();
                for (int spin = i * 100; spin > 0; spin--) {
                    Thread.onSpinWait();
                }
                pair.near.close();
                assertThrows(ClosedChannelException.class, receiver::get);
            }
        }
    }

    // -- traffic --

    @Test
    void twoThreadsPlayPingPong() throws Exception {
        int rounds = 2000;
        try (Task<Void> echo = Task.start(() -> {
            ByteBuffer buffer = ByteBuffer.allocateDirect(8);
            for (int i = 0; i < rounds; i++) {
                SocketAddress from = udp.far.receive(buffer.clear());
                udp.far.send(buffer.flip(), from);
            }
            return null;
        })) {
            ByteBuffer buffer = ByteBuffer.allocate(8);
            for (int i = 0; i < rounds; i++) {
                udp.near.send(buffer.clear().putLong(0, i), udp.farAddress);
                assertEquals(udp.farAddress, udp.near.receive(buffer.clear()));
                assertEquals(i, buffer.getLong(0));
            }
            echo.get();
        }
    }
}
