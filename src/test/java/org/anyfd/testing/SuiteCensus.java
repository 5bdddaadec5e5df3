package org.anyfd.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import java.util.Map;
import org.anyfd.AnyFdSelectorProvider;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Counts the open files before the first test of a run, when everything that is opened once and kept has been. */
public final class SuiteCensus implements BeforeAllCallback {
    private static Map<String, Integer> before;

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        // The oracle's runs, on the JDK's provider, are not counted.
        if (before == null && SelectorProvider.provider() instanceof AnyFdSelectorProvider) {
            warmUp();
            before = Census.take();
        }
    }

    static Map<String, Integer> before() {
        return before;
    }

    /** The JDK, too, keeps what it has opened once: a socket for closing others, and what its random numbers come from. */
    public static void warmUp() throws IOException {
        try (Selector selector = Selector.open()) {
            selector.selectNow();
        }
        Pipe pipe = Pipe.open();
        pipe.sink().write(ByteBuffer.allocate(1));
        // Direct, for what tells its address is loaded then, which takes a descriptor.
        pipe.source().read(ByteBuffer.allocateDirect(1));
        pipe.sink().close();
        pipe.source().close();
        FileChannel.open(Path.of("/dev/null")).close();
        new ServerSocket(0, 1, InetAddress.getLoopbackAddress()).close();
    }
}
