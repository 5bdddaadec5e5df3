package org.anyfd.it;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * Keep-alive HTTP/1.1 clients for a server that answers each POST with the body it got. They run over java.net.Socket,
 * which no selector provider has a part in, so a wrong answer is the server's.
 */
final class HttpLoad {
    private static final int ANSWER_SECONDS = 20;
    private static final int ALL_SECONDS = 50;

    private HttpLoad() { }

    /** Sends so many requests in all over so many connections at once, and checks every answer. */
    static void run(int port, int connections, int requests) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(connections);
        try {
            List<Callable<Integer>> clients = new ArrayList<>();
            for (int c = 0; c < connections; c++) {
                int first = c;
                clients.add(() -> client(port, first, connections, requests));
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

    /** One connection: the requests first, first + step, first + 2 step ... below end. */
    private static int client(int port, int first, int step, int end) throws IOException {
        int answered = 0;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(ANSWER_SECONDS));
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (int number = first; number < end; number += step) {
                byte[] body = body(number);
                byte[] head = ("POST /" + number + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length
                        + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
                byte[] request = Arrays.copyOf(head, head.length + body.length);
                System.arraycopy(body, 0, request, head.length, body.length);
                socket.getOutputStream().write(request);
                assertArrayEquals(body, answer(in), "body of request " + number);
                answered++;
            }
        }
        return answered;
    }

    /** Mostly small, now and then nothing, now and then more than the socket takes in one write. */
    private static byte[] body(int number) {
        Random random = new Random(number);
        int length = number % 250 == 0 ? 300_000 : number % 31 == 0 ? 0 : random.nextInt(2_000);
        byte[] body = new byte[length];
        random.nextBytes(body);
        return body;
    }

    private static byte[] answer(InputStream in) throws IOException {
        assertEquals("HTTP/1.1 200 OK", line(in));
        int length = -1;
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
            String[] parts = header.split(":\\s*", 2);
            if (parts[0].equalsIgnoreCase("content-length")) {
                length = Integer.parseInt(parts[1]);
            }
        }
        byte[] body = in.readNBytes(length);
        assertEquals(length, body.length, "the server closed within a body");
        return body;
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the server closed after \"" + line + '"');
            }
            line.append((char) c);
        }
        return line.toString().stripTrailing();
    }
}
