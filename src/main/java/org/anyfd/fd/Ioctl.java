package org.anyfd.fd;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/** ioctl(2) on a channel's descriptor, under a reference of its own; a failure names request and descriptor. Stateless. */
final class Ioctl {
    private Ioctl() {
    }

    /** A request whose argument is a number, or an address that stays valid meanwhile. */
    static int call(Fd fd, String name, int request, long argument) throws IOException {
        if (!fd.acquire()) {
            throw new ClosedChannelException();
        }
        int r;
        try {
            do {
                // A profiler's signal interrupts TCSBRK, which has no effect before it is done.
                r = Sys.ioctl(fd.number(), request & 0xFFFF_FFFFL, argument);
            } while (r == -Errno.EINTR);
        } finally {
            fd.release();
        }
        if (r < 0) {
            throw Errno.failed("ioctl(" + name + ", " + fd + ")", -r);
        }
        return r;
    }

    /** A request that stores an int. */
    static int getInt(Fd fd, String name, int request) throws IOException {
        Scratch s = Scratch.take();
        try {
            call(fd, name, request, s.smallAddress());
            return s.small().getInt(0);
        } finally {
            s.give();
        }
    }

    /** A request that takes the address of an int. */
    static void putInt(Fd fd, String name, int request, int value) throws IOException {
        Scratch s = Scratch.take();
        try {
            s.small().putInt(0, value);
            call(fd, name, request, s.smallAddress());
        } finally {
            s.give();
        }
    }
}
