package org.anyfd.it;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.anyfd.AnyFdSelectorProvider;
import org.anyfd.SocketActivation;
import org.anyfd.fd.AbstractUnixAddress;
import org.anyfd.fd.FdChannel;
import org.anyfd.fd.Fds;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * A program that is started with passed sockets. It reads what to do, a line each, from standard input and says how it
 * went. All but {@code list}, {@code take} and what {@code datagramGroups} does beforehand is plain NIO.
 */
final class ActivatedProbe {
    private final Selector selector = Selector.open();
    private ServerSocketChannel server;

    private ActivatedProbe() throws IOException {
    }

    public static void main(String[] args) throws Exception {
        ActivatedProbe probe = new ActivatedProbe();
        // Loading native code leaves the JDK with a socket of its own.
        long others = sockets(3 + Integer.parseInt(System.getenv("LISTEN_FDS")));
        for (Scanner in = new Scanner(System.in); in.hasNextLine();) {
            String[] words = in.nextLine().split(" ");
            String answer;
            try {
                answer = probe.run(words);
            } catch (Exception e) {
                answer = e.getClass().getSimpleName() + ": " + e.getMessage();
            }
            System.out.println(answer);
        }
        probe.selector.close();
        System.out.println("sockets left: " + (sockets(3) - others));
    }

