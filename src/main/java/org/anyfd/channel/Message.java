package org.anyfd.channel;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import org.anyfd.sys.Consts;
import org.anyfd.sys.DirectBuffers;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.SockAddr;
import org.anyfd.sys.Sys;

/**
 * Internal. A message for sendmsg(2) or recvmsg(2), of one buffer, the other end's address and control data, in the small
 * area of a scratch: the address at its start, then the msghdr, the iovec and, at {@link #CONTROL}, the control data.
 */
public final class Message {
    private static final int HEADER = SockAddr.MAX_LEN;
    private static final int IOVEC = HEADER + Layouts.MSGHDR;
    /** Where the control data begin: aligned, as a cmsghdr has to be. */
    public static final int CONTROL = 256;
    /** How many bytes of control data fit. */
    public static final int CONTROL_ROOM = 4096;

    private Message() {
    }

    /**
     * Writes msghdr and iovec.
     *
     * @param addressLen how long the address is (to send), or how much room it has (to receive)
     * @return the address of the msghdr
     */
    private static long write(Scratch s, int addressLen, long base, int lenBytes) {
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
    public static int addressLen(Scratch s) {
        return s.small().getInt(HEADER + Layouts.MSGHDR_NAMELEN);
    }

    /** How long the control data are that were received. */
    public static int controlLen(Scratch s) {
        return (int) s.small().getLong(HEADER + Layouts.MSGHDR_CONTROLLEN);
    }

    /** What recvmsg(2) said of the message: MSG_TRUNC, MSG_CTRUNC. */
    public static int flags(Scratch s) {
        return s.small().getInt(HEADER + Layouts.MSGHDR_FLAGS);
    }

    /** Whether a buffer's bytes do not fit into one system call through the scratch. */
    public static boolean isLarge(ByteBuffer buffer) {
        return !buffer.isDirect() && buffer.remaining() > Scratch.MAX_DATA;
    }

    /**
     * Sends what remains of a buffer as one message, to the address and with the control data that are in the scratch.
     *
     * @param addressLen 0 for the peer's
     * @param controlLen 0 for none
     * @return n >= 0, by which the buffer has moved, or -errno
     */
    public static int send(int fd, Scratch s, ByteBuffer src, int addressLen, int controlLen) {
        ByteBuffer direct = isLarge(src) ? ByteBuffer.allocateDirect(src.remaining()).put(src.duplicate()).flip() : src;
        int pos = direct.position();
        int len = Buffers.remaining(direct, pos);
        boolean isDirect = Buffers.isDirect(direct);
        if (!isDirect) {
            s.data(len).put(0, src, pos, len);
        }
        long message = write(s, addressLen, isDirect ? DirectBuffers.address(direct) + pos : s.dataAddress(), len);
        control(s, controlLen);
        int n = (int) Sys.sendmsg(fd, message, Consts.MSG_DONTWAIT | Consts.MSG_NOSIGNAL);
        Reference.reachabilityFence(direct);
        if (n > 0) {
            src.position(src.position() + n);
        }
        return n;
    }

    /**
     * Receives a message into a buffer, and its address and control data into the scratch.
     *
     * @param flags besides MSG_DONTWAIT
     * @return n >= 0, by which the buffer has moved, or -errno
     */
    public static int receive(int fd, Scratch s, ByteBuffer dst, int controlRoom, int flags) {
        int pos = dst.position();
        int len = Buffers.remaining(dst, pos);
        ByteBuffer data = Buffers.isDirect(dst) ? dst : len > Scratch.MAX_DATA ? ByteBuffer.allocateDirect(len) : s.data(len);
        long base = data == dst ? DirectBuffers.address(dst) + pos : Sys.address(data);
        long message = write(s, SockAddr.MAX_LEN, base, len);
        control(s, controlRoom);
        int n = (int) Sys.recvmsg(fd, message, flags | Consts.MSG_DONTWAIT);
        if (n > 0) {
            if (data != dst) {
                dst.put(pos, data, 0, n);
            }
            dst.position(pos + n);
        }
        return n;
    }

    /** As {@link #send}, of a stream: no more of a buffer than fits into the scratch, for the rest can follow. */
    public static int sendNext(int fd, Scratch s, ByteBuffer src, int controlLen) {
        int limit = bound(src);
        try {
            return send(fd, s, src, 0, controlLen);
        } finally {
            src.limit(limit);
        }
    }

    /** As {@link #receive}, of a stream: no more into a buffer than fits into the scratch. */
    public static int receiveNext(int fd, Scratch s, ByteBuffer dst, int controlRoom, int flags) {
        int limit = bound(dst);
        try {
            return receive(fd, s, dst, controlRoom, flags);
        } finally {
            dst.limit(limit);
        }
    }

    /** Returns the limit that the buffer had. */
    private static int bound(ByteBuffer buffer) {
        int limit = buffer.limit();
        if (isLarge(buffer)) {
            buffer.limit(buffer.position() + Scratch.MAX_DATA);
        }
        return limit;
    }

    private static void control(Scratch s, int len) {
        if (len > 0) {
            s.small().putLong(HEADER + Layouts.MSGHDR_CONTROL, s.smallAddress() + CONTROL);
            s.small().putLong(HEADER + Layouts.MSGHDR_CONTROLLEN, len);
        }
    }
}
