package org.anyfd.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Ten thousand TCP connections at once in one selector, all of them busy. The clients are {@link ManyClients}. */
class TenThousandConnectionsTest {
    private static final int WANTED = 10_000;
    private static final int OTHER_FILES = 500;
    private static final int ROUNDS = 4;
    private static final int SECONDS = 120;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private int accepted;
    private int open;
    private int mostOpen;

    @Test
    @Timeout(2 * SECONDS)
    void oneSelectorHoldsAndEchoesTenThousandConnections() throws Exception {
        int connections = Math.min(WANTED, maxOpenFiles() - OTHER_FILES);
        try (Selector selector = Selector.open(); ServerSocketChannel server = ServerSocketChannel.open()) {
            Provider.assertAnyFd(selector);
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
            server.configureBlocking(false);
            server.register(selector, SelectionKey.OP_ACCEPT);
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            try {
                serveUntilTheClientsAreDone(selector, port, connections);
            } finally {
                for (SelectionKey key : selector.keys()) {
                    key.channel().close();
                }
            }
        }
        assertEquals(connections, mostOpen, "connections open at once");
        assertEquals(connections, accepted, "connections accepted");
        assumeTrue(connections == WANTED, "held and echoed only " + connections + " connections: ten thousand need"
                + " a limit of " + (WANTED + OTHER_FILES) + " open files (ulimit -n)");
    }

    private void serveUntilTheClientsAreDone(Selector selector, int port, int connections) throws Exception {
        Path log = Files.createTempFile("clients", ".log");
        Process clients = new ProcessBuilder(ChildJvm.command(
                List.of("-Djava.nio.channels.spi.SelectorProvider=sun.nio.ch.EPollSelectorProvider"),
                ManyClients.class, String.valueOf(port), String.valueOf(connections), String.valueOf(ROUNDS)))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            clients.onExit().thenRun(selector::wakeup);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            while (clients.isAlive() || open > 0) {
                assertTrue(System.nanoTime() < end, () -> "still " + open + " connections after " + SECONDS + " s");
                turn(selector);
            }
            assertEquals("echoed " + (long) connections * ROUNDS + "\n", Files.readString(log), "said by the clients");
            assertEquals(0, clients.exitValue(), "exit status of the clients");
        } catch (IOException e) {
            throw new AssertionError("the clients said: " + Files.readString(log), e);
        } finally {
            clients.destroyForcibly().waitFor();
            Files.delete(log);
        }
    }

    private void turn(Selector selector) throws IOException {
        selector.select(1_000);
        for (SelectionKey key : selector.selectedKeys()) {
            if (key.isAcceptable()) {
                accept(selector, (ServerSocketChannel) key.channel());
            } else {
                echo(key, (SocketChannel) key.channel());
            }
        }
        selector.selectedKeys().clear();
    }

    private void accept(Selector selector, ServerSocketChannel server) throws IOException {
        for (SocketChannel client = server.accept(); client != null; client = server.accept()) {
            client.configureBlocking(false);
            client.register(selector, SelectionKey.OP_READ);
            accepted++;
            mostOpen = Math.max(mostOpen, ++open);
        }
    }

    /** What could not be written at once is attached to the key and goes out before anything else is read. */
    private void echo(SelectionKey key, SocketChannel client) throws IOException {
        ByteBuffer rest = (ByteBuffer) key.attachment();
        if (rest != null) {
            client.write(rest);
            if (!rest.hasRemaining()) {
                key.attach(null);
                key.interestOps(SelectionKey.OP_READ);
            }
            return;
        }
        buffer.clear();
        if (client.read(buffer) < 0) {
            client.close();
            open--;
            return;
        }
        client.write(buffer.flip());
        if (buffer.hasRemaining()) {
            key.attach(ByteBuffer.allocate(buffer.remaining()).put(buffer).flip());
            key.interestOps(SelectionKey.OP_WRITE);
        }
    }

    private static int maxOpenFiles() throws IOException {
        String limits = Files.readString(Path.of("/proc/self/limits"));
        String soft = limits.lines().filter(line -> line.startsWith("Max open files")).findFirst().orElseThrow().split("\\s+")[3];
        return soft.equals("unlimited") ? Integer.MAX_VALUE : Integer.parseInt(soft);
    }
}
