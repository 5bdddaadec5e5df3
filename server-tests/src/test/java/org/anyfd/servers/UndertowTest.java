package org.anyfd.servers;

import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.BlockingHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Undertow, which is XNIO's selectors. */
@ExtendWith(OpenFiles.class)
class UndertowTest {
    private final Undertow undertow = Undertow.builder()
            .setIoThreads(2)
            .setWorkerThreads(4)
            .addHttpListener(0, "127.0.0.1")
            .setHandler(Handlers.path()
                    .addExactPath("/io", UndertowTest::echoOnIoThread)
                    .addExactPath("/worker", new BlockingHandler(UndertowTest::echoOnWorker)))
            .build();

    @BeforeEach
    void start() {
        undertow.start();
    }

    @AfterEach
    void stop() {
        undertow.stop();
    }

    private int port() {
        return ((InetSocketAddress) undertow.getListenerInfo().get(0).getAddress()).getPort();
    }

    @Test
    void ioThreadsServeKeepAliveRequests() throws Exception {
        HttpLoad.run(port(), "/io");
        AnyFd.assertUsedBy(1, undertow);
    }

    @Test
    void workersServeKeepAliveRequests() throws Exception {
        HttpLoad.run(port(), "/worker");
        AnyFd.assertUsedBy(1, undertow);
    }

    private static void echoOnIoThread(HttpServerExchange exchange) {
        exchange.getRequestReceiver().receiveFullBytes((same, body) -> same.getResponseSender().send(ByteBuffer.wrap(body)));
    }

    /** Dispatched to a worker thread, with streams, which in XNIO wait by selectors of their own. */
    private static void echoOnWorker(HttpServerExchange exchange) throws IOException {
        byte[] body = exchange.getInputStream().readAllBytes();
        exchange.getOutputStream().write(body);
    }
}
