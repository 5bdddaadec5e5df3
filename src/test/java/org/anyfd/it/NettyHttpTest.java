package org.anyfd.it;

import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.AbstractNioChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Netty's NIO transport, as it is, under the flag. */
class NettyHttpTest {
    private static final int CONNECTIONS = 16;
    private static final int REQUESTS = 10_000;

    private final Answers answers = new Answers(REQUESTS);
    private final Queue<SelectionKey> keys = new ConcurrentLinkedQueue<>();

    @Test
    void nettyServesTenThousandKeepAliveRequests() throws Exception {
        EventLoopGroup accepting = new NioEventLoopGroup(1);
        EventLoopGroup serving = new NioEventLoopGroup(2);
        try {
            Channel server = new ServerBootstrap()
                    .group(accepting, serving)
                    .channel(NioServerSocketChannel.class)
                    .childHandler(new Pipeline())
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .sync()
                    .channel();
            keys.add(key(server));
            HttpLoad.run(((InetSocketAddress) server.localAddress()).getPort(), CONNECTIONS, REQUESTS);
            answers.assertAllSucceeded();
        } finally {
            accepting.shutdownGracefully(0, 10, TimeUnit.SECONDS);
            serving.shutdownGracefully(0, 10, TimeUnit.SECONDS);
            assertTrue(accepting.awaitTermination(20, TimeUnit.SECONDS), "the accepting loop has ended");
            assertTrue(serving.awaitTermination(20, TimeUnit.SECONDS), "the serving loops have ended");
        }
        assertEquals(1 + CONNECTIONS, keys.size(), "channels seen");
        for (SelectionKey key : keys) {
            Provider.assertAnyFd(key.channel());
            Provider.assertAnyFd(key.selector());
        }
    }

    /** The java.nio key under a Netty channel; there is no public way to it. */
    private static SelectionKey key(Channel channel) throws ReflectiveOperationException {
        Method selectionKey = AbstractNioChannel.class.getDeclaredMethod("selectionKey");
        selectionKey.setAccessible(true);
        return (SelectionKey) selectionKey.invoke(channel);
    }

    private final class Pipeline extends ChannelInitializer<SocketChannel> {
        @Override
        protected void initChannel(SocketChannel channel) throws Exception {
            channel.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(1 << 20), new Echo());
        }
    }

    private final class Echo extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        public void channelActive(ChannelHandlerContext context) throws Exception {
            keys.add(key(context.channel()));
            super.channelActive(context);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            FullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.OK, request.content().retain());
            HttpUtil.setContentLength(response, request.content().readableBytes());
            context.writeAndFlush(response).addListener(written -> {
                if (written.isSuccess()) {
                    answers.succeeded();
                } else {
                    answers.failed(written.cause());
                }
            });
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            answers.failed(cause);
            context.close();
        }
    }
}
