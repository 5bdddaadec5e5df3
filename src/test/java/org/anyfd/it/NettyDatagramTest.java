package org.anyfd.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.AbstractNioChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.BitSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Netty's NIO datagram transport, as it is, under the flag. */
class NettyDatagramTest {
    private static final int ROUND_TRIPS = 10_000;
    private static final int IN_FLIGHT = 16;

    private final CountDownLatch done = new CountDownLatch(1);

    @Test
    void nettyEchoesTenThousandDatagrams() throws Exception {
        EventLoopGroup loops = new NioEventLoopGroup(2);
        try {
            Channel server = open(loops, new Echo());
            Client client = new Client((InetSocketAddress) server.localAddress());
            Channel channel = open(loops, client);
            channel.eventLoop().submit(() -> client.begin(channel)).sync();
            assertTrue(done.await(40, TimeUnit.SECONDS), () -> client.answered.cardinality() + " answers");
            Provider.assertAnyFd(javaChannel(server));
            Provider.assertAnyFd(javaChannel(channel));
        } finally {
            loops.shutdownGracefully(0, 10, TimeUnit.SECONDS);
            assertTrue(loops.awaitTermination(20, TimeUnit.SECONDS), "the loops have ended");
        }
    }

    private static Channel open(EventLoopGroup loops, SimpleChannelInboundHandler<DatagramPacket> handler)
            throws InterruptedException {
        return new Bootstrap().group(loops).channel(NioDatagramChannel.class).handler(handler)
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).sync().channel();
    }

    /** The java.nio channel under a Netty channel; there is no public way to it. */
    private static Object javaChannel(Channel channel) throws ReflectiveOperationException {
        Method javaChannel = AbstractNioChannel.class.getDeclaredMethod("javaChannel");
        javaChannel.setAccessible(true);
        return javaChannel.invoke(channel);
    }

    private static final class Echo extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            context.writeAndFlush(new DatagramPacket(packet.content().retain(), packet.sender()));
        }
    }

    /** Numbers its datagrams and keeps some of them on their way, few enough for none to be lost. */
    private final class Client extends SimpleChannelInboundHandler<DatagramPacket> {
        private final InetSocketAddress server;
        /** Read by the test only to say how far it came. */
        private final BitSet answered = new BitSet(ROUND_TRIPS);
        private int sent;

        Client(InetSocketAddress server) {
            this.server = server;
        }

        void begin(Channel channel) {
            while (sent < IN_FLIGHT) {
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
}
