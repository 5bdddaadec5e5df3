package org.anyfd.servers;

import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.glassfish.grizzly.http.server.HttpHandler;
import org.glassfish.grizzly.http.server.HttpServer;
import org.glassfish.grizzly.http.server.NetworkListener;
import org.glassfish.grizzly.http.server.Request;
import org.glassfish.grizzly.http.server.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Grizzly's HTTP server. */
@ExtendWith(OpenFiles.class)
class GrizzlyTest {
    private final HttpServer server = new HttpServer();
    private final NetworkListener listener = new NetworkListener("test", "127.0.0.1", 0);
    private final ExecutorService threads = Executors.newFixedThreadPool(4);

    @BeforeEach
    void start() throws IOException {
        listener.getKeepAlive().setMaxRequestsCount(-1);
        server.addListener(listener);
        server.getServerConfiguration().addHttpHandler(new Echo(), "/echo");
        server.getServerConfiguration().addHttpHandler(new SuspendedEcho(), "/suspended");
        server.start();
    }

    @AfterEach
    void stop() {
        server.shutdownNow();
        // Grizzly leaves these open, on every provider.
        listener.getTransport().getTemporarySelectorIO().getSelectorPool().close();
        threads.shutdown();
    }

    @Test
    void grizzlyServesKeepAliveRequests() throws Exception {
        HttpLoad.run(listener.getPort(), "/echo");
        AnyFd.assertUsedBy(1, server);
    }

    @Test
    void suspendedResponsesAreResumedByOtherThreads() throws Exception {
        HttpLoad.run(listener.getPort(), "/suspended");
        AnyFd.assertUsedBy(1, server);
    }

    private static void echo(Request request, Response response) throws IOException {
        byte[] body = request.getInputStream().readAllBytes();
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    private static final class Echo extends HttpHandler {
        @Override
        public void service(Request request, Response response) throws IOException {
            echo(request, response);
        }
    }

    private final class SuspendedEcho extends HttpHandler {
        @Override
        public void service(Request request, Response response) {
            response.suspend();
            threads.submit(() -> {
                echo(request, response);
                response.resume();
                return null;
            });
        }
    }
}
