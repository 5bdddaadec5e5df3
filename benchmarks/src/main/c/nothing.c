/*
 * Preloaded: transfers of SIZE bytes return at once, as if all had been moved, so that what is left of an operation's time is
 * what it takes outside the kernel. All other calls are made.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SIZE = 64 };

/* ::ffff:127.0.0.1, as a dual-stack socket tells it */
static struct sockaddr_in6 sender;

__attribute__((constructor)) static void init(void)
{
    sender.sin6_family = AF_INET6;
    sender.sin6_port = htons(1234);
    memcpy(&sender.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\377\377\177\0\0\1", 16);
}

ssize_t read(int fd, void *buf, size_t count)
{
    return count == SIZE ? SIZE : syscall(SYS_read, fd, buf, count);
}

ssize_t write(int fd, const void *buf, size_t count)
{
    return count == SIZE ? SIZE : syscall(SYS_write, fd, buf, count);
}

ssize_t writev(int fd, const struct iovec *iov, int iovcnt)
{
    return iovcnt == 4 && iov[0].iov_len == SIZE / 4 ? SIZE : syscall(SYS_writev, fd, iov, iovcnt);
}

ssize_t recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *addr, socklen_t *addrlen)
{
    if (len != SIZE) return syscall(SYS_recvfrom, fd, buf, len, flags, addr, addrlen);
    if (addr) {
        memcpy(addr, &sender, sizeof sender);
        *addrlen = sizeof sender;
    }
    return SIZE;
}

ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *addr, socklen_t addrlen)
{
    return len == SIZE ? SIZE : syscall(SYS_sendto, fd, buf, len, flags, addr, addrlen);
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
    return recvfrom(fd, buf, len, flags, NULL, NULL);
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
    return sendto(fd, buf, len, flags, NULL, 0);
}
