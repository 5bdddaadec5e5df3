package org.anyfd.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.fd.ChildProcess;

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
    private ZeroDowntime() { }

    public static void main(String[] args) throws Exception {
        Arguments arguments = new Arguments("ZeroDowntime [PORT [RESTARTS]]", args);
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), arguments.port(0, 0));
        int restarts = arguments.number(1, 3, 0, Integer.MAX_VALUE);
        boolean good;
        try (ServerSocketChannel listening = ServerSocketChannel.open().bind(any, 1024)) {
            good = run(listening, restarts);
        }
        System.exit(good ? 0 : 1);
    }

    private static boolean run(ServerSocketChannel listening, int restarts) throws Exception {
        InetSocketAddress address = (InetSocketAddress) listening.getLocalAddress();
        System.out.println("listening on port " + address.getPort());
        Process server = start(listening, address.getPort());
        Visitors visitors = Visitors.start(address);
        try {
            for (int i = 1; i <= restarts; i++) {
                visitors.awaitAnswersOf(server.pid());
                Process next = start(listening, address.getPort());
                visitors.awaitAnswersOf(next.pid());
                System.out.println("restart " + i + ": process " + next.pid() + " serves, " + server.pid() + " stops");
                server.destroy();
                server.onExit().get();
                server = next;
            }
        } finally {
            visitors.stop();
            ProcessHandle.current().children().forEach(ProcessHandle::destroy);
            server.onExit().get();
        }
        Map<String, Long> answers = visitors.answers();
        System.out.println(visitors.connections() + " connections, answers by server: " + answers);
        visitors.failures().forEach(System.out::println);
        System.out.println(visitors.failures().size() + " failures");
        return visitors.failures().isEmpty() && answers.size() == restarts + 1;
    }

    /** Starts a server, to which it gives the socket as sd_listen_fds(3) says; returns when it serves. */
    private static Process start(ServerSocketChannel listening, int port) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-Dorg.anyfd.listenFds=true", "-cp", System.getProperty("java.class.path"),
                NettyHttpServer.class.getName(), Integer.toString(port)));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LISTEN_FDS", "1");
        builder.environment().put("LISTEN_FDNAMES", "http");
        // systemd, which runs code between fork and exec, also says for which process it is.
        builder.environment().remove("LISTEN_PID");
        Process server = ChildProcess.start(builder, ChildProcess.give(3, (NativeSelectableChannel) listening));
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
