/*
 * Nanoseconds of processor time that the bare system calls take, which read 64 bytes from /dev/zero, write them there, and write
 * them there from four places: the least of many short runs, as Overhead.java measures.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 64, RUNS = 60, CALLS = 50000 };

static void *wait_for_the_end(void *unused)
{
    for (;;) pause();
    return unused;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static void measure(const char *name, long number, int fd, const void *at, long count)
{
    double least = 1e9;
    for (int run = 0; run < RUNS; run++) {
        double before = now();
        for (int i = 0; i < CALLS; i++) {
            if (syscall(number, fd, at, count) != SIZE) exit(1);
        }
        double each = (now() - before) / CALLS;
        if (each < least) least = each;
    }
    printf("%s\t%f\n", name, least);
}

int main(void)
{
    static char bytes[SIZE];
    struct iovec quarters[4];
    for (int i = 0; i < 4; i++) quarters[i] = (struct iovec) { bytes + i * SIZE / 4, SIZE / 4 };
    /* Where there is one thread only, the kernel saves itself the count of who uses the fd; no JVM has one. */
    pthread_t second;
    if (pthread_create(&second, NULL, wait_for_the_end, NULL)) return 1;
    int fd = open("/dev/zero", O_RDWR);
    measure("read", SYS_read, fd, bytes, SIZE);
    measure("write", SYS_write, fd, bytes, SIZE);
    measure("writev", SYS_writev, fd, quarters, 4);
    return 0;
}
