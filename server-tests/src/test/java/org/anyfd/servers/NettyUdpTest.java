package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Netty's UDP channel. */
@Tag("netty")
@ExtendWith(OpenFiles.class)
class NettyUdpTest {
    private static final int CLIENTS = 4;
    private static final int DATAGRAMS = 1_000;
    /** The longest that fits into one datagram over IPv4. */
    private static final int LONGEST = 65_507;

    private static Channel open(NioEventLoopGroup loops, ChannelHandler handler) throws InterruptedException {
        return new Bootstrap()
                .group(loops)
                .channel(NioDatagramChannel.class)
                .option(ChannelOption.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(1 << 16))
                .handler(handler)
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).sync().channel();
    }

    @Test
    void nettyEchoesDatagrams() throws Exception {
        NioEventLoopGroup loops = new NioEventLoopGroup(1);
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try {
            Channel server = open(loops, new Echo());
            InetSocketAddress address = (InetSocketAddress) server.localAddress();
            var clients = IntStream.range(0, CLIENTS).mapToObj(c -> threads.submit(() -> client(address, c))).toList();
            for (Future<Integer> client : clients) {
                assertEquals(DATAGRAMS, client.get(50, TimeUnit.SECONDS));
            }
            AnyFd.assertUsedBy(1, NettyServer.key(server));
        } finally {
            threads.shutdownNow();
            NettyServer.stop(loops);
        }
    }

    /**
     * One datagram under way at a time, and long ones from one client only: the kernel drops what does not fit into the
     * server's receive buffer.
     */
    private static int client(InetSocketAddress server, int seed) throws Exception {
        Random random = new Random(seed);
        byte[] room = new byte[LONGEST + 1];
        try (DatagramSocket socket = new DatagramSocket(0, server.getAddress())) {
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(20));
            for (int i = 0; i < DATAGRAMS; i++) {
                byte[] sent = new byte[seed == 0 && i % 20 == 0 ? LONGEST : 1 + random.nextInt(1_400)];
                random.nextBytes(sent);
                socket.send(new java.net.DatagramPacket(sent, sent.length, server));
                java.net.DatagramPacket answer = new java.net.DatagramPacket(room, room.length);
                socket.receive(answer);
                assertEquals(server, answer.getSocketAddress());
                assertArrayEquals(sent, Arrays.copyOf(room, answer.getLength()), "datagram " + i);
            }
        }
        return DATAGRAMS;
    }

    @Test
    @Tag("poll")
    void tenThousandDatagramsGoToAndFro() throws Exception {
        NioEventLoopGroup loops = new NioEventLoopGroup(2);
        try {
            Channel server = open(loops, new Echo());
            Client client = new Client((InetSocketAddress) server.localAddress());
            Channel channel = open(loops, client);
            channel.eventLoop().submit(() -> client.begin(channel)).sync();
            assertTrue(client.done.await(50, TimeUnit.SECONDS), () -> client.answered.cardinality() + " answers");
            AnyFd.assertUsedBy(2, NettyServer.key(server), NettyServer.key(channel));
        } finally {
            NettyServer.stop(loops);
        }
    }

    /** Numbers its datagrams and keeps some of them under way, few enough for none to be lost. */
    private static final class Client extends SimpleChannelInboundHandler<DatagramPacket> {
        private static final int ROUND_TRIPS = 10_000;
        private static final int UNDER_WAY = 16;

        private final CountDownLatch done = new CountDownLatch(1);
        private final InetSocketAddress server;
        /** The loop's; read by the test only to say how far it came. */
        private final BitSet answered = new BitSet(ROUND_TRIPS);
        private int sent;

        Client(InetSocketAddress server) {
            this.server = server;
        }

        void begin(Channel channel) {
            while (sent < UNDER_WAY) {
                channel.writeAndFlush(next());
            }
        }

        private DatagramPacket next() {
            return new DatagramPacket(Unpooled.copyInt(sent++), server);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            assertEquals(server, packet.sender());
            answered.set(packet.content().readInt());
            if (sent < ROUND_TRIPS) {
                context.writeAndFlush(next());
            } else if (answered.cardinality() == ROUND_TRIPS) {
                done.countDown();
            }
        }
    }

    private static final class Echo extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            context.writeAndFlush(new DatagramPacket(packet.content().retain(), packet.sender()));
        }
    }
}
