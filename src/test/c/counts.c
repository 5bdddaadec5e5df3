/*
 * Counts the calls of the C library's functions that make system calls. A test preloads this (LD_PRELOAD) into a JVM, and
 * by the counts_ functions below says when which threads are counted. No call is changed, and none is added: what is
 * counted is what would be called without this.
 *
 * Every function takes six numbers, as the C functions do on x86-64 and aarch64 whatever their prototypes say; see faults.c.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define ARGS long a, long b, long c, long d, long e, long f

/* Both families: what anyfd calls (a test compares), and what the JDK's own provider does. */
#define FUNCTIONS(X) \
    X(accept) X(accept4) X(bind) X(close) X(connect) X(dup) X(dup2) X(dup3) X(epoll_create1) X(epoll_ctl) X(epoll_pwait) \
    X(epoll_pwait2) X(epoll_wait) X(eventfd) X(fchmod) X(fcntl) X(fcntl64) X(fstat) X(fstat64) X(getgrgid_r) X(getpeername) \
    X(getpgid) X(getpwuid_r) X(getrlimit) X(getsockname) X(getsockopt) X(inotify_add_watch) X(inotify_init1) \
    X(inotify_rm_watch) X(ioctl) X(kill) X(listen) X(open) X(open64) X(pipe) X(pipe2) X(poll) X(posix_spawnp) X(ppoll) \
    X(pread) X(pread64) X(preadv2) X(pwrite) X(pwrite64) X(pwritev2) X(read) X(readv) X(recv) X(recvfrom) X(recvmsg) \
    X(select) X(send) X(sendfile) X(sendfile64) X(sendmsg) X(sendto) X(setrlimit) X(setsockopt) X(shutdown) X(sigaction) \
    X(socket) X(socketpair) X(splice) X(statx) X(timerfd_create) X(timerfd_gettime) X(timerfd_settime) X(unlink) \
    X(waitid) X(write) X(writev)

enum {
#define NUMBER(name) N_##name,
    FUNCTIONS(NUMBER)
    N_syscall,
    N_ALL
};

static const char *const names[] = {
#define NAME(name) #name,
    FUNCTIONS(NAME)
    "syscall"
};

static _Atomic long counts[N_ALL];
/* Calls of epoll_wait(2) by counted threads that may wait, as they are made. */
static _Atomic long waits;
/* Whether the thread is counted now. In the static block of thread-local memory: to read it calls nothing. */
static __thread int counted __attribute__((tls_model("initial-exec")));

/* Whether it is called by jffi's library, which is anyfd, or by those of the JDK's channels: what else the JVM does now and
   then in any thread, to load a class or to reach a safepoint, does not count. */
static int by_channels(void *caller) {
    Dl_info library;
    return dladdr(caller, &library) && library.dli_fname && (strstr(library.dli_fname, "jffi")
        || strstr(library.dli_fname, "libnio.") || strstr(library.dli_fname, "libnet."));
}

static int count(int number, void *caller) {
    if (!counted || !by_channels(caller)) {
        return 0;
    }
    atomic_fetch_add(&counts[number], 1);
    return 1;
}

#define COUNTED(name) \
    long counted_##name(ARGS) __asm__(#name); \
    long counted_##name(ARGS) { \
        static long (*real)(ARGS); \
        if (!real) { \
            real = (long (*)(ARGS)) dlsym(RTLD_NEXT, #name); \
        } \
        if (count(N_##name, __builtin_return_address(0)) && N_##name == N_epoll_wait && (int) d) { \
            atomic_fetch_add(&waits, 1); \
        } \
        return real(a, b, c, d, e, f); \
    }

FUNCTIONS(COUNTED)

/* The number first, and then up to six. */
long counted_syscall(long number, ARGS) __asm__("syscall");
long counted_syscall(long number, ARGS) {
    static long (*real)(long, ARGS);
    if (!real) {
        real = (long (*)(long, ARGS)) dlsym(RTLD_NEXT, "syscall");
    }
    count(N_syscall, __builtin_return_address(0));
    return real(number, a, b, c, d, e, f);
}

/* -- What tests call -- */

/* Has the calling thread counted, or not any more; returns what was. */
int counts_thread(int on) {
    int before = counted;
    counted = on;
    return before;
}

void counts_reset(void) {
    for (int i = 0; i < N_ALL; i++) {
        atomic_store(&counts[i], 0);
    }
}

/* How often a counted thread has called epoll_wait(2) so that it may wait. */
long counts_waits(void) {
    return atomic_load(&waits);
}

/* How many functions there are. */
int counts_size(void) {
    return N_ALL;
}

/* A function's count; its name goes where it says, which has room for 32 bytes. */
long counts_get(int number, char *name) {
    snprintf(name, 32, "%s", names[number]);
    return atomic_load(&counts[number]);
}
