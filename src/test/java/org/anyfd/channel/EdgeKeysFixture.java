package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** A selector, and connections whose keys have been off and on, so that they are watched edge-triggered. */
@Timeout(30)
abstract class EdgeKeysFixture {
    final List<AutoCloseable> open = new ArrayList<>();
    Selector selector;
    SocketChannel ours;
    SocketChannel peer;

    @BeforeEach
    void connect() throws IOException {
        assumeFalse("poll".equals(System.getProperty("org.anyfd.poller")), "poll(2) has no edges");
        selector = Selector.open();
        open.add(selector);
        SocketChannel[] pair = pair();
        ours = pair[0];
        peer = pair[1];
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    SocketChannel[] pair() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            SocketChannel far = SocketChannel.open(server.getLocalAddress());
            SocketChannel near = server.accept();
            far.setOption(StandardSocketOptions.TCP_NODELAY, true);
            near.setOption(StandardSocketOptions.TCP_NODELAY, true);
            near.configureBlocking(false);
            open.add(near);
            open.add(far);
            return new SocketChannel[] {near, far};
        }
    }

    SelectionKey toggled(SocketChannel channel, int ops) throws IOException {
        SelectionKey key = channel.register(selector, OP_READ);
        selector.selectNow();
        key.interestOps(0);
        selector.selectNow();
        key.interestOps(OP_READ);
        selector.selectNow();
        key.interestOps(ops);
        selector.selectNow();
        selector.selectedKeys().clear();
        assertNotNull(edges(key), "is watched edge-triggered");
        return key;
    }

    static EdgeWatch edges(SelectionKey key) {
        return ((NativeSelectionKey) key).edges;
    }

    int selectAnew(long millis) throws IOException {
        selector.selectedKeys().clear();
        return selector.select(millis);
    }
}
