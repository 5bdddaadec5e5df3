package org.anyfd.sys;

/**
 * Internal. Linux constants under their C names. Compared with the C compiler's values, row by row, by LayoutTest.
 *
 * <p>Numbers are those of the generic kernel ABI, which x86-64 and aarch64 share; the few that differ are chosen here.
 */
public final class Consts {
    private Consts() {
    }

    // <sys/socket.h>
    public static final int AF_UNSPEC = 0;
    public static final int AF_UNIX = 1;
    public static final int AF_INET = 2;
    public static final int AF_INET6 = 10;
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int SOCK_SEQPACKET = 5;
    public static final int SOCK_NONBLOCK = 04000;
    public static final int SOCK_CLOEXEC = 02000000;
    public static final int SHUT_RD = 0;
    public static final int SHUT_WR = 1;
    public static final int MSG_OOB = 0x1;
    public static final int MSG_PEEK = 0x2;
    public static final int MSG_CTRUNC = 0x8;
    public static final int MSG_TRUNC = 0x20;
    public static final int MSG_DONTWAIT = 0x40;
    public static final int MSG_NOSIGNAL = 0x4000;
    public static final int MSG_CMSG_CLOEXEC = 0x40000000;
    public static final int SCM_RIGHTS = 1;
    public static final int SCM_CREDENTIALS = 2;
    public static final int SCM_PIDFD = 4;
    public static final int SOL_SOCKET = 1;
    public static final int SO_REUSEADDR = 2;
    public static final int SO_BROADCAST = 6;
    public static final int SO_SNDBUF = 7;
    public static final int SO_RCVBUF = 8;
    public static final int SO_KEEPALIVE = 9;
    public static final int SO_OOBINLINE = 10;
    public static final int SO_REUSEPORT = 15;
    public static final int SO_PASSCRED = 16;
    public static final int SO_PEERCRED = 17;
    public static final int SO_PEERGROUPS = 59;
    public static final int SO_PEERPIDFD = 77;
    public static final int SO_TYPE = 3;
    public static final int SO_ERROR = 4;
    public static final int SO_LINGER = 13;
    public static final int SO_ACCEPTCONN = 30;
    public static final int SO_DOMAIN = 39;
    public static final int SO_INCOMING_NAPI_ID = 56;

    // <netinet/in.h>, <netinet/tcp.h>
    public static final int IPPROTO_IP = 0;
    public static final int IPPROTO_TCP = 6;
    public static final int IPPROTO_IPV6 = 41;
    public static final int TCP_NODELAY = 1;
    public static final int TCP_KEEPIDLE = 4;
    public static final int TCP_KEEPINTVL = 5;
    public static final int TCP_KEEPCNT = 6;
    public static final int TCP_INFO = 11;
    public static final int TCP_QUICKACK = 12;
    public static final int TCP_ESTABLISHED = 1;
    public static final int TCP_SYN_SENT = 2;
    public static final int TCP_FIN_WAIT1 = 4;
    public static final int TCP_FIN_WAIT2 = 5;
    public static final int TCP_LAST_ACK = 9;
    public static final int TCP_CLOSING = 11;
    public static final int IP_TOS = 1;
    public static final int IP_MTU_DISCOVER = 10;
    public static final int IP_PMTUDISC_DONT = 0;
    public static final int IP_PMTUDISC_DO = 2;
    public static final int IP_MULTICAST_IF = 32;
    public static final int IP_MULTICAST_TTL = 33;
    public static final int IP_MULTICAST_LOOP = 34;
    public static final int IPV6_MULTICAST_IF = 17;
    public static final int IPV6_MULTICAST_HOPS = 18;
    public static final int IPV6_MULTICAST_LOOP = 19;
    public static final int IPV6_MTU_DISCOVER = 23;
    public static final int IPV6_V6ONLY = 26;
    public static final int IPV6_TCLASS = 67;
    public static final int IP_MULTICAST_ALL = 49;
    public static final int IPV6_MULTICAST_ALL = 29;
    public static final int MCAST_JOIN_GROUP = 42;
    public static final int MCAST_BLOCK_SOURCE = 43;
    public static final int MCAST_UNBLOCK_SOURCE = 44;
    public static final int MCAST_LEAVE_GROUP = 45;
    public static final int MCAST_JOIN_SOURCE_GROUP = 46;
    public static final int MCAST_LEAVE_SOURCE_GROUP = 47;

    // <poll.h>; <sys/epoll.h> uses the same bits
    public static final int POLLIN = 0x1;
    public static final int POLLPRI = 0x2;
    public static final int POLLOUT = 0x4;
    public static final int POLLERR = 0x8;
    public static final int POLLHUP = 0x10;
    public static final int POLLNVAL = 0x20;
    public static final int POLLRDHUP = 0x2000;

