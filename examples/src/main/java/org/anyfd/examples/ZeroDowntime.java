package org.anyfd.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.anyfd.fd.Fds;

/**
 * Restarts Netty's HTTP server under load, and nobody notices:
 *
 * <pre>
 *   examples/run ZeroDowntime 8080 3
 * </pre>
 *
 * <p>This process, in systemd's place, opens the port and never accepts. It starts {@link NettyHttpServer} with that
 * socket as descriptor 3; with {@code -Dorg.anyfd.listenFds=true} the server's ordinary bind takes it. A restart starts
 * the next server, waits until it serves, and sends the old one SIGTERM. Connections that come in between wait in the
 * socket's backlog. Visitors count what fails, all the while; the exit status is 0 if nothing did.
 */
public final class ZeroDowntime {
    /** Puts the socket, which it has as standard input, where sd_listen_fds(3) says, and becomes the server. */
    private static final String PASS_ON =
            "exec 3<&0 </dev/null; export LISTEN_FDS=1 LISTEN_PID=$$ LISTEN_FDNAMES=http; exec \"$@\"";

    private ZeroDowntime() { }

    public static void main(String[] args) throws Exception {
        int restarts = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(),
                args.length > 0 ? Integer.parseInt(args[0]) : 0);
        boolean good;
        try (ServerSocketChannel listening = ServerSocketChannel.open().bind(any, 1024)) {
            // The one descriptor, besides output and error, that the JDK lets a child inherit.
            Fds.dup2(Fds.fileno(listening), 0);
            good = run((InetSocketAddress) listening.getLocalAddress(), restarts);
        }
        System.exit(good ? 0 : 1);
    }

    private static boolean run(InetSocketAddress address, int restarts) throws Exception {
        System.out.println("listening on port " + address.getPort());
        Process server = start(address.getPort());
        Visitors visitors = Visitors.start(address);
        try {
            for (int i = 1; i <= restarts; i++) {
                visitors.awaitAnswersOf(server.pid());
                Process next = start(address.getPort());
                visitors.awaitAnswersOf(next.pid());
                System.out.println("restart " + i + ": process " + next.pid() + " serves, " + server.pid() + " stops");
                server.destroy();
                server.onExit().get();
                server = next;
            }
        } finally {
            visitors.stop();
            server.destroy();
            server.onExit().get();
        }
        Map<String, Long> answers = visitors.answers();
        System.out.println(visitors.connections() + " connections, answers by server: " + answers);
        visitors.failures().forEach(System.out::println);
        System.out.println(visitors.failures().size() + " failures");
        return visitors.failures().isEmpty() && answers.size() == restarts + 1;
    }

    /** Starts a server; returns when it serves. */
    private static Process start(int port) throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", PASS_ON, "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-Dorg.anyfd.listenFds=true", "-cp", System.getProperty("java.class.path"),
                NettyHttpServer.class.getName(), Integer.toString(port)));
        Process server = new ProcessBuilder(command).redirectInput(Redirect.INHERIT).redirectErrorStream(true).start();
        BufferedReader said = server.inputReader(StandardCharsets.UTF_8);
        String line = said.readLine();
        while (line != null && !line.contains("on port " + port)) {
            System.out.println(line);
            line = said.readLine();
        }
        if (line == null) {
            throw new IOException("the server has not started");
        }
        return server;
    }
}
