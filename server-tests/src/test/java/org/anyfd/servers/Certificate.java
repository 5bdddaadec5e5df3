package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A self-signed certificate for localhost, made by the JDK's keytool once in the life of a JVM. */
final class Certificate {
    private static final String PASSWORD = "password";

    private static KeyStore store;

    private Certificate() {
    }

    static KeyManagerFactory keys() throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store(), PASSWORD.toCharArray());
        return keys;
    }

    /** For both sides: shows the certificate, and trusts it and no other. */
    static SSLContext context() throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys().getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    static SocketFactory trustingSockets() throws Exception {
        return context().getSocketFactory();
    }

    private static synchronized KeyStore store() throws Exception {
        if (store == null) {
            Path folder = TestFiles.newFolder();
            try (InputStream in = Files.newInputStream(generate(folder))) {
                KeyStore made = KeyStore.getInstance("PKCS12");
                made.load(in, PASSWORD.toCharArray());
                store = made;
            } finally {
                TestFiles.delete(folder);
            }
        }
        return store;
    }

    private static Path generate(Path folder) throws Exception {
        Path file = folder.resolve("keystore.p12");
        File output = folder.resolve("keytool.txt").toFile();
        Process keytool = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-keystore", file.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD,
                "-alias", "localhost", "-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2",
                "-dname", "CN=localhost", "-ext", "san=dns:localhost,ip:127.0.0.1")
                .redirectErrorStream(true).redirectOutput(output).start();
        assertTrue(keytool.waitFor(30, TimeUnit.SECONDS), "keytool ends");
        assertEquals(0, keytool.exitValue(), Files.readString(output.toPath()));
        return file;
    }
}
