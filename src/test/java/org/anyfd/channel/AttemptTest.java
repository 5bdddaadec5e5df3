package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An attempt at a transfer never waits, though the file does: not even when it is nearly full. */
@Bounded
class AttemptTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    /** Writes in pieces until nothing more is taken; how much was. */
    private Tasks.Task<Long> fill(Attempt attempt, int number, String content, int piece) {
        Fd fd = Fd.borrow(number);
        byte[] bytes = content.repeat(piece).substring(0, piece).getBytes(StandardCharsets.US_ASCII);
        return fds.run(() -> {
            long total = 0;
            for (;;) {
                Scratch s = Scratch.take();
                try {
                    s.data(piece).put(0, bytes);
                    long n = attempt.write(fd, s, s.dataAddress(), piece);
                    if (n == -Errno.EAGAIN) {
                        return total;
                    }
                    assertTrue(n > 0, () -> "write: " + n);
                    total += n;
                } finally {
                    s.give();
                }
            }
        });
    }

    private void assertFills(Attempt attempt, int number, String content) throws Exception {
        for (int piece : new int[] {100_000, 1000, 255, 7, 1}) {
            fill(attempt, number, content, piece).get();
        }
    }

    /** Which writes two characters for a newline, and eight for a tab. */
    @ParameterizedTest
    @ValueSource(strings = {"x", "\n", "\r", "\t", "\b", "\0", "a line\n", "\ttabs\t and lines\r\n"})
    void terminalFillsWithoutWaiting(String content) throws Exception {
        int master = fds.closing(Raw.ptyMaster());
        int slave = fds.closing(Raw.open(Raw.slaveName(master), Consts.O_RDWR | Consts.O_NOCTTY));
        Raw.expandTabs(slave);
        assertFills(Attempt.TERMINAL, slave, content);
    }

    @Test
    void masterFillsWithoutWaiting() throws Exception {
        assertFills(Attempt.POLL_FIRST, fds.pty().first(), "x");
    }

    @Test
    void counterFillsWithoutWaiting() throws Exception {
        int counter = fds.closing(Raw.eventfd(0));
        // Adds 0x0101010101010101; 255 times would be 2^64-1, one more than a counter holds.
        assertEquals(254 * Long.BYTES, fill(Attempt.EVENTFD, counter, "\1", Long.BYTES).get());
    }

    /** These look at the bytes first, and where a file was cut short there are none: SIGBUS, in native code the JVM's end. */
    @ParameterizedTest
    @EnumSource(names = {"TERMINAL", "EVENTFD"})
    void fileThatIsCutShortDoesNotEndTheJvm(Attempt attempt, @TempDir Path dir) throws Exception {
        int slave = fds.closing(Raw.open(Raw.slaveName(fds.closing(Raw.ptyMaster())), Consts.O_RDWR | Consts.O_NOCTTY));
        Fd fd = Fd.borrow(attempt == Attempt.TERMINAL ? slave : fds.closing(Raw.eventfd(0)));
        ByteBuffer mapped;
        try (FileChannel file = FileChannel.open(Files.write(dir.resolve("file"), new byte[64]),
                StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            mapped = file.map(FileChannel.MapMode.READ_ONLY, 0, 64);
            file.truncate(0);
        }
        assertThrowsExactly(InternalError.class, () -> Buffers.write(attempt, fd, mapped));
        assertThrowsExactly(InternalError.class, () -> Buffers.write(attempt, fd, new ByteBuffer[] {mapped}, 0, 1));
        assertEquals(Long.BYTES, Buffers.write(attempt, fd, ByteBuffer.allocateDirect(Long.BYTES)));
    }

    @ParameterizedTest
    @EnumSource(names = {"NOWAIT", "POLL_FIRST"})
    void pipeFillsWithoutWaiting(Attempt attempt) throws Exception {
        assertFills(attempt, fds.pipe().second(), "x");
    }
}
