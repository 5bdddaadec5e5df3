package org.anyfd.channel;

import java.nio.ByteBuffer;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.DirectBuffers;
import org.anyfd.sys.Scratch;

/**
 * One attempt at a transfer between buffers and a descriptor. Direct buffers are used in place, others are copied
 * through {@link Scratch}. A position moves by what was transferred, and only then.
 *
 * <p>A read that waits in the kernel copies, where a direct buffer's memory may be freed meanwhile: the kernel would write to
 * what is then somebody else's.
 *
 * <p>Returns as {@link Attempt}. A heap buffer larger than the scratch takes several system calls, as long as each
 * transfers all it was given.
 */
final class Buffers {
    private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);

    private Buffers() {
    }

    static long read(Attempt attempt, Fd fd, ByteBuffer dst) {
        int pos = dst.position();
        int len = remaining(dst, pos);
        if (isDirect(dst) && !(attempt == Attempt.WAITING && DirectBuffers.MAY_BE_FREED)) {
            long n = attempt.read(fd, DirectBuffers.address(dst) + pos, len);
            if (n > 0) {
                dst.position(pos + (int) n);
            }
            return n;
        }
        Scratch s = Scratch.take();
        try {
            ByteBuffer data = s.data(len);
            int chunk = Math.min(len, Scratch.MAX_DATA);
            long n = attempt.read(fd, s, s.dataAddress(), chunk);
            if (n > 0) {
                dst.put(pos, data, 0, (int) n).position(pos + (int) n);
            }
            return n;
        } finally {
            s.give();
        }
    }

    static long write(Attempt attempt, Fd fd, ByteBuffer src) {
        if (isDirect(src) && !attempt.looksAtBytes()) {
            int pos = src.position();
            long n = attempt.write(fd, DirectBuffers.address(src) + pos, remaining(src, pos));
            if (n > 0) {
                src.position(pos + (int) n);
            }
            return n;
        }
        Scratch s = Scratch.take();
        try {
            return writeHeap(attempt, fd, s, src);
        } finally {
            s.give();
        }
    }

    private static long writeHeap(Attempt attempt, Fd fd, Scratch s, ByteBuffer src) {
        long total = 0;
        for (;;) {
            int pos = src.position();
            int chunk = Math.min(src.remaining(), Scratch.MAX_DATA);
            s.data(chunk).put(0, src, pos, chunk);
            long n = attempt.write(fd, s, s.dataAddress(), chunk);
            if (n > 0) {
                src.position(pos + (int) n);
                total += n;
            }
            if (n < chunk || !src.hasRemaining()) {
                // An error after some progress comes again with the next call.
                return total > 0 ? total : n;
            }
        }
    }

    static long read(Attempt attempt, Fd fd, ByteBuffer[] dsts, int offset, int length) {
        Scratch s = Scratch.take();
        try {
            ByteBuffer data = null;
            int count = 0;
            int copied = 0;
            int end = offset;
            for (; end < offset + length && count < Consts.IOV_MAX; end++) {
                ByteBuffer dst = dsts[end];
                boolean direct = isDirect(dst);
                int pos = dst.position();
                int len = remaining(dst, pos);
                if (len == 0) {
                    continue;
                }
                if (direct) {
                    s.iovec(count++, DirectBuffers.address(dst) + pos, len);
                } else {
                    data = data != null ? data : s.data(heapBytes(dsts, end, offset + length - end));
                    int room = Math.min(len, data.capacity() - copied);
                    s.iovec(count++, s.dataAddress() + copied, room);
                    copied += room;
                    if (room < len) {
                        end++;
                        break;
                    }
                }
            }
            long n = attempt.readv(fd, s, count);
            distribute(data, dsts, offset, end, n);
            return n;
        } finally {
            s.give();
        }
    }

    /**
     * Copies to the heap buffers what was read for them, and moves the positions by {@code n} bytes in all.
     *
     * @param data where it was read to; null if none of them had room
     */
    private static void distribute(ByteBuffer data, ByteBuffer[] dsts, int offset, int end, long n) {
        int copied = 0;
        long left = n;
        for (int i = offset; i < end && left > 0; i++) {
            ByteBuffer dst = dsts[i];
            int pos = dst.position();
            int got = (int) Math.min(left, remaining(dst, pos));
            if (data != null && !dst.isDirect()) {
                got = Math.min(got, Scratch.MAX_DATA - copied);
                dst.put(pos, data, copied, got);
                copied += got;
            }
            left -= got;
        }
        if (n > 0) {
            advance(dsts, offset, end - offset, n);
        }
    }

    /** Writes, and moves no position: {@link #advance} does. */
    static long write(Attempt attempt, Fd fd, ByteBuffer[] srcs, int offset, int length) {
        Scratch s = Scratch.take();
        try {
            ByteBuffer data = null;
            int count = 0;
            int copied = 0;
            for (int i = offset; i < offset + length && count < Consts.IOV_MAX; i++) {
                ByteBuffer src = srcs[i];
                boolean direct = isDirect(src) && !attempt.looksAtBytes();
                int pos = src.position();
                int len = remaining(src, pos);
                if (len == 0) {
                    continue;
                }
                if (direct) {
                    s.iovec(count++, DirectBuffers.address(src) + pos, len);
                } else {
                    data = data != null ? data : s.data(heapBytes(srcs, i, offset + length - i));
                    int room = Math.min(len, data.capacity() - copied);
                    data.put(copied, src, pos, room);
                    s.iovec(count++, s.dataAddress() + copied, room);
                    copied += room;
                    if (room < len) {
                        break;
                    }
                }
            }
            return attempt.writev(fd, s, count);
        } finally {
            s.give();
        }
    }

    /**
     * Moves the positions by {@code n} bytes in all. A buffer that is given twice ends where the last of its bytes were
     * transferred, as with the JDK's channels.
     *
     * @return which of them has the last of these bytes
     */
    static int advance(ByteBuffer[] buffers, int offset, int length, long n) {
        int last = offset;
        long left = n;
        while (last < offset + length - 1 && left > buffers[last].remaining()) {
            left -= buffers[last++].remaining();
        }
        // Not more than there is: another thread may have moved it.
        int end = (int) Math.min(buffers[last].position() + left, buffers[last].limit());
        for (int i = offset; i < last; i++) {
            buffers[i].position(buffers[i].limit());
        }
        buffers[last].position(end);
        return last;
    }

    /**
     * The buffers for a write that has sent {@code n} bytes and goes on: with a duplicate of each that was sent, in part at
     * least, and comes again. Its position is about to move, and the second time it is sent from where it is now.
     */
    static ByteBuffer[] apart(ByteBuffer[] srcs, int offset, int length, long n) {
        if (n >= remaining(srcs, offset, length)) {
            return srcs;
        }
        ByteBuffer[] apart = srcs;
        long sent = 0;
        for (int i = offset; i < offset + length && sent < n; i++) {
            sent += srcs[i].remaining();
            for (int again = i + 1; again < offset + length; again++) {
                if (apart[again] == srcs[i]) {
                    apart = apart == srcs ? srcs.clone() : apart;
                    apart[again] = srcs[i].duplicate();
                }
            }
        }
        return apart;
    }

    /** How much of the scratch's data area the heap buffers among these need. */
    private static int heapBytes(ByteBuffer[] buffers, int offset, int length) {
        int sum = 0;
        for (int i = offset; i < offset + length && sum < Scratch.MAX_DATA; i++) {
            if (!buffers[i].isDirect()) {
                sum += Math.min(buffers[i].remaining(), Scratch.MAX_DATA - sum);
            }
        }
        return sum;
    }

    /** What remains behind a position that was read once: in bounds also if another thread moves it meanwhile. */
    static int remaining(ByteBuffer buffer, int pos) {
        return Math.max(buffer.limit() - pos, 0);
    }

    private static long remaining(ByteBuffer[] buffers, int offset, int length) {
        long sum = 0;
        for (int i = offset; i < offset + length; i++) {
            sum += buffers[i].remaining();
        }
        return sum;
    }

    /** A number of bytes that one transfer with the buffers can surely carry: less is a short one. */
    static long carried(ByteBuffer[] buffers, int offset, int length) {
        long sum = 0;
        boolean heap = false;
        int count = batch(buffers, offset, length);
        for (int i = offset; i < offset + count; i++) {
            sum += buffers[i].remaining();
            heap |= !buffers[i].isDirect();
        }
        return heap ? Math.min(sum, Scratch.MAX_DATA) : sum;
    }

    /** How many buffers hold the first {@code IOV_MAX} that are not empty: as many as one writev(2) takes. */
    static int batch(ByteBuffer[] srcs, int offset, int length) {
        if (length <= Consts.IOV_MAX) {
            return length;
        }
        int nonEmpty = 0;
        for (int i = 0; i < length; i++) {
            if (srcs[offset + i].hasRemaining() && ++nonEmpty == Consts.IOV_MAX) {
                return i + 1;
            }
        }
        return length;
    }

    static boolean hasRemaining(ByteBuffer[] buffers, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            if (buffers[i].hasRemaining()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether a user's buffer is direct, and so given to the kernel itself. Fails, before anything is transferred, if it
     * lies in a closed or foreign memory segment (JDK 22, incubating before): a copy of nothing asks the segment, and touches
     * no memory, which a file that is mapped may have lost.
     */
    static boolean isDirect(ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            return false;
        }
        NO_BYTES.put(0, buffer, 0, 0);
        return true;
    }
}
