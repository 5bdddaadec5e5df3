/*
 * Prints what the C compiler and the C library make of the rows of Consts, Errno and Layouts; LayoutTest compares.
 *
 * constants.inc is written by LayoutTest: CONSTANT(name) for every constant of Consts and every name Errno knows. The
 * structs are listed here, because their C names cannot be had from the Java ones.
 */
#define _GNU_SOURCE
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <linux/wait.h>

/* Newer than the headers of some systems. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif

/* aarch64 has ppoll and epoll_pwait only. */
#ifndef SYS_poll
#define SYS_poll (-1)
#define SYS_epoll_wait (-1)
#endif

#define CONSTANT(name) printf("constant %s %d\n", #name, (int) (name));
#define SIZE(name, type) printf("layout %s %zu\n", #name, sizeof(type));
#define FIELD(name, type, field) printf("layout %s %zu\n", #name, offsetof(type, field));

int main(void) {
#include "constants.inc"

    SIZE(EPOLL_EVENT, struct epoll_event)
    FIELD(EPOLL_EVENT_EVENTS, struct epoll_event, events)
    FIELD(EPOLL_EVENT_DATA, struct epoll_event, data)

    SIZE(POLLFD, struct pollfd)
    FIELD(POLLFD_FD, struct pollfd, fd)
    FIELD(POLLFD_EVENTS, struct pollfd, events)
    FIELD(POLLFD_REVENTS, struct pollfd, revents)

    SIZE(IOVEC, struct iovec)
    FIELD(IOVEC_BASE, struct iovec, iov_base)
    FIELD(IOVEC_LEN, struct iovec, iov_len)

    SIZE(MSGHDR, struct msghdr)
    FIELD(MSGHDR_NAME, struct msghdr, msg_name)
    FIELD(MSGHDR_NAMELEN, struct msghdr, msg_namelen)
    FIELD(MSGHDR_IOV, struct msghdr, msg_iov)
    FIELD(MSGHDR_IOVLEN, struct msghdr, msg_iovlen)
    FIELD(MSGHDR_CONTROL, struct msghdr, msg_control)
    FIELD(MSGHDR_CONTROLLEN, struct msghdr, msg_controllen)
    FIELD(MSGHDR_FLAGS, struct msghdr, msg_flags)

    SIZE(CMSGHDR, struct cmsghdr)
    FIELD(CMSGHDR_LEN, struct cmsghdr, cmsg_len)
    FIELD(CMSGHDR_LEVEL, struct cmsghdr, cmsg_level)
    FIELD(CMSGHDR_TYPE, struct cmsghdr, cmsg_type)

    SIZE(TIMESPEC, struct timespec)
    FIELD(TIMESPEC_SEC, struct timespec, tv_sec)
    FIELD(TIMESPEC_NSEC, struct timespec, tv_nsec)

    SIZE(ITIMERSPEC, struct itimerspec)
    FIELD(ITIMERSPEC_INTERVAL, struct itimerspec, it_interval)
    FIELD(ITIMERSPEC_VALUE, struct itimerspec, it_value)

    SIZE(STATX, struct statx)
    FIELD(STATX_MODE, struct statx, stx_mode)
    FIELD(STATX_RDEV_MAJOR, struct statx, stx_rdev_major)
    FIELD(STATX_RDEV_MINOR, struct statx, stx_rdev_minor)

    SIZE(RLIMIT, struct rlimit)
    FIELD(RLIMIT_CUR, struct rlimit, rlim_cur)
    FIELD(RLIMIT_MAX, struct rlimit, rlim_max)
    SIZE(TERMIOS2, struct termios2)
    FIELD(TERMIOS2_IFLAG, struct termios2, c_iflag)
    FIELD(TERMIOS2_OFLAG, struct termios2, c_oflag)
    FIELD(TERMIOS2_CFLAG, struct termios2, c_cflag)
    FIELD(TERMIOS2_LFLAG, struct termios2, c_lflag)
    FIELD(TERMIOS2_LINE, struct termios2, c_line)
    FIELD(TERMIOS2_CC, struct termios2, c_cc)
    FIELD(TERMIOS2_ISPEED, struct termios2, c_ispeed)
    FIELD(TERMIOS2_OSPEED, struct termios2, c_ospeed)

    SIZE(WINSIZE, struct winsize)
    FIELD(WINSIZE_ROW, struct winsize, ws_row)
    FIELD(WINSIZE_COL, struct winsize, ws_col)
    FIELD(WINSIZE_XPIXEL, struct winsize, ws_xpixel)
    FIELD(WINSIZE_YPIXEL, struct winsize, ws_ypixel)

    SIZE(LINGER, struct linger)
    FIELD(LINGER_ONOFF, struct linger, l_onoff)
    FIELD(LINGER_LINGER, struct linger, l_linger)

    SIZE(SOCKADDR_STORAGE, struct sockaddr_storage)
    SIZE(SOCKADDR_IN, struct sockaddr_in)
    FIELD(SOCKADDR_IN_PORT, struct sockaddr_in, sin_port)
    FIELD(SOCKADDR_IN_ADDR, struct sockaddr_in, sin_addr)
    FIELD(SOCKADDR_IN_ZERO, struct sockaddr_in, sin_zero)
    SIZE(SOCKADDR_IN6, struct sockaddr_in6)
    FIELD(SOCKADDR_IN6_PORT, struct sockaddr_in6, sin6_port)
    FIELD(SOCKADDR_IN6_FLOWINFO, struct sockaddr_in6, sin6_flowinfo)
    FIELD(SOCKADDR_IN6_ADDR, struct sockaddr_in6, sin6_addr)
    FIELD(SOCKADDR_IN6_SCOPE_ID, struct sockaddr_in6, sin6_scope_id)
    SIZE(SOCKADDR_UN, struct sockaddr_un)
    FIELD(SOCKADDR_UN_PATH, struct sockaddr_un, sun_path)

    SIZE(UCRED, struct ucred)
    FIELD(UCRED_PID, struct ucred, pid)
    FIELD(UCRED_UID, struct ucred, uid)
    FIELD(UCRED_GID, struct ucred, gid)

    SIZE(POSIX_SPAWN_FILE_ACTIONS, posix_spawn_file_actions_t)
    SIZE(POSIX_SPAWNATTR, posix_spawnattr_t)
    SIZE(SIGSET, sigset_t)
    SIZE(SIGINFO, siginfo_t)
    FIELD(SIGINFO_SIGNO, siginfo_t, si_signo)
    FIELD(SIGINFO_CODE, siginfo_t, si_code)
    FIELD(SIGINFO_PID, siginfo_t, si_pid)
    FIELD(SIGINFO_STATUS, siginfo_t, si_status)
    SIZE(SIGACTION, struct sigaction)
    FIELD(SIGACTION_HANDLER, struct sigaction, sa_handler)

    SIZE(IP_MREQN, struct ip_mreqn)
    FIELD(IP_MREQN_MULTIADDR, struct ip_mreqn, imr_multiaddr)
    FIELD(IP_MREQN_ADDRESS, struct ip_mreqn, imr_address)
    FIELD(IP_MREQN_IFINDEX, struct ip_mreqn, imr_ifindex)

    SIZE(GROUP_REQ, struct group_req)
    FIELD(GROUP_REQ_INTERFACE, struct group_req, gr_interface)
    FIELD(GROUP_REQ_GROUP, struct group_req, gr_group)
    SIZE(GROUP_SOURCE_REQ, struct group_source_req)
    FIELD(GROUP_SOURCE_REQ_INTERFACE, struct group_source_req, gsr_interface)
    FIELD(GROUP_SOURCE_REQ_GROUP, struct group_source_req, gsr_group)
    FIELD(GROUP_SOURCE_REQ_SOURCE, struct group_source_req, gsr_source)

    SIZE(PASSWD, struct passwd)
    FIELD(PASSWD_NAME, struct passwd, pw_name)
    SIZE(GROUP, struct group)
    FIELD(GROUP_NAME, struct group, gr_name)

    SIZE(INOTIFY_EVENT, struct inotify_event)
    FIELD(INOTIFY_EVENT_WD, struct inotify_event, wd)
    FIELD(INOTIFY_EVENT_MASK, struct inotify_event, mask)
    FIELD(INOTIFY_EVENT_COOKIE, struct inotify_event, cookie)
    FIELD(INOTIFY_EVENT_LEN, struct inotify_event, len)
    FIELD(INOTIFY_EVENT_NAME, struct inotify_event, name)

#ifdef __GLIBC__
    /* Without setlocale(3) the texts are English. 4095 is the largest number the kernel can return. */
    for (int number = 1; number <= 4095; number++) {
        printf("text %d %s\n", number, strerror(number));
    }
#endif
    return 0;
}
