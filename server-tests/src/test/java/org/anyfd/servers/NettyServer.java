package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
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
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A TCP server on Netty's NIO transport: one loop accepts, two serve. In Netty 4.2 the same classes are a thin layer over
 * NioIoHandler.
 */
final class NettyServer implements AutoCloseable {
    private final EventLoopGroup accepting = new NioEventLoopGroup(1);
    private final NioEventLoopGroup serving = new NioEventLoopGroup(2);
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Queue<SelectionKey> keys = new ConcurrentLinkedQueue<>();
    private final Channel listening;

    /** Gives each connection handlers of its own. */
    NettyServer(Supplier<ChannelHandler[]> handlers) throws Exception {
        listening = new ServerBootstrap()
                .group(accepting, serving)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new Keys()).addLast(handlers.get()).addLast(new Failures());
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sync()
                .channel();
        keys.add(key(listening));
    }

    /** Answers each POST with its body, behind such handlers. */
    static ChannelHandler[] http(ChannelHandler... before) {
        ChannelHandler[] echo = {new HttpServerCodec(), new HttpObjectAggregator(1 << 20), new HttpEcho()};
        return Stream.concat(Stream.of(before), Stream.of(echo)).toArray(ChannelHandler[]::new);
    }

    int port() {
        return ((InetSocketAddress) listening.localAddress()).getPort();
    }

    /** Netty's remedy for a selector that spins: every channel moves to a new one. */
    void rebuildSelectors() throws InterruptedException {
        serving.rebuildSelectors();
        for (var loop : serving) {
            loop.submit(() -> { }).await(20, TimeUnit.SECONDS);
        }
    }

    /** The java.nio key under a Netty channel; there is no public way to it. */
    static SelectionKey key(Channel channel) throws ReflectiveOperationException {
        Method selectionKey = AbstractNioChannel.class.getDeclaredMethod("selectionKey");
        selectionKey.setAccessible(true);
        return (SelectionKey) selectionKey.invoke(channel);
    }

    static void stop(EventLoopGroup group) {
        assertTrue(group.shutdownGracefully(0, 10, TimeUnit.SECONDS).awaitUninterruptibly(20, TimeUnit.SECONDS),
                "the loops have ended");
    }

    /** What the tests ask at the end of their traffic. */
    void assertServedOnAnyFd(int connections) {
        assertTrue(failures.isEmpty(), () -> "the server met " + failures);
        assertEquals(1 + connections, keys.size(), "channels seen");
        keys.forEach(key -> AnyFd.assertUsedBy(1, key));
    }

    @Override
    public void close() {
        stop(accepting);
        stop(serving);
    }

    /** While a channel is registered, for then Netty has its key. */
    private final class Keys extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext context) throws Exception {
            keys.add(key(context.channel()));
            super.channelActive(context);
        }
    }

    private final class Failures extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            failures.add(cause);
            context.close();
        }
    }

    private static final class HttpEcho extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            FullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.OK, request.content().retain());
            HttpUtil.setContentLength(response, request.content().readableBytes());
            context.writeAndFlush(response);
        }
    }
}
