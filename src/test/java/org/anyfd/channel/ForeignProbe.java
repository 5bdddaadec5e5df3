package org.anyfd.channel;

import java.io.IOException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.anyfd.AnyFdSelectorProvider;
import org.anyfd.fd.FdChannel;

/** What a child JVM of {@link ForeignChannelTest} runs: channels of one provider in a selector of the other. */
final class ForeignProbe {
    private ForeignProbe() {
    }

    public static void main(String[] args) throws IOException {
        AnyFdSelectorProvider provider = new AnyFdSelectorProvider();
        try (Selector ours = provider.openSelector();
                Selector theirs = Selector.open();
                FdChannel none = FdChannel.open(Path.of("/dev/null"), StandardOpenOption.WRITE);
                SocketChannel socket = provider.openSocketChannel()) {
            for (SelectableChannel jdk : new SelectableChannel[] {SocketChannel.open(), ServerSocketChannel.open(),
                DatagramChannel.open(), Pipe.open().source()}) {
                tell(jdk, ours, "ours");
            }
            tell(none, theirs, "the JDK's");
            tell(socket, theirs, "the JDK's");
            tell(none, ours, "ours");
            tell(socket, ours, "ours");
        }
    }

    private static void tell(SelectableChannel channel, Selector selector, String whose) throws IOException {
        String what;
        try {
            channel.configureBlocking(false);
            int op = channel.validOps() & ~(SelectionKey.OP_CONNECT | SelectionKey.OP_READ);
            SelectionKey key = channel.register(selector, op == 0 ? SelectionKey.OP_READ : op);
            what = selector.selectNow() == 1 ? "ready" : "registered";
            key.cancel();
            selector.selectNow();
        } catch (RuntimeException e) {
            what = e.toString();
        }
        System.out.println(channel.getClass().getSimpleName() + " in " + whose + ": " + what);
    }
}
