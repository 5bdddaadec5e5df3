package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The JDK's own HTTP server and client. The server selects, then cancels the key, makes the channel blocking before the
 * selector has noticed, and reads and writes on other threads; the client is non-blocking throughout.
 */
@Bounded
class JdkHttpTest {
    private ExecutorService threads;
    private HttpServer server;
    private HttpClient client;

    @BeforeEach
    void start() throws IOException {
        threads = Executors.newFixedThreadPool(4);
        server = HttpServer.create(new InetSocketAddress(Tcp.loopback4(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/echo", JdkHttpTest::echo);
        server.start();
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(20))
                .build();
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.stop(0);
        threads.shutdown();
        threads.awaitTermination(10, TimeUnit.SECONDS);
    }

    private static void echo(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private HttpRequest post(byte[] body) {
        URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/echo");
        return HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20)).POST(BodyPublishers.ofByteArray(body)).build();
    }

    @Test
    void oneConnectionServesManyRequests() throws Exception {
        for (int i = 0; i < 200; i++) {
            byte[] body = Tcp.random(i, i);
            HttpResponse<byte[]> response = client.send(post(body), BodyHandlers.ofByteArray());
            assertEquals(200, response.statusCode());
            assertArrayEquals(body, response.body());
        }
    }

    @Test
    void largeBodiesComeBackWhole() throws Exception {
        byte[] body = Tcp.random(1, 3_000_000);
        assertArrayEquals(body, client.send(post(body), BodyHandlers.ofByteArray()).body());
    }

    @Test
    void requestsAreServedAtTheSameTime() throws Exception {
        List<CompletableFuture<HttpResponse<byte[]>>> responses = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            responses.add(client.sendAsync(post(Tcp.random(i, 10_000)), BodyHandlers.ofByteArray()));
        }
        for (int i = 0; i < 50; i++) {
            assertArrayEquals(Tcp.random(i, 10_000), responses.get(i).get(20, TimeUnit.SECONDS).body());
        }
    }

    @Test
    void aStoppedServerRefusesConnections() throws Exception {
        HttpRequest request = post(new byte[1]);
        server.stop(0);
        // Keeps the port, so that nobody else can listen there.
        try (SocketChannel holder = SocketChannel.open()) {
            holder.bind(server.getAddress());
            assertThrows(ConnectException.class, () -> client.send(request, BodyHandlers.ofByteArray()));
        }
    }
}
