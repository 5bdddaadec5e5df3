package org.anyfd.benchmarks.servers;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** The servers, what each runs on, and what it is asked. One thread for I/O, {@link #WORKERS} for the rest if there are any. */
public enum Server {
    NIO(Protocol.ECHO, On.C),
    NIO_TOGGLE(Protocol.ECHO),
    NIO_WORKER(Protocol.ECHO),
    NIO_REGISTER(Protocol.ECHO),
    NETTY(Protocol.HTTP, On.NATIVE, On.C),
    JETTY(Protocol.HTTP),
    TOMCAT(Protocol.HTTP),
    UNDERTOW(Protocol.HTTP),
    UNDERTOW_WORKER(Protocol.HTTP),
    GRIZZLY(Protocol.HTTP),
    HTTPSERVER(Protocol.HTTP),
    HTTPSERVER_POOL(Protocol.HTTP),
    MINA(Protocol.ECHO),
    ZOOKEEPER(Protocol.ZOOKEEPER);

    static final int WORKERS = 4;
    static final int ECHO_BYTES = 64;
    /** What a GET is answered with. */
    static final byte[] PAGE = "Hello, world\n".getBytes(StandardCharsets.US_ASCII);

    private enum Protocol { ECHO, HTTP, ZOOKEEPER }

    private final Protocol protocol;
    private final List<On> peers;

    Server(Protocol protocol, On... peers) {
        this.protocol = protocol;
        this.peers = List.of(peers);
    }

    /** As it is named on the command line and in tables. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Beside the two providers. */
    public List<On> peers() {
        return peers;
    }

    /**
     * Whether one of its threads spins until another has gone on, which on one processor takes until its time slice is over:
     * Undertow's I/O thread, woken by a worker that resumes reading, until the worker has said that it has (HttpReadListener).
     */
    boolean spins() {
        return this == UNDERTOW_WORKER;
    }

    /** The command of a process that {@link Program} describes, or its like in C. */
    public List<String> command(On on, Path floor) {
        if (on == On.C) return List.of(floor.toString(), protocol == Protocol.ECHO ? "echo" : "http");
        return on.provider.java(Program.class, name(), on.name());
    }

    /** For {@code load.c}: a request, how its answer begins, how long that is; what opens a connection, and the same. */
    public List<String> conversation() {
        HexFormat hex = HexFormat.of();
        switch (protocol) {
            case ECHO -> {
                String bytes = "61".repeat(ECHO_BYTES);
                return List.of(bytes, bytes, String.valueOf(ECHO_BYTES));
            }
            case HTTP -> {
                byte[] get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
                byte[] ok = "HTTP/1.1 200".getBytes(StandardCharsets.US_ASCII);
                return List.of(hex.formatHex(get), hex.formatHex(ok), "http");
            }
            case ZOOKEEPER -> {
                // exists("/", no watch), operation 3. The answer: a length, 16 bytes of head, and if it does exist 68 of Stat.
                byte[] exists = frame(out -> {
                    out.writeInt(1);
                    out.writeInt(3);
                    out.writeInt(1);
                    out.writeByte('/');
                    out.writeBoolean(false);
                });
                // ConnectRequest: version, last transaction seen, timeout in ms, session, password, not read-only.
                byte[] connect = frame(out -> {
                    out.writeInt(0);
                    out.writeLong(0);
                    out.writeInt(30_000);
                    out.writeLong(0);
                    out.writeInt(16);
                    out.write(new byte[16]);
                    out.writeBoolean(false);
                });
                return List.of(hex.formatHex(exists), "00000054", "88", hex.formatHex(connect), "41");
            }
            default -> throw new IllegalStateException(protocol.name());
        }
    }

    private interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    /** Bytes with their length before them. */
    private static byte[] frame(Body body) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            body.write(new DataOutputStream(bytes));
            ByteArrayOutputStream framed = new ByteArrayOutputStream();
            new DataOutputStream(framed).writeInt(bytes.size());
            bytes.writeTo(framed);
            return framed.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
