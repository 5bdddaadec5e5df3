package org.anyfd.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.anyfd.ExtendedOps;

/**
 * A server with several threads, each with a selector of its own, on one listener. A connection wakes one of the threads
 * that wait, not all of them:
 *
 * <pre>
 *   examples/run Shards 7008 4
 *   for i in 1 2 3 4 5; do curl http://localhost:7008/; done
 * </pre>
 */
public final class Shards {
    private final ServerSocketChannel listener;
    private final int number;
    private final Selector selector;
    private int answered;
    private int wokenForNothing;

    private Shards(ServerSocketChannel listener, int number) throws IOException {
        this.listener = listener;
        this.number = number;
        selector = Selector.open();
        // register() takes NIO's operations only; the key takes the others.
        listener.register(selector, 0).interestOps(SelectionKey.OP_ACCEPT | ExtendedOps.EXCLUSIVE);
    }

    public static void main(String[] args) throws IOException {
        Arguments arguments = new Arguments("Shards [PORT [THREADS]]", args);
        int port = arguments.port(0, 7008);
        int threads = arguments.number(1, Runtime.getRuntime().availableProcessors(), 1, 1000);
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
        listener.configureBlocking(false);
        for (int i = 1; i <= threads; i++) {
            Shards shard = new Shards(listener, i);
            new Thread(shard::serve, "shard " + i).start();
        }
        System.out.println(threads + " selectors on port " + listener.socket().getLocalPort());
    }

    private void serve() {
        try {
            while (true) {
                selector.select(key -> {
                    if (key.channel() == listener) {
                        accept();
                    } else {
                        answer((SocketChannel) key.channel());
                    }
                });
            }
        } catch (IOException e) {
            System.out.println("shard " + number + " stops: " + e.getMessage());
        }
    }

    /** Until there is nothing left: the kernel has woken nobody else. */
    private void accept() {
        int accepted = 0;
        try {
            for (SocketChannel client = listener.accept(); client != null; client = listener.accept()) {
                client.configureBlocking(false);
                client.register(selector, SelectionKey.OP_READ);
                accepted++;
            }
        } catch (IOException e) {
            System.out.println("shard " + number + ": " + e.getMessage());
        }
        wokenForNothing += accepted == 0 ? 1 : 0;
    }

    /** To whatever was asked. */
    private void answer(SocketChannel client) {
        try (client) {
            if (client.read(ByteBuffer.allocate(8 * 1024)) > 0) {
                answered++;
                String text = "answer " + answered + " of shard " + number + ", woken for nothing " + wokenForNothing + " times\n";
                client.write(StandardCharsets.US_ASCII.encode("HTTP/1.0 200 OK\r\n\r\n" + text));
            }
        } catch (IOException e) {
            System.out.println("shard " + number + ": " + e.getMessage());
        }
    }
}
