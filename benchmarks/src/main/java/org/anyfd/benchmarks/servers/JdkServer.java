package org.anyfd.benchmarks.servers;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

final class JdkServer {
    private JdkServer() { }

    static int start(boolean pool) throws IOException {
        // It writes head and body one by one: without this, each answer waits 40 ms for an acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
        if (pool) server.setExecutor(Executors.newFixedThreadPool(Server.WORKERS));
        server.createContext("/", JdkServer::page);
        server.start();
        return server.getAddress().getPort();
    }

    private static void page(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, Server.PAGE.length);
        exchange.getResponseBody().write(Server.PAGE);
        exchange.close();
    }
}
