package org.anyfd.sys;

/** Internal. The system calls for sockets that no socket of {@code java.nio} needs. As {@link Sys} in all else. */
public final class Sockets {
    private static final CFunction SOCKETPAIR = CFunction.named("socketpair");
    private static final CFunction FCHMOD = CFunction.named("fchmod");

    private Sockets() {
    }

    public static int socketpair(int domain, int type, int protocol, long fds) {
        return SOCKETPAIR.call(domain, type, protocol, fds);
    }

    public static int fchmod(int fd, int mode) {
        return FCHMOD.call(fd, mode);
    }
}
