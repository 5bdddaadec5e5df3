package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.BlockingHandler;
import io.undertow.websockets.core.AbstractReceiveListener;
import io.undertow.websockets.core.BufferedBinaryMessage;
import io.undertow.websockets.core.WebSocketChannel;
import io.undertow.websockets.core.WebSockets;
import io.undertow.websockets.spi.WebSocketHttpExchange;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient.Version;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Undertow, which is XNIO's selectors. */
@ExtendWith(OpenFiles.class)
class UndertowTest {
    private static final int MESSAGES = 1_000;

    private final Undertow undertow = Undertow.builder()
            .setIoThreads(2)
            .setWorkerThreads(4)
            .addHttpListener(0, "127.0.0.1")
            .setHandler(Handlers.path()
                    .addExactPath("/io", UndertowTest::echoOnIoThread)
                    .addExactPath("/worker", new BlockingHandler(UndertowTest::echoOnWorker))
                    .addExactPath("/socket", Handlers.websocket(UndertowTest::echoMessages)))
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

    @Test
    void messagesOfWebSocketsComeBackInOrder() throws Exception {
        try (JdkClient client = new JdkClient(Version.HTTP_1_1)) {
            WebSocketMessages messages = new WebSocketMessages();
            WebSocket socket = client.open(URI.create("ws://127.0.0.1:" + port() + "/socket"), messages);
            for (int i = 0; i < MESSAGES; i++) {
                socket.sendBinary(ByteBuffer.wrap(HttpLoad.body(i)), true).get(20, TimeUnit.SECONDS);
            }
            for (int i = 0; i < MESSAGES; i++) {
                assertArrayEquals(HttpLoad.body(i), messages.next(), "message " + i);
            }
            client.assertOnAnyFd();
            AnyFd.assertUsedBy(2, undertow);
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(20, TimeUnit.SECONDS);
            assertArrayEquals(new byte[0], messages.next(), "the server closes, too");
        }
    }

    private static void echoOnIoThread(HttpServerExchange exchange) {
        exchange.getRequestReceiver().receiveFullBytes((same, body) -> same.getResponseSender().send(ByteBuffer.wrap(body)));
    }

    /** Dispatched to a worker thread, with streams, which in XNIO wait by selectors of their own. */
    private static void echoOnWorker(HttpServerExchange exchange) throws IOException {
        byte[] body = exchange.getInputStream().readAllBytes();
        exchange.getOutputStream().write(body);
    }

    private static void echoMessages(WebSocketHttpExchange exchange, WebSocketChannel channel) {
        channel.getReceiveSetter().set(new AbstractReceiveListener() {
            @Override
            protected void onFullBinaryMessage(WebSocketChannel same, BufferedBinaryMessage message) {
                byte[] body = WebSockets.mergeBuffers(message.getData().getResource()).array();
                message.getData().free();
                WebSockets.sendBinary(ByteBuffer.wrap(body), same, null);
            }
        });
        channel.resumeReceives();
    }
}
