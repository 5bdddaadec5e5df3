package org.anyfd.benchmarks.servers;

import io.undertow.Undertow;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.BlockingHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

final class UndertowServer {
    private UndertowServer() { }

    static int start(boolean worker) {
        Undertow undertow = Undertow.builder()
            .setIoThreads(1)
            .setWorkerThreads(Server.WORKERS)
            .addHttpListener(0, "127.0.0.1")
            .setHandler(worker ? new BlockingHandler(UndertowServer::stream) : UndertowServer::send)
            .build();
        undertow.start();
        return ((InetSocketAddress) undertow.getListenerInfo().get(0).getAddress()).getPort();
    }

    private static void send(HttpServerExchange exchange) {
        exchange.getResponseSender().send(ByteBuffer.wrap(Server.PAGE));
    }

    private static void stream(HttpServerExchange exchange) throws IOException {
        exchange.setResponseContentLength(Server.PAGE.length);
        exchange.getOutputStream().write(Server.PAGE);
    }
}
