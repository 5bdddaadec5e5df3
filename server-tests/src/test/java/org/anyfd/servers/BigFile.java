package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * A file of 1 GiB whose every byte says where it stands: each eight bytes are a hash of their position. Written once for
 * all tests of a JVM.
 */
final class BigFile {
    static final long SIZE = 1L << 30;
    static final String NAME = "big.bin";

    private static final int CHUNK = 1 << 20;
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private static Path folder;

    private BigFile() {
    }

    /** The folder that holds it and nothing else. */
    static synchronized Path folder() throws IOException {
        if (folder == null) {
            Path made = TestFiles.newFolder();
            write(made.resolve(NAME));
            folder = made;
        }
        return folder;
    }

    private static void write(Path path) throws IOException {
        byte[] chunk = new byte[CHUNK];
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long at = 0; at < SIZE; at += CHUNK) {
                fill(chunk, at);
                for (ByteBuffer rest = ByteBuffer.wrap(chunk); rest.hasRemaining();) {
                    file.write(rest);
                }
            }
        }
    }

    /** Fails unless the next bytes are those of the file from {@code start}, a multiple of 8, on. */
    static void assertNext(InputStream in, long start, long length) throws IOException {
        byte[] actual = new byte[CHUNK];
        byte[] expected = new byte[CHUNK];
        for (long at = start; at < start + length; at += CHUNK) {
            int n = (int) Math.min(CHUNK, start + length - at);
            assertEquals(n, in.readNBytes(actual, 0, n), "bytes at " + at);
            fill(expected, at);
            int wrong = Arrays.mismatch(actual, 0, n, expected, 0, n);
            if (wrong >= 0) {
                fail("wrong byte at " + (at + wrong));
            }
        }
    }

    private static void fill(byte[] chunk, long start) {
        for (int i = 0; i < CHUNK; i += Long.BYTES) {
            long hash = (start + i + 1) * 0x9e3779b97f4a7c15L;
            hash = (hash ^ hash >>> 30) * 0xbf58476d1ce4e5b9L;
            LONGS.set(chunk, i, hash ^ hash >>> 27);
        }
    }
}
