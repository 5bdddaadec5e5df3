package packaged;

import com.sun.net.httpserver.HttpServer;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import jnr.enxio.channels.NativeDeviceChannel;

/**
 * What the tests pack as Spring Boot packs a program: in a nested class path, with its own jnr-enxio, and without anyfd. It
 * prints what it found, serves one request with the JDK's HTTP server, and has a channel of jnr-enxio selected.
 */
public final class BootProgram {
    private BootProgram() {
    }

    @SuppressWarnings("deprecation") // URL's constructor, on JDK 20 and newer
    public static void main(String[] args) throws Exception {
        System.out.println("own loader=" + BootProgram.class.getClassLoader().getClass().getSimpleName());
        System.out.println("provider=" + SelectorProvider.provider().getClass().getName());
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 2);
            exchange.getResponseBody().write("hi".getBytes());
            exchange.close();
        });
        server.start();
        URL url = new URL("http", server.getAddress().getHostString(), server.getAddress().getPort(), "/");
        HttpURLConnection connection = (HttpURLConnection) url.openConnection();
        System.out.println("http=" + new String(connection.getInputStream().readAllBytes()));
        server.stop(0);
        if (SelectorProvider.provider().getClass().getName().startsWith("org.anyfd.")) {
            foreignChannel();
        }
        System.out.println("done");
    }

    /** Descriptor 0, of which the caller makes a pipe with something in it. */
    private static void foreignChannel() throws Exception {
        try (Selector selector = Selector.open()) {
            NativeDeviceChannel input = new NativeDeviceChannel(SelectorProvider.provider(), 0, SelectionKey.OP_READ, false);
            System.out.println("foreign loader=" + input.getClass().getClassLoader().getClass().getSimpleName());
            input.configureBlocking(false);
            input.register(selector, SelectionKey.OP_READ);
            System.out.println("foreign selected=" + selector.select(10_000));
        }
    }
}
