/*
 * Preloaded: a socket's own calls for SIZE bytes become read(2) and write(2), so that they work on /dev/zero, which has been put
 * in the socket's place. They are the C library's, as those they stand for: what it does around a call is done. All other calls
 * are made as they are. And the bare calls, one after another, to be measured beside.
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

/* How many times a call did not move SIZE bytes. */
static int bare(int fd, long number, int calls)
{
    static char bytes[SIZE];
    static struct iovec quarters[4];
    for (int i = 0; i < 4; i++) quarters[i] = (struct iovec) { bytes + i * SIZE / 4, SIZE / 4 };
    int failed = 0;
    for (int i = 0; i < calls; i++) {
        failed += number == SYS_writev ? syscall(number, fd, quarters, 4) != SIZE : syscall(number, fd, bytes, SIZE) != SIZE;
    }
    return failed;
}

int bare_read(int fd, int calls) { return bare(fd, SYS_read, calls); }
int bare_write(int fd, int calls) { return bare(fd, SYS_write, calls); }
int bare_writev(int fd, int calls) { return bare(fd, SYS_writev, calls); }
