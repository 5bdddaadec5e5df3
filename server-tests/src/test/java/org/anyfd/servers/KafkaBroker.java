package org.anyfd.servers;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import kafka.server.BrokerServer;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.SharedServer;
import kafka.server.StandardFaultHandlerFactory;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.ServerSocketFactory;
import org.apache.kafka.server.common.MetadataVersion;
import org.slf4j.LoggerFactory;

/** What KafkaRaftServer starts, a broker and its controller, with the controller's port open before it is written down. */
final class KafkaBroker implements AutoCloseable {
    private static final int NODE = 1;
    private static final String BROKER = "PLAINTEXT";
    private static final String CONTROLLER = "CONTROLLER";

    private final Path data = TestFiles.newFolder();
    private final ServerSocketChannel controllerSocket = ServerSocketChannel.open();
    private final ControllerServer controller;
    private final BrokerServer broker;

    KafkaBroker() throws Exception {
        controllerSocket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).configureBlocking(false);
        InetSocketAddress controllerAddress = (InetSocketAddress) controllerSocket.getLocalAddress();
        format();
        KafkaConfig config = new KafkaConfig(config(controllerAddress.getPort()));
        var disk = KafkaRaftServer.initializeLogDirs(config, LoggerFactory.getLogger(KafkaBroker.class), "");
        ServerSocketFactory sockets = (name, address, receiveBuffer, backlog) -> address.equals(controllerAddress)
                ? controllerSocket : ServerSocketFactory.INSTANCE.openServerSocket(name, address, receiveBuffer, backlog);
        SharedServer shared = new SharedServer(config, disk._1(), Time.SYSTEM, new Metrics(),
                CompletableFuture.completedFuture(Map.of(NODE, controllerAddress)), List.of(),
                new StandardFaultHandlerFactory(), sockets);
        controller = new ControllerServer(shared, KafkaRaftServer.configSchema(), disk._2());
        broker = new BrokerServer(shared);
        controller.startup();
        broker.startup();
    }

    private Map<String, String> config(int controllerPort) {
        return Map.ofEntries(
                Map.entry("process.roles", "broker,controller"),
                Map.entry("node.id", Integer.toString(NODE)),
                Map.entry("listeners", BROKER + "://127.0.0.1:0," + CONTROLLER + "://127.0.0.1:" + controllerPort),
                Map.entry("inter.broker.listener.name", BROKER),
                Map.entry("controller.listener.names", CONTROLLER),
                Map.entry("listener.security.protocol.map", BROKER + ":PLAINTEXT," + CONTROLLER + ":PLAINTEXT"),
                Map.entry("controller.quorum.voters", NODE + "@127.0.0.1:" + controllerPort),
                Map.entry("log.dirs", data.toString()),
                Map.entry("offsets.topic.num.partitions", "1"),
                Map.entry("offsets.topic.replication.factor", "1"),
                Map.entry("group.initial.rebalance.delay.ms", "0"),
                Map.entry("controlled.shutdown.enable", "false"));
    }

    private void format() throws Exception {
        new Formatter()
                .setNodeId(NODE)
                .setClusterId(Uuid.randomUuid().toString())
                .setReleaseVersion(MetadataVersion.latestProduction())
                .setControllerListenerName(CONTROLLER)
                .addDirectory(data.toString())
                .setMetadataLogDirectory(data.toString())
                .run();
    }

    String address() {
        return "127.0.0.1:" + broker.boundPort(ListenerName.normalised(BROKER));
    }

    void assertOnAnyFd() {
        AnyFd.assertUsedBy(1, broker.socketServer());
        AnyFd.assertUsedBy(1, controller.socketServer());
    }

    @Override
    public void close() {
        broker.shutdown();
        broker.awaitShutdown();
        controller.shutdown();
        controller.awaitShutdown();
        TestFiles.delete(data);
    }
}