    // <sys/epoll.h>
    public static final int EPOLL_CLOEXEC = 02000000;
    public static final int EPOLL_CTL_ADD = 1;
    public static final int EPOLL_CTL_DEL = 2;
    public static final int EPOLL_CTL_MOD = 3;
    public static final int EPOLLIN = 0x1;
    public static final int EPOLLET = 1 << 31;
    public static final int EPOLLONESHOT = 1 << 30;
    public static final int EPOLLEXCLUSIVE = 1 << 28;

    // <sys/eventfd.h>
    public static final int EFD_SEMAPHORE = 1;
    public static final int EFD_NONBLOCK = 04000;
    public static final int EFD_CLOEXEC = 02000000;

    // <spawn.h>
    public static final int POSIX_SPAWN_SETSIGDEF = 0x4;
    public static final int POSIX_SPAWN_SETSIGMASK = 0x8;
    public static final int POSIX_SPAWN_SETSID = 0x80;

    // <signal.h>
    public static final int SIGHUP = 1;
    public static final int SIGINT = 2;
    public static final int SIGQUIT = 3;
    public static final int SIGBUS = 7;
    public static final int SIGKILL = 9;
    public static final int SIGUSR2 = 12;
    public static final int SIGTERM = 15;
    public static final int SIGCHLD = 17;

    // <sys/wait.h>, <linux/wait.h>
    public static final int P_PID = 1;
    public static final int P_PIDFD = 3;
    public static final int WNOHANG = 1;
    public static final int WEXITED = 4;
    public static final int WNOWAIT = 0x1000000;
    public static final int CLD_EXITED = 1;
    public static final int CLD_KILLED = 2;
    public static final int CLD_DUMPED = 3;

    // <sys/syscall.h>: functions that a C library older than the kernel does not have
    public static final int SYS_pidfd_send_signal = 424;
    public static final int SYS_pidfd_open = 434;

    // <time.h>, <sys/timerfd.h>
    public static final int CLOCK_REALTIME = 0;
    public static final int CLOCK_MONOTONIC = 1;
    public static final int CLOCK_BOOTTIME = 7;
    public static final int CLOCK_REALTIME_ALARM = 8;
    public static final int CLOCK_BOOTTIME_ALARM = 9;
    public static final int TFD_NONBLOCK = 04000;
    public static final int TFD_CLOEXEC = 02000000;
    public static final int TFD_TIMER_ABSTIME = 1;
    public static final int TFD_TIMER_CANCEL_ON_SET = 2;

    // <fcntl.h>
    public static final int SPLICE_F_MOVE = 1;
    public static final int SPLICE_F_NONBLOCK = 2;
    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_ACCMODE = 3;
    public static final int O_CREAT = 0100;
    public static final int O_EXCL = 0200;
    public static final int O_NOCTTY = 0400;
    public static final int O_TRUNC = 01000;
    public static final int O_APPEND = 02000;
    public static final int O_NONBLOCK = 04000;
    public static final int O_DSYNC = 010000;
    public static final int O_ASYNC = 020000;
    public static final int O_DIRECT = Platform.X86_64 ? 040000 : 0200000;
    public static final int O_NOATIME = 01000000;
    public static final int O_SYNC = 04010000;
    public static final int O_CLOEXEC = 02000000;
    public static final int O_NOFOLLOW = Platform.X86_64 ? 0400000 : 0100000;
    public static final int FD_CLOEXEC = 1;
    public static final int F_GETFD = 1;
    public static final int F_SETFD = 2;
    public static final int F_GETFL = 3;
    public static final int F_SETFL = 4;
    public static final int F_DUPFD_CLOEXEC = 1030;
    public static final int F_SETPIPE_SZ = 1031;
    public static final int F_GETPIPE_SZ = 1032;

    // <sys/stat.h>, <fcntl.h>
    public static final int S_IFMT = 0170000;
    public static final int S_IFSOCK = 0140000;
    public static final int S_IFREG = 0100000;
    public static final int S_IFBLK = 0060000;
    public static final int S_IFDIR = 0040000;
    public static final int S_IFCHR = 0020000;
    public static final int S_IFIFO = 0010000;
    public static final int AT_EMPTY_PATH = 0x1000;
    public static final int STATX_TYPE = 0x1;

