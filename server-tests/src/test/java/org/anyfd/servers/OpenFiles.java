package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test that leaves files open. Counts by kind, without the jars and logs that a JVM opens when it likes. */
final class OpenFiles implements BeforeEachCallback, AfterEachCallback {
    private static final String EVENTFD = "anon_inode:[eventfd]";
    /** So many eventfds anyfd keeps for later waits; more are a leak. */
    private static final int KEPT_EVENTFDS = 8;
    private static final int PATIENCE_SECONDS = 20;

    private Map<String, Integer> before;

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        openWhatStaysOpen();
        before = take();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        // Servers close some in threads of their own. An HttpClient of JDK 17 has no close(): it ends when it is collected.
        while (!leaked().isEmpty() && System.nanoTime() - deadline < 0) {
            System.gc();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        if (!leaked().isEmpty()) {
            fail("left open: " + leaked() + "; open before: " + before);
        }
    }

    /** The JDK keeps a socket, to put in the place of those that it closes, from its first close on. */
    private static void openWhatStaysOpen() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket accepted = server.accept();
                Selector selector = Selector.open();
                SocketChannel channel = SocketChannel.open()) {
            client.getOutputStream().write(1);
            accepted.getInputStream().read();
            channel.configureBlocking(false).register(selector, SelectionKey.OP_CONNECT);
            selector.selectNow();
        }
    }

    private Map<String, Integer> leaked() {
        Map<String, Integer> leaked = new TreeMap<>();
        take().forEach((kind, count) -> {
            int kept = kind.equals(EVENTFD) ? KEPT_EVENTFDS : before.getOrDefault(kind, 0);
            if (count > Math.max(kept, before.getOrDefault(kind, 0))) {
                leaked.put(kind, count - before.getOrDefault(kind, 0));
            }
        });
        return leaked;
    }

    private static Map<String, Integer> take() {
        Map<String, Integer> counts = new TreeMap<>();
        files().stream().map(OpenFiles::kind).forEach(kind -> counts.merge(kind, 1, Integer::sum));
        counts.remove("");
        return counts;
    }

    private static List<String> files() {
        try (var fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.map(OpenFiles::target).toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String target(Path fd) {
        try {
            return Files.readSymbolicLink(fd).toString();
        } catch (IOException gone) {
            return "";
        }
    }

    /** Empty for what is not counted. */
    private static String kind(String file) {
        if (file.startsWith("anon_inode:")) {
            return file;
        }
        if (file.startsWith("/")) {
            return file.contains("/" + TestFiles.PREFIX) ? "a test's file" : "";
        }
        return file.replaceFirst(":.*", "");
    }
}
