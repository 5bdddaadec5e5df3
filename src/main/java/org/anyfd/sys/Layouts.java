package org.anyfd.sys;

/**
 * Internal. Sizes and offsets, in bytes, of the C structs anyfd reads and writes. Named {@code struct_field}; compared
 * with the C compiler's {@code sizeof} and {@code offsetof}, row by row, by LayoutTest.
 */
public final class Layouts {
    private Layouts() {
    }

    /** {@code struct epoll_event}, {@code <sys/epoll.h>}: packed on x86-64 only. */
    public static final int EPOLL_EVENT = Platform.X86_64 ? 12 : 16;
    public static final int EPOLL_EVENT_EVENTS = 0;
    public static final int EPOLL_EVENT_DATA = Platform.X86_64 ? 4 : 8;

    /** {@code struct pollfd}, {@code <poll.h>}. */
    public static final int POLLFD = 8;
    public static final int POLLFD_FD = 0;
    public static final int POLLFD_EVENTS = 4;
    public static final int POLLFD_REVENTS = 6;

    /** {@code struct iovec}, {@code <sys/uio.h>}. */
    public static final int IOVEC = 16;
    public static final int IOVEC_BASE = 0;
    public static final int IOVEC_LEN = 8;

    /** {@code struct msghdr}, {@code <sys/socket.h>}. */
    public static final int MSGHDR = 56;
    public static final int MSGHDR_NAME = 0;
    public static final int MSGHDR_NAMELEN = 8;
    public static final int MSGHDR_IOV = 16;
    public static final int MSGHDR_IOVLEN = 24;
    public static final int MSGHDR_CONTROL = 32;
    public static final int MSGHDR_CONTROLLEN = 40;
    public static final int MSGHDR_FLAGS = 48;

    /** {@code struct cmsghdr}, {@code <sys/socket.h>}; the data follows it. */
    public static final int CMSGHDR = 16;
    public static final int CMSGHDR_LEN = 0;
    public static final int CMSGHDR_LEVEL = 8;
    public static final int CMSGHDR_TYPE = 12;

    /** {@code struct timespec}, {@code <time.h>}. */
    public static final int TIMESPEC = 16;
    public static final int TIMESPEC_SEC = 0;
    public static final int TIMESPEC_NSEC = 8;

    /** {@code struct itimerspec}, {@code <time.h>}: two timespecs. */
    public static final int ITIMERSPEC = 32;
    public static final int ITIMERSPEC_INTERVAL = 0;
    public static final int ITIMERSPEC_VALUE = 16;

    /** {@code struct statx}, {@code <linux/stat.h>}: the stat that is the same on every machine and in every libc. */
    public static final int STATX = 256;
    public static final int STATX_MODE = 28;
    public static final int STATX_RDEV_MAJOR = 128;
    public static final int STATX_RDEV_MINOR = 132;

    /** {@code struct rlimit}, {@code <sys/resource.h>}. */
    public static final int RLIMIT = 16;
    public static final int RLIMIT_CUR = 0;
    public static final int RLIMIT_MAX = 8;
    /** {@code struct termios2}, {@code <asm/termbits.h>}: the termios with arbitrary speeds, the same on both machines. */
    public static final int TERMIOS2 = 44;
    public static final int TERMIOS2_IFLAG = 0;
    public static final int TERMIOS2_OFLAG = 4;
    public static final int TERMIOS2_CFLAG = 8;
    public static final int TERMIOS2_LFLAG = 12;
    public static final int TERMIOS2_LINE = 16;
    public static final int TERMIOS2_CC = 17;
    public static final int TERMIOS2_ISPEED = 36;
    public static final int TERMIOS2_OSPEED = 40;

    /** {@code struct winsize}, {@code <sys/ioctl.h>}. */
    public static final int WINSIZE = 8;
    public static final int WINSIZE_ROW = 0;
    public static final int WINSIZE_COL = 2;
    public static final int WINSIZE_XPIXEL = 4;
    public static final int WINSIZE_YPIXEL = 6;

    /** {@code struct linger}, {@code <sys/socket.h>}. */
    public static final int LINGER = 8;
    public static final int LINGER_ONOFF = 0;
    public static final int LINGER_LINGER = 4;

