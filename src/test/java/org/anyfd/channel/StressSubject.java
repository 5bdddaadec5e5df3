package org.anyfd.channel;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Random;
import org.anyfd.fd.EventFdChannel;
import org.anyfd.fd.UnixSockets;

/**
 * A channel that {@link SelectorStressTest} registers, and what it takes to make it readable. Any thread may write to it
 * and close it; one reads.
 */
abstract class StressSubject {
    private static final int BUFFER = 64;

    /** The one to be registered. */
    final SelectableChannel near;
    /** When it had been closed, in selections; 0 while it has not. */
    volatile long closedAt;

    private StressSubject(SelectableChannel near) throws IOException {
        this.near = near;
        near.configureBlocking(false);
    }

    /** Opens one of any kind. */
    static StressSubject open(ServerSocketChannel listener, Random random) throws IOException {
        return switch (random.nextInt(4)) {
            case 0 -> pipe();
            case 1 -> unix();
            case 2 -> tcp(listener);
            default -> new Counter(EventFdChannel.open(0));
        };
    }

    private static StressSubject pipe() throws IOException {
        Pipe pipe = Pipe.open();
        pipe.sink().configureBlocking(false);
        return new Stream<>(pipe.source(), pipe.sink(), true);
    }

    private static StressSubject unix() throws IOException {
        SocketChannel[] ends = UnixSockets.pair();
        ends[1].configureBlocking(false);
        return new Stream<>(ends[0], ends[1], true);
    }

    /** Closed by a reset, which keeps no port busy. */
    private static StressSubject tcp(ServerSocketChannel listener) throws IOException {
        SocketChannel far;
        SocketChannel near;
        synchronized (listener) {
            far = SocketChannel.open(listener.getLocalAddress());
            near = listener.accept();
        }
        far.setOption(StandardSocketOptions.SO_LINGER, 0).configureBlocking(false);
        near.setOption(StandardSocketOptions.SO_LINGER, 0);
        return new Stream<>(near, far, false);
    }

    static ServerSocketChannel listener() throws IOException {
        return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /** Makes it readable. */
    abstract void write() throws IOException;

    /** Reads what there is, so that it is not readable any more; whether there was something, be it the end. */
    abstract boolean read() throws IOException;

    /** Whether it is called readable only if it is: a socket watched edge-triggered is so also after a doubtful read. */
    abstract boolean reportsExactly();

    /** Whether it has not been closed, by whichever end. */
    abstract boolean isOpen();

    void close() throws IOException {
        near.close();
    }

    private static final class Stream<C extends SelectableChannel & ReadableByteChannel,
            D extends SelectableChannel & WritableByteChannel> extends StressSubject {
        private final C reader;
        private final D writer;
        private final boolean exact;

        Stream(C reader, D writer, boolean exact) throws IOException {
            super(reader);
            this.reader = reader;
            this.writer = writer;
            this.exact = exact;
        }

        @Override
        void write() throws IOException {
            writer.write(ByteBuffer.allocate(1));
        }

        @Override
        boolean read() throws IOException {
            ByteBuffer dst = ByteBuffer.allocate(BUFFER);
            boolean any = false;
            for (int n = reader.read(dst); n != 0; n = reader.read(dst.clear())) {
                any = true;
                if (n < 0) {
                    break;
                }
            }
            return any;
        }

        @Override
        boolean reportsExactly() {
            return exact;
        }

        @Override
        boolean isOpen() {
            return reader.isOpen() && writer.isOpen();
        }

        @Override
        void close() throws IOException {
            super.close();
            writer.close();
        }
    }

    private static final class Counter extends StressSubject {
        private final EventFdChannel eventfd;

        Counter(EventFdChannel eventfd) throws IOException {
            super(eventfd);
            this.eventfd = eventfd;
        }

        @Override
        void write() throws IOException {
            eventfd.add(1);
        }

        @Override
        boolean read() throws IOException {
            return eventfd.take() > 0;
        }

        @Override
        boolean reportsExactly() {
            return true;
        }

        @Override
        boolean isOpen() {
            return eventfd.isOpen();
        }
    }
}
