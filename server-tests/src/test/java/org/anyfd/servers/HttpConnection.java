package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;

/** The client's end of one HTTP/1.1 connection, over a java.net socket; for one thread. */
final class HttpConnection implements Closeable {
    private static final int ANSWER_SECONDS = 20;

    private final Socket socket;
    private final InputStream in;
    private Map<String, String> headers;

    HttpConnection(SocketFactory sockets, int port) throws IOException {
        socket = sockets.createSocket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(ANSWER_SECONDS));
        in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    }

    void send(String head, byte[] body) throws IOException {
        byte[] request = Arrays.copyOf(head.getBytes(StandardCharsets.US_ASCII), head.length() + body.length);
        System.arraycopy(body, 0, request, head.length(), body.length);
        socket.getOutputStream().write(request);
    }

    void expectOk() throws IOException {
        assertEquals("HTTP/1.1 200", line().substring(0, 12));
        headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String header = line(); !header.isEmpty(); header = line()) {
            String[] parts = header.split(":\\s*", 2);
            headers.put(parts[0], parts[1]);
        }
    }

    /** Asks for the big file, which the server has at its root. */
    void assertServesBigFile() throws IOException {
        send("GET /" + BigFile.NAME + " HTTP/1.1\r\nHost: localhost\r\n\r\n", new byte[0]);
        expectOk();
        assertEquals(BigFile.SIZE, contentLength());
        BigFile.assertNext(in, 0, BigFile.SIZE);
    }

    private long contentLength() {
        return Long.parseLong(headers.get("Content-Length"));
    }

    byte[] body() throws IOException {
        return "chunked".equalsIgnoreCase(headers.get("Transfer-Encoding")) ? chunks() : read((int) contentLength());
    }

    private byte[] chunks() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
            body.write(read(size));
            assertEquals("", line(), "after a chunk");
        }
        assertEquals("", line(), "after the last chunk");
        return body.toByteArray();
    }

    private byte[] read(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        assertEquals(length, bytes.length, "the server closed within a body");
        return bytes;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the server closed after \"" + line + '"');
            }
            line.append((char) c);
        }
        return line.toString().stripTrailing();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
