package org.anyfd.benchmarks.servers;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

final class ZooKeeperStandalone {
    private ZooKeeperStandalone() { }

    static int start() throws Exception {
        System.setProperty(NIOServerCnxnFactory.ZOOKEEPER_NIO_NUM_SELECTOR_THREADS, "1");
        System.setProperty(NIOServerCnxnFactory.ZOOKEEPER_NIO_NUM_WORKER_THREADS, String.valueOf(Server.WORKERS));
        ZooKeeperServer server = new ZooKeeperServer(Path.of("snapshots").toFile(), Path.of("log").toFile(), 2_000);
        ServerCnxnFactory connections =
            ServerCnxnFactory.createFactory(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
        connections.startup(server);
        return connections.getLocalPort();
    }
}
