package org.anyfd.channel;

import java.nio.ByteBuffer;
import org.anyfd.sys.Layouts;

/**
 * An internet address as the kernel has it, {@code struct sockaddr_in} (16 bytes) or {@code sockaddr_in6} (28), kept in words: to
 * compare it byte by byte takes 7 ns more of each datagram that is received, and as words of an array 3. One thread at a time.
 */
final class RawAddress {
    private long first;
    private long second;
    // Of sockaddr_in6.
    private long third;
    private int last;
    private int len;

    /** Keeps the {@code len} bytes at the start of a buffer. */
    void copyFrom(ByteBuffer address, int len) {
        first = address.getLong(0);
        second = address.getLong(8);
        if (len == Layouts.SOCKADDR_IN6) {
            third = address.getLong(16);
            last = address.getInt(24);
        }
        this.len = len;
    }

    /** Whether the {@code len} bytes at the start of a buffer are these. */
    boolean isAt(ByteBuffer address, int len) {
        return len == this.len && address.getLong(0) == first && address.getLong(8) == second
            && (len != Layouts.SOCKADDR_IN6 || address.getLong(16) == third && address.getInt(24) == last);
    }

    /** Puts it at the start of a buffer; returns its length. */
    int copyTo(ByteBuffer address) {
        address.putLong(0, first).putLong(8, second);
        if (len == Layouts.SOCKADDR_IN6) {
            address.putLong(16, third).putInt(24, last);
        }
        return len;
    }
}
