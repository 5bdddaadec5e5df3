package org.anyfd.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

    /** More than are remembered (JDK 24 and newer), and among them pairs of one address. */
    @Test
    void addressOfABufferIsItsOwnHoweverOftenItIsAskedFor() {
        ByteBuffer memory = ByteBuffer.allocateDirect(5_000);
        List<ByteBuffer> buffers = new ArrayList<>();
        for (int i = 0; i < memory.capacity(); i++) {
            ByteBuffer slice = memory.slice(i, 1);
            buffers.add(slice);
            buffers.add(slice.duplicate());
        }
        long address = Sys.address(memory);
        for (int round = 0; round < 40; round++) {
            for (int i = 0; i < buffers.size(); i++) {
                assertEquals(address + i / 2, DirectBuffers.address(buffers.get(i)));
            }
        }
    }
}
