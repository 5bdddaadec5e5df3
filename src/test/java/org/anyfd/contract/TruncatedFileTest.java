package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;

import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A mapped buffer whose file has become shorter: the kernel finds no memory there, EFAULT; the JVM must not be asked. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TruncatedFileTest {
    @TempDir
    Path dir;
    private ByteBuffer mapped;

    @BeforeEach
    void truncate() throws IOException {
        Path path = dir.resolve("file");
        Files.write(path, new byte[64]);
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            mapped = file.map(FileChannel.MapMode.READ_WRITE, 0, 64);
            file.truncate(0);
        }
    }

    private void assertBadAddress(Class<? extends IOException> type, Executable operation) {
        assertEquals("Bad address", assertThrowsExactly(type, operation).getMessage());
        assertEquals(0, mapped.position());
    }

    @Test
    void streamFailsAndGoesOn() throws Exception {
        try (Tcp tcp = Tcp.pair()) {
            assertBadAddress(IOException.class, () -> tcp.client.write(mapped));
            assertBadAddress(IOException.class, () -> tcp.client.write(new ByteBuffer[] {mapped, mapped.duplicate()}));
            tcp.server.write(Tcp.bytes(1, 2, 3));
            assertBadAddress(IOException.class, () -> tcp.client.read(mapped));
            tcp.client.write(Tcp.bytes(4));
            assertEquals(1, tcp.server.read(ByteBuffer.allocate(8)));
        }
    }

    @Test
    void datagramFails() throws Exception {
        try (Udp udp = Udp.pair()) {
            assertBadAddress(SocketException.class, () -> udp.near.send(mapped, udp.farAddress));
        }
    }
}
