package org.anyfd.benchmarks.servers;

import java.io.IOException;
import org.glassfish.grizzly.http.server.HttpHandler;
import org.glassfish.grizzly.http.server.HttpServer;
import org.glassfish.grizzly.http.server.NetworkListener;
import org.glassfish.grizzly.http.server.Request;
import org.glassfish.grizzly.http.server.Response;
import org.glassfish.grizzly.threadpool.ThreadPoolConfig;

final class GrizzlyServer {
    private GrizzlyServer() { }

    static int start() throws IOException {
        NetworkListener listener = new NetworkListener("page", "127.0.0.1", 0);
        listener.getKeepAlive().setMaxRequestsCount(-1);
        listener.getTransport().setSelectorRunnersCount(1);
        listener.getTransport().setWorkerThreadPoolConfig(
            ThreadPoolConfig.defaultConfig().setCorePoolSize(Server.WORKERS).setMaxPoolSize(Server.WORKERS));
        HttpServer server = new HttpServer();
        server.addListener(listener);
        server.getServerConfiguration().addHttpHandler(new Page(), "/");
        server.start();
        return listener.getPort();
    }

    private static final class Page extends HttpHandler {
        @Override
        public void service(Request request, Response response) throws IOException {
            response.setContentLength(Server.PAGE.length);
            response.getOutputStream().write(Server.PAGE);
        }
    }
}
