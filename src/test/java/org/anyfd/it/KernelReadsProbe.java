package org.anyfd.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.anyfd.AnyFdSelectorProvider;
import org.anyfd.fd.Fds;
import org.anyfd.testing.Tasks;
import org.anyfd.testing.Tasks.Task;

/**
 * What a child JVM of {@link KernelReadsOffTest} runs: closes one of a connection's two descriptors while a thread, which had
 * to wait before, waits for its input, and prints how that ended and what the other descriptor reads then.
 */
final class KernelReadsProbe {
    private KernelReadsProbe() { }

    public static void main(String[] args) throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            try (SocketChannel far = SocketChannel.open(listener.getLocalAddress()); SocketChannel near = listener.accept()) {
                Tasks tasks = new Tasks();
                for (int i = 0; i < 2; i++) {
                    Task<Integer> read = tasks.run(() -> near.read(ByteBuffer.allocate(1))).awaitBlocked();
                    far.write(ByteBuffer.allocate(1));
                    read.get();
                }
                Task<Integer> read = tasks.run(() -> near.read(ByteBuffer.allocate(1))).awaitBlocked();
                SocketChannel other = AnyFdSelectorProvider.adopt(Fds.dup(Fds.fileno(near)), SocketChannel.class);
                near.close();
                try {
                    System.out.println("read " + read.get());
                } catch (AsynchronousCloseException e) {
                    System.out.println("closed");
                }
                other.configureBlocking(false);
                System.out.println("other reads " + other.read(ByteBuffer.allocate(1)));
            }
        }
    }
}
