package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.net.http.HttpClient.Version;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.CompletableResponseListener;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ResourceHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Jetty's server over HTTP/1.1 and cleartext HTTP/2, its own HTTP/2 client and the JDK's. */
@ExtendWith(OpenFiles.class)
class JettyTest {
    private static final int HTTP2_REQUESTS = 2_000;

    private final Server server = new Server(new QueuedThreadPool(16));
    private final ServerConnector connector = connector(server);

    private static ServerConnector connector(Server server) {
        HttpConfiguration http = new HttpConfiguration();
        return new ServerConnector(
                server, 1, 2, new HttpConnectionFactory(http), new HTTP2CServerConnectionFactory(http));
    }

    @BeforeEach
    void start() throws Exception {
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        ResourceHandler files = new ResourceHandler(new Echo());
        files.setBaseResourceAsString(BigFile.folder().toString());
        server.setHandler(files);
        server.setStopTimeout(0);
        server.start();
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    @Test
    @Tag("poll")
    void jettyServesTenThousandKeepAliveRequests() throws Exception {
        HttpLoad.run(connector.getLocalPort(), "/echo", 10_000);
        AnyFd.assertUsedBy(1, connector);
    }

    @Test
    void oneGibibyteFileArrivesIntact() throws Exception {
        try (HttpConnection connection = new HttpConnection(SocketFactory.getDefault(), connector.getLocalPort())) {
            connection.assertServesBigFile();
            AnyFd.assertUsedBy(2, connector);
        }
    }

    @Test
    void jettysHttp2ClientMeetsItsServer() throws Exception {
        HttpClient client = new HttpClient(new HttpClientTransportOverHTTP2(new HTTP2Client()));
        client.setMaxRequestsQueuedPerDestination(HTTP2_REQUESTS);
        client.start();
        try {
            List<CompletableFuture<ContentResponse>> answers = new ArrayList<>();
            for (int i = 0; i < HTTP2_REQUESTS; i++) {
                var request = client.POST(uri()).body(new BytesRequestContent(HttpLoad.body(i)));
                answers.add(new CompletableResponseListener(request).send());
            }
            for (int i = 0; i < HTTP2_REQUESTS; i++) {
                ContentResponse answer = answers.get(i).get(50, TimeUnit.SECONDS);
                assertEquals(200, answer.getStatus());
                assertArrayEquals(HttpLoad.body(i), answer.getContent(), "body of request " + i);
            }
            AnyFd.assertUsedBy(1, client);
            AnyFd.assertUsedBy(2, connector);
        } finally {
            client.stop();
        }
    }

    @Test
    void jdksHttp2ClientMeetsJettysServer() throws Exception {
        try (JdkClient client = new JdkClient(Version.HTTP_2)) {
            // A request without a body asks for HTTP/2; those that follow use the connection it made.
            assertArrayEquals(new byte[0], client.get(uri()));
            client.assertEchoes(uri(), HTTP2_REQUESTS);
            client.assertOnAnyFd();
            AnyFd.assertUsedBy(2, connector);
        }
    }

    private URI uri() {
        return URI.create("http://127.0.0.1:" + connector.getLocalPort() + "/echo");
    }

    private static final class Echo extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            Content.Source.asByteBuffer(request, new Promise<>() {
                @Override
                public void succeeded(ByteBuffer body) {
                    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.remaining());
                    response.write(true, body, callback);
                }

                @Override
                public void failed(Throwable cause) {
                    callback.failed(cause);
                }
            });
            return true;
        }
    }
}
