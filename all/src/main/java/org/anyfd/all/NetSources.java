package org.anyfd.all;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import org.anyfd.AnyFdSelectorProvider;

/** Ports, and connections to other programs. */
final class NetSources {
    private static final SelectorProvider ANYFD = new AnyFdSelectorProvider();
    private static final int MAX_DATAGRAM = 65535;
    private static final int MAX_PORT = 65535;

    private NetSources() {
    }

    static Source listen(String text) throws IOException {
        SocketAddress address = address(text, true);
        ServerSocketChannel server = ANYFD.openServerSocketChannel();
        try {
            server.bind(address);
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
        String name = "tcp " + shown(server.getLocalAddress());
        return Source.of(name, "listening", server, SelectionKey.OP_ACCEPT, (key, lines) -> {
            SocketChannel guest = server.accept();
            if (guest == null) {
                return null;
            }
            String from = "tcp " + shown(guest.getRemoteAddress());
            lines.event(name, "connection from " + shown(guest.getRemoteAddress()));
            return PathSources.bytes(from, "connected", guest);
        });
    }

    static Source udp(String text) throws IOException {
        SocketAddress address = address(text, true);
        DatagramChannel channel = ANYFD.openDatagramChannel();
        try {
            channel.bind(address);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        String name = "udp " + shown(channel.getLocalAddress());
        return Source.of(name, "listening", channel, SelectionKey.OP_READ, (key, lines) -> {
            ByteBuffer buffer = ByteBuffer.allocate(MAX_DATAGRAM);
            SocketAddress sender = channel.receive(buffer);
            if (sender != null) {
                lines.event(name, "from " + shown(sender) + ", " + Lines.quoted(buffer.flip()));
            }
            return null;
        });
    }

    static Source connect(String text) throws IOException {
        SocketAddress address = address(text, false);
        return connect("tcp " + shown(address), ANYFD.openSocketChannel(), address);
    }

    /** Takes the socket over. */
    static Source connect(String name, SocketChannel socket, SocketAddress address) throws IOException {
        try {
            socket.configureBlocking(false);
            if (socket.connect(address)) {
                return PathSources.bytes(name, "connected", socket);
            }
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
        return Source.of(name, "connecting", socket, SelectionKey.OP_CONNECT, (key, lines) -> {
            if (key.isConnectable()) {
                socket.finishConnect();
                lines.event(name, "connected");
                key.interestOps(SelectionKey.OP_READ);
            } else {
                PathSources.read(name, socket, lines);
            }
            return null;
        });
    }

    private static SocketAddress address(String text, boolean own) throws IOException {
        int colon = text.lastIndexOf(':');
        if (colon < 0 && !own) {
            throw new IOException("HOST:PORT expected");
        }
        String host = colon < 0 ? "" : text.substring(0, colon).replaceAll("^\\[(.*)]$", "$1");
        String number = text.substring(colon + 1);
        int port = number.matches("\\d{1,5}") ? Integer.parseInt(number) : Integer.MAX_VALUE;
        if (port > MAX_PORT) {
            throw new IOException("'" + number + "' is no port number from 0 to " + MAX_PORT);
        }
        return new InetSocketAddress(host.isEmpty() ? InetAddress.getLoopbackAddress() : InetAddress.getByName(host), port);
    }

    private static String shown(SocketAddress address) {
        if (address instanceof InetSocketAddress inet) {
            String host = inet.getAddress().getHostAddress();
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + inet.getPort();
        }
        return String.valueOf(address);
    }
}
