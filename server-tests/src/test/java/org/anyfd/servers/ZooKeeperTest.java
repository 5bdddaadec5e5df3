package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** ZooKeeper's server and client, both over NIO, which is their default. */
@ExtendWith(OpenFiles.class)
class ZooKeeperTest {
    private static final int NODES = 1_000;

    private Path data;
    private ZooKeeperServer server;
    private ServerCnxnFactory connections;
    private ZooKeeper client;

    @BeforeEach
    void start() throws Exception {
        data = TestFiles.newFolder();
        server = new ZooKeeperServer(data.resolve("snapshots").toFile(), data.resolve("log").toFile(), 2_000);
        connections = ServerCnxnFactory.createFactory(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        assertInstanceOf(NIOServerCnxnFactory.class, connections);
        connections.startup(server);
        CountDownLatch connected = new CountDownLatch(1);
        client = new ZooKeeper("127.0.0.1:" + connections.getLocalPort(), 30_000, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        assertTrue(connected.await(20, TimeUnit.SECONDS), "connected");
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        connections.shutdown();
        server.shutdown();
        server.getTxnLogFactory().close();
        TestFiles.delete(data);
    }

    @Test
    void nodesAreWrittenWatchedAndReadBack() throws Exception {
        List<CompletableFuture<Integer>> writes = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            CompletableFuture<Integer> write = new CompletableFuture<>();
            writes.add(write);
            client.create(path(i), data(i), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT,
                    (code, path, context, name) -> write.complete(code), null);
        }
        for (CompletableFuture<Integer> write : writes) {
            assertEquals(KeeperException.Code.OK.intValue(), write.get(50, TimeUnit.SECONDS));
        }
        CountDownLatch changed = new CountDownLatch(1);
        for (int i = 0; i < NODES; i++) {
            Stat stat = new Stat();
            assertArrayEquals(data(i), client.getData(path(i), i == 0 ? event -> changed.countDown() : null, stat));
            assertEquals(data(i).length, stat.getDataLength());
        }
        client.setData(path(0), data(NODES), -1);
        assertTrue(changed.await(20, TimeUnit.SECONDS), "the watch was told");
        assertArrayEquals(data(NODES), client.getData(path(0), false, null));
        assertEquals(NODES + 1, client.getChildren("/", false).size());
        AnyFd.assertUsedBy(2, connections);
        AnyFd.assertUsedBy(1, client);
    }

    private static String path(int number) {
        return "/node-" + number;
    }

    private static byte[] data(int number) {
        return "data ".repeat(number % 500).concat(Integer.toString(number)).getBytes(StandardCharsets.UTF_8);
    }
}
