package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS laid over the Socket of a SocketChannel, as programs do it with SSLSocketFactory. */
@Bounded
class SocketAdaptorTlsTest {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private static SSLContext context;

    @BeforeAll
    static void makeKey(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("key.p12");
        Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-keyalg", "EC", "-dname", "CN=localhost", "-alias", "key", "-validity", "2",
                "-storetype", "PKCS12", "-keystore", file.toString(), "-storepass", new String(PASSWORD))
                .redirectErrorStream(true).redirectOutput(directory.resolve("log").toFile()).start();
        assertTrue(keytool.waitFor(25, TimeUnit.SECONDS));
        assertEquals(0, keytool.exitValue(), () -> "keytool failed");
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    }

    private static SSLSocket client(Tcp tcp) throws Exception {
        return (SSLSocket) context.getSocketFactory().createSocket(tcp.client.socket(), "localhost", 1, true);
    }

    private static SSLSocket server(Tcp tcp) throws Exception {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(tcp.server.socket(), null, true);
        socket.setUseClientMode(false);
        return socket;
    }

    @Test
    void aMegabyteIsEchoed() throws Exception {
        byte[] data = Tcp.random(1, 1_000_000);
        try (Tcp tcp = Tcp.pair(); SSLSocket client = client(tcp); SSLSocket server = server(tcp)) {
            Task<Void> echo = Task.start(() -> {
                byte[] buffer = new byte[10_000];
                for (int n; (n = server.getInputStream().read(buffer)) > 0; ) {
                    server.getOutputStream().write(buffer, 0, n);
                }
                server.close();
                return null;
            });
            Task<byte[]> reader = Task.start(client.getInputStream()::readAllBytes);
            client.getOutputStream().write(data);
            client.shutdownOutput();
            assertArrayEquals(data, reader.get());
            echo.get();
        }
    }

    @Test
    void aReadThatTakesTooLongLeavesTheConnectionUsable() throws Exception {
        try (Tcp tcp = Tcp.pair(); SSLSocket client = client(tcp); SSLSocket server = server(tcp)) {
            Task<Void> handshake = Task.start(() -> {
                server.startHandshake();
                return null;
            });
            client.startHandshake();
            handshake.get();
            client.setSoTimeout(100);
            assertEquals(100, tcp.client.socket().getSoTimeout());
            assertThrowsExactly(SocketTimeoutException.class, () -> client.getInputStream().read());
            client.setSoTimeout(20_000);
            server.getOutputStream().write(6);
            assertEquals(6, client.getInputStream().read());
        }
    }

    @Test
    void closingTheTlsSocketClosesTheChannel() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            SSLSocket client = client(tcp);
            assertEquals(tcp.client.getRemoteAddress(), client.getRemoteSocketAddress());
            client.close();
            assertTrue(tcp.client.socket().isClosed());
        }
    }
}
