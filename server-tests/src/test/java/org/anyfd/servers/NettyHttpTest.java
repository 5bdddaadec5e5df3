package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.channels.Selector;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Netty's HTTP server, also while it replaces its selectors. */
@Tag("netty")
@ExtendWith(OpenFiles.class)
class NettyHttpTest {
    private static final int REBUILDS = 50;

    private final Set<Selector> selectors = ConcurrentHashMap.newKeySet();
    private final Semaphore requests = new Semaphore(0);

    @Test
    @Tag("poll")
    void nettyServesTenThousandKeepAliveRequests() throws Exception {
        try (NettyServer server = new NettyServer(() -> NettyServer.http())) {
            HttpLoad.run(server.port(), "/", 10_000);
            server.assertServedOnAnyFd(HttpLoad.CONNECTIONS);
        }
    }

    @Test
    void selectorsRebuiltUnderTrafficLoseNothing() throws Exception {
        ExecutorService rebuilder = Executors.newSingleThreadExecutor();
        try (NettyServer server = new NettyServer(() -> NettyServer.http(new Witness()))) {
            Future<?> rebuilding = rebuilder.submit(() -> {
                for (int i = 0; i < REBUILDS; i++) {
                    assertTrue(requests.tryAcquire(HttpLoad.REQUESTS / REBUILDS, 20, TimeUnit.SECONDS), "traffic");
                    server.rebuildSelectors();
                }
                return null;
            });
            HttpLoad.run(server.port(), "/");
            rebuilding.get(20, TimeUnit.SECONDS);
            server.assertServedOnAnyFd(HttpLoad.CONNECTIONS);
            // How many of them were made while there was traffic is the scheduler's choice.
            assertTrue(selectors.size() > REBUILDS / 5, () -> "selectors that reported traffic: " + selectors.size());
        } finally {
            rebuilder.shutdownNow();
        }
    }

    /** Counts what is read, and notes through which selector it came. */
    private final class Witness extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
            selectors.add(NettyServer.key(context.channel()).selector());
            requests.release();
            super.channelRead(context, message);
        }
    }
}
