package org.anyfd.sys;

import java.nio.Buffer;

/**
 * Internal. The system calls, under their man-page names: each returns {@code n >= 0}, or {@code -errno}, and never
 * throws, except on a machine that anyfd does not support: {@link CFunction}. Loading this class loads jffi.
 *
 * <p>Nothing is retried here: EINTR reaches the caller, who knows what it means for its deadline. Calls on the fds
 * of channels go through {@code poll.Fd}, which keeps a number from being reused under a running call. Addresses are
 * of native memory ({@link Scratch}, or {@link #address}), which must stay reachable during the call.
 */
public final class Sys {
    private static final CFunction CLOSE = CFunction.named("close");
    private static final CFunction DUP2 = CFunction.named("dup2");
    private static final SystemCall READ = SystemCall.named("read", Consts.SYS_read);
    private static final SystemCall WRITE = SystemCall.named("write", Consts.SYS_write);
    private static final SystemCall READV = SystemCall.named("readv", Consts.SYS_readv);
    private static final SystemCall WRITEV = SystemCall.named("writev", Consts.SYS_writev);
    private static final CFunction PREADV2 = CFunction.named("preadv2");
    private static final CFunction PWRITEV2 = CFunction.named("pwritev2");
    private static final CFunction SENDFILE = CFunction.named("sendfile");
    private static final CFunction SPLICE = CFunction.named("splice");
    private static final CFunction OPEN = CFunction.named("open");
    private static final CFunction UNLINK = CFunction.named("unlink");
    private static final CFunction STATX = CFunction.named("statx");
    private static final CFunction FCNTL = CFunction.named("fcntl");
    private static final CFunction IOCTL = CFunction.named("ioctl");
    private static final CFunction PIPE2 = CFunction.named("pipe2");
    private static final CFunction SOCKET = CFunction.named("socket");
    private static final CFunction BIND = CFunction.named("bind");
    private static final CFunction LISTEN = CFunction.named("listen");
    private static final CFunction ACCEPT4 = CFunction.named("accept4");
    private static final CFunction CONNECT = CFunction.named("connect");
    private static final CFunction GETSOCKNAME = CFunction.named("getsockname");
    private static final CFunction GETPEERNAME = CFunction.named("getpeername");
    private static final CFunction GETSOCKOPT = CFunction.named("getsockopt");
    private static final CFunction SETSOCKOPT = CFunction.named("setsockopt");
    private static final CFunction SHUTDOWN = CFunction.named("shutdown");
    private static final CFunction SEND = CFunction.named("send");
    private static final CFunction RECV = CFunction.named("recv");
    private static final CFunction SENDMSG = CFunction.named("sendmsg");
    private static final CFunction RECVMSG = CFunction.named("recvmsg");
    private static final CFunction SENDTO = CFunction.named("sendto");
    private static final CFunction RECVFROM = CFunction.named("recvfrom");
    private static final CFunction EVENTFD = CFunction.named("eventfd");
    private static final SystemCall POLL = SystemCall.named("poll", Consts.SYS_poll);
    private static final CFunction PPOLL = CFunction.named("ppoll");
    private static final CFunction EPOLL_CREATE1 = CFunction.named("epoll_create1");
    private static final CFunction EPOLL_CTL = CFunction.named("epoll_ctl");
    private static final SystemCall EPOLL_WAIT = SystemCall.named("epoll_wait", Consts.SYS_epoll_wait);
    private static final CFunction GETPWUID_R = CFunction.named("getpwuid_r");
    private static final CFunction GETGRGID_R = CFunction.named("getgrgid_r");

    private Sys() {
    }

    /** The address of byte 0 of a direct buffer, whatever its position. The buffer must stay reachable while it is used. */
    public static long address(Buffer direct) {
        if (Jffi.MEMORY == null) {
            Platform.requireSupported();
        }
        return Jffi.MEMORY.getDirectBufferAddress(direct);
    }

    /**
     * Where a byte is first found in native memory, or {@code len} if nowhere: memchr(3). Bytes are not read one by one,
     * for jffi does that by sun.misc.Unsafe, of which JDK 24 and newer warn.
     */
    public static int indexOf(long address, char ascii, int len) {
        int index = (int) Jffi.MEMORY.indexOf(address, (byte) ascii, len);
        return index < 0 ? len : index;
    }

    public static int close(int fd) {
        return CLOSE.call(fd);
    }

    public static int dup2(int fd, int as) {
        return DUP2.call(fd, as);
    }

    public static long read(int fd, long buf, long count) {
        return READ.callLong(fd, buf, count);
    }

    public static long write(int fd, long buf, long count) {
        return WRITE.callLong(fd, buf, count);
    }

    public static long readv(int fd, long iov, int iovcnt) {
        return READV.callLong(fd, iov, iovcnt);
    }

