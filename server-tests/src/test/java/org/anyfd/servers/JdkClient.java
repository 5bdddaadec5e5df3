package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/** The JDK's HTTP client, for servers that answer each POST with its body. */
final class JdkClient implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(50);
    /** Under way at once, well below what servers allow on one connection. */
    private static final int BATCH = 64;

    private final Version version;
    private final ExecutorService threads = Executors.newFixedThreadPool(4);
    private HttpClient client;

    JdkClient(Version version) throws Exception {
        this.version = version;
        client = HttpClient.newBuilder().version(version).connectTimeout(PATIENCE).executor(threads)
                .sslContext(Certificate.context()).build();
    }

    byte[] get(URI uri) throws Exception {
        return bodyOf(client.send(HttpRequest.newBuilder(uri).timeout(PATIENCE).build(), BodyHandlers.ofByteArray()));
    }

    /** One at a time, then many at once. */
    void assertEchoes(URI uri, int requests) throws Exception {
        for (int i = 0; i < requests / 10; i++) {
            assertArrayEquals(HttpLoad.body(i), bodyOf(client.send(post(uri, i), BodyHandlers.ofByteArray())));
        }
        for (int first = 0; first < requests; first += BATCH) {
            List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
            for (int i = first; i < first + BATCH; i++) {
                answers.add(client.sendAsync(post(uri, i), BodyHandlers.ofByteArray()));
            }
            for (int i = first; i < first + BATCH; i++) {
                byte[] body = bodyOf(answers.get(i - first).get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
                assertArrayEquals(HttpLoad.body(i), body, "body of request " + i);
            }
        }
    }

    WebSocket open(URI uri, WebSocket.Listener listener) throws Exception {
        return client.newWebSocketBuilder().buildAsync(uri, listener).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    void assertOnAnyFd() {
        AnyFd.assertSelectsFor("jdk.internal.net.http.");
    }

    private static HttpRequest post(URI uri, int number) {
        return HttpRequest.newBuilder(uri).timeout(PATIENCE).POST(BodyPublishers.ofByteArray(HttpLoad.body(number))).build();
    }

    private byte[] bodyOf(HttpResponse<byte[]> response) {
        assertEquals(200, response.statusCode());
        assertEquals(version, response.version());
        return response.body();
    }

    /** A client of JDK 17 has no close(): it ends when it has been collected, which {@link OpenFiles} waits for. */
    @Override
    public void close() {
        threads.shutdown();
        client = null;
    }
}
