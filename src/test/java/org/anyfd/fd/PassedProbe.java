package org.anyfd.fd;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.testing.Census;

/**
 * A program that connects to a Unix socket, receives channels over it, one a message, and says of each what it is,
 * after it has used it. The last message has no channel.
 */
final class PassedProbe {
    private PassedProbe() {
    }

    public static void main(String[] args) throws Exception {
        UnixSeqPacketChannel boss = UnixSeqPacketChannel.open(UnixDomainSocketAddress.of(args[0]));
        ByteBuffer message = ByteBuffer.allocate(100);
        Map<String, Integer> before = null;
        for (;;) {
            FdPassing.Received received = FdPassing.receive(boss, message.clear());
            if (received.channels().isEmpty()) {
                say(boss, Census.take().equals(before) ? "nothing leaked" : before + " became " + Census.take());
                return;
            }
            SelectableChannel channel = received.channels().get(0);
            say(boss, use(channel) + closeOnExec((NativeSelectableChannel) channel));
            received.close();
            // The first channel loads what opens files of its own.
            before = before == null ? Census.take() : before;
        }
    }

    private static void say(UnixSeqPacketChannel boss, String text) throws IOException {
        boss.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    }

    /** Waits in a selector until the channel can be read, and does. */
    private static String use(SelectableChannel channel) throws IOException {
        try (Selector selector = Selector.open()) {
            boolean server = channel instanceof ServerSocketChannel;
            channel.configureBlocking(false).register(selector,
                server ? SelectionKey.OP_ACCEPT : SelectionKey.OP_READ);
            selector.select();
        }
        ByteBuffer bytes = ByteBuffer.allocate(100);
        if (channel instanceof ServerSocketChannel server) {
            try (SocketChannel accepted = server.accept()) {
                accepted.write(ByteBuffer.wrap(new byte[] {'h', 'i'}));
            }
            return "server";
        }
        if (channel instanceof SocketChannel socket) {
            socket.read(bytes);
            socket.write(bytes.flip());
            return "socket";
        }
        if (channel instanceof DatagramChannel datagrams) {
            SocketAddress from = datagrams.receive(bytes);
            datagrams.send(bytes.flip(), from);
            return "datagrams";
        }
        if (channel instanceof EventFdChannel event) {
            return "eventfd " + event.take();
        }
        if (channel instanceof TimerFdChannel timer) {
            return "timer " + timer.clock() + " " + timer.takeExpirations();
        }
        if (channel instanceof PidFdChannel end) {
            return "process " + end.pid();
        }
        if (channel instanceof InotifyChannel inotify) {
            return "events " + inotify.read();
        }
        FdChannel other = (FdChannel) channel;
        other.read(bytes);
        return "fd " + StandardCharsets.US_ASCII.decode(bytes.flip());
    }

    private static String closeOnExec(NativeSelectableChannel channel) throws IOException {
        String flags = Files.readAllLines(Path.of("/proc/self/fdinfo/" + channel.getFD())).stream()
            .filter(line -> line.startsWith("flags:")).findAny().orElseThrow();
        return (Integer.parseInt(flags.substring(6).strip(), 8) & 02000000) != 0 ? " cloexec" : " inherited";
    }
}