    // <sys/inotify.h>
    public static final int IN_NONBLOCK = 04000;
    public static final int IN_CLOEXEC = 02000000;
    public static final int IN_ACCESS = 0x1;
    public static final int IN_MODIFY = 0x2;
    public static final int IN_ATTRIB = 0x4;
    public static final int IN_CLOSE_WRITE = 0x8;
    public static final int IN_CLOSE_NOWRITE = 0x10;
    public static final int IN_OPEN = 0x20;
    public static final int IN_MOVED_FROM = 0x40;
    public static final int IN_MOVED_TO = 0x80;
    public static final int IN_CREATE = 0x100;
    public static final int IN_DELETE = 0x200;
    public static final int IN_DELETE_SELF = 0x400;
    public static final int IN_MOVE_SELF = 0x800;
    public static final int IN_ALL_EVENTS = 0xFFF;
    public static final int IN_UNMOUNT = 0x2000;
    public static final int IN_Q_OVERFLOW = 0x4000;
    public static final int IN_IGNORED = 0x8000;
    public static final int IN_ONLYDIR = 0x01000000;
    public static final int IN_DONT_FOLLOW = 0x02000000;
    public static final int IN_EXCL_UNLINK = 0x04000000;
    public static final int IN_MASK_CREATE = 0x10000000;
    public static final int IN_MASK_ADD = 0x20000000;
    public static final int IN_ISDIR = 0x40000000;
    public static final int IN_ONESHOT = 1 << 31;

    // <sys/ioctl.h>, <asm-generic/ioctls.h>
    public static final int TCGETS = 0x5401;
    public static final int FIONREAD = 0x541B;
    public static final int TIOCGPTN = 0x80045430;
    public static final int TCGETS2 = 0x802C542A;
    public static final int TCSETS2 = 0x402C542B;
    public static final int TCSBRK = 0x5409;
    public static final int TCFLSH = 0x540B;
    public static final int TIOCEXCL = 0x540C;
    public static final int TIOCNXCL = 0x540D;
    public static final int TIOCGEXCL = 0x80045440;
    public static final int TIOCGPGRP = 0x540F;
    public static final int TIOCOUTQ = 0x5411;
    public static final int TIOCGWINSZ = 0x5413;
    public static final int TIOCSWINSZ = 0x5414;
    public static final int TIOCMGET = 0x5415;
    public static final int TIOCMBIS = 0x5416;
    public static final int TIOCMBIC = 0x5417;
    public static final int TIOCM_DTR = 0x002;
    public static final int TIOCM_RTS = 0x004;
    public static final int TIOCM_CTS = 0x020;
    public static final int TIOCM_CAR = 0x040;
    public static final int TIOCM_RNG = 0x080;
    public static final int TIOCM_DSR = 0x100;
    public static final int TIOCSBRK = 0x5427;
    public static final int TIOCCBRK = 0x5428;
    public static final int TIOCGDEV = 0x80045432;
    public static final int TIOCSPTLCK = 0x40045431;
    public static final int TIOCGPTPEER = 0x5441;

    // <asm-generic/termbits.h>: the kernel's struct termios2, not the C library's struct termios
    public static final int TCIFLUSH = 0;
    public static final int TCOFLUSH = 1;
    public static final int VTIME = 5;
    public static final int VMIN = 6;
    public static final int IGNBRK = 01;
    public static final int BRKINT = 02;
    public static final int PARMRK = 010;
    public static final int ISTRIP = 040;
    public static final int INLCR = 0100;
    public static final int IGNCR = 0200;
    public static final int ICRNL = 0400;
    public static final int IXON = 02000;
    public static final int IXOFF = 010000;
    public static final int OPOST = 01;
    public static final int ONLCR = 04;
    public static final int CBAUD = 010017;
    public static final int BOTHER = 010000;
    public static final int B38400 = 017;
    public static final int B57600 = 010001;
    public static final int B4000000 = 010017;
    public static final int CIBAUD = 02003600000;
    public static final int CSIZE = 060;
    public static final int CS5 = 0;
    public static final int CS6 = 020;
    public static final int CS7 = 040;
    public static final int CS8 = 060;
    public static final int CSTOPB = 0100;
    public static final int CREAD = 0200;
    public static final int PARENB = 0400;
    public static final int PARODD = 01000;
    public static final int CLOCAL = 04000;
    public static final int CMSPAR = 010000000000;
    public static final int CRTSCTS = 1 << 31;
    public static final int ISIG = 01;
    public static final int ICANON = 02;
    public static final int ECHO = 010;
    public static final int ECHONL = 0100;
    public static final int IEXTEN = 0100000;

    // <sys/resource.h>
    public static final int RLIMIT_NOFILE = 7;

    // <linux/fs.h>, preadv2(2)
    public static final int RWF_NOWAIT = 0x8;

    // <limits.h>
    public static final int IOV_MAX = 1024;
    public static final int PIPE_BUF = 4096;

    // <sys/syscall.h>; -1 where the kernel has no such call
    public static final int SYS_read = Platform.X86_64 ? 0 : 63;
    public static final int SYS_write = Platform.X86_64 ? 1 : 64;
    public static final int SYS_readv = Platform.X86_64 ? 19 : 65;
    public static final int SYS_writev = Platform.X86_64 ? 20 : 66;
    public static final int SYS_poll = Platform.X86_64 ? 7 : -1;
    public static final int SYS_epoll_wait = Platform.X86_64 ? 232 : -1;
}
