package org.anyfd.cost;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;

/**
 * A server's loop and its clients, in rounds: the clients send a request each, all of them arrive, and only then the server
 * looks and answers; so how many it finds ready is no matter of chance. All in one thread, but for {@link Pattern#WORKER};
 * what the server does is counted, what the clients do is not.
 */
final class Server implements Closeable {
    enum Pattern {
        /** Read, write. */
        ECHO,
        /** As {@link #ECHO}, and asks for an option of the socket: a call that is not needed. */
        WASTE,
        /** Read, wait to write, write, wait to read. */
        TOGGLE,
        /** As {@link #TOGGLE}, with buffers that a request just fills, so that there might be more to read. */
        EXACT_TOGGLE,
        /** Interest 0; another thread, when the selector waits again, answers, waits to read, and wakes the selector. */
        WORKER,
        /** Cancel the key, selectNow, answer, register. */
        REGISTER,
        /** Accept, read, write, close. */
        ACCEPT
    }

    private static final int BYTES = 64;
    private static final int ROOM = 2 * BYTES;

    private final Pattern pattern;
    private final int connections;
    private final SelectorProvider provider;
    private final Selector selector;
    private final ServerSocketChannel listener;
    private final List<SocketChannel> clients = new ArrayList<>();
    private final List<SocketChannel> accepted = new ArrayList<>();
    private final List<SelectionKey> put = new ArrayList<>();
    private final ByteBuffer bytes = ByteBuffer.allocate(ROOM);
    private final BlockingQueue<Batch> work = new LinkedBlockingQueue<>();
    /** Written by the thread that answers. */
    private volatile int answered;

    private record Batch(List<SelectionKey> keys, int waitsBefore) {
    }

    Server(SelectorProvider provider, Pattern pattern, int connections) throws IOException {
        this.provider = provider;
        this.pattern = pattern;
        this.connections = connections;
        this.selector = provider.openSelector();
        this.listener = provider.openServerSocketChannel();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 128);
        if (pattern == Pattern.ACCEPT) {
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT);
            return;
        }
        for (int i = 0; i < connections; i++) {
            clients.add(connect());
            accept();
        }
        if (pattern == Pattern.WORKER) {
            Thread worker = new Thread(this::work, "worker");
            worker.setDaemon(true);
            worker.start();
        }
    }

    private SocketChannel connect() throws IOException {
        SocketChannel client = SocketChannel.open(listener.getLocalAddress());
        client.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return client;
    }

    private void accept() throws IOException {
        SocketChannel channel = listener.accept();
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ);
        accepted.add(channel);
    }

    /** What the server does in so many rounds, after some that are not counted. */
    Counts run(int warmUp, int rounds) throws IOException {
        for (int i = 0; i < warmUp; i++) {
            round(new Counts());
        }
        Counts counts = new Counts();
        for (int i = 0; i < rounds; i++) {
            round(counts);
        }
        return counts;
    }

    private void round(Counts counts) throws IOException {
        if (pattern == Pattern.ACCEPT) {
            for (int i = 0; i < connections; i++) {
                clients.add(connect());
            }
            awaitBacklog();
            counts.on();
            select();
            counts.off();
        }
        for (SocketChannel client : clients) {
            client.write(ByteBuffer.allocate(BYTES));
        }
        accepted.forEach(Server::awaitArrival);
        answered = 0;
        counts.on();
        while (answered < connections) {
            select();
        }
        counts.off();
        for (SocketChannel client : clients) {
            receive(client);
        }
        if (pattern == Pattern.ACCEPT) {
            clients.clear();
            accepted.clear();
        }
    }

    /** With the whole answer, and the end behind it if the server closes. */
    private void receive(SocketChannel client) throws IOException {
        ByteBuffer answer = ByteBuffer.allocate(BYTES);
        while (answer.hasRemaining()) {
            if (client.read(answer) < 0) {
                throw new IOException("an answer ended early");
            }
        }
        if (pattern == Pattern.ACCEPT) {
            if (client.read(answer.clear()) >= 0) {
                throw new IOException("more than an answer");
            }
            client.close();
        }
    }

    /** Not for the JDK's channels: with one connection, a selector that waits does as well. */
    private static void awaitArrival(SocketChannel channel) {
        if (channel instanceof NativeSelectableChannel ours) {
            Tasks.await(() -> (Raw.poll(ours.getFD()) & Consts.POLLIN) != 0, "the request arrives");
        }
    }

    private void awaitBacklog() {
        if (listener instanceof NativeSelectableChannel ours) {
            Tasks.await(() -> Raw.backlog(ours.getFD()) == connections, "the connections are there");
        }
    }

    // -- The server --

    private void select() throws IOException {
        selector.select();
        Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
        while (keys.hasNext()) {
            SelectionKey key = keys.next();
            keys.remove();
            ready(key);
        }
        if (!put.isEmpty()) {
            putOff();
        }
    }

    /** All keys of the selection at once. */
    private void putOff() throws IOException {
        if (pattern == Pattern.WORKER) {
            work.add(new Batch(List.copyOf(put), Counts.waits()));
        } else {
            selector.selectNow();
            for (int i = 0; i < put.size(); i++) {
                write(put.get(i));
                answered++;
                put.get(i).channel().register(selector, SelectionKey.OP_READ);
            }
        }
        put.clear();
    }

    private void ready(SelectionKey key) throws IOException {
        if (key.isAcceptable()) {
            for (int i = 0; i < connections; i++) {
                accept();
            }
        } else if (key.isWritable()) {
            writeThenWaitToRead(key);
        } else {
            int room = pattern == Pattern.EXACT_TOGGLE ? BYTES : ROOM;
            if (((SocketChannel) key.channel()).read(bytes.clear().limit(room)) != BYTES) {
                throw new IOException("not a whole request");
            }
            answer(key);
        }
    }

    private void answer(SelectionKey key) throws IOException {
        switch (pattern) {
            case ECHO -> {
                write(key);
                answered++;
            }
            case WASTE -> {
                ((SocketChannel) key.channel()).getOption(StandardSocketOptions.SO_SNDBUF);
                write(key);
                answered++;
            }
            case TOGGLE, EXACT_TOGGLE -> key.interestOps(SelectionKey.OP_WRITE);
            case WORKER -> {
                key.interestOps(0);
                put.add(key);
            }
            case REGISTER -> {
                key.cancel();
                put.add(key);
            }
            case ACCEPT -> {
                write(key);
                answered++;
                key.channel().close();
            }
        }
    }

    private void write(SelectionKey key) throws IOException {
        if (((SocketChannel) key.channel()).write(bytes.clear().limit(BYTES)) != BYTES) {
            throw new IOException("not a whole answer");
        }
    }

    private void writeThenWaitToRead(SelectionKey key) throws IOException {
        write(key);
        key.interestOps(SelectionKey.OP_READ);
        answered++;
    }

    // -- The worker --

    /** Ends the JVM if it fails, so that the server does not wait for it. */
    private void work() {
        Counts.join();
        try {
            for (;;) {
                Batch batch = work.take();
                Tasks.await(() -> Counts.waits() != batch.waitsBefore, "the selector waits");
                for (SelectionKey key : batch.keys) {
                    writeThenWaitToRead(key);
                    selector.wakeup();
                }
            }
        } catch (Exception | AssertionError e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        for (SocketChannel client : clients) {
            client.close();
        }
        listener.close();
        selector.close();
    }
}
