/*
 * Preloaded: a socket's own calls for SIZE bytes become read(2) and write(2), so that they work on /dev/zero, which has been put
 * in the socket's place. They are the C library's, as those they stand for: what it does around a call is done. All other calls
 * are made as they are.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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

ssize_t recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *addr, socklen_t *addrlen)
{
    if (len != SIZE) return syscall(SYS_recvfrom, fd, buf, len, flags, addr, addrlen);
    if (addr) {
        memcpy(addr, &sender, sizeof sender);
        *addrlen = sizeof sender;
    }
    return read(fd, buf, len);
}

ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *addr, socklen_t addrlen)
{
    return len == SIZE ? write(fd, buf, len) : syscall(SYS_sendto, fd, buf, len, flags, addr, addrlen);
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
    return recvfrom(fd, buf, len, flags, NULL, NULL);
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
    return sendto(fd, buf, len, flags, NULL, 0);
}
