package org.anyfd.sys;

import java.nio.Buffer;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

/**
 * Internal. The system calls, under their man-page names: each returns {@code n >= 0}, or {@code -errno}, and never
 * throws. Loading this class loads JNR-FFI and the C library.
 *
 * <p>Nothing is retried here: EINTR reaches the caller, who knows what it means for its deadline. Calls on the fds
 * of channels go through {@code poll.Fd}, which keeps a number from being reused under a running call. Addresses are
 * of native memory ({@link Scratch}, or {@link #address}), which must stay reachable during the call.
 */
public final class Sys {
    private static final LibC LIBC = load();
    private static final Runtime RUNTIME = Runtime.getRuntime(LIBC);
    private static final com.kenai.jffi.MemoryIO MEMORY = com.kenai.jffi.MemoryIO.getInstance();

    private Sys() {
    }

    private static LibC load() {
        Platform.requireSupported();
        return LibraryLoader.create(LibC.class).load("c");
    }

    /** The address of byte 0 of a direct buffer, whatever its position. The buffer must stay reachable while it is used. */
    public static long address(Buffer direct) {
        return MEMORY.getDirectBufferAddress(direct);
    }

    /** The byte at an address of native memory. */
    public static byte byteAt(long address) {
        return MEMORY.getByte(address);
    }

    /** errno is the calling thread's, so it must be read before anything else is called. */
    private static int checked(int result) {
        return result >= 0 ? result : -RUNTIME.getLastError();
    }

    private static long checked(long result) {
        return result >= 0 ? result : -RUNTIME.getLastError();
    }

    public static int close(int fd) {
        return checked(LIBC.close(fd));
    }

    public static int dup2(int fd, int as) {
        return checked(LIBC.dup2(fd, as));
    }

    public static long read(int fd, long buf, long count) {
        return checked(LIBC.read(fd, buf, count));
    }

    public static long write(int fd, long buf, long count) {
        return checked(LIBC.write(fd, buf, count));
    }

    public static long readv(int fd, long iov, int iovcnt) {
        return checked(LIBC.readv(fd, iov, iovcnt));
    }

    public static long writev(int fd, long iov, int iovcnt) {
        return checked(LIBC.writev(fd, iov, iovcnt));
    }

    public static long preadv2(int fd, long iov, int iovcnt, long offset, int flags) {
        return checked(LIBC.preadv2(fd, iov, iovcnt, offset, flags));
    }

    public static long pwritev2(int fd, long iov, int iovcnt, long offset, int flags) {
        return checked(LIBC.pwritev2(fd, iov, iovcnt, offset, flags));
    }

    public static long sendfile(int out, int in, long offset, long count) {
        return checked(LIBC.sendfile(out, in, offset, count));
    }

    /** Between files without offsets: pipes and sockets. */
    public static long splice(int in, int out, long len, int flags) {
        return checked(LIBC.splice(in, null, out, null, len, flags));
    }

    public static int open(long path, int flags, int mode) {
        return checked(LIBC.open(path, flags, mode));
    }

    public static int unlink(long path) {
        return checked(LIBC.unlink(path));
    }

    public static int statx(int dirfd, long path, int flags, int mask, long statx) {
        return checked(LIBC.statx(dirfd, path, flags, mask, statx));
    }

    public static int fcntl(int fd, int cmd, long arg) {
        return checked(LIBC.fcntl(fd, cmd, arg));
    }

    public static int ioctl(int fd, long request, long arg) {
        return checked(LIBC.ioctl(fd, request, arg));
    }

    public static int pipe2(long fds, int flags) {
        return checked(LIBC.pipe2(fds, flags));
    }

    public static int socket(int domain, int type, int protocol) {
        return checked(LIBC.socket(domain, type, protocol));
    }

    public static int bind(int fd, long addr, int len) {
        return checked(LIBC.bind(fd, addr, len));
    }

    public static int listen(int fd, int backlog) {
        return checked(LIBC.listen(fd, backlog));
    }

    public static int accept4(int fd, long addr, long addrlen, int flags) {
        return checked(LIBC.accept4(fd, addr, addrlen, flags));
    }

    public static int connect(int fd, long addr, int len) {
        return checked(LIBC.connect(fd, addr, len));
    }

    public static int getsockname(int fd, long addr, long addrlen) {
        return checked(LIBC.getsockname(fd, addr, addrlen));
    }

    public static int getpeername(int fd, long addr, long addrlen) {
        return checked(LIBC.getpeername(fd, addr, addrlen));
    }

    public static int getsockopt(int fd, int level, int name, long value, long len) {
        return checked(LIBC.getsockopt(fd, level, name, value, len));
    }

    public static int setsockopt(int fd, int level, int name, long value, int len) {
        return checked(LIBC.setsockopt(fd, level, name, value, len));
    }

    public static int shutdown(int fd, int how) {
        return checked(LIBC.shutdown(fd, how));
    }

    public static long send(int fd, long buf, long len, int flags) {
        return checked(LIBC.send(fd, buf, len, flags));
    }

    public static long recv(int fd, long buf, long len, int flags) {
        return checked(LIBC.recv(fd, buf, len, flags));
    }

    public static long sendmsg(int fd, long msg, int flags) {
        return checked(LIBC.sendmsg(fd, msg, flags));
    }

    public static long recvmsg(int fd, long msg, int flags) {
        return checked(LIBC.recvmsg(fd, msg, flags));
    }

    public static int eventfd(int initval, int flags) {
        return checked(LIBC.eventfd(initval, flags));
    }

    public static int poll(long fds, long nfds, int timeoutMillis) {
        return checked(LIBC.poll(fds, nfds, timeoutMillis));
    }

    public static int ppoll(long fds, long nfds, long timespec, long sigmask) {
        return checked(LIBC.ppoll(fds, nfds, timespec, sigmask));
    }

    public static int epollCreate1(int flags) {
        return checked(LIBC.epoll_create1(flags));
    }

    public static int epollCtl(int epfd, int op, int fd, long event) {
        return checked(LIBC.epoll_ctl(epfd, op, fd, event));
    }

    public static int epollWait(int epfd, long events, int maxevents, int timeoutMillis) {
        return checked(LIBC.epoll_wait(epfd, events, maxevents, timeoutMillis));
    }

    /** Returns an error number itself, not its negative, as the function does. */
    public static int getpwuid_r(int uid, long passwd, long buf, long buflen, long result) {
        return LIBC.getpwuid_r(uid, passwd, buf, buflen, result);
    }

    /** Returns an error number itself, not its negative, as the function does. */
    public static int getgrgid_r(int gid, long group, long buf, long buflen, long result) {
        return LIBC.getgrgid_r(gid, group, buf, buflen, result);
    }
}
