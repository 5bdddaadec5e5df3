package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.SocketFactory;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tomcat's NIO connector with its defaults, so files go out by FileChannel.transferTo. */
@ExtendWith(OpenFiles.class)
class TomcatTest {
    private final Tomcat tomcat = new Tomcat();
    private final AtomicBoolean fileSentByChannel = new AtomicBoolean();
    private Connector connector;
    private Path base;

    @BeforeEach
    void start() throws Exception {
        base = TestFiles.newFolder();
        tomcat.setBaseDir(base.toString());
        connector = new Connector("org.apache.coyote.http11.Http11NioProtocol");
        connector.setProperty("address", "127.0.0.1");
        connector.setProperty("maxKeepAliveRequests", "-1");
        connector.setPort(0);
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", BigFile.folder().toString());
        add(context, "files", "/", new DefaultServlet());
        add(context, "echo", "/echo", new Echo());
        add(context, "async", "/async", new AsyncEcho());
        witness(context);
        tomcat.start();
    }

    private static void add(Context context, String name, String path, HttpServlet servlet) {
        Tomcat.addServlet(context, name, servlet).setAsyncSupported(true);
        context.addServletMappingDecoded(path, name);
    }

    private void witness(Context context) {
        FilterDef filter = new FilterDef();
        filter.setFilterName("witness");
        filter.setFilter(new Witness());
        context.addFilterDef(filter);
        FilterMap map = new FilterMap();
        map.setFilterName("witness");
        map.addURLPattern("/" + BigFile.NAME);
        context.addFilterMap(map);
    }

    @AfterEach
    void stop() throws Exception {
        tomcat.stop();
        tomcat.destroy();
        TestFiles.delete(base);
    }

    @Test
    void tomcatServesKeepAliveRequests() throws Exception {
        HttpLoad.run(connector.getLocalPort(), "/echo");
        assertOnAnyFd();
    }

    @Test
    void asyncServletReadsAndWritesWithoutBlocking() throws Exception {
        HttpLoad.run(connector.getLocalPort(), "/async");
        assertOnAnyFd();
    }

    @Test
    void oneGibibyteFileArrivesIntact() throws Exception {
        try (HttpConnection connection = new HttpConnection(SocketFactory.getDefault(), connector.getLocalPort())) {
            connection.assertServesBigFile();
            assertTrue(fileSentByChannel.get(), "Tomcat used sendfile");
            assertOnAnyFd();
        }
    }

    private void assertOnAnyFd() {
        AnyFd.assertUsedBy(1, connector.getProtocolHandler());
    }

    private static final class Echo extends HttpServlet {
        @Override
        protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
            byte[] body = request.getInputStream().readAllBytes();
            response.setContentLength(body.length);
            response.getOutputStream().write(body);
        }
    }

    /** Reads when Tomcat says that there is something, and answers from a thread of its own. */
    private static final class AsyncEcho extends HttpServlet {
        @Override
        protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
            AsyncContext async = request.startAsync();
            ServletInputStream in = request.getInputStream();
            in.setReadListener(new Reader(async, in, response));
        }
    }

    private record Reader(AsyncContext async, ServletInputStream in, HttpServletResponse response,
            ByteArrayOutputStream body) implements ReadListener {
        Reader(AsyncContext async, ServletInputStream in, HttpServletResponse response) {
            this(async, in, response, new ByteArrayOutputStream());
        }

        @Override
        public void onDataAvailable() throws IOException {
            byte[] room = new byte[8192];
            while (in.isReady()) {
                int n = in.read(room);
                if (n < 0) {
                    return;
                }
                body.write(room, 0, n);
            }
        }

        @Override
        public void onAllDataRead() {
            async.start(() -> {
                try {
                    response.getOutputStream().write(body.toByteArray());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } finally {
                    async.complete();
                }
            });
        }

        @Override
        public void onError(Throwable cause) {
            async.complete();
        }
    }

    /** Tomcat notes in the request which file it will send that way. */
    private final class Witness extends HttpFilter {
        @Override
        protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
                throws IOException, ServletException {
            chain.doFilter(request, response);
            fileSentByChannel.set(request.getAttribute("org.apache.tomcat.sendfile.filename") != null);
        }
    }
}
