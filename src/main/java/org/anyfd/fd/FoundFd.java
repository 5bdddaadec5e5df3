package org.anyfd.fd;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.anyfd.channel.Attempt;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.FileNames;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * How to use a descriptor that somebody else opened without touching the flags of its open file description.
 *
 * @param number the descriptor
 * @param reopened a private descriptor of the same file, to be used and closed instead, or -1
 * @param attempt how to read and write without waiting
 * @param accessMode O_RDONLY, O_WRONLY or O_RDWR
 */
record FoundFd(int number, int reopened, Attempt attempt, int accessMode) {
    /**
     * Looks at a descriptor.
     *
     * @throws IOException if it is not open
     */
    static FoundFd of(int fd) throws IOException {
        int flags = Sys.fcntl(fd, Consts.F_GETFL, 0);
        if (flags < 0) {
            throw Errno.failed("fcntl(F_GETFL, fd " + fd + ")", -flags);
        }
        int accessMode = flags & Consts.O_ACCMODE;
        Scratch s = Scratch.take();
        try {
            int kind = kind(fd, s);
            if (kind != Consts.S_IFCHR || !isTerminal(fd, s)) {
                return new FoundFd(fd, -1, attemptFor(kind, fd), accessMode);
            }
            if (isPtyMaster(fd, s)) {
                return new FoundFd(fd, -1, Attempt.POLL_FIRST, accessMode);
            }
        } finally {
            s.give();
        }
        int reopened = reopen(fd, accessMode);
        return new FoundFd(fd, reopened, reopened >= 0 ? Attempt.OWN_TERMINAL : Attempt.TERMINAL, accessMode);
    }

    /** The descriptor to use. If it is a private one, and the adopted one is given to us, the latter is closed. */
    Fd take(boolean own) {
        if (reopened < 0) {
            return own ? Fd.own(number) : Fd.borrow(number);
        }
        if (own) {
            Sys.close(number);
        }
        return Fd.own(reopened);
    }

    /**
     * A pipe is not opened anew as a terminal is: if its writers are gone, the new description would never report the
     * hang-up (pipe_poll compares the count of writers seen since it was opened).
     */
    private static Attempt attemptFor(int kind, int fd) {
        return switch (kind) {
            case Consts.S_IFREG, Consts.S_IFDIR, Consts.S_IFBLK -> Attempt.PLAIN;
            case Consts.S_IFSOCK -> Attempt.DONTWAIT;
            case 0 -> OpenFd.anonymousKind(ChannelKind.target(fd)) == OpenFd.Kind.EVENTFD ? Attempt.EVENTFD : Attempt.NOWAIT;
            default -> Attempt.NOWAIT;
        };
    }

    /** The S_IF constant, 0 for a file without a type such as an eventfd: statx(2). */
    static int kind(int fd) throws IOException {
        Scratch s = Scratch.take();
        try {
            return kind(fd, s);
        } finally {
            s.give();
        }
    }

    private static int kind(int fd, Scratch s) throws IOException {
        ByteBuffer m = s.small();
        m.put(Layouts.STATX, (byte) 0);
        int r = Sys.statx(fd, s.smallAddress() + Layouts.STATX, Consts.AT_EMPTY_PATH, Consts.STATX_TYPE,
            s.smallAddress());
        if (r < 0) {
            throw Errno.failed("statx(fd " + fd + ")", -r);
        }
        return m.getShort(Layouts.STATX_MODE) & Consts.S_IFMT;
    }

    /** For a file that we opened, with O_NONBLOCK. */
    static Attempt attemptForOurs(int fd) {
        Scratch s = Scratch.take();
        try {
            return isTerminal(fd, s) && !isPtyMaster(fd, s) ? Attempt.OWN_TERMINAL : Attempt.PLAIN;
        } finally {
            s.give();
        }
    }

    private static boolean isTerminal(int fd, Scratch s) {
        return Sys.ioctl(fd, Consts.TCGETS, s.smallAddress()) >= 0;
    }

    /** Opening the master of a pty anew would make another pty: pts(4). */
    private static boolean isPtyMaster(int fd, Scratch s) {
        return Sys.ioctl(fd, Consts.TIOCGPTN & 0xFFFF_FFFFL, s.smallAddress()) >= 0;
    }

    /** A private open file description of the same terminal, or -errno, such as EACCES after a change of user. */
    private static int reopen(int fd, int accessMode) {
        return FileNames.call(FileNames.bytes("/proc/self/fd/" + fd),
            name -> Sys.open(name, accessMode | Consts.O_NONBLOCK | Consts.O_NOCTTY | Consts.O_CLOEXEC, 0));
    }
}
