package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;

/** Keep-alive HTTP/1.1 clients for a server that answers each POST with the body it got. */
final class HttpLoad {
    static final int CONNECTIONS = 8;
    static final int REQUESTS = 4_000;

    private static final int ALL_SECONDS = 50;

    private HttpLoad() {
    }

    static void run(int port, String path) throws Exception {
        run(port, path, REQUESTS);
    }

    static void run(int port, String path, int requests) throws Exception {
        run(SocketFactory.getDefault(), port, path, requests);
    }

    /** Sends the requests over {@link #CONNECTIONS} at once, and checks every answer. */
    static void run(SocketFactory sockets, int port, String path, int requests) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
        try {
            List<Callable<Integer>> clients = new ArrayList<>();
            for (int c = 0; c < CONNECTIONS; c++) {
                int first = c;
                clients.add(() -> client(sockets, port, path, first, requests));
            }
            int answered = 0;
            for (Future<Integer> client : threads.invokeAll(clients, ALL_SECONDS, TimeUnit.SECONDS)) {
                answered += client.get();
            }
            assertEquals(requests, answered, "requests answered");
        } finally {
            threads.shutdownNow();
        }
    }

    /** One connection: every {@link #CONNECTIONS}th request from the first on. */
    private static int client(SocketFactory sockets, int port, String path, int first, int end) throws IOException {
        int answered = 0;
        try (HttpConnection connection = new HttpConnection(sockets, port)) {
            for (int number = first; number < end; number += CONNECTIONS) {
                byte[] body = body(number);
                connection.send("POST " + path + "?" + number + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                        + body.length + "\r\n\r\n", body);
                connection.expectOk();
                assertArrayEquals(body, connection.body(), "body of request " + number);
                answered++;
            }
        }
        return answered;
    }

    /** Mostly small, now and then nothing, now and then more than the socket takes in one write. */
    static byte[] body(int number) {
        Random random = new Random(number);
        int length = number % 250 == 0 ? 300_000 : number % 31 == 0 ? 0 : random.nextInt(2_000);
        byte[] body = new byte[length];
        random.nextBytes(body);
        return body;
    }
}
