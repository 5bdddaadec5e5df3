package org.anyfd.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.anyfd.sys.Consts;

/**
 * Descriptors of somebody else, who opens them while a test closes its own: the kernel gives them the numbers that have
 * just become free. Nobody but their owner may read, write or close them. Any thread may {@link #replace} one.
 */
public final class Canaries {
    private static final int SIZE = 32;

    private final AtomicReferenceArray<Canary> canaries = new AtomicReferenceArray<>(SIZE);
    private final AtomicLong checked = new AtomicLong();

    /** Opens one in the place of another, which is checked and closed. */
    public void replace(Random random) throws IOException {
        check(canaries.getAndSet(random.nextInt(SIZE), Canary.open(random)));
    }

    /** Checks and closes all that are left; how many have been checked since the beginning. */
    public long end() throws IOException {
        for (int i = 0; i < SIZE; i++) {
            check(canaries.getAndSet(i, null));
        }
        return checked.get();
    }

    private void check(Canary canary) throws IOException {
        if (canary != null) {
            canary.check();
            checked.incrementAndGet();
        }
    }

    /** A pair of which one end can be read, or an eventfd; {@code holds} is what is in it. */
    private record Canary(int reader, String readerFile, int writer, String writerFile, byte[] holds) {
        private static final int NONE = -1;

        static Canary open(Random random) throws IOException {
            byte[] holds = new byte[random.nextInt(2)];
            random.nextBytes(holds);
            switch (random.nextInt(3)) {
                case 0 -> {
                    int count = random.nextInt(2);
                    int eventfd = Raw.eventfd(count);
                    return new Canary(eventfd, file(eventfd), NONE, "", new byte[] {(byte) count});
                }
                case 1 -> {
                    return of(Raw.pipe(), holds);
                }
                default -> {
                    return of(Raw.sockets(Consts.SOCK_STREAM), holds);
                }
            }
        }

        private static Canary of(Raw.Pair pair, byte[] holds) throws IOException {
            if (holds.length > 0) {
                Raw.write(pair.second(), holds);
            }
            return new Canary(pair.first(), file(pair.first()), pair.second(), file(pair.second()), holds);
        }

        /** With the number of the file in it, if the kernel has one. */
        private static String file(int fd) throws IOException {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
        }

        void check() throws IOException {
            assertEquals(readerFile, file(reader), () -> "fd " + reader + " was closed");
            if (writer == NONE) {
                assertEquals(holds[0] == 0 ? 0 : Consts.POLLIN, Raw.poll(reader) & Consts.POLLIN);
                if (holds[0] != 0) {
                    assertEquals(holds[0], Raw.readLong(reader), () -> "fd " + reader + " was written to");
                }
            } else {
                assertEquals(writerFile, file(writer), () -> "fd " + writer + " was closed");
                if (holds.length > 0) {
                    assertEquals(Consts.POLLIN, Raw.poll(reader) & Consts.POLLIN, () -> "fd " + reader + " was read");
                    assertArrayEquals(holds, Raw.read(reader), () -> "fd " + writer + " was written to");
                }
                assertEquals(0, Raw.poll(reader) & Consts.POLLIN, () -> "fd " + writer + " was written to");
                Raw.close(writer);
            }
            Raw.close(reader);
        }
    }
}
