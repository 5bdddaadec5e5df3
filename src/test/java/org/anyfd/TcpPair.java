package org.anyfd;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.poll.Await;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Scratch;
import org.anyfd.testing.Tasks;

/** A TCP connection; the near end is non-blocking. */
record TcpPair(SocketChannel near, SocketChannel far) implements Closeable {
    static TcpPair open() throws IOException {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            SocketChannel far = SocketChannel.open(listener.getLocalAddress());
            SocketChannel near = listener.accept();
            far.setOption(StandardSocketOptions.TCP_NODELAY, true);
            near.configureBlocking(false);
            return new TcpPair(near, far);
        }
    }

    void send(String text) throws IOException {
        ByteBuffer src = StandardCharsets.US_ASCII.encode(text);
        while (src.hasRemaining()) {
            far.write(src);
        }
    }

    /** What the near end reads now. */
    String received() throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(1000);
        int n = near.read(dst);
        return n < 0 ? "end" : StandardCharsets.US_ASCII.decode(dst.flip()).toString();
    }

    /** Waits until the near end has all of the poll(2) events. */
    void awaitEvents(int events) {
        int number = ((NativeSelectableChannel) near).getFD();
        Tasks.await(() -> (poll(number, events) & events) == events, "events " + events);
    }

    private static int poll(int number, int events) {
        Scratch s = Scratch.take();
        try {
            return Await.look(number, events | Consts.POLLIN, s);
        } finally {
            s.give();
        }
    }

    /** Ends the connection with a reset. */
    void reset() throws IOException {
        far.setOption(StandardSocketOptions.SO_LINGER, 0);
        far.close();
    }

    @Override
    public void close() throws IOException {
        near.close();
        far.close();
    }
}