    private static long sockets(int from) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(fd -> {
                try {
                    return Integer.parseInt(fd.getFileName().toString()) >= from && Files.readSymbolicLink(fd).toString().startsWith("socket:");
                } catch (IOException closed) {
                    return false;
                }
            }).count();
        }
    }

    private String run(String[] words) throws Exception {
        switch (words[0]) {
            case "bind":
                server = words.length > 2 ? ServerSocketChannel.open(family(words[2])) : ServerSocketChannel.open();
                return "bound " + server.bind(address(words[1])).getLocalAddress();
            case "accept":
                try (SocketChannel accepted = server.accept()) {
                    return echo(accepted);
                }
            case "selectLater":
                // As Netty does: registered before it is bound, and interested afterwards.
                server = ServerSocketChannel.open();
                server.configureBlocking(false);
                SelectionKey key = server.register(selector, 0);
                selector.selectNow();
                server.bind(address(words[1]));
                key.interestOps(SelectionKey.OP_ACCEPT);
                selector.select();
                selector.selectedKeys().clear();
                try (SocketChannel accepted = server.accept()) {
                    return "selected, " + echo(accepted) + ", then " + selector.selectNow();
                }
            case "options":
                server = ServerSocketChannel.open();
                server.setOption(StandardSocketOptions.SO_RCVBUF, 54321);
                server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                server.setOption(StandardSocketOptions.SO_REUSEPORT, true);
                server.bind(address(words[1]), 1);
                return "receive buffer " + server.getOption(StandardSocketOptions.SO_RCVBUF);
            case "jetty":
                return "Jetty on " + jetty(Integer.parseInt(words[1])).getLocalPort();
            case "close":
                server.close();
                return "closed";
            case "datagram":
                try (DatagramChannel datagram = words.length > 2
                        ? DatagramChannel.open(family(words[2])) : DatagramChannel.open()) {
                    datagram.setOption(StandardSocketOptions.SO_BROADCAST, true);
                    datagram.bind(address(words[1]));
                    ByteBuffer line = ByteBuffer.allocate(100);
                    SocketAddress sender = datagram.receive(line);
                    datagram.send(line.flip(), sender);
                    return "answered, broadcast " + datagram.getOption(StandardSocketOptions.SO_BROADCAST);
                }
            case "datagramLater":
                return datagramLater(address(words[1]));
            case "datagramOptions":
                return "options lost: " + optionsLost(Arrays.stream(words).skip(1).map(Integer::valueOf).toList());
            case "datagramGroups":
                return groups(Integer.parseInt(words[1]), NetworkInterface.getByName(words[2]), words[3]);
            case "list":
                return SocketActivation.passed().toString();
            case "take":
                return "took " + SocketActivation.take(words[1], kind(words[2])).getClass().getSimpleName();
            default:
                throw new IllegalArgumentException(String.join(" ", words));
        }
    }

    /** Registered, and watched, before it is bound; selected from before the bind, too. */
    private String datagramLater(SocketAddress address) throws Exception {
        try (DatagramChannel datagram = DatagramChannel.open()) {
            datagram.configureBlocking(false);
            SelectionKey key = datagram.register(selector, SelectionKey.OP_READ);
            selector.selectNow();
            FutureTask<Integer> selecting = new FutureTask<>(() -> {
                int n = 0;
                for (long end = System.nanoTime() + 20_000_000_000L; n == 0 && System.nanoTime() < end;) {
                    n = selector.select(20_000);
                }
                return n;
            });
            new Thread(selecting).start();
            while (!selectionWaits()) {
                Thread.onSpinWait();
            }
            datagram.bind(address);
            int selected = selecting.get();
            ByteBuffer line = ByteBuffer.allocate(100);
            datagram.receive(line);
            key.interestOps(SelectionKey.OP_WRITE);
            selector.selectedKeys().clear();
            return "selected " + selected + ", received " + line.position() + ", then " + selector.selectNow();
        }
    }

    /** Whether a thread is in the system call of its selection. */
    private static boolean selectionWaits() {
        return Thread.getAllStackTraces().values().stream().anyMatch(stack ->
            stack.length > 0 && Arrays.stream(stack).anyMatch(frame -> frame.getMethodName().equals("awaitInterruptibly"))
                && stack[0].isNativeMethod());
    }

    private static int optionsLost(List<Integer> ports) throws Exception {
        int lost = 0;
        for (int port : ports) {
            try (DatagramChannel datagram = DatagramChannel.open()) {
                CyclicBarrier start = new CyclicBarrier(2);
                FutureTask<?> setting = new FutureTask<>(() -> {
                    start.await();
                    return datagram.setOption(StandardSocketOptions.SO_BROADCAST, true);
                });
                new Thread(setting).start();
                start.await();
                datagram.bind(new InetSocketAddress(port));
                setting.get();
                lost += datagram.getOption(StandardSocketOptions.SO_BROADCAST) ? 0 : 1;
            }
        }
        return lost;
    }

    /**
     * Joins groups before it is bound.
     *
     * @param before what an earlier program has done to the passed socket: "nothing", "joined" the same groups, or "full",
     *     joined as many others as the kernel allows
     * @return what is heard of three groups: of a second one the sender is blocked, and a third one has been left again;
     *     when the sender is blocked no more; and when the first one has been left
     */
    private static String groups(int port, NetworkInterface netif, String before) throws IOException {
        InetAddress source = netif.inetAddresses().filter(Inet4Address.class::isInstance).findFirst().orElseThrow();
        DatagramChannel earlier = before.equals("nothing") ? null
            : AnyFdSelectorProvider.adopt(Fds.dup(3), DatagramChannel.class);
        try (earlier; DatagramChannel datagram = DatagramChannel.open(StandardProtocolFamily.INET);
                DatagramChannel sender = DatagramChannel.open(StandardProtocolFamily.INET)) {
            if (before.equals("joined")) {
                earlier.join(group(1), netif);
                earlier.join(group(2), netif).block(source);
            } else if (before.equals("full")) {
                assertFull(earlier, netif);
            }
            MembershipKey first = datagram.join(group(1), netif);
            MembershipKey second = datagram.join(group(2), netif).block(source);
            datagram.join(group(3), netif).drop();
            datagram.bind(new InetSocketAddress(port));
            sender.setOption(StandardSocketOptions.IP_MULTICAST_IF, netif).bind(new InetSocketAddress(source, 0));
            String heard = "heard " + heard(datagram, sender, 2, 3, 1);
            second.unblock(source);
            heard += " " + heard(datagram, sender, 3, 2);
            first.drop();
            return heard + " " + heard(datagram, sender, 1, 3, 2);
        }
    }

    private static InetAddress group(int last) throws IOException {
        return InetAddress.getByAddress(new byte[] {(byte) 239, (byte) 255, 75, (byte) last});
    }

    private static void assertFull(DatagramChannel channel, NetworkInterface netif) throws IOException {
        try {
            for (int i = 10; i < 250; i++) {
                channel.join(group(i), netif);
            }
        } catch (SocketException full) {
            return;
        }
        throw new AssertionError("igmp_max_memberships is more than usual");
    }

    /** The first group of these to which something is sent, in this order, that is heard. */
    private static int heard(DatagramChannel datagram, DatagramChannel sender, int... groups) throws IOException {
        int port = ((InetSocketAddress) datagram.getLocalAddress()).getPort();
        for (int group : groups) {
            sender.send(ByteBuffer.wrap(new byte[] {(byte) group}), new InetSocketAddress(group(group), port));
        }
        ByteBuffer message = ByteBuffer.allocate(1);
        datagram.receive(message);
        return message.get(0);
    }

    private static ServerConnector jetty(int port) throws Exception {
        Server jetty = new Server();
        ServerConnector connector = new ServerConnector(jetty, 1, 1);
        connector.setPort(port);
        connector.setAcceptedReceiveBufferSize(65536);
        jetty.addConnector(connector);
        jetty.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                Content.Sink.write(response, true, "Jetty\n", callback);
                return true;
            }
        });
        jetty.start();
        return connector;
    }

    private static Class<? extends java.nio.channels.SelectableChannel> kind(String name) {
        return switch (name) {
            case "server" -> ServerSocketChannel.class;
            case "socket" -> SocketChannel.class;
            default -> FdChannel.class;
        };
    }

    private static ProtocolFamily family(String name) {
        return StandardProtocolFamily.valueOf(name);
    }

    /** A path, {@code @} and an abstract name, a port, or an address and a port. */
    private static SocketAddress address(String text) throws IOException {
        if (text.startsWith("/")) {
            return UnixDomainSocketAddress.of(text);
        }
        if (text.startsWith("@")) {
            return AbstractUnixAddress.of(text.substring(1));
        }
        int slash = text.indexOf('/');
        return slash < 0 ? new InetSocketAddress(Integer.parseInt(text))
            : new InetSocketAddress(InetAddress.getByName(text.substring(0, slash)),
                Integer.parseInt(text.substring(slash + 1)));
    }

    private static String echo(SocketChannel channel) throws IOException {
        ByteBuffer line = ByteBuffer.allocate(100);
        channel.read(line);
        return "echoed " + channel.write(line.flip());
    }
}
