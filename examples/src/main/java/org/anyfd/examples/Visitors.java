package org.anyfd.examples;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The load of {@link ZeroDowntime}: half of the visitors keep their connection as long as the server lets them, half come
 * anew for each request. Nothing is tried twice: what fails, counts.
 */
final class Visitors {
    private static final int COUNT = 6;
    private static final int PATIENCE_SECONDS = 30;

    private final InetSocketAddress server;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong connections = new AtomicLong();
    private final Map<String, Long> answers = new ConcurrentHashMap<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private volatile boolean stopping;

    private Visitors(InetSocketAddress server) {
        this.server = server;
    }

    static Visitors start(InetSocketAddress server) {
        Visitors visitors = new Visitors(server);
        for (int i = 0; i < COUNT; i++) {
            boolean keeps = i % 2 == 0;
            Thread thread = new Thread(() -> visitors.visit(keeps), "visitor " + i);
            thread.setDaemon(true);
            visitors.threads.add(thread);
            thread.start();
        }
        return visitors;
    }

    /** What failed; one line each. */
    Queue<String> failures() {
        return failures;
    }

    long connections() {
        return connections.get();
    }

    /** How many requests each server has answered. */
    Map<String, Long> answers() {
        return new TreeMap<>(answers);
    }

    /** Waits until a server has answered often enough for a restart to disturb it. */
    void awaitAnswersOf(long pid) throws InterruptedException, TimeoutException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (answers.getOrDefault("process " + pid, 0L) < 200) {
            if (System.nanoTime() - end > 0) {
                throw new TimeoutException("process " + pid + " does not answer: " + answers + ", " + failures);
            }
            Thread.sleep(10);
        }
    }

    void stop() throws InterruptedException {
        stopping = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private void visit(boolean keeps) {
        while (!stopping) {
            try (Socket socket = new Socket()) {
                socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
                socket.setTcpNoDelay(true);
                socket.connect(server, (int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
                connections.incrementAndGet();
                InputStream in = new BufferedInputStream(socket.getInputStream());
                boolean open = true;
                while (open && !stopping) {
                    open = ask(socket, in, keeps);
                    Thread.sleep(1);
                }
            } catch (IOException | InterruptedException e) {
                failures.add(Thread.currentThread().getName() + ": " + e);
            }
        }
    }

    /** Asks once; false if the server closes the connection then. */
    private boolean ask(Socket socket, InputStream in, boolean keep) throws IOException {
        String request = "GET /page HTTP/1.1\r\nHost: localhost\r\n" + (keep ? "" : "Connection: close\r\n") + "\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        String status = line(in);
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
        }
        int length = Integer.parseInt(headers.get("Content-Length"));
        String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        if (!status.equals("HTTP/1.1 200 OK") || !body.equals("You asked for /page\n")) {
            throw new IOException(status + ", " + body);
        }
        answers.merge(headers.get("Server"), 1L, Long::sum);
        return !"close".equalsIgnoreCase(headers.get("Connection"));
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("connection closed after \"" + line + "\"");
            }
            line.append((char) c);
        }
        return line.toString().stripTrailing();
    }
}
