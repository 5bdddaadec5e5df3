package org.anyfd.channel;

import org.anyfd.poll.Await;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.EventFds;
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
        long read(Fd fd, long address, int len) {
            return Sys.read(fd.number(), address, len);
        }

        @Override
        long write(Fd fd, long address, int len) {
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
        long read(Fd fd, long address, int len) {
            return Sys.recv(fd.number(), address, len, Consts.MSG_DONTWAIT);
        }

        @Override
        long write(Fd fd, long address, int len) {
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
    /** A socket whose reads wait: see {@link KernelReads}. */
    WAITING {
        @Override
        long read(Fd fd, long address, int len) {
            return Sys.recv(fd.number(), address, len, 0);
        }

        @Override
        long write(Fd fd, long address, int len) {
            return DONTWAIT.write(fd, address, len);
        }

        @Override
        long readv(Fd fd, Scratch s, int count) {
            return DONTWAIT.readv(fd, s, count);
        }

        @Override
        long writev(Fd fd, Scratch s, int count) {
            return DONTWAIT.writev(fd, s, count);
        }
    },
    /**
     * Neither a socket nor a terminal: preadv2(2) and pwritev2(2) take RWF_NOWAIT for pipes since Linux 6.4 and for some
     * others. Where it is not supported, as {@link #POLL_FIRST}; a pipe that can be written has room for PIPE_BUF bytes.
     */
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
            long n = Sys.preadv2(fd.number(), s.iovecAddress(), count, -1, Consts.RWF_NOWAIT);
            return unsupported(n) ? POLL_FIRST.readv(fd, s, count) : n;
        }

        @Override
        long writev(Fd fd, Scratch s, int count) {
            long n = Sys.pwritev2(fd.number(), s.iovecAddress(), count, -1, Consts.RWF_NOWAIT);
            return unsupported(n) ? writePolled(fd, s, Consts.PIPE_BUF) : n;
        }

        private boolean unsupported(long n) {
            return n == -Errno.EOPNOTSUPP || n == -Errno.ENOSYS;
        }
    },
    /**
     * An eventfd that shares its description: its reads take RWF_NOWAIT, its writes nothing of the kind, and are made only if
     * the number fits. If another process adds in between, and it does not fit any more, the call waits.
     */
    EVENTFD {
        @Override
        long read(Fd fd, Scratch s, long address, int len) {
            return NOWAIT.read(fd, s, address, len);
        }

        @Override
        long write(Fd fd, Scratch s, long address, int len) {
            return len < Long.BYTES || hasRoom(fd, s, address) ? Sys.write(fd.number(), address, len) : -Errno.EAGAIN;
        }

        @Override
        long readv(Fd fd, Scratch s, int count) {
            return NOWAIT.readv(fd, s, count);
        }

        /** Of the first buffer, for each adds a number of its own. */
        @Override
        long writev(Fd fd, Scratch s, int count) {
            return write(fd, s, s.firstBase(), (int) s.firstLen());
        }

        private boolean hasRoom(Fd fd, Scratch s, long n) {
            int flags = Sys.fcntl(fd.number(), Consts.F_GETFL, 0);
            if (flags >= 0 && (flags & Consts.O_NONBLOCK) != 0) {
                return true;
            }
            int r = EventFds.hasRoom(fd.number(), n, s);
            return r < 0 ? ready(fd, s, Consts.POLLOUT) : r > 0;
        }
    },
    /**
     * A descriptor that shares its description and has no call that does not wait: asked with poll(2) before each
     * transfer. A read then returns what there is. A write is cut, for poll(2) promises little more than that something
     * can be written. If another process takes the data or the room in between, the call waits for it.
     */
    POLL_FIRST {
        @Override
        long read(Fd fd, Scratch s, long address, int len) {
            return ready(fd, s, Consts.POLLIN) ? Sys.read(fd.number(), address, len) : -Errno.EAGAIN;
        }

        @Override
        long write(Fd fd, Scratch s, long address, int len) {
            s.iovec(0, address, len);
            return writev(fd, s, 1);
        }

        @Override
        long readv(Fd fd, Scratch s, int count) {
            return ready(fd, s, Consts.POLLIN) ? Sys.readv(fd.number(), s.iovecAddress(), count) : -Errno.EAGAIN;
        }

        @Override
        long writev(Fd fd, Scratch s, int count) {
            return writePolled(fd, s, TTY_ROOM);
        }
    },
    /** The master of a pty that is ours and has O_NONBLOCK. */
    MASTER {
        @Override
        long read(Fd fd, long address, int len) {
            return untilHangUp(PLAIN.read(fd, address, len));
        }

        @Override
        long write(Fd fd, long address, int len) {
            return PLAIN.write(fd, address, len);
        }

        @Override
        long readv(Fd fd, Scratch s, int count) {
            return untilHangUp(PLAIN.readv(fd, s, count));
        }

        @Override
        long writev(Fd fd, Scratch s, int count) {
            return PLAIN.writev(fd, s, count);
        }
    },
    /** The master of a pty that shares its description. */
    SHARED_MASTER {
        @Override
        long read(Fd fd, Scratch s, long address, int len) {
            return untilHangUp(POLL_FIRST.read(fd, s, address, len));
        }

        @Override
        long write(Fd fd, Scratch s, long address, int len) {
            return POLL_FIRST.write(fd, s, address, len);
        }

        @Override
        long readv(Fd fd, Scratch s, int count) {
            return untilHangUp(POLL_FIRST.readv(fd, s, count));
        }

        @Override
        long writev(Fd fd, Scratch s, int count) {
            return POLL_FIRST.writev(fd, s, count);
        }
    },
    /** A terminal that is ours and has O_NONBLOCK. */
    OWN_TERMINAL {
        @Override
        long read(Fd fd, Scratch s, long address, int len) {
            return unlessHungUp(PLAIN.read(fd, address, len), fd, s);
        }

        @Override
        long write(Fd fd, long address, int len) {
            return PLAIN.write(fd, address, len);
        }

        @Override
        long readv(Fd fd, Scratch s, int count) {
            return unlessHungUp(PLAIN.readv(fd, s, count), fd, s);
        }

        @Override
        long writev(Fd fd, Scratch s, int count) {
            return PLAIN.writev(fd, s, count);
        }
    },
    /**
     * A terminal, of which {@link #POLL_FIRST} is not enough: if it processes its output, the kernel looks for room anew at
     * each character that it may replace, and the call waits if there is none any more. So a write ends before such a
     * character, or is that character.
     */
    TERMINAL {
        @Override
        long read(Fd fd, Scratch s, long address, int len) {
            return unlessHungUp(POLL_FIRST.read(fd, s, address, len), fd, s);
        }

        @Override
        long write(Fd fd, Scratch s, long address, int len) {
            s.iovec(0, address, len);
            return writev(fd, s, 1);
        }

        @Override
        long readv(Fd fd, Scratch s, int count) {
            return unlessHungUp(POLL_FIRST.readv(fd, s, count), fd, s);
        }

        @Override
        long writev(Fd fd, Scratch s, int count) {
            return writePolled(fd, s, plain(s));
        }

        /** How many bytes of the first entry of the iovec array the kernel passes on in one piece (n_tty.c). */
        private int plain(Scratch s) {
            long base = s.firstBase();
            int n = (int) Math.min(s.firstLen(), TTY_ROOM);
            n = Sys.indexOf(base, '\n', n);
            n = Sys.indexOf(base, '\r', n);
            n = Sys.indexOf(base, '\t', n);
            return Math.max(n, 1);
        }
    };

    /**
     * The room that a terminal has if it is writable at all: a pty's is counted in pieces of 256 (TTYB_ALIGN_MASK), and
     * of others, which the kernel calls writable only if fewer than 256 characters wait (WAKEUP_CHARS), it is more.
     */
    private static final int TTY_ROOM = 256;

    /** The master of a pty has EIO for the end of its stream: everything has been read, and the terminal is closed. */
    private static long untilHangUp(long n) {
        return n == -Errno.EIO ? 0 : n;
    }

    /**
     * A terminal that hangs up has EIO as well, from when the other side is closed until its files are told (pty_close:
     * TTY_OTHER_CLOSED, then tty_vhangup); and so has one that this process, in the background, may not read from.
     */
    private static long unlessHungUp(long n, Fd fd, Scratch s) {
        return n == -Errno.EIO && (Await.look(fd.number(), 0, s) & Consts.POLLHUP) != 0 ? 0 : n;
    }

    private static boolean ready(Fd fd, Scratch s, int events) {
        return Await.look(fd.number(), events, s) != 0;
    }

    /** Writes from the first entry of the iovec array, so that the cut holds. */
    private static long writePolled(Fd fd, Scratch s, int mostBytes) {
        long len = Math.min(s.firstLen(), mostBytes);
        return ready(fd, s, Consts.POLLOUT)
            ? Sys.write(fd.number(), s.firstBase(), len)
            : -Errno.EAGAIN;
    }

    // Of each of the next two pairs a constant overrides the one that suits it.

    long read(Fd fd, long address, int len) {
        Scratch s = Scratch.take();
        try {
            return read(fd, s, address, len);
        } finally {
            s.give();
        }
    }

    /** @param s what the caller has taken */
    long read(Fd fd, Scratch s, long address, int len) {
        return read(fd, address, len);
    }

    long write(Fd fd, long address, int len) {
        Scratch s = Scratch.take();
        try {
            return write(fd, s, address, len);
        } finally {
            s.give();
        }
    }

    /**
     * Whether a write looks at the bytes first, which are then to be a copy: in native code, a look at a page that a mapped
     * file has lost ends the JVM (SIGBUS).
     */
    final boolean looksAtBytes() {
        return this == EVENTFD || this == TERMINAL;
    }

    /** @param s what the caller has taken */
    long write(Fd fd, Scratch s, long address, int len) {
        return write(fd, address, len);
    }

    /** Reads into the first {@code count} entries of the scratch's iovec array. */
    abstract long readv(Fd fd, Scratch s, int count);

    /** Writes from the first {@code count} entries of the scratch's iovec array. */
    abstract long writev(Fd fd, Scratch s, int count);
}