    public static long writev(int fd, long iov, int iovcnt) {
        return WRITEV.callLong(fd, iov, iovcnt);
    }

    public static long preadv2(int fd, long iov, int iovcnt, long offset, int flags) {
        return PREADV2.callLong(fd, iov, iovcnt, offset, flags);
    }

    public static long pwritev2(int fd, long iov, int iovcnt, long offset, int flags) {
        return PWRITEV2.callLong(fd, iov, iovcnt, offset, flags);
    }

    public static long sendfile(int out, int in, long offset, long count) {
        return SENDFILE.callLong(out, in, offset, count);
    }

    /** Between files without offsets: pipes and sockets. */
    public static long splice(int in, int out, long len, int flags) {
        return SPLICE.callLong(in, 0, out, 0, len, flags);
    }

    public static int open(long path, int flags, int mode) {
        return OPEN.call(path, flags, mode);
    }

    public static int unlink(long path) {
        return UNLINK.call(path);
    }

    public static int statx(int dirfd, long path, int flags, int mask, long statx) {
        return STATX.call(dirfd, path, flags, mask, statx);
    }

    public static int fcntl(int fd, int cmd, long arg) {
        return FCNTL.call(fd, cmd, arg);
    }

    public static int ioctl(int fd, long request, long arg) {
        return IOCTL.call(fd, request, arg);
    }

    public static int pipe2(long fds, int flags) {
        return PIPE2.call(fds, flags);
    }

    public static int socket(int domain, int type, int protocol) {
        return SOCKET.call(domain, type, protocol);
    }

    public static int bind(int fd, long addr, int len) {
        return BIND.call(fd, addr, len);
    }

    public static int listen(int fd, int backlog) {
        return LISTEN.call(fd, backlog);
    }

    public static int accept4(int fd, long addr, long addrlen, int flags) {
        return ACCEPT4.call(fd, addr, addrlen, flags);
    }

    public static int connect(int fd, long addr, int len) {
        return CONNECT.call(fd, addr, len);
    }

    public static int getsockname(int fd, long addr, long addrlen) {
        return GETSOCKNAME.call(fd, addr, addrlen);
    }

    public static int getpeername(int fd, long addr, long addrlen) {
        return GETPEERNAME.call(fd, addr, addrlen);
    }

    public static int getsockopt(int fd, int level, int name, long value, long len) {
        return GETSOCKOPT.call(fd, level, name, value, len);
    }

    public static int setsockopt(int fd, int level, int name, long value, int len) {
        return SETSOCKOPT.call(fd, level, name, value, len);
    }

    public static int shutdown(int fd, int how) {
        return SHUTDOWN.call(fd, how);
    }

    public static long send(int fd, long buf, long len, int flags) {
        return SEND.callLong(fd, buf, len, flags);
    }

    public static long recv(int fd, long buf, long len, int flags) {
        return RECV.callLong(fd, buf, len, flags);
    }

    public static long sendmsg(int fd, long msg, int flags) {
        return SENDMSG.callLong(fd, msg, flags);
    }

    public static long recvmsg(int fd, long msg, int flags) {
        return RECVMSG.callLong(fd, msg, flags);
    }

    public static long sendto(int fd, long buf, long len, int flags, long addr, int addrlen) {
        return SENDTO.callLong(fd, buf, len, flags, addr, addrlen);
    }

    public static long recvfrom(int fd, long buf, long len, int flags, long addr, long addrlen) {
        return RECVFROM.callLong(fd, buf, len, flags, addr, addrlen);
    }

    public static int eventfd(int initval, int flags) {
        return EVENTFD.call(initval, flags);
    }

    public static int poll(long fds, long nfds, int timeoutMillis) {
        return POLL.call(fds, nfds, timeoutMillis);
    }

    public static int ppoll(long fds, long nfds, long timespec, long sigmask) {
        return PPOLL.call(fds, nfds, timespec, sigmask);
    }

    public static int epollCreate1(int flags) {
        return EPOLL_CREATE1.call(flags);
    }

    public static int epollCtl(int epfd, int op, int fd, long event) {
        return EPOLL_CTL.call(epfd, op, fd, event);
    }

    public static int epollWait(int epfd, long events, int maxevents, int timeoutMillis) {
        return EPOLL_WAIT.call(epfd, events, maxevents, timeoutMillis);
    }

    /** Returns an error number itself, not its negative, as the function does. */
    public static int getpwuid_r(int uid, long passwd, long buf, long buflen, long result) {
        return GETPWUID_R.call(uid, passwd, buf, buflen, result);
    }

    /** Returns an error number itself, not its negative, as the function does. */
    public static int getgrgid_r(int gid, long group, long buf, long buflen, long result) {
        return GETGRGID_R.call(gid, group, buf, buflen, result);
    }
}
