package org.anyfd.channel;

import org.anyfd.poll.Await;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * Internal. How to try a transfer without waiting: by the kind of descriptor. O_NONBLOCK lies in the open file
 * description, which an adopted descriptor shares with other processes, so it is used for our own files only.
 *
 * <p>Each method makes one attempt under the caller's reference and returns the number of bytes, 0 at end-of-stream,
 * or -errno (EAGAIN: nothing to be done now).
 */
public enum Attempt {
    /** The file is ours and has O_NONBLOCK, or never makes anyone wait, as a regular file. */
    PLAIN {
        @Override
        long read(Fd fd, Scratch s, long address, int len) {
            return Sys.read(fd.number(), address, len);
        }

        @Override
        long write(Fd fd, Scratch s, long address, int len) {
            return Sys.write(fd.number(), address, len);
        }

        @Override
        long readv(Fd fd, Scratch s, int count) {
            return Sys.readv(fd.number(), s.iovecAddress(), count);
        }

        @Override
        long writev(Fd fd, Scratch s, int count) {
            return Sys.writev(fd.number(), s.iovecAddress(), count);
        }
    },
    /** A socket: recv(2) and send(2) take MSG_DONTWAIT. */
    DONTWAIT {
        @Override
        long read(Fd fd, Scratch s, long address, int len) {
            return Sys.recv(fd.number(), address, len, Consts.MSG_DONTWAIT);
        }

        @Override
        long write(Fd fd, Scratch s, long address, int len) {
            return Sys.send(fd.number(), address, len, Consts.MSG_DONTWAIT | Consts.MSG_NOSIGNAL);
        }

        @Override
        long readv(Fd fd, Scratch s, int count) {
            return Sys.recvmsg(fd.number(), message(s, count), Consts.MSG_DONTWAIT);
        }

        @Override
        long writev(Fd fd, Scratch s, int count) {
            return Sys.sendmsg(fd.number(), message(s, count), Consts.MSG_DONTWAIT | Consts.MSG_NOSIGNAL);
        }

        private long message(Scratch s, int count) {
            for (int i = 0; i < Layouts.MSGHDR; i += Long.BYTES) {
                s.small().putLong(i, 0);
            }
            s.small().putLong(Layouts.MSGHDR_IOV, s.iovecAddress());
            s.small().putLong(Layouts.MSGHDR_IOVLEN, count);
            return s.smallAddress();
        }
    },
    /** A pipe or an eventfd: preadv2(2) and pwritev2(2) take RWF_NOWAIT (pipes since Linux 6.4). */
    NOWAIT {
        @Override
        long read(Fd fd, Scratch s, long address, int len) {
            s.iovec(0, address, len);
            return readv(fd, s, 1);
        }

        @Override
        long write(Fd fd, Scratch s, long address, int len) {
            s.iovec(0, address, len);
            return writev(fd, s, 1);
        }

        @Override
        long readv(Fd fd, Scratch s, int count) {
            return Sys.preadv2(fd.number(), s.iovecAddress(), count, -1, Consts.RWF_NOWAIT);
        }

        @Override
        long writev(Fd fd, Scratch s, int count) {
            return Sys.pwritev2(fd.number(), s.iovecAddress(), count, -1, Consts.RWF_NOWAIT);
        }
    },
    /**
     * A descriptor that shares its description and has no call that does not wait: asked with poll(2) before each
     * transfer. A read then returns what there is. A write is cut to {@link #POLLED_WRITE} bytes, for poll(2) promises
     * no more than that something can be written. If another process takes the data or fills the room in between,
     * the call waits for it.
     */
    POLL_FIRST {
        @Override
        long read(Fd fd, Scratch s, long address, int len) {
            int r = polled(fd, s, Consts.POLLIN);
            return r < 0 ? r : Sys.read(fd.number(), address, len);
        }

        @Override
        long write(Fd fd, Scratch s, long address, int len) {
            int r = polled(fd, s, Consts.POLLOUT);
            return r < 0 ? r : Sys.write(fd.number(), address, Math.min(len, POLLED_WRITE));
        }

        @Override
        long readv(Fd fd, Scratch s, int count) {
            int r = polled(fd, s, Consts.POLLIN);
            return r < 0 ? r : Sys.readv(fd.number(), s.iovecAddress(), count);
        }

        /** Writes from the first buffer only, so that the cut holds. */
        @Override
        long writev(Fd fd, Scratch s, int count) {
            return write(fd, s, s.iovec().getLong(Layouts.IOVEC_BASE), (int) s.iovec().getLong(Layouts.IOVEC_LEN));
        }

        private int polled(Fd fd, Scratch s, int events) {
            return Await.look(fd.number(), events, s) == 0 ? -Errno.EAGAIN : 0;
        }
    };

    private static final int POLLED_WRITE = 256;

    abstract long read(Fd fd, Scratch s, long address, int len);

    abstract long write(Fd fd, Scratch s, long address, int len);

    /** Reads into the first {@code count} entries of the scratch's iovec array. */
    abstract long readv(Fd fd, Scratch s, int count);

    /** Writes from the first {@code count} entries of the scratch's iovec array. */
    abstract long writev(Fd fd, Scratch s, int count);
}
