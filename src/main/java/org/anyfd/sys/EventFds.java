package org.anyfd.sys;

import static java.nio.charset.StandardCharsets.US_ASCII;

/** Internal. What eventfd(2) has no call for. Stateless; apart from {@link Sys}, for few programs need it. */
public final class EventFds {
    /** The most that a counter holds, as an unsigned number: 2^64-2. */
    private static final long MAX = -2;
    private static final String COUNT = "eventfd-count:";

    private EventFds() {
    }

    /**
     * Whether a number can be added without a wait. No flag of a call says not to wait, poll(2) says only whether 1 can be
     * added, and the count itself is told by proc(5), fdinfo.
     *
     * @param n the address of the 8 bytes that are to be written
     * @return 1 if it can, 0 if not, -ENOSYS if the kernel does not tell
     */
    public static int hasRoom(int fd, long n, Scratch s) {
        String info = info(fd, s);
        int start = info.indexOf(COUNT);
        if (start < 0) {
            return -Errno.ENOSYS;
        }
        long count = Long.parseUnsignedLong(info.substring(start + COUNT.length()).lines().iterator().next().strip(), 16);
        Jffi.MEMORY.memcpy(s.smallAddress(), n, Long.BYTES);
        return Long.compareUnsigned(count, MAX - s.small().getLong(0)) <= 0 ? 1 : 0;
    }

    /** Empty if it cannot be had. */
    private static String info(int fd, Scratch s) {
        s.small().put(0, ("/proc/self/fdinfo/" + fd + "\0").getBytes(US_ASCII));
        int file = Sys.open(s.smallAddress(), Consts.O_RDONLY | Consts.O_CLOEXEC, 0);
        if (file < 0) {
            return "";
        }
        byte[] text = new byte[Math.max(0, (int) Sys.read(file, s.smallAddress(), Scratch.SMALL))];
        Sys.close(file);
        s.small().get(0, text);
        return new String(text, US_ASCII);
    }
}
