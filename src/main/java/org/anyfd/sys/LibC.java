package org.anyfd.sys;

import jnr.ffi.Pointer;

/**
 * The C library, as JNR-FFI binds it: one method per function, under its C name.
 *
 * <p>Only {@code int} and {@code long} arguments: JNR compiles such a call to a stub about as cheap as JNI (9-13 ns),
 * where a buffer argument costs 30 ns more; addresses and {@code size_t} are {@code long}. The variadic functions
 * (fcntl, ioctl, open) are declared with the arguments we pass: on x86-64 and aarch64 Linux these travel in the same
 * registers. A symbol the C library lacks fails when it is first called, not at load.
 *
 * <p>No function of six arguments: JNR-FFI 2.3.4's stub for x86-64 looks for the sixth at {@code rsp + 0}, where the
 * return address is, instead of {@code rsp + 16}. So there is sendmsg and no sendto.
 */
public interface LibC {
    int close(int fd);
    int dup2(int fd, int as);
    long read(int fd, long buf, long count);
    long write(int fd, long buf, long count);
    long readv(int fd, long iov, int iovcnt);
    long writev(int fd, long iov, int iovcnt);
    long preadv2(int fd, long iov, int iovcnt, long offset, int flags);
    long pwritev2(int fd, long iov, int iovcnt, long offset, int flags);
    long sendfile(int out, int in, long offset, long count);
    int open(long path, int flags, int mode);
    int unlink(long path);
    int statx(int dirfd, long path, int flags, int mask, long statx);
    int fcntl(int fd, int cmd, long arg);
    int ioctl(int fd, long request, long arg);
    int pipe2(long fds, int flags);

    int socket(int domain, int type, int protocol);
    int bind(int fd, long addr, int len);
    int listen(int fd, int backlog);
    int accept4(int fd, long addr, long addrlen, int flags);
    int connect(int fd, long addr, int len);
    int getsockname(int fd, long addr, long addrlen);
    int getpeername(int fd, long addr, long addrlen);
    int getsockopt(int fd, int level, int name, long value, long len);
    int setsockopt(int fd, int level, int name, long value, int len);
    int shutdown(int fd, int how);
    long send(int fd, long buf, long len, int flags);
    long recv(int fd, long buf, long len, int flags);
    long sendmsg(int fd, long msg, int flags);
    long recvmsg(int fd, long msg, int flags);

    int eventfd(int initval, int flags);
    int poll(long fds, long nfds, int timeoutMillis);
    int ppoll(long fds, long nfds, long timespec, long sigmask);
    int epoll_create1(int flags);
    int epoll_ctl(int epfd, int op, int fd, long event);
    int epoll_wait(int epfd, long events, int maxevents, int timeoutMillis);

    int getpwuid_r(int uid, long passwd, long buf, long buflen, long result);
    int getgrgid_r(int gid, long group, long buf, long buflen, long result);

    /** The Pointers, always null, keep JNR-FFI from its stub, which passes a sixth integer wrongly; it costs more. */
    long splice(int in, Pointer offIn, int out, Pointer offOut, long len, int flags);
}
