package org.anyfd.it;

import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** A program that is started with a socket as its standard input, uses it, and writes to a file what it saw. */
final class InheritedProbe {
    private InheritedProbe() { }

    public static void main(String[] args) throws Exception {
        try (PrintStream log = new PrintStream(args[0])) {
            Channel channel = System.inheritedChannel();
            log.println(kind(channel) + " same=" + (channel == System.inheritedChannel()));
            if (channel == null) {
                return;
            }
            if (channel instanceof ServerSocketChannel server) {
                log.println("blocking=" + server.isBlocking() + " bound=" + (server.getLocalAddress() != null));
                try (SocketChannel accepted = server.accept()) {
                    echo(accepted);
                }
            } else if (channel instanceof SocketChannel socket) {
                log.println("blocking=" + socket.isBlocking() + " connected=" + socket.isConnected()
                    + " remote=" + (socket.getRemoteAddress() != null));
                echo(socket);
            } else if (channel instanceof DatagramChannel datagram) {
                ByteBuffer received = ByteBuffer.allocate(100);
                InetSocketAddress from = (InetSocketAddress) datagram.receive(received);
                log.println("blocking=" + datagram.isBlocking() + " bytes=" + received.position());
                datagram.send(received.flip(), from);
            }
            channel.close();
            for (int fd = 0; fd <= 2; fd++) {
                log.println(Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)));
            }
        }
    }

    private static String kind(Channel channel) {
        return channel == null ? "none"
            : channel instanceof ServerSocketChannel ? "server"
            : channel instanceof SocketChannel ? "socket" : "datagram";
    }

    private static void echo(SocketChannel channel) throws Exception {
        ByteBuffer line = ByteBuffer.allocate(100);
        do {
            channel.read(line);
        } while (line.get(line.position() - 1) != '\n');
        channel.write(line.flip());
    }
}
