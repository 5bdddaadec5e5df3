package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where a Unix listener that is bound to no name gets one: the directory of the JDK's property, which the JDK reads once. */
@Timeout(30)
class TemporaryUnixNameTest {
    private static final String PROPERTY = "jdk.net.unixdomain.tmpdir";

    @TempDir
    Path directory;
    private final String before = System.getProperty(PROPERTY);

    @AfterEach
    void restore() {
        if (before == null) {
            System.clearProperty(PROPERTY);
        } else {
            System.setProperty(PROPERTY, before);
        }
    }

    @Test
    void liesInTheDirectoryThatThePropertyNames() throws IOException {
        System.setProperty(PROPERTY, directory.toString());
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(null)) {
            Path path = ((UnixDomainSocketAddress) listener.getLocalAddress()).getPath();
            assertEquals(directory, path.getParent());
            assertTrue(path.getFileName().toString().startsWith("socket_"));
        }
    }

    @Test
    void needsTheDirectory() throws IOException {
        System.setProperty(PROPERTY, directory.resolve("missing").toString());
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            assertEquals("No such file or directory",
                assertThrowsExactly(SocketException.class, () -> listener.bind(null)).getMessage());
        }
    }
}
