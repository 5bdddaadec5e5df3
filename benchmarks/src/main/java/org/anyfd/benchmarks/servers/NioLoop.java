package org.anyfd.benchmarks.servers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Echo servers of one selector, as they are written by hand, in the four ways to treat a key's interest. */
final class NioLoop {
    enum Style { PLAIN, TOGGLE, WORKER, REGISTER }

    /** More than a request, as real servers have: a read that fills its buffer leaves open whether there is more. */
    private static final int BUFFER = 4096;

    private final Style style;
    private final Selector selector = Selector.open();
    private final ServerSocketChannel listener = ServerSocketChannel.open();
    private final ExecutorService workers = Executors.newFixedThreadPool(Server.WORKERS);
    private final List<SelectionKey> cancelled = new ArrayList<>();

    private NioLoop(Style style) throws IOException {
        this.style = style;
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
    }

    static int start(Style style) throws IOException {
        NioLoop loop = new NioLoop(style);
        new Thread(() -> Program.orExit(loop::run), "loop").start();
        return loop.listener.socket().getLocalPort();
    }

    private Object run() throws IOException {
        while (true) {
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
    }

    private void ready(SelectionKey key) throws IOException {
        if (key.isAcceptable()) {
            SocketChannel channel = listener.accept();
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.register(selector, SelectionKey.OP_READ, ByteBuffer.allocateDirect(BUFFER));
        } else if (key.isWritable()) {
            write(key);
            key.interestOps(SelectionKey.OP_READ);
        } else if (read(key)) {
            switch (style) {
                case PLAIN -> write(key);
                case TOGGLE -> key.interestOps(SelectionKey.OP_WRITE);
                case WORKER -> {
                    key.interestOps(0);
                    workers.execute(() -> Program.orExit(() -> answer(key)));
                }
                case REGISTER -> {
                    key.cancel();
                    cancelled.add(key);
                }
            }
        }
    }

    private Object answer(SelectionKey key) throws IOException {
        write(key);
        key.interestOps(SelectionKey.OP_READ);
        return selector.wakeup();
    }

    /** False at the end of the stream. */
    private static boolean read(SelectionKey key) throws IOException {
        int got = ((SocketChannel) key.channel()).read(((ByteBuffer) key.attachment()).clear());
        if (got == -1) {
            key.channel().close();
            return false;
        }
        if (got != Server.ECHO_BYTES) throw new IOException("a request of " + got + " bytes");
        return true;
    }

    private static void write(SelectionKey key) throws IOException {
        int put = ((SocketChannel) key.channel()).write(((ByteBuffer) key.attachment()).flip());
        if (put != Server.ECHO_BYTES) throw new IOException("an answer of " + put + " bytes");
    }
}
