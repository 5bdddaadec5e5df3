package org.anyfd.sys;

/**
 * Internal. The C functions that start processes, signal them and wait for them, under their man-page names: each
 * returns {@code n >= 0}, or {@code -errno}, and never throws. Apart from {@link Sys}, so that only programs with
 * children pay for their loading.
 *
 * <p>A function that the C library lacks is -ENOSYS. The system calls that are newer than some C libraries, those of
 * pidfds, go through syscall(2).
 */
public final class Processes {
    private static final CFunction ACTIONS_INIT =
            CFunction.named("posix_spawn_file_actions_init");
    private static final CFunction ACTIONS_DESTROY =
            CFunction.named("posix_spawn_file_actions_destroy");
    private static final CFunction ACTIONS_ADDDUP2 =
            CFunction.named("posix_spawn_file_actions_adddup2");
    private static final CFunction ACTIONS_ADDCLOSE =
            CFunction.named("posix_spawn_file_actions_addclose");
    private static final CFunction ACTIONS_ADDOPEN =
            CFunction.named("posix_spawn_file_actions_addopen");
    /** glibc 2.29, musl 1.1.24. */
    private static final CFunction ACTIONS_ADDCHDIR_NP =
            CFunction.named("posix_spawn_file_actions_addchdir_np");
    /** glibc 2.34. */
    private static final CFunction ACTIONS_ADDCLOSEFROM_NP =
            CFunction.named("posix_spawn_file_actions_addclosefrom_np");
    private static final CFunction ATTR_INIT = CFunction.named("posix_spawnattr_init");
    private static final CFunction ATTR_DESTROY = CFunction.named("posix_spawnattr_destroy");
    private static final CFunction ATTR_SETFLAGS = CFunction.named("posix_spawnattr_setflags");
    private static final CFunction ATTR_SETSIGDEFAULT = CFunction.named("posix_spawnattr_setsigdefault");
    private static final CFunction ATTR_SETSIGMASK = CFunction.named("posix_spawnattr_setsigmask");
    private static final CFunction POSIX_SPAWNP = CFunction.named("posix_spawnp");
    private static final CFunction WAITID = CFunction.named("waitid");
    private static final CFunction KILL = CFunction.named("kill");
    private static final CFunction SIGACTION = CFunction.named("sigaction");
    private static final CFunction SYSCALL = CFunction.named("syscall");

    private Processes() {
    }

    /** The posix_spawn functions return an error number, and leave errno alone. */
    private static int negated(int error) {
        return error > 0 ? -error : error;
    }

    public static int fileActionsInit(long actions) {
        return negated(ACTIONS_INIT.call(actions));
    }

    public static int fileActionsDestroy(long actions) {
        return negated(ACTIONS_DESTROY.call(actions));
    }

    public static int addDup2(long actions, int fd, int as) {
        return negated(ACTIONS_ADDDUP2.call(actions, fd, as));
    }

    /** It is no error if the number is not open. */
    public static int addClose(long actions, int fd) {
        return negated(ACTIONS_ADDCLOSE.call(actions, fd));
    }

    /** Copies the path. */
    public static int addOpen(long actions, int fd, long path, int flags, int mode) {
        return negated(ACTIONS_ADDOPEN.call(actions, fd, path, flags, mode));
    }

    /** Copies the path. */
    public static int addChdir(long actions, long path) {
        return negated(ACTIONS_ADDCHDIR_NP.call(actions, path));
    }

    public static int addCloseFrom(long actions, int from) {
        return negated(ACTIONS_ADDCLOSEFROM_NP.call(actions, from));
    }

    public static int attrInit(long attr) {
        return negated(ATTR_INIT.call(attr));
    }

    public static int attrDestroy(long attr) {
        return negated(ATTR_DESTROY.call(attr));
    }

    public static int attrSetFlags(long attr, int flags) {
        return negated(ATTR_SETFLAGS.call(attr, flags));
    }

    public static int attrSetSigDefault(long attr, long sigset) {
        return negated(ATTR_SETSIGDEFAULT.call(attr, sigset));
    }

    public static int attrSetSigMask(long attr, long sigset) {
        return negated(ATTR_SETSIGMASK.call(attr, sigset));
    }

    /**
     * Starts a program, looked for along this process's PATH: posix_spawnp(3). Waits until the program runs, or has
     * failed to (since glibc 2.24), so that its errors are those of exec and of the file actions too.
     *
     * @param pid address of an int, which receives the process's number
     */
    public static int posixSpawnp(long pid, long file, long actions, long attr, long argv, long envp) {
        return negated(POSIX_SPAWNP.call(pid, file, actions, attr, argv, envp));
    }

    /** May be interrupted (EINTR) unless WNOHANG. For P_PIDFD, since Linux 5.4, the id is a pidfd. */
    public static int waitid(int idtype, int id, long siginfo, int options) {
        return WAITID.call(idtype, id, siginfo, options);
    }

    public static int kill(int pid, int signal) {
        return KILL.call(pid, signal);
    }

    public static int sigaction(int signal, long action, long old) {
        return SIGACTION.call(signal, action, old);
    }

    /** Since Linux 5.3. The descriptor is close-on-exec. */
    public static int pidfdOpen(int pid) {
        return SYSCALL.call(Consts.SYS_pidfd_open, pid, 0, 0, 0);
    }

    /** Since Linux 5.1. Never reaches another process that was given the number. */
    public static int pidfdSendSignal(int pidfd, int signal) {
        return SYSCALL.call(Consts.SYS_pidfd_send_signal, pidfd, signal, 0, 0);
    }

    // struct pidfd_info of <linux/pidfd.h>, which is too new for most systems' headers, and so for LayoutTest.
    private static final int PIDFD_GET_INFO = 0xC040FF0B;
    private static final int PIDFD_INFO = 64;
    private static final int PIDFD_INFO_EXIT_CODE = 60;
    private static final int PIDFD_INFO_EXIT = 1 << 3;

    /**
     * How a process ended, be it a child or not, once its parent has waited for it. Since Linux 6.15.
     *
     * @param info the address of {@value #PIDFD_INFO} bytes, which are {@code m}'s first
     * @return as wait(2) encodes it; -EAGAIN if it was not yet waited for; -ENOTTY or -EINVAL from an older kernel
     */
    public static int pidfdExitCode(int pidfd, java.nio.ByteBuffer m, long info) {
        m.put(0, new byte[PIDFD_INFO]).putLong(0, PIDFD_INFO_EXIT);
        int r = Sys.ioctl(pidfd, PIDFD_GET_INFO & 0xFFFF_FFFFL, info);
        if (r < 0) {
            return r;
        }
        return (m.getLong(0) & PIDFD_INFO_EXIT) != 0 ? m.getInt(PIDFD_INFO_EXIT_CODE) : -Errno.EAGAIN;
    }
}
