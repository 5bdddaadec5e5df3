package org.anyfd.channel;

import java.nio.ByteBuffer;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.SockAddr;

/**
 * A message for sendmsg(2) or recvmsg(2), of one buffer and the other end's address, in the small area of a scratch: the
 * address at its start, then the msghdr and the iovec.
 */
final class Message {
    private static final int HEADER = SockAddr.MAX_LEN;
    private static final int IOVEC = HEADER + Layouts.MSGHDR;

    private Message() {
    }

    /**
     * Writes msghdr and iovec.
     *
     * @param addressLen how long the address is (to send), or how much room it has (to receive)
     * @return the address of the msghdr
     */
    static long write(Scratch s, int addressLen, long base, int lenBytes) {
        ByteBuffer m = s.small();
        m.putLong(HEADER + Layouts.MSGHDR_NAME, s.smallAddress());
        m.putInt(HEADER + Layouts.MSGHDR_NAMELEN, addressLen);
        m.putLong(HEADER + Layouts.MSGHDR_IOV, s.smallAddress() + IOVEC);
        m.putLong(HEADER + Layouts.MSGHDR_IOVLEN, 1);
        m.putLong(HEADER + Layouts.MSGHDR_CONTROL, 0);
        m.putLong(HEADER + Layouts.MSGHDR_CONTROLLEN, 0);
        m.putInt(HEADER + Layouts.MSGHDR_FLAGS, 0);
        m.putLong(IOVEC + Layouts.IOVEC_BASE, base);
        m.putLong(IOVEC + Layouts.IOVEC_LEN, lenBytes);
        return s.smallAddress() + HEADER;
    }

    /** How long the address is that was received. */
    static int addressLen(Scratch s) {
        return s.small().getInt(HEADER + Layouts.MSGHDR_NAMELEN);
    }
}
