package org.anyfd.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** Prints how connecting to nobody fails, without the port. Run in a JVM of its own. */
final class HostInfoProbe {
    private HostInfoProbe() { }

    public static void main(String[] args) throws IOException {
        InetSocketAddress nobody;
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            nobody = (InetSocketAddress) listener.getLocalAddress();
        }
        print(nobody, () -> SocketChannel.open(nobody));
        InetSocketAddress named = new InetSocketAddress(InetAddress.getByAddress("nobody", nobody.getAddress().getAddress()),
            nobody.getPort());
        print(named, () -> SocketChannel.open().socket().connect(named, 10_000));
        print(nobody, () -> finish(nobody));
        UnixDomainSocketAddress nowhere = UnixDomainSocketAddress.of("/nowhere/at-all");
        print(nobody, () -> SocketChannel.open(nowhere));
    }

    private static void finish(SocketAddress address) throws IOException {
        try (SocketChannel channel = SocketChannel.open(); Selector selector = Selector.open()) {
            channel.configureBlocking(false);
            if (!channel.connect(address)) {
                channel.register(selector, SelectionKey.OP_CONNECT);
                selector.select();
                channel.finishConnect();
            }
        }
    }

    private interface Connecting {
        void run() throws IOException;
    }

    private static void print(InetSocketAddress address, Connecting connecting) {
        try {
            connecting.run();
            System.out.println("connected");
        } catch (IOException e) {
            System.out.println(e.toString().replace(":" + address.getPort(), ":PORT"));
        }
    }
}
