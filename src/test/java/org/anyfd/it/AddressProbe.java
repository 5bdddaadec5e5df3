package org.anyfd.it;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Callable;

/** Prints what addresses channels of each family have, without their ports. Run in a JVM of its own. */
final class AddressProbe {
    private AddressProbe() { }

    public static void main(String[] args) {
        for (StandardProtocolFamily family : new StandardProtocolFamily[] {null, StandardProtocolFamily.INET,
            StandardProtocolFamily.INET6}) {
            System.out.println(family);
            print("datagram bound", () -> datagram(family).bind(null).getLocalAddress());
            print("datagram sent", () -> {
                DatagramChannel channel = datagram(family);
                channel.send(ByteBuffer.allocate(1), new InetSocketAddress(InetAddress.getLoopbackAddress(), 9));
                return channel.getLocalAddress();
            });
            print("datagram to any", () -> datagram(family).connect(new InetSocketAddress(9)).getLocalAddress());
            print("datagram socket", () -> datagram(family).socket().getLocalAddress());
            print("listener", () -> listener(family).bind(null).getLocalAddress());
            print("listener on port", () -> listener(family).bind(new InetSocketAddress(0)).getLocalAddress());
            print("stream bound", () -> stream(family).bind(null).getLocalAddress());
            print("connected to any", () -> {
                ServerSocketChannel listener = listener(family).bind(null);
                SocketChannel client = stream(family);
                client.connect(new InetSocketAddress(listener.socket().getLocalPort()));
                return withoutPort(client.getLocalAddress()) + " " + withoutPort(client.getRemoteAddress()) + " "
                    + withoutPort(listener.accept().getRemoteAddress());
            });
        }
    }

    private static DatagramChannel datagram(StandardProtocolFamily family) throws Exception {
        return family == null ? DatagramChannel.open() : DatagramChannel.open(family);
    }

    private static ServerSocketChannel listener(StandardProtocolFamily family) throws Exception {
        return family == null ? ServerSocketChannel.open() : ServerSocketChannel.open(family);
    }

    private static SocketChannel stream(StandardProtocolFamily family) throws Exception {
        return family == null ? SocketChannel.open() : SocketChannel.open(family);
    }

    private static void print(String what, Callable<?> address) {
        Object result;
        try {
            result = address.call();
        } catch (Exception e) {
            result = e;
        }
        System.out.println(what + ": " + (result instanceof SocketAddress socket ? withoutPort(socket) : result));
    }

    private static String withoutPort(SocketAddress address) {
        return ((InetSocketAddress) address).getAddress().toString();
    }
}
