package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.mina.core.buffer.IoBuffer;
import org.apache.mina.core.future.ConnectFuture;
import org.apache.mina.core.service.IoHandlerAdapter;
import org.apache.mina.core.session.IoSession;
import org.apache.mina.transport.socket.nio.NioDatagramAcceptor;
import org.apache.mina.transport.socket.nio.NioSocketAcceptor;
import org.apache.mina.transport.socket.nio.NioSocketConnector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Apache MINA: acceptor and connector over TCP, acceptor over UDP. */
@ExtendWith(OpenFiles.class)
class MinaTest {
    private static final int CLIENTS = 8;
    private static final int MESSAGES = 500;

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    @Test
    void minaEchoesStreams() throws Exception {
        NioSocketAcceptor acceptor = new NioSocketAcceptor(2);
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try {
            acceptor.setHandler(new Echo());
            acceptor.bind(anyPort());
            InetSocketAddress address = acceptor.getLocalAddress();
            var clients = IntStream.range(0, CLIENTS).mapToObj(c -> threads.submit(() -> client(address, c))).toList();
            for (Future<Integer> client : clients) {
                assertEquals(MESSAGES, client.get(50, TimeUnit.SECONDS));
            }
            AnyFd.assertUsedBy(1, acceptor);
        } finally {
            threads.shutdownNow();
            acceptor.dispose(true);
        }
    }

    private static int client(InetSocketAddress server, int seed) throws Exception {
        Random random = new Random(seed);
        try (Socket socket = new Socket(server.getAddress(), server.getPort())) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(20));
            for (int i = 0; i < MESSAGES; i++) {
                byte[] message = new byte[1 + random.nextInt(i % 100 == 0 ? 60_000 : 2_000)];
                random.nextBytes(message);
                socket.getOutputStream().write(message);
                assertArrayEquals(message, socket.getInputStream().readNBytes(message.length), "message " + i);
            }
        }
        return MESSAGES;
    }

    @Test
    void minasConnectorMeetsItsAcceptor() throws Exception {
        NioSocketAcceptor acceptor = new NioSocketAcceptor(1);
        NioSocketConnector connector = new NioSocketConnector(1);
        try {
            acceptor.setHandler(new Echo());
            acceptor.bind(anyPort());
            byte[] sent = new byte[3_000_000];
            new Random(1).nextBytes(sent);
            Collector collector = new Collector(sent.length);
            connector.setHandler(collector);
            ConnectFuture connecting = connector.connect(acceptor.getLocalAddress());
            assertTrue(connecting.awaitUninterruptibly(20, TimeUnit.SECONDS), "connected");
            connecting.getSession().write(IoBuffer.wrap(sent));
            assertArrayEquals(sent, collector.received.get(20, TimeUnit.SECONDS));
            AnyFd.assertUsedBy(1, acceptor);
            AnyFd.assertUsedBy(1, connector);
        } finally {
            connector.dispose(true);
            acceptor.dispose(true);
        }
    }

    @Test
    void minaEchoesDatagrams() throws Exception {
        NioDatagramAcceptor acceptor = new NioDatagramAcceptor();
        try (DatagramSocket socket = new DatagramSocket(anyPort())) {
            acceptor.setHandler(new Echo());
            acceptor.bind(anyPort());
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(20));
            Random random = new Random(1);
            byte[] room = new byte[2_000];
            for (int i = 0; i < MESSAGES; i++) {
                byte[] sent = new byte[1 + random.nextInt(1_400)];
                random.nextBytes(sent);
                socket.send(new DatagramPacket(sent, sent.length, acceptor.getLocalAddress()));
                DatagramPacket answer = new DatagramPacket(room, room.length);
                socket.receive(answer);
                assertArrayEquals(sent, Arrays.copyOf(room, answer.getLength()), "datagram " + i);
            }
            AnyFd.assertUsedBy(1, acceptor);
        } finally {
            acceptor.dispose(true);
        }
    }

    private static final class Echo extends IoHandlerAdapter {
        @Override
        public void messageReceived(IoSession session, Object message) {
            IoBuffer received = (IoBuffer) message;
            session.write(IoBuffer.allocate(received.remaining()).put(received).flip());
        }
    }

    /** Hands over what has come when it is so many bytes. */
    private static final class Collector extends IoHandlerAdapter {
        private final CompletableFuture<byte[]> received = new CompletableFuture<>();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final int length;

        private Collector(int length) {
            this.length = length;
        }

        @Override
        public void messageReceived(IoSession session, Object message) {
            IoBuffer some = (IoBuffer) message;
            bytes.write(some.array(), some.arrayOffset() + some.position(), some.remaining());
            if (bytes.size() >= length) {
                received.complete(bytes.toByteArray());
            }
        }

        @Override
        public void exceptionCaught(IoSession session, Throwable cause) {
            received.completeExceptionally(cause);
        }
    }
}
