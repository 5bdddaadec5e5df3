package org.anyfd.examples;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

import org.anyfd.fd.LineSettings;
import org.anyfd.fd.TtyChannel;

/**
 * A serial line on the network: whoever connects talks to the device, one client at a time, the next when the first has
 * closed. One thread; a side that does not take its bytes makes the other one wait. What the device says when there is
 * no client is dropped. Ends with status 1 when the line hangs up, as when the adapter is unplugged.
 *
 * <pre>
 *   examples/run SerialGateway /dev/ttyUSB0 5000          at 115200 8N1
 *   examples/run SerialGateway /dev/ttyUSB0 5000 9600
 *   nc localhost 5000
 * </pre>
 */
public final class SerialGateway implements Closeable {
    private final Selector selector = Selector.open();
    private final TtyChannel line;
    private final SelectionKey lineKey;
    private final ServerSocketChannel server;
    private final SelectionKey serverKey;
    /** What was read and is to be written; more is read when it is empty. */
    private final ByteBuffer toLine = ByteBuffer.allocateDirect(4096).flip();
    private final ByteBuffer toClient = ByteBuffer.allocateDirect(4096).flip();
    /** Null if there is none. */
    private SocketChannel client;
    private SelectionKey clientKey;
    /** The client has closed; what it sent before is still on its way to the line. */
    private boolean clientEnded;

    private SerialGateway(Path device, int port, int speed) throws IOException {
        line = TtyChannel.openLine(device, LineSettings.of(speed));
        line.setExclusive(true);
        line.configureBlocking(false);
        lineKey = line.register(selector, SelectionKey.OP_READ);
        server = ServerSocketChannel.open().bind(new InetSocketAddress(port));
        server.configureBlocking(false);
        serverKey = server.register(selector, SelectionKey.OP_ACCEPT);
    }

    public static void main(String[] args) {
        Arguments arguments = new Arguments("SerialGateway DEVICE PORT [SPEED]", args);
        if (args.length < 2 || args.length > 3) {
            throw arguments.refused();
        }
        int port = arguments.port(1, 0);
        int speed = arguments.number(2, 115_200, 1, Integer.MAX_VALUE);
        try (SerialGateway gateway = new SerialGateway(Path.of(args[0]), port, speed)) {
            System.out.println(args[0] + " at " + gateway.line.line() + ", on port "
                    + ((InetSocketAddress) gateway.server.getLocalAddress()).getPort());
            gateway.run();
        } catch (IOException e) {
            System.err.println(e); // the message of a NoSuchFileException is but the path
            System.exit(1);
        }
    }

    private void run() throws IOException {
        while (true) {
            selector.select();
            if (selector.selectedKeys().contains(lineKey)) {
                serveLine();
            }
            if (client != null && selector.selectedKeys().contains(clientKey)) {
                serveClient();
            } else if (selector.selectedKeys().contains(serverKey)) {
                accept();
            }
            selector.selectedKeys().clear();
            updateInterest();
        }
    }

    private void serveLine() throws IOException {
        if (lineKey.isWritable()) {
            line.write(toLine);
        }
        if (lineKey.isReadable()) {
            int n = line.read(toClient.clear());
            toClient.flip();
            if (n < 0) {
                throw new IOException("the line has hung up");
            }
            if (client == null) {
                toClient.position(toClient.limit());
            }
        }
    }

    private void serveClient() {
        try {
            if (clientKey.isWritable()) {
                client.write(toClient);
            }
            if (clientKey.isReadable()) {
                clientEnded = client.read(toLine.clear()) < 0;
                toLine.flip();
            }
        } catch (IOException broken) {
            clientEnded = true;
        }
    }

    private void accept() throws IOException {
        client = server.accept();
        if (client == null) {
            return; // has changed his mind
        }
        System.out.println("client " + client.getRemoteAddress());
        client.configureBlocking(false);
        clientKey = client.register(selector, 0);
        clientEnded = false;
    }

    private void updateInterest() throws IOException {
        if (client != null && clientEnded && !toLine.hasRemaining()) {
            System.out.println("client has gone");
            client.close();
            client = null;
            toClient.position(toClient.limit());
        }
        lineKey.interestOps(readOrWrite(!toClient.hasRemaining(), toLine.hasRemaining()));
        serverKey.interestOps(client == null ? SelectionKey.OP_ACCEPT : 0);
        if (client != null) {
            clientKey.interestOps(clientEnded ? 0 : readOrWrite(!toLine.hasRemaining(), toClient.hasRemaining()));
        }
    }

    private static int readOrWrite(boolean read, boolean write) {
        return (read ? SelectionKey.OP_READ : 0) | (write ? SelectionKey.OP_WRITE : 0);
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