    /** {@code struct sockaddr_storage}, {@code <sys/socket.h>}: room for any address. */
    public static final int SOCKADDR_STORAGE = 128;
    /** {@code struct sockaddr_in}, {@code <netinet/in.h>}. */
    public static final int SOCKADDR_IN = 16;
    public static final int SOCKADDR_IN_PORT = 2;
    public static final int SOCKADDR_IN_ADDR = 4;
    public static final int SOCKADDR_IN_ZERO = 8;
    /** {@code struct sockaddr_in6}, {@code <netinet/in.h>}. */
    public static final int SOCKADDR_IN6 = 28;
    public static final int SOCKADDR_IN6_PORT = 2;
    public static final int SOCKADDR_IN6_FLOWINFO = 4;
    public static final int SOCKADDR_IN6_ADDR = 8;
    public static final int SOCKADDR_IN6_SCOPE_ID = 24;
    /** {@code struct sockaddr_un}, {@code <sys/un.h>}. */
    public static final int SOCKADDR_UN = 110;
    public static final int SOCKADDR_UN_PATH = 2;

    /** {@code struct ucred}, {@code <sys/socket.h>} with _GNU_SOURCE. */
    public static final int UCRED = 12;
    public static final int UCRED_PID = 0;
    public static final int UCRED_UID = 4;
    public static final int UCRED_GID = 8;

    /** {@code posix_spawn_file_actions_t} and {@code posix_spawnattr_t}, {@code <spawn.h>}: only their sizes matter. */
    public static final int POSIX_SPAWN_FILE_ACTIONS = 80;
    public static final int POSIX_SPAWNATTR = 336;

    /** {@code sigset_t}, {@code <signal.h>}: signal n is bit n - 1. */
    public static final int SIGSET = 128;

    /** {@code siginfo_t}, {@code <signal.h>}, as waitid(2) fills it. */
    public static final int SIGINFO = 128;
    public static final int SIGINFO_SIGNO = 0;
    public static final int SIGINFO_CODE = 8;
    public static final int SIGINFO_PID = 16;
    public static final int SIGINFO_STATUS = 24;

    /** {@code struct sigaction}, {@code <signal.h>}: the C library's, not the kernel's. */
    public static final int SIGACTION = 152;
    public static final int SIGACTION_HANDLER = 0;

    /** {@code struct ip_mreqn}, {@code <netinet/in.h>}. */
    public static final int IP_MREQN = 12;
    public static final int IP_MREQN_MULTIADDR = 0;
    public static final int IP_MREQN_ADDRESS = 4;
    public static final int IP_MREQN_IFINDEX = 8;

    /** {@code struct passwd}, {@code <pwd.h>}, and {@code struct group}, {@code <grp.h>}: both begin with the name. */
    public static final int PASSWD = 48;
    public static final int PASSWD_NAME = 0;
    public static final int GROUP = 32;
    public static final int GROUP_NAME = 0;

    /** {@code struct group_req}, {@code <netinet/in.h>}: padded, for a sockaddr_storage is aligned as a long. */
    public static final int GROUP_REQ = 136;
    public static final int GROUP_REQ_INTERFACE = 0;
    public static final int GROUP_REQ_GROUP = 8;
    /** {@code struct group_source_req}, {@code <netinet/in.h>}: begins as group_req does. */
    public static final int GROUP_SOURCE_REQ = 264;
    public static final int GROUP_SOURCE_REQ_INTERFACE = 0;
    public static final int GROUP_SOURCE_REQ_GROUP = 8;
    public static final int GROUP_SOURCE_REQ_SOURCE = 136;

    /** {@code struct inotify_event}, {@code <sys/inotify.h>}: a name of {@code len} bytes, padded with NULs, follows. */
    public static final int INOTIFY_EVENT = 16;
    public static final int INOTIFY_EVENT_WD = 0;
    public static final int INOTIFY_EVENT_MASK = 4;
    public static final int INOTIFY_EVENT_COOKIE = 8;
    public static final int INOTIFY_EVENT_LEN = 12;
    public static final int INOTIFY_EVENT_NAME = 16;
}
