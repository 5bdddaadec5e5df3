package org.anyfd.contract;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.util.concurrent.Callable;

/** The operations that can block, each with a situation in which it does block and makes no progress. */
enum BlockingOp {
    READ("read") {
        @Override
        Situation arrange() throws IOException {
            Tcp tcp = Tcp.pair();
            return new Situation(tcp.client, () -> tcp.client.read(ByteBuffer.allocate(16)), tcp::close);
        }
    },
    READ_DIRECT("read") {
        @Override
        Situation arrange() throws IOException {
            Tcp tcp = Tcp.pair();
            return new Situation(tcp.client, () -> tcp.client.read(ByteBuffer.allocateDirect(16)), tcp::close);
        }
    },
    SCATTER("read") {
        @Override
        Situation arrange() throws IOException {
            Tcp tcp = Tcp.pair();
            return new Situation(tcp.client, () -> tcp.client.read(two(16)), tcp::close);
        }
    },
    WRITE("write") {
        @Override
        Situation arrange() throws IOException {
            Tcp tcp = fullPair();
            return new Situation(tcp.client, () -> tcp.client.write(ByteBuffer.allocate(100_000)), tcp::close);
        }
    },
    WRITE_DIRECT("write") {
        @Override
        Situation arrange() throws IOException {
            Tcp tcp = fullPair();
            return new Situation(tcp.client, () -> tcp.client.write(ByteBuffer.allocateDirect(100_000)), tcp::close);
        }
    },
    GATHER("write") {
        @Override
        Situation arrange() throws IOException {
            Tcp tcp = fullPair();
            return new Situation(tcp.client, () -> tcp.client.write(two(100_000)), tcp::close);
        }
    },
    ACCEPT("accept") {
        @Override
        Situation arrange() throws IOException {
            ServerSocketChannel listener = Tcp.listen();
            return new Situation(listener, listener::accept, listener);
        }
    },
    CONNECT("connect") {
        @Override
        Situation arrange() throws IOException {
            FullListener listener = new FullListener();
            InetSocketAddress address = listener.address();
            SocketChannel channel = SocketChannel.open();
            return new Situation(channel, () -> channel.connect(address), listener::close);
        }
    },
    FINISH_CONNECT("finishConnect") {
        @Override
        Situation arrange() throws IOException {
            FullListener listener = new FullListener();
            SocketChannel channel = listener.pending();
            channel.configureBlocking(true);
            return new Situation(channel, channel::finishConnect, listener::close);
        }
    },
    PIPE_READ("read") {
        @Override
        Situation arrange() throws IOException {
            Pipe pipe = Pipe.open();
            return new Situation(pipe.source(), () -> pipe.source().read(ByteBuffer.allocate(16)), pipe.sink());
        }
    },
    PIPE_SCATTER("read") {
        @Override
        Situation arrange() throws IOException {
            Pipe pipe = Pipe.open();
            return new Situation(pipe.source(), () -> pipe.source().read(two(16)), pipe.sink());
        }
    },
    PIPE_WRITE("write") {
        @Override
        Situation arrange() throws IOException {
            Pipe pipe = Pipe.open();
            Tcp.fill(pipe.sink());
            return new Situation(pipe.sink(), () -> pipe.sink().write(ByteBuffer.allocate(100_000)), pipe.source());
        }
    },
    PIPE_GATHER("write") {
        @Override
        Situation arrange() throws IOException {
            Pipe pipe = Pipe.open();
            Tcp.fill(pipe.sink());
            return new Situation(pipe.sink(), () -> pipe.sink().write(two(100_000)), pipe.source());
        }
    },
    RECEIVE("receive") {
        @Override
        Situation arrange() throws IOException {
            Udp udp = Udp.pair();
            return new Situation(udp.near, () -> udp.near.receive(ByteBuffer.allocate(16)), udp::close);
        }
    },
    DATAGRAM_READ("read") {
        @Override
        Situation arrange() throws IOException {
            Udp udp = Udp.connected();
            return new Situation(udp.near, () -> udp.near.read(ByteBuffer.allocateDirect(16)), udp::close);
        }
    },
    DATAGRAM_SCATTER("read") {
        @Override
        Situation arrange() throws IOException {
            Udp udp = Udp.connected();
            return new Situation(udp.near, () -> udp.near.read(two(16)), udp::close);
        }
    },
    READ_AGAIN("read") {
        @Override
        Situation arrange() throws IOException {
            Tcp tcp = Tcp.pair();
            return again(new Situation(tcp.client, () -> tcp.client.read(ByteBuffer.allocateDirect(1)), tcp::close),
                () -> tcp.server.write(ByteBuffer.allocate(1)));
        }
    },
    READ_UNIX_AGAIN("read") {
        @Override
        Situation arrange() throws IOException {
            Unix unix = Unix.pair();
            return again(new Situation(unix.client, () -> unix.client.read(ByteBuffer.allocate(1)), unix::close),
                () -> unix.server.write(ByteBuffer.allocate(1)));
        }
    },
    ACCEPT_AGAIN("accept") {
        @Override
        Situation arrange() throws IOException {
            ServerSocketChannel listener = Tcp.listen();
            return again(new Situation(listener, () -> {
                listener.accept().close();
                return null;
            }, listener), () -> SocketChannel.open(listener.getLocalAddress()).close());
        }
    },
    PIPE_READ_AGAIN("read") {
        @Override
        Situation arrange() throws IOException {
            Pipe pipe = Pipe.open();
            return again(new Situation(pipe.source(), () -> pipe.source().read(ByteBuffer.allocate(1)), pipe.sink()),
                () -> pipe.sink().write(ByteBuffer.allocate(1)));
        }
    },
    RECEIVE_AGAIN("receive") {
        @Override
        Situation arrange() throws IOException {
            Udp udp = Udp.connected();
            return again(new Situation(udp.near, () -> udp.near.receive(ByteBuffer.allocate(1)), udp::close),
                () -> udp.far.write(ByteBuffer.allocate(1)));
        }
    };

    /** The method the thread is in while the operation blocks. */
    final String method;

    BlockingOp(String method) {
        this.method = method;
    }

    abstract Situation arrange() throws IOException;

    /** Runs the operation in another thread and returns once it is blocked there. */
    Task<?> block(Situation situation) {
        return Task.start(situation.operation).awaitIn(method);
    }

    /** The situation after the operation had to wait twice before. */
    Situation again(Situation situation, Closeable end) throws IOException {
        for (int i = 0; i < 2; i++) {
            try (Task<?> task = block(situation)) {
                end.close();
                task.get();
            } catch (IOException | RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
        return situation;
    }

    private static Tcp fullPair() throws IOException {
        Tcp tcp = Tcp.narrowPair();
        Tcp.fill(tcp.client);
        return tcp;
    }

    private static ByteBuffer[] two(int capacity) {
        return new ByteBuffer[] {ByteBuffer.allocate(capacity), ByteBuffer.allocateDirect(capacity)};
    }

    /** A channel, the operation that blocks on it, and what else must be closed in the end. */
    static final class Situation implements AutoCloseable {
        final AbstractSelectableChannel channel;
        final Callable<?> operation;
        private final Closeable rest;

        Situation(AbstractSelectableChannel channel, Callable<?> operation, Closeable rest) {
            this.channel = channel;
            this.operation = operation;
            this.rest = rest;
        }

        @Override
        public void close() throws IOException {
            channel.close();
            rest.close();
        }
    }
}
