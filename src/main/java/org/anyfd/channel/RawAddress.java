package org.anyfd.channel;

import java.nio.ByteBuffer;

/**
 * An internet address as the kernel has it, {@code struct sockaddr_in} or {@code sockaddr_in6}: 16 or 28 bytes, kept in words, for
 * to compare them one by one takes 4 ns of each datagram that is received. One thread at a time.
 */
final class RawAddress {
    private final long[] words = new long[4];
    private int len;

    /** Keeps the {@code len} bytes at the start of a buffer. */
    void copyFrom(ByteBuffer address, int len) {
        for (int i = 0; i < len / Long.BYTES; i++) {
            words[i] = address.getLong(i * Long.BYTES);
        }
        if (len % Long.BYTES != 0) {
            words[len / Long.BYTES] = address.getInt(len - Integer.BYTES);
        }
        this.len = len;
    }

    /** Whether the {@code len} bytes at the start of a buffer are these. */
    boolean isAt(ByteBuffer address, int len) {
        if (len != this.len) {
            return false;
        }
        for (int i = 0; i < len / Long.BYTES; i++) {
            if (address.getLong(i * Long.BYTES) != words[i]) {
                return false;
            }
        }
        return len % Long.BYTES == 0 || address.getInt(len - Integer.BYTES) == (int) words[len / Long.BYTES];
    }

    /** Puts it at the start of a buffer; returns its length. */
    int copyTo(ByteBuffer address) {
        for (int i = 0; i < len / Long.BYTES; i++) {
            address.putLong(i * Long.BYTES, words[i]);
        }
        if (len % Long.BYTES != 0) {
            address.putInt(len - Integer.BYTES, (int) words[len / Long.BYTES]);
        }
        return len;
    }
}
