package org.anyfd.it;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectableChannelEndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

/** Jetty 12, as it is, under the flag. */
class JettyTest {
    private static final int CONNECTIONS = 16;
    private static final int REQUESTS = 10_000;

    private final Answers answers = new Answers(REQUESTS);
    private final Set<Object> channels = ConcurrentHashMap.newKeySet();

    @Test
    void jettyServesTenThousandKeepAliveRequests() throws Exception {
        Server server = new Server(new QueuedThreadPool(16));
        ServerConnector connector = new ServerConnector(server, 1, 2);
        connector.setHost("127.0.0.1");
        connector.setPort(0);
        server.addConnector(connector);
        server.setHandler(new Echo());
        server.setStopTimeout(0);
        server.start();
        try {
            channels.add(connector.getTransport());
            HttpLoad.run(connector.getLocalPort(), CONNECTIONS, REQUESTS);
            answers.assertAllSucceeded();
            assertSelectorsAreAnyFd(connector);
        } finally {
            server.stop();
        }
        assertEquals(1 + CONNECTIONS, channels.size(), "channels seen");
        channels.forEach(Provider::assertAnyFd);
    }

    private static void assertSelectorsAreAnyFd(ServerConnector connector) {
        var selectors = new ArrayList<>(connector.getSelectorManager().getBeans(ManagedSelector.class));
        assertFalse(selectors.isEmpty());
        selectors.forEach(managed -> Provider.assertAnyFd(managed.getSelector()));
    }

    private final class Echo extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            var endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
            channels.add(((SelectableChannelEndPoint) endPoint).getChannel());
            ByteBuffer body = Content.Source.asByteBuffer(request);
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.remaining());
            response.write(true, body, Callback.from(() -> {
                callback.succeeded();
                answers.succeeded();
            }, cause -> {
                answers.failed(cause);
                callback.failed(cause);
            }));
            return true;
        }
    }
}
