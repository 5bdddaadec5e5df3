/*
 * Faults at the edge of the C library. A test preloads this (LD_PRELOAD) into a JVM whose anyfd then finds these functions
 * in place of the C library's, and says what is to go wrong by the fault_ functions below. Only calls that come out of
 * jffi's library are touched: the JVM's own pass.
 *
 * Every function takes six numbers, as the C functions do on x86-64 and aarch64 whatever their prototypes say. They have
 * the names of the C library's for the linker only, since the compiler knows those by other prototypes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define ARGS long a, long b, long c, long d, long e, long f
#define MAX_FD 4096

typedef long (*call)(ARGS);

/* The rule, set while nothing is armed. */
static _Atomic int armed;
static char function[32]; /* empty: any but close */
static int error;
static long thread; /* 0: any */
static _Atomic long skip, times, calls;

/* The most bytes that a write takes; 0: no limit. */
static _Atomic long cap;

/* A descriptor to be called ready though it is not. */
static _Atomic long ready_times;
static int ready_fd, ready_events;

/* By number: under what it was last added to which epoll descriptor. */
static struct { long epfd; uint64_t data; } added[MAX_FD];

static const char *struck_name = "";

static int ours(void *caller) {
    Dl_info library;
    return dladdr(caller, &library) && library.dli_fname && strstr(library.dli_fname, "jffi");
}

static int matches(const char *name, void *caller) {
    if (!atomic_load(&armed) || (function[0] ? strcmp(function, name) : !strcmp(name, "close"))) {
        return 0;
    }
    return ours(caller) && (!thread || thread == gettid());
}

/* Whether this call is to fail, with errno set. */
static int fails(const char *name, void *caller) {
    if (!matches(name, caller)) {
        return 0;
    }
    atomic_fetch_add(&calls, 1);
    if (atomic_fetch_sub(&skip, 1) > 0 || atomic_fetch_sub(&times, 1) <= 0) {
        return 0;
    }
    struck_name = name;
    errno = error;
    return 1;
}

static long capped(long count, void *caller) {
    long most = atomic_load(&cap);
    return most && count > most && ours(caller) ? most : count;
}

static int spurious(void *caller) {
    return atomic_load(&ready_times) > 0 && ours(caller);
}

