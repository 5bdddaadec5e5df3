package packaged;

import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/** A plain Jetty that knows nothing of anyfd. Prints its port, and ends with its standard input. */
public final class JettyProgram {
    private JettyProgram() {
    }

    public static void main(String[] args) throws Exception {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server, 1, 1);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                Content.Sink.write(response, true, "served by Jetty", callback);
                return true;
            }
        });
        server.start();
        System.out.println("port=" + connector.getLocalPort());
        while (System.in.read() >= 0) {
            continue;
        }
        server.stop();
    }
}
