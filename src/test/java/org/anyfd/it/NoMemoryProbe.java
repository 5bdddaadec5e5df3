package org.anyfd.it;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.anyfd.testing.Tasks;
import org.anyfd.testing.Tasks.Task;

/**
 * What a child JVM of {@link NoMemoryTest} runs: takes all direct memory, and goes on selecting and waking. Each task is in a
 * thread of its own, which has none of the memory that a thread keeps for its system calls.
 */
final class NoMemoryProbe {
    private static final Tasks TASKS = new Tasks();
    private static final List<ByteBuffer> TAKEN = new ArrayList<>();

    private NoMemoryProbe() { }

    public static void main(String[] args) throws Exception {
        ByteBuffer half = ByteBuffer.allocateDirect(4);
        ByteBuffer whole = ByteBuffer.allocateDirect(8);
        InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (ServerSocketChannel listener = ServerSocketChannel.open().bind(anyPort);
                SocketChannel client = SocketChannel.open(listener.getLocalAddress());
                SocketChannel server = listener.accept();
                SocketChannel silent = SocketChannel.open(listener.getLocalAddress())) {
            Selector selector = Selector.open();
            server.configureBlocking(false);
            SelectionKey key = server.register(selector, 0);
            Task<String> reading = TASKS.run(() -> read(silent)).awaitBlocked();
            for (int request = 0; request < 4; request++) {
                client.write(whole.clear());
                key.interestOps(SelectionKey.OP_READ);
                TASKS.run(() -> select(selector)).get();
                key.interestOps(0);
                // Takes in that the interest is off; after two such changes the key is watched edge-triggered.
                selector.selectNow();
                server.read(half.clear());
                if (request == 3) takeAll();
                // A read that filled its buffer: the selecting thread has to ask whether there is more.
                key.interestOps(SelectionKey.OP_READ);
                System.out.println("more: " + TASKS.run(() -> select(selector)).get());
                key.interestOps(0);
                server.read(whole.clear());
            }
            Task<String> selecting = TASKS.run(() -> select(selector)).awaitBlocked();
            TASKS.run(selector::wakeup).get();
            System.out.println("wakeup: " + selecting.get());
            TASKS.run(() -> close(silent)).get();
            System.out.println("close of the channel: " + reading.get());
            Task<String> last = TASKS.run(() -> select(selector)).awaitBlocked();
            TASKS.run(() -> close(selector)).get();
            System.out.println("close of the selector: " + last.get());
        }
    }

    private static String select(Selector selector) throws Exception {
        try {
            int ready = selector.select();
            selector.selectedKeys().clear();
            return ready + " ready";
        } catch (ClosedSelectorException e) {
            return e.getClass().getSimpleName();
        }
    }

    private static String read(SocketChannel channel) throws Exception {
        try {
            return channel.read(ByteBuffer.allocateDirect(1)) + " bytes";
        } catch (AsynchronousCloseException e) {
            return e.getClass().getSimpleName();
        }
    }

    private static Void close(AutoCloseable closed) throws Exception {
        closed.close();
        return null;
    }

    private static void takeAll() {
        for (int bytes = 1024; bytes > 0; bytes /= 32) {
            try {
                for (;;) {
                    TAKEN.add(ByteBuffer.allocateDirect(bytes));
                }
            } catch (OutOfMemoryError e) {
                // No more of this size.
            }
        }
    }
}
