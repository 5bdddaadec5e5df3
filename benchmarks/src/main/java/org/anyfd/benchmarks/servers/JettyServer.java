package org.anyfd.benchmarks.servers;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

final class JettyServer {
    private JettyServer() { }

    static int start() throws Exception {
        // A thread for the acceptor, one for the selector, and the workers.
        var server = new org.eclipse.jetty.server.Server(new QueuedThreadPool(2 + Server.WORKERS));
        ServerConnector connector = new ServerConnector(server, 1, 1);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(new Page());
        server.start();
        return connector.getLocalPort();
    }

    private static final class Page extends Handler.Abstract.NonBlocking {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, Server.PAGE.length);
            response.write(true, ByteBuffer.wrap(Server.PAGE), callback);
            return true;
        }
    }
}
