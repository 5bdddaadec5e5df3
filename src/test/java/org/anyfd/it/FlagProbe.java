package org.anyfd.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a child JVM of {@link FlagTest} runs: asks for the provider, then uses it, and prints a line about each step.
 * Standard output is the answer; any word on standard error is a complaint of the JVM.
 */
final class FlagProbe {
    private FlagProbe() { }

    public static void main(String[] args) throws IOException {
        System.out.println("provider=" + SelectorProvider.provider().getClass().getName());
        System.out.println("native before use=" + nativeCodeLoaded());
        try (Selector selector = Selector.open()) {
            System.out.println("selector=" + selector.getClass().getName());
            echoOverTcp(selector);
            passThroughPipe(selector);
        }
        System.out.println("native after use=" + nativeCodeLoaded());
        System.out.println("done");
    }

    /** JNR-FFI's library keeps its name when it is unpacked. */
    private static boolean nativeCodeLoaded() throws IOException {
        return Files.readString(Path.of("/proc/self/maps")).contains("jffi");
    }

    private static void echoOverTcp(Selector selector) throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open(); SocketChannel client = SocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            server.configureBlocking(false);
            server.register(selector, SelectionKey.OP_ACCEPT);
            client.connect(server.getLocalAddress());
            await(selector);
            try (SocketChannel accepted = server.accept()) {
                client.write(ByteBuffer.wrap(new byte[] {42}));
                accepted.configureBlocking(false);
                accepted.register(selector, SelectionKey.OP_READ);
                await(selector);
                check(accepted.read(ByteBuffer.allocate(8)) == 1, "one byte over TCP");
            }
        }
        selector.selectNow();
    }

    private static void passThroughPipe(Selector selector) throws IOException {
        Pipe pipe = Pipe.open();
        try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
            source.configureBlocking(false);
            source.register(selector, SelectionKey.OP_READ);
            sink.write(ByteBuffer.wrap(new byte[] {42}));
            await(selector);
            check(source.read(ByteBuffer.allocate(8)) == 1, "one byte through the pipe");
        }
    }

    private static void await(Selector selector) throws IOException {
        check(selector.select(10_000) == 1, "one key is ready");
        selector.selectedKeys().clear();
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("not so: " + what);
        }
    }
}
