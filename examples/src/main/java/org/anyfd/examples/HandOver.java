package org.anyfd.examples;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

import org.anyfd.fd.AbstractUnixAddress;
import org.anyfd.fd.FdPassing;
import org.anyfd.fd.PeerCredentials;
import org.anyfd.fd.UnixSeqPacketChannel;
import org.anyfd.fd.UnixSeqPacketServerChannel;

/**
 * An echo server that is replaced while it works. Started once more, the new process takes over the listening socket and
 * all connections from the old one, which ends; the clients notice nothing.
 *
 * <pre>
 *   examples/run HandOver 7007
 *   nc localhost 7007
 *   examples/run HandOver 7007      in another terminal; go on typing to nc
 * </pre>
 *
 * The two meet at a name in the abstract namespace of Unix sockets. Each connection goes in a message of its own, with
 * what was read from it and not yet written back; the listening socket comes last.
 */
public final class HandOver {
    /** The first byte of a message: what comes with it. */
    private static final byte CONNECTION = 'c';
    private static final byte SERVER = 's';

    private final Selector selector;
    private final AbstractUnixAddress name;
    private final EchoServer echo;
    /** Where a successor comes in. */
    private final UnixSeqPacketServerChannel door;

    private HandOver(Selector selector, AbstractUnixAddress name, int port) throws IOException {
        this.selector = selector;
        this.name = name;
        EchoServer inherited = takeOver();
        echo = inherited != null ? inherited : new EchoServer(selector, port, System.out::println);
        door = UnixSeqPacketServerChannel.open().bind(name);
        door.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
    }

    public static void main(String[] args) throws IOException {
        int port = new Arguments("HandOver [PORT [NAME]]", args).port(0, 7007);
        AbstractUnixAddress name = AbstractUnixAddress.of(args.length > 1 ? args[1] : "anyfd-handover-" + port);
        try (Selector selector = Selector.open()) {
            HandOver server = new HandOver(selector, name, port);
            System.out.println("process " + ProcessHandle.current().pid() + " serves on port " + server.echo.port());
            server.run();
        }
    }

    private void run() throws IOException {
        while (door.isOpen()) {
            selector.select();
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.channel() != door) {
                    echo.serve(key);
                }
            }
            selector.selectedKeys().clear();
            try (UnixSeqPacketChannel successor = door.accept()) {
                if (successor != null && PeerCredentials.of(successor).uid() == PeerCredentials.of(door).uid()) {
                    handOver(successor);
                }
            }
        }
    }

    private void handOver(UnixSeqPacketChannel successor) throws IOException {
        System.out.println("handing over to process " + PeerCredentials.of(successor).pid());
        door.close();
        selector.selectNow(); // lets go of the door, so that its name is free
        SelectableChannel server = null;
        ByteBuffer message = ByteBuffer.allocateDirect(1 + EchoServer.BUFFER_SIZE);
        for (SelectionKey key : selector.keys()) {
            if (key.channel() instanceof SocketChannel client) {
                ByteBuffer pending = (ByteBuffer) key.attachment();
                message.clear().put(CONNECTION).put(pending.flip());
                FdPassing.send(successor, message.flip(), client);
                client.close();
            } else {
                server = key.channel();
            }
        }
        FdPassing.send(successor, message.clear().put(SERVER).flip(), server);
        server.close();
    }

    private record Taken(SocketChannel client, ByteBuffer pending) { }

    /** Null if nobody is there to take over from. */
    private EchoServer takeOver() throws IOException {
        try (UnixSeqPacketChannel predecessor = UnixSeqPacketChannel.open(name)) {
            List<Taken> clients = new ArrayList<>();
            while (true) {
                ByteBuffer pending = ByteBuffer.allocateDirect(EchoServer.BUFFER_SIZE);
                ByteBuffer message = ByteBuffer.allocateDirect(1 + EchoServer.BUFFER_SIZE);
                FdPassing.Received received = FdPassing.receive(predecessor, message);
                if (received.channels().isEmpty()) {
                    throw new EOFException("the running server does not hand over");
                }
                SelectableChannel channel = received.channels().get(0);
                if (channel instanceof ServerSocketChannel server) {
                    System.out.println("taken over with " + clients.size() + " connections");
                    EchoServer taken = new EchoServer(selector, server, System.out::println);
                    for (Taken client : clients) {
                        taken.serve(selector, client.client, client.pending);
                    }
                    return taken;
                }
                clients.add(new Taken((SocketChannel) channel, pending.put(message.flip().position(1))));
            }
        } catch (ConnectException nobody) {
            return null;
        }
    }
}
