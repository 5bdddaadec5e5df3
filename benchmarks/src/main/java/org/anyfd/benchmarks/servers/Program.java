package org.anyfd.benchmarks.servers;

import java.util.concurrent.Callable;
import java.util.logging.LogManager;
import org.anyfd.benchmarks.Provider;

/** The measured process: starts a server on a port of its own choice, says the port, serves until its input ends. */
public final class Program {
    private Program() { }

    public static void main(String[] args) {
        // ZooKeeper has uncaught exceptions logged, which is switched off.
        orExit(() -> run(Server.valueOf(args[0]), On.valueOf(args[1])));
    }

    private static Object run(Server server, On on) throws Exception {
        Provider.check(on.provider.name());
        LogManager.getLogManager().reset();
        System.out.println(start(server, on));
        while (System.in.read() != -1) { }
        // Without shutting down: there are threads of others, and nothing to save.
        Runtime.getRuntime().halt(0);
        return null;
    }

    /** A switch rather than a method in each constant, so that only the classes of this server are loaded. */
    private static int start(Server server, On on) throws Exception {
        return switch (server) {
            case NIO -> NioLoop.start(NioLoop.Style.PLAIN);
            case NIO_TOGGLE -> NioLoop.start(NioLoop.Style.TOGGLE);
            case NIO_WORKER -> NioLoop.start(NioLoop.Style.WORKER);
            case NIO_REGISTER -> NioLoop.start(NioLoop.Style.REGISTER);
            case NETTY -> NettyServer.start(on == On.NATIVE);
            case JETTY -> JettyServer.start();
            case TOMCAT -> TomcatServer.start();
            case UNDERTOW -> UndertowServer.start(false);
            case UNDERTOW_WORKER -> UndertowServer.start(true);
            case GRIZZLY -> GrizzlyServer.start();
            case HTTPSERVER -> JdkServer.start(false);
            case HTTPSERVER_POOL -> JdkServer.start(true);
            case MINA -> MinaServer.start();
            case ZOOKEEPER -> ZooKeeperStandalone.start();
        };
    }

    /** For threads whose failure must not look like a slow server. */
    static void orExit(Callable<?> body) {
        try {
            body.call();
        } catch (Throwable e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }
}
