package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.FileSystemException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Directories;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Named pipes, whose other end comes and goes. */
@Bounded
class FifoTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    @TempDir(factory = Directories.class)
    Path directory;

    private Path fifo;
    private final ByteBuffer buffer = ByteBuffer.allocate(100);

    @BeforeEach
    void make() throws IOException {
        fifo = Raw.fifo(directory.resolve("fifo"));
    }

    private FdChannel open(OpenOption... options) throws IOException {
        FdChannel channel = fds.closing(FdChannel.open(fifo, options));
        channel.configureBlocking(false);
        return channel;
    }

    private static ByteBuffer one() {
        return ByteBuffer.allocate(1);
    }

    @Test
    void readerWaitsForNoWriter() throws Exception {
        FdChannel reader = open(READ);
        assertEquals(OP_READ, reader.validOps());
        assertEquals(-1, reader.read(buffer));
        FdChannel writer = open(WRITE);
        assertEquals(0, reader.read(buffer));
        assertEquals(1, writer.write(one()));
        assertEquals(1, reader.read(buffer));
        writer.close();
        assertEquals(-1, reader.read(buffer));
        reader.configureBlocking(true);
        assertEquals(-1, reader.read(buffer));
    }

    @Test
    void writerMustHaveAReader() {
        FileSystemException e = assertThrowsExactly(FileSystemException.class, () -> FdChannel.open(fifo, WRITE));
        assertEquals(fifo + ": No such device or address", e.getMessage());
        assertEquals(fifo.toString(), e.getFile());
    }

    @Test
    void bothEndsInOneNeedNobodyAndDoNotEnd() throws Exception {
        FdChannel both = open(READ, WRITE);
        assertEquals(OP_READ | OP_WRITE, both.validOps());
        assertEquals(0, both.read(buffer));
        FdChannel writer = open(WRITE);
        writer.write(one());
        writer.close();
        assertEquals(1, both.read(buffer));
        assertEquals(0, both.read(buffer));
        assertEquals(1, both.write(one()));
        assertEquals(1, both.read(buffer));
    }

    @Test
    void selectorSeesWritersComeAndGo() throws Exception {
        FdChannel reader = open(READ);
        try (Selector selector = Selector.open()) {
            SelectionKey key = reader.register(selector, OP_READ);
            assertEquals(0, selector.select(20), "nobody has come");
            for (int round = 0; round < 3; round++) {
                FdChannel writer = open(WRITE);
                assertEquals(0, selector.select(20), "nothing written");
                writer.write(one());
                assertReady(selector, key);
                assertEquals(1, reader.read(buffer));
                assertEquals(0, selector.select(20));
                writer.write(one());
                writer.close();
                assertReady(selector, key);
                assertEquals(1, reader.read(buffer));
                assertReady(selector, key);
                assertEquals(-1, reader.read(buffer));
            }
            key.interestOps(0);
            assertEquals(0, selector.select(20), "the end does not disturb who does not want it");
        }
    }

    private static void assertReady(Selector selector, SelectionKey key) throws IOException {
        assertEquals(1, selector.select());
        assertTrue(selector.selectedKeys().remove(key));
        assertEquals(OP_READ, key.readyOps());
    }

    @Test
    void selectorSeesTheReaderGo() throws Exception {
        FdChannel reader = open(READ);
        FdChannel writer = open(WRITE);
        try (Selector selector = Selector.open()) {
            writer.register(selector, OP_WRITE);
            assertEquals(1, selector.selectNow());
            ByteBuffer much = ByteBuffer.allocate(1 << 20);
            while (writer.write(much) > 0) {
                much.clear();
            }
            selector.selectedKeys().clear();
            assertEquals(0, selector.select(20));
            reader.close();
            assertEquals(1, selector.select());
            assertEquals("Broken pipe",
                assertThrowsExactly(IOException.class, () -> writer.write(one())).getMessage());
        }
    }

    @Test
    void blockedReaderHearsOfTheLastWritersEnd() throws Exception {
        FdChannel reader = open(READ);
        FdChannel first = open(WRITE);
        FdChannel second = open(WRITE);
        reader.configureBlocking(true);
        Tasks.Task<Integer> reading = fds.run(() -> reader.read(buffer)).awaitBlocked();
        first.close();
        reading.awaitBlocked();
        assertFalse(reading.future().isDone());
        second.close();
        assertEquals(-1, reading.get());
    }

    @Test
    void adoptedEndsSeeTheSame() throws Exception {
        // Opened for both, as open(2) of one end would wait for the other.
        int keeper = fds.closing(Raw.open(fifo, Consts.O_RDWR));
        FdChannel reader = fds.own(Raw.open(fifo, Consts.O_RDONLY));
        FdChannel writer = fds.own(Raw.open(fifo, Consts.O_WRONLY));
        fds.close(keeper);
        assertEquals(1, writer.write(one()));
        assertEquals(1, reader.read(buffer));
        reader.configureBlocking(false);
        assertEquals(0, reader.read(buffer));
        try (Selector selector = Selector.open()) {
            SelectionKey key = reader.register(selector, OP_READ);
            assertEquals(0, selector.selectNow());
            writer.close();
            assertReady(selector, key);
            assertEquals(-1, reader.read(buffer));
        }
    }
}
