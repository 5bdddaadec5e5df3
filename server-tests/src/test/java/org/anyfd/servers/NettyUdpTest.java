package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
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
import java.util.Random;
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

    @Test
    void nettyEchoesDatagrams() throws Exception {
        NioEventLoopGroup loops = new NioEventLoopGroup(1);
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try {
            Channel server = new Bootstrap()
                    .group(loops)
                    .channel(NioDatagramChannel.class)
                    .option(ChannelOption.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(1 << 16))
                    .handler(new Echo())
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).sync().channel();
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

    private static final class Echo extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            context.writeAndFlush(new DatagramPacket(packet.content().retain(), packet.sender()));
        }
    }
}
