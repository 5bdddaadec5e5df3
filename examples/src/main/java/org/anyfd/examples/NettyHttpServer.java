package org.anyfd.examples;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.spi.SelectorProvider;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;

/**
 * Netty's NIO HTTP server, which knows nothing of anyfd and runs on it by the flag alone:
 *
 * <pre>
 *   examples/run NettyHttpServer 8080
 *   curl http://localhost:8080/
 * </pre>
 *
 * <p>Control-C or SIGTERM ends it as it should end: it accepts no more, answers who is connected once more, and closes.
 */
public final class NettyHttpServer {
    private static final int GRACE_SECONDS = 10;

    private static final ChannelGroup CONNECTIONS = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private static volatile boolean stopping;

    private NettyHttpServer() { }

    public static void main(String[] args) throws InterruptedException {
        int port = new Arguments("NettyHttpServer [PORT]", args).port(0, 8080);
        EventLoopGroup accepting = new NioEventLoopGroup(1);
        EventLoopGroup serving = new NioEventLoopGroup();
        try {
            Channel server = new ServerBootstrap()
                    .group(accepting, serving)
                    .channel(NioServerSocketChannel.class)
                    .childHandler(new Pipeline())
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                    .sync()
                    .channel();
            Thread main = Thread.currentThread();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, main)));
            int bound = ((InetSocketAddress) server.localAddress()).getPort();
            System.out.println("Netty on port " + bound + ", " + SelectorProvider.provider().getClass().getName());
            server.closeFuture().sync();
            drain(serving);
        } finally {
            accepting.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            serving.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private static void stop(Channel server, Thread main) {
        try {
            server.close().sync();
            main.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until everyone who was accepted has been told that the connection ends, and has gone. */
    private static void drain(EventLoopGroup serving) throws InterruptedException {
        for (EventExecutor loop : serving) {
            // Connections accepted last are still on their way to their event loops.
            loop.submit(() -> { }).sync();
        }
        stopping = true;
        CONNECTIONS.newCloseFuture().await(GRACE_SECONDS, TimeUnit.SECONDS);
        CONNECTIONS.close().await();
    }

    private static final class Pipeline extends ChannelInitializer<SocketChannel> {
        @Override
        protected void initChannel(SocketChannel channel) {
            CONNECTIONS.add(channel);
            channel.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(1 << 20), new Hello());
        }
    }

    private static final class Hello extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            byte[] body = ("You asked for " + request.uri() + "\n").getBytes(StandardCharsets.UTF_8);
            FullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(body));
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8");
            HttpUtil.setContentLength(response, body.length);
            response.headers().set(HttpHeaderNames.SERVER, "process " + ProcessHandle.current().pid());
            boolean keepAlive = HttpUtil.isKeepAlive(request) && !stopping;
            HttpUtil.setKeepAlive(response, keepAlive);
            var written = context.writeAndFlush(response);
            if (!keepAlive) {
                written.addListener(ChannelFutureListener.CLOSE);
            }
        }
    }
}