#define REAL(name) \
    static call real; \
    if (!real) { \
        real = (call) dlsym(RTLD_NEXT, #name); \
    } \
    void *caller = __builtin_return_address(0)

#define NAMED(name) \
    long faulty_##name(ARGS) __asm__(#name); \
    long faulty_##name(ARGS)

#define FAULTY(name) \
    NAMED(name) { \
        REAL(name); \
        return fails(#name, caller) ? -1 : real(a, b, c, d, e, f); \
    }

FAULTY(accept4)
FAULTY(bind)
FAULTY(connect)
FAULTY(dup2)
FAULTY(epoll_create1)
FAULTY(eventfd)
FAULTY(fchmod)
FAULTY(fcntl)
FAULTY(getpeername)
FAULTY(getsockname)
FAULTY(getsockopt)
FAULTY(inotify_add_watch)
FAULTY(inotify_init1)
FAULTY(ioctl)
FAULTY(listen)
FAULTY(open)
FAULTY(pipe2)
FAULTY(preadv2)
FAULTY(pwritev2)
FAULTY(read)
FAULTY(readv)
FAULTY(recv)
FAULTY(recvfrom)
FAULTY(recvmsg)
FAULTY(sendfile)
FAULTY(sendto)
FAULTY(setsockopt)
FAULTY(shutdown)
FAULTY(sigaction)
FAULTY(socket)
FAULTY(socketpair)
FAULTY(splice)
FAULTY(statx)
FAULTY(timerfd_create)
FAULTY(timerfd_settime)
FAULTY(waitid)

/* The number first, and then up to six. */
long faulty_syscall(long number, ARGS) __asm__("syscall");
long faulty_syscall(long number, ARGS) {
    static long (*real)(long, ARGS);
    if (!real) {
        real = (long (*)(long, ARGS)) dlsym(RTLD_NEXT, "syscall");
    }
    return fails("syscall", __builtin_return_address(0)) ? -1 : real(number, a, b, c, d, e, f);
}

/* The number is free when close(2) returns, whatever it returns. */
NAMED(close) {
    REAL(close);
    long result = real(a, b, c, d, e, f);
    return fails("close", caller) ? -1 : result;
}

NAMED(write) {
    REAL(write);
    return fails("write", caller) ? -1 : real(a, b, capped(c, caller), d, e, f);
}

NAMED(send) {
    REAL(send);
    return fails("send", caller) ? -1 : real(a, b, capped(c, caller), d, e, f);
}

NAMED(writev) {
    REAL(writev);
    struct iovec first = *(struct iovec *) b;
    if (fails("writev", caller)) {
        return -1;
    }
    long most = capped(first.iov_len, caller);
    if (most == (long) first.iov_len) {
        return real(a, b, c, d, e, f);
    }
    first.iov_len = most;
    return real(a, (long) &first, 1, d, e, f);
}

NAMED(sendmsg) {
    REAL(sendmsg);
    if (fails("sendmsg", caller)) {
        return -1;
    }
    struct msghdr message = *(struct msghdr *) b;
    if (!message.msg_iovlen || capped(message.msg_iov->iov_len, caller) == (long) message.msg_iov->iov_len) {
        return real(a, b, c, d, e, f);
    }
    struct iovec first = *message.msg_iov;
    first.iov_len = capped(first.iov_len, caller);
    message.msg_iov = &first;
    message.msg_iovlen = 1;
    return real(a, (long) &message, c, d, e, f);
}

NAMED(epoll_ctl) {
    REAL(epoll_ctl);
    if (fails("epoll_ctl", caller)) {
        return -1;
    }
    int fd = (int) c;
    if (d && fd >= 0 && fd < MAX_FD) {
        added[fd].epfd = (int) a;
        added[fd].data = ((struct epoll_event *) d)->data.u64;
    }
    return real(a, b, c, d, e, f);
}

NAMED(epoll_wait) {
    REAL(epoll_wait);
    if (fails("epoll_wait", caller)) {
        return -1;
    }
    if (!spurious(caller) || added[ready_fd].epfd != (int) a) {
        return real(a, b, c, d, e, f);
    }
    int n = (int) real(a, b, c, 0, e, f);
    if (n == 0) {
        atomic_fetch_sub(&ready_times, 1);
        struct epoll_event *event = (struct epoll_event *) b;
        event->events = ready_events;
        event->data.u64 = added[ready_fd].data;
        n = 1;
    }
    return n;
}

/* Calls the descriptor ready if it is among those polled and none is. */
static int polled(struct pollfd *fds, long count, int n) {
    for (long i = 0; n == 0 && i < count; i++) {
        if (fds[i].fd == ready_fd) {
            atomic_fetch_sub(&ready_times, 1);
            fds[i].revents = ready_events;
            n = 1;
        }
    }
    return n;
}

NAMED(poll) {
    REAL(poll);
    if (fails("poll", caller)) {
        return -1;
    }
    return spurious(caller)
        ? polled((struct pollfd *) a, b, (int) real(a, b, 0, d, e, f)) : real(a, b, c, d, e, f);
}

NAMED(ppoll) {
    REAL(ppoll);
    static struct timespec now;
    if (fails("ppoll", caller)) {
        return -1;
    }
    return spurious(caller)
        ? polled((struct pollfd *) a, b, (int) real(a, b, (long) &now, d, e, f)) : real(a, b, c, d, e, f);
}

/* -- What tests call -- */

/* Has calls of a function ("": of any but close) by a thread (0: by any) fail, after the first few, and so often. */
void fault_inject(const char *name, int number, long by_thread, long after, long so_often) {
    atomic_store(&armed, 0);
    strncpy(function, name, sizeof function - 1);
    error = number;
    thread = by_thread;
    struck_name = "";
    atomic_store(&calls, 0);
    atomic_store(&skip, after);
    atomic_store(&times, so_often);
    atomic_store(&armed, 1);
}

void fault_cap(long bytes) {
    atomic_store(&cap, bytes);
}

void fault_ready(int fd, int events, long so_often) {
    ready_fd = fd;
    ready_events = events;
    atomic_store(&ready_times, so_often);
}

/* Ends all of these. */
void fault_end(void) {
    atomic_store(&armed, 0);
    atomic_store(&cap, 0);
    atomic_store(&ready_times, 0);
}

/* How many calls the rule has seen, those that it let pass among them. */
long fault_calls(void) {
    return atomic_load(&calls);
}

/* How often the descriptor is still to be called ready. */
long fault_ready_left(void) {
    return atomic_load(&ready_times);
}

/* The function that failed last, or "". */
void fault_struck(char *name) {
    strncpy(name, struck_name, sizeof function);
}

/* -- A storm of signals -- */

static pthread_t storm;
static _Atomic int storming;
static _Atomic long signals;
static long victim;
static long pause_micros;

static void caught(int signal) {
    (void) signal;
    atomic_fetch_add(&signals, 1);
}

static void *blow(void *unused) {
    struct timespec pause = {0, pause_micros * 1000};
    while (atomic_load(&storming)) {
        syscall(SYS_tgkill, getpid(), victim, SIGRTMIN + 3);
        nanosleep(&pause, NULL);
    }
    return unused;
}

/* Sends a thread a signal every so often. Its handler does nothing, and asks for no call to be restarted. */
int fault_storm(long to_thread, long every_micros) {
    struct sigaction action = {.sa_handler = caught};
    int (*set)(int, const struct sigaction *, struct sigaction *) = dlsym(RTLD_NEXT, "sigaction");
    set(SIGRTMIN + 3, &action, NULL);
    victim = to_thread;
    pause_micros = every_micros;
    atomic_store(&signals, 0);
    atomic_store(&storming, 1);
    return pthread_create(&storm, NULL, blow, NULL);
}

/* How many signals the thread has taken. */
long fault_signals(void) {
    return atomic_load(&signals);
}

void fault_calm(void) {
    atomic_store(&storming, 0);
    pthread_join(storm, NULL);
}
