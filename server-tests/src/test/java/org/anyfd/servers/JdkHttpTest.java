package org.anyfd.servers;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient.Version;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.SocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The HTTP server and the HTTP client that come with the JDK. */
@ExtendWith(OpenFiles.class)
class JdkHttpTest {
    /** Few, for the server writes head and body one by one and leaves Nagle's algorithm on: 40 ms for each. */
    private static final int REQUESTS = 192;

    private final ExecutorService pool = Executors.newFixedThreadPool(4);
    private HttpServer server;

    @AfterEach
    void stop() {
        server.stop(0);
        pool.shutdown();
    }

    private void start(HttpServer created) {
        server = created;
        server.createContext("/echo", JdkHttpTest::echo);
        server.start();
    }

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    @Test
    void dispatcherThreadServesKeepAliveRequests() throws Exception {
        start(HttpServer.create(anyPort(), 0));
        HttpLoad.run(SocketFactory.getDefault(), server.getAddress().getPort(), "/echo", REQUESTS);
        assertOnAnyFd();
    }

    @Test
    void poolServesKeepAliveRequests() throws Exception {
        HttpServer created = HttpServer.create(anyPort(), 0);
        created.setExecutor(pool);
        start(created);
        HttpLoad.run(SocketFactory.getDefault(), server.getAddress().getPort(), "/echo", REQUESTS);
        assertOnAnyFd();
    }

    @Test
    void poolServesOverTls() throws Exception {
        HttpsServer created = HttpsServer.create(anyPort(), 0);
        created.setHttpsConfigurator(new HttpsConfigurator(Certificate.context()));
        created.setExecutor(pool);
        start(created);
        HttpLoad.run(Certificate.trustingSockets(), server.getAddress().getPort(), "/echo", REQUESTS);
        assertOnAnyFd();
    }

    @Test
    void clientMeetsServer() throws Exception {
        HttpServer created = HttpServer.create(anyPort(), 0);
        created.setExecutor(pool);
        start(created);
        assertClientIsAnswered("http");
    }

    @Test
    void clientMeetsServerOverTls() throws Exception {
        HttpsServer created = HttpsServer.create(anyPort(), 0);
        created.setHttpsConfigurator(new HttpsConfigurator(Certificate.context()));
        created.setExecutor(pool);
        start(created);
        assertClientIsAnswered("https");
    }

    private void assertClientIsAnswered(String scheme) throws Exception {
        try (JdkClient client = new JdkClient(Version.HTTP_1_1)) {
            URI uri = URI.create(scheme + "://localhost:" + server.getAddress().getPort() + "/echo");
            client.assertEchoes(uri, REQUESTS);
            client.assertOnAnyFd();
            assertOnAnyFd();
        }
    }

    private static void assertOnAnyFd() {
        AnyFd.assertSelectsFor("sun.net.httpserver.");
    }

    private static void echo(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
