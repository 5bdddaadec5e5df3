package org.anyfd.all;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.anyfd.AnyFdSelectorProvider;
import org.anyfd.fd.FdChannel;
import org.anyfd.fd.InotifyChannel;
import org.anyfd.fd.InotifyEvent;
import org.anyfd.fd.InotifyTree;

/** What has a path, and the standard input. */
final class PathSources {
    private static final int FILE_TYPE = 0xF000;
    private static final int FIFO = 0x1000;
    private static final int SOCKET = 0xC000;
    private static final int IN_FILES = InotifyChannel.IN_CREATE | InotifyChannel.IN_DELETE | InotifyChannel.IN_MOVE
        | InotifyChannel.IN_CLOSE_WRITE;
    private static final int IN_FILE = InotifyChannel.IN_MODIFY | InotifyChannel.IN_ATTRIB | InotifyChannel.IN_CLOSE_WRITE
        | InotifyChannel.IN_DELETE_SELF | InotifyChannel.IN_MOVE_SELF;
    private static final int ROOM = 4096;

    private PathSources() {
    }

    static Source open(String name) throws IOException {
        if (name.equals("-")) {
            return bytes("stdin", "watching standard input", FdChannel.stdin());
        }
        Path path = Path.of(name);
        switch ((int) Files.getAttribute(path, "unix:mode") & FILE_TYPE) {
            case FIFO:
                // For writing, too: so it does not end when a writer goes, and waits for the next one.
                return bytes(name, "watching a FIFO",
                    FdChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
            case SOCKET:
                SocketChannel socket = new AnyFdSelectorProvider().openSocketChannel(StandardProtocolFamily.UNIX);
                return NetSources.connect(name, socket, UnixDomainSocketAddress.of(path));
            default:
                break;
        }
        if (Files.isDirectory(path)) {
            InotifyTree tree = InotifyTree.open(path, IN_FILES);
            return Source.of(name, "watching a directory and all below it", tree, SelectionKey.OP_READ,
                (key, lines) -> changes(name, tree.read(), tree, lines));
        }
        if (Files.isRegularFile(path)) {
            return file(name, path);
        }
        return bytes(name, "watching a device", FdChannel.open(path, StandardOpenOption.READ));
    }

    private static Source file(String name, Path path) throws IOException {
        InotifyChannel file = InotifyChannel.open();
        try {
            file.watch(path, IN_FILE);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
        return Source.of(name, "watching a file", file, SelectionKey.OP_READ,
            (key, lines) -> changes(name, file.read(), file, lines));
    }

    private static Source changes(String name, List<InotifyEvent> events, SelectableChannel channel, Lines lines)
            throws IOException {
        boolean gone = false;
        for (InotifyEvent event : events) {
            gone |= event.is(InotifyChannel.IN_IGNORED) && event.path() != null && event.path().equals(Path.of(name));
            lines.event(name, event.toString());
        }
        if (gone) {
            channel.close();
        }
        return null;
    }

    /** A channel whose bytes are printed, until its end. */
    static <C extends SelectableChannel & ReadableByteChannel> Source bytes(String name, String state, C channel) {
        return Source.of(name, state, channel, SelectionKey.OP_READ, (key, lines) -> {
            read(name, channel, lines);
            return null;
        });
    }

    static <C extends SelectableChannel & ReadableByteChannel> void read(String name, C channel, Lines lines)
            throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(ROOM);
        int n = channel.read(buffer);
        if (n < 0) {
            lines.event(name, "end");
            channel.close();
        } else if (n > 0) {
            lines.event(name, Lines.quoted(buffer.flip()));
        }
    }
}
