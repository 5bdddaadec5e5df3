package org.anyfd.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * The other side of {@link TenThousandConnectionsTest}, in a JVM of its own and on the JDK's provider: opens the
 * connections, holds them all, and in each round sends a message over each and checks that just that comes back.
 */
final class ManyClients {
    private static final int LONGEST = 64 * 1024;

    private final Selector selector = Selector.open();
    private final List<Client> clients = new ArrayList<>();
    private final ByteBuffer received = ByteBuffer.allocateDirect(LONGEST);
    private int waiting;

    private ManyClients() throws IOException { }

    public static void main(String[] args) throws IOException {
        InetSocketAddress server = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0]));
        int count = Integer.parseInt(args[1]);
        int rounds = Integer.parseInt(args[2]);
        ManyClients all = new ManyClients();
        for (int i = 0; i < count; i++) {
            all.clients.add(all.connect(server, i));
        }
        for (int round = 0; round < rounds; round++) {
            all.round(round);
        }
        System.out.println("echoed " + (long) count * rounds);
    }

    private Client connect(InetSocketAddress server, int number) throws IOException {
        SocketChannel channel = SocketChannel.open(server);
        channel.configureBlocking(false);
        Client client = new Client(number, channel);
        client.key = channel.register(selector, SelectionKey.OP_READ, client);
        return client;
    }

    private void round(int round) throws IOException {
        for (Client client : clients) {
            client.start(round);
        }
        waiting = clients.size();
        while (waiting > 0) {
            selector.select(key -> ((Client) key.attachment()).ready());
        }
    }

    private final class Client {
        private final int number;
        private final SocketChannel channel;
        private SelectionKey key;
        private ByteBuffer message;
        private int matched;

        Client(int number, SocketChannel channel) {
            this.number = number;
            this.channel = channel;
        }

        /** Some messages are longer than what a socket takes at once. */
        void start(int round) throws IOException {
            int length = (number + round) % 500 == 0 ? LONGEST : 1 + (number * 7 + round * 131) % 1500;
            message = ByteBuffer.allocate(length);
            for (int i = 0; i < length; i++) {
                message.put(i, expected(round, i));
            }
            matched = 0;
            send();
        }

        private byte expected(int round, int i) {
            return (byte) (number * 31 + round * 17 + i + i / 251);
        }

        private void send() throws IOException {
            channel.write(message);
            key.interestOps(message.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }

        void ready() {
            try {
                if (key.isWritable()) {
                    send();
                }
                if (key.isReadable()) {
                    receive();
                }
            } catch (IOException e) {
                throw new IllegalStateException("connection " + number + ", byte " + matched, e);
            }
        }

        private void receive() throws IOException {
            received.clear();
            if (channel.read(received) < 0) {
                throw new IOException("closed by the server");
            }
            received.flip();
            int count = received.remaining();
            if (count > message.limit() - matched || !received.equals(message.slice(matched, count))) {
                throw new IOException("something else came back");
            }
            matched += count;
            if (matched == message.limit()) {
                waiting--;
            }
        }
    }
}
