package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.anyfd.AnyFdSelectorProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A channel that is closed while a selection waits causes an event for its key, which is gone when the event is
 * dispatched. That is no sign of a ghost in the kernel's set, which would have to be made anew with every key in it.
 */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CancelDuringWaitTest {
    private static final int CHANNELS = 40;

    private final AnyFdSelectorProvider provider = new AnyFdSelectorProvider();

    @Test
    void closingChannelsDoesNotRenewTheKernelsSet() throws Exception {
        try (ServerSocketChannel listener = provider.openServerSocketChannel();
                Selector selector = provider.openSelector()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            SocketChannel[] channels = new SocketChannel[CHANNELS];
            SocketChannel[] peers = new SocketChannel[CHANNELS];
            for (int i = 0; i < CHANNELS; i++) {
                channels[i] = provider.openSocketChannel();
                channels[i].connect(listener.getLocalAddress());
                peers[i] = listener.accept();
                channels[i].configureBlocking(false);
                channels[i].register(selector, SelectionKey.OP_READ);
            }
            // Has the kernel watch all, for it is not to be told of a key that is cancelled before.
            assertEquals(0, selector.selectNow());
            Set<String> sets = epollDescriptors();
            Thread selecting = new Thread(() -> selectUntilClosed(selector));
            selecting.setDaemon(true);
            selecting.start();
            for (int i = 0; i < CHANNELS; i++) {
                channels[i].close();
                // The peer answers, which is the event.
                assertEquals(-1, peers[i].read(ByteBuffer.allocate(1)));
                peers[i].close();
                while (selector.keys().size() >= CHANNELS - i) {
                    Thread.onSpinWait();
                }
                assertTrue(sets.containsAll(epollDescriptors()), "a set was made anew");
            }
            selector.close();
            selecting.join(10_000);
            assertTrue(!selecting.isAlive());
        }
    }

    private static void selectUntilClosed(Selector selector) {
        try {
            while (selector.isOpen()) {
                selector.select(key -> { });
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (ClosedSelectorException closed) {
            // the end
        }
    }

    /** A selector that makes the set anew gets another number for it. */
    private static Set<String> epollDescriptors() throws IOException {
        Set<String> numbers = new TreeSet<>();
        try (DirectoryStream<Path> fds = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path fd : fds) {
                try {
                    if (Files.readSymbolicLink(fd).toString().equals("anon_inode:[eventpoll]")) {
                        numbers.add(fd.getFileName().toString());
                    }
                } catch (NoSuchFileException closedMeanwhile) {
                    continue;
                }
            }
        }
        return numbers;
    }
}
