package org.anyfd.benchmarks;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The traced program of {@link SystemCalls}: a server's loop and its client, in rounds. In a round the client sends one
 * request on each connection, then the server answers them all; it starts when all are sent, so that how many it finds
 * ready does not depend on chance. Whose turn it is they tell each other by spinning, which makes no system call.
 *
 * <p>A look for a file below {@link #MARK} tells the trace which threads are the server's, and where a window begins and ends.
 */
final class Patterns {
    static final String MARK = "/anyfd-benchmark/";
    static final int REQUESTS = 640;
    private static final int WARM_UP = 320;
    private static final int BYTES = 64;
    /** Larger than a request, as a server's is: a read that does not fill it says that there is no more. */
    private static final int BUFFER = 4096;

    enum Pattern {
        ECHO("read, write"),
        TOGGLE("READ, then WRITE, then READ again"),
        WORKER("interest 0, a worker answers, READ, wakeup"),
        REGISTER("cancel, selectNow, answer, register"),
        ACCEPT("accept, answer, close");

        final String text;

        Pattern(String text) {
            this.text = text;
        }
    }

    private final Pattern pattern;
    private final int connections;
    private final Selector selector = Selector.open();
    private final ServerSocketChannel listener = ServerSocketChannel.open();
    private final AtomicInteger answered = new AtomicInteger();
    private final BlockingQueue<SelectionKey> work = new LinkedBlockingQueue<>();
    private final List<SelectionKey> cancelled = new ArrayList<>();
    /** Rounds that the client has sent, and that the server has answered. */
    private volatile int sent;
    private volatile int done;

    private Patterns(Pattern pattern, int connections) throws IOException {
        this.pattern = pattern;
        this.connections = connections;
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 128);
    }

    public static void main(String[] args) throws Exception {
        Provider.check(args[0]);
        mark("thread");
        for (Pattern pattern : Pattern.values()) {
            for (int connections : SystemCalls.CONNECTIONS) new Patterns(pattern, connections).run();
        }
    }

    private static void mark(String text) {
        new File(MARK + text).exists();
    }

    private void run() throws Exception {
        Thread client = daemon(this::client);
        if (pattern == Pattern.ACCEPT) {
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT);
        } else {
            for (int i = 0; i < connections; i++) register(listener.accept());
        }
        if (pattern == Pattern.WORKER) daemon(this::worker);
        int warmUp = WARM_UP / connections;
        for (int round = 1; round <= warmUp; round++) serve(round);
        mark("begin/" + pattern + "/" + connections);
        for (int round = warmUp + 1; round <= rounds(); round++) serve(round);
        mark("end");
        client.join();
        for (SelectionKey key : selector.keys()) key.channel().close();
        listener.close();
        selector.close();
    }

    private int rounds() {
        return (WARM_UP + REQUESTS) / connections;
    }

    private void serve(int round) throws IOException {
        while (sent < round) Thread.onSpinWait();
        answered.set(0);
        while (answered.get() < connections) select();
        done = round;
    }

    private void select() throws IOException {
        selector.select();
        Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
        while (keys.hasNext()) {
            SelectionKey key = keys.next();
            keys.remove();
            ready(key);
        }
        if (!cancelled.isEmpty()) {
            selector.selectNow();
            for (SelectionKey key : cancelled) {
                write(key);
                key.channel().register(selector, SelectionKey.OP_READ, key.attachment());
            }
            cancelled.clear();
        }
    }

    private void ready(SelectionKey key) throws IOException {
        if (key.isAcceptable()) {
            register(listener.accept());
        } else if (key.isWritable()) {
            write(key);
            key.interestOps(SelectionKey.OP_READ);
        } else {
            read(key);
            switch (pattern) {
                case ECHO -> write(key);
                case TOGGLE -> key.interestOps(SelectionKey.OP_WRITE);
                case WORKER -> {
                    key.interestOps(0);
                    work.add(key);
                }
                case REGISTER -> {
                    key.cancel();
                    cancelled.add(key);
                }
                case ACCEPT -> {
                    write(key);
                    key.channel().close();
                }
            }
        }
    }

    private void register(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ, ByteBuffer.allocateDirect(BUFFER));
    }

    private static void read(SelectionKey key) throws IOException {
        ByteBuffer bytes = (ByteBuffer) key.attachment();
        int got = ((SocketChannel) key.channel()).read(bytes.clear());
        if (got != BYTES) throw new IOException("a request of " + BYTES + " bytes was read as " + got);
    }

    private void write(SelectionKey key) throws IOException {
        int put = ((SocketChannel) key.channel()).write(((ByteBuffer) key.attachment()).flip());
        if (put != BYTES) throw new IOException("an answer of " + BYTES + " bytes was written as " + put);
        answered.incrementAndGet();
    }

    /** Answers what is handed to it, and has the selector watch for the next request. */
    private void worker() throws Exception {
        mark("thread");
        for (int i = 0; i < rounds() * connections; i++) {
            SelectionKey key = work.take();
            write(key);
            key.interestOps(SelectionKey.OP_READ);
            selector.wakeup();
        }
    }

    private void client() throws IOException {
        List<Socket> sockets = new ArrayList<>();
        byte[] bytes = new byte[BYTES];
        for (int round = 1; round <= rounds(); round++) {
            if (sockets.isEmpty()) {
                for (int i = 0; i < connections; i++) sockets.add(connect());
            }
            for (Socket socket : sockets) socket.getOutputStream().write(bytes);
            sent = round;
            for (Socket socket : sockets) {
                InputStream in = socket.getInputStream();
                if (in.readNBytes(bytes, 0, BYTES) != BYTES) throw new IOException("an answer ended early");
                if (pattern == Pattern.ACCEPT && in.read() != -1) throw new IOException("more than the answer came");
            }
            while (done < round) Thread.onSpinWait();
            if (pattern == Pattern.ACCEPT || round == rounds()) {
                for (Socket socket : sockets) socket.close();
                sockets.clear();
            }
        }
    }

    private Socket connect() throws IOException {
        InetSocketAddress server = (InetSocketAddress) listener.getLocalAddress();
        Socket socket = new Socket(server.getAddress(), server.getPort());
        socket.setTcpNoDelay(true);
        return socket;
    }

    private interface Body {
        void run() throws Exception;
    }

    /** A thread whose failure ends the program, so that nobody waits for it. */
    private static Thread daemon(Body body) {
        Thread thread = new Thread(() -> {
            try {
                body.run();
            } catch (Exception e) {
                e.printStackTrace();
                Runtime.getRuntime().halt(1);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
