package org.anyfd.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectBuffersTest {
    private static void same(ByteBuffer buffer) {
        long address = Sys.address(buffer);
        assertEquals(address, DirectBuffers.address(buffer));
        buffer.position(buffer.limit() / 2);
        assertEquals(address, DirectBuffers.address(buffer), "whatever the position");
        buffer.position(buffer.limit());
        assertEquals(address, DirectBuffers.address(buffer), "with nothing remaining");
        buffer.rewind();
    }

    @Test
    void addressOfEveryKindOfBufferIsTheOneOfJni(@TempDir Path dir) throws IOException {
        ByteBuffer direct = ByteBuffer.allocateDirect(64);
        same(direct);
        same(direct.slice(7, 20));
        same(direct.duplicate());
        same(direct.asReadOnlyBuffer());
        assertEquals(DirectBuffers.address(direct) + 7, DirectBuffers.address(direct.slice(7, 20)));
        try (FileChannel file = FileChannel.open(Files.write(dir.resolve("file"), new byte[100]))) {
            same(file.map(FileChannel.MapMode.READ_ONLY, 3, 50));
        }
    }
}
