package org.anyfd.sys;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * Internal. The C functions that start processes, signal them and wait for them, under their man-page names: each
 * returns {@code n >= 0}, or {@code -errno}, and never throws. Apart from {@link Sys}, so that only programs with
 * children pay for their loading.
 *
 * <p>A function that the C library lacks is -ENOSYS. The system calls that are newer than some C libraries, those of
 * pidfds, go through syscall(2).
 */
public final class Processes {
    private static final Calls CALLS = LibraryLoader.create(Calls.class).load("c");
    private static final Runtime RUNTIME = Runtime.getRuntime(CALLS);

    private Processes() {
    }

    /** As {@link LibC}: numbers only, and no sixth, for which posix_spawnp has a Pointer. Public for JNR-FFI. */
    public interface Calls {
        int posix_spawn_file_actions_init(long actions);
        int posix_spawn_file_actions_destroy(long actions);
        int posix_spawn_file_actions_adddup2(long actions, int fd, int as);
        int posix_spawn_file_actions_addclose(long actions, int fd);
        int posix_spawn_file_actions_addopen(long actions, int fd, long path, int flags, int mode);
        /** glibc 2.29, musl 1.1.24. */
        int posix_spawn_file_actions_addchdir_np(long actions, long path);
        /** glibc 2.34. */
        int posix_spawn_file_actions_addclosefrom_np(long actions, int from);

        int posix_spawnattr_init(long attr);
        int posix_spawnattr_destroy(long attr);
        int posix_spawnattr_setflags(long attr, int flags);
        int posix_spawnattr_setsigdefault(long attr, long sigset);
        int posix_spawnattr_setsigmask(long attr, long sigset);

        /** The Pointer keeps JNR-FFI from its stub, which passes a sixth integer wrongly; it costs more. */
        int posix_spawnp(Pointer pid, long file, long actions, long attr, long argv, long envp);

        int waitid(int idtype, int id, long siginfo, int options);
        int kill(int pid, int signal);
        int sigaction(int signal, long action, long old);
        long syscall(long number, long a, long b, long c, long d);
    }

    /** The posix_spawn functions return an error number, and leave errno alone. */
    private static int negated(int error) {
        return -error;
    }

    private static int checked(int result) {
        return result >= 0 ? result : -RUNTIME.getLastError();
    }

    public static int fileActionsInit(long actions) {
        return negated(CALLS.posix_spawn_file_actions_init(actions));
    }

    public static int fileActionsDestroy(long actions) {
        return negated(CALLS.posix_spawn_file_actions_destroy(actions));
    }

    public static int addDup2(long actions, int fd, int as) {
        return negated(CALLS.posix_spawn_file_actions_adddup2(actions, fd, as));
    }

    /** It is no error if the number is not open. */
    public static int addClose(long actions, int fd) {
        return negated(CALLS.posix_spawn_file_actions_addclose(actions, fd));
    }

    /** Copies the path. */
    public static int addOpen(long actions, int fd, long path, int flags, int mode) {
        return negated(CALLS.posix_spawn_file_actions_addopen(actions, fd, path, flags, mode));
    }

    /** Copies the path. */
    public static int addChdir(long actions, long path) {
        try {
            return negated(CALLS.posix_spawn_file_actions_addchdir_np(actions, path));
        } catch (UnsatisfiedLinkError missing) {
            return -Errno.ENOSYS;
        }
    }

    public static int addCloseFrom(long actions, int from) {
        try {
            return negated(CALLS.posix_spawn_file_actions_addclosefrom_np(actions, from));
        } catch (UnsatisfiedLinkError missing) {
            return -Errno.ENOSYS;
        }
    }

    public static int attrInit(long attr) {
        return negated(CALLS.posix_spawnattr_init(attr));
    }

    public static int attrDestroy(long attr) {
        return negated(CALLS.posix_spawnattr_destroy(attr));
    }

    public static int attrSetFlags(long attr, int flags) {
        return negated(CALLS.posix_spawnattr_setflags(attr, flags));
    }

    public static int attrSetSigDefault(long attr, long sigset) {
        return negated(CALLS.posix_spawnattr_setsigdefault(attr, sigset));
    }

    public static int attrSetSigMask(long attr, long sigset) {
        return negated(CALLS.posix_spawnattr_setsigmask(attr, sigset));
    }

    /**
     * Starts a program, looked for along this process's PATH: posix_spawnp(3). Waits until the program runs, or has
     * failed to (since glibc 2.24), so that its errors are those of exec and of the file actions too.
     *
     * @param pid address of an int, which receives the process's number
     */
    public static int posixSpawnp(long pid, long file, long actions, long attr, long argv, long envp) {
        return negated(CALLS.posix_spawnp(Pointer.wrap(RUNTIME, pid), file, actions, attr, argv, envp));
    }

    /** May be interrupted (EINTR) unless WNOHANG. For P_PIDFD, since Linux 5.4, the id is a pidfd. */
    public static int waitid(int idtype, int id, long siginfo, int options) {
        return checked(CALLS.waitid(idtype, id, siginfo, options));
    }

    public static int kill(int pid, int signal) {
        return checked(CALLS.kill(pid, signal));
    }

    public static int sigaction(int signal, long action, long old) {
        return checked(CALLS.sigaction(signal, action, old));
    }

    /** Since Linux 5.3. The descriptor is close-on-exec. */
    public static int pidfdOpen(int pid) {
        return checked((int) CALLS.syscall(Consts.SYS_pidfd_open, pid, 0, 0, 0));
    }

    /** Since Linux 5.1. Never reaches another process that was given the number. */
    public static int pidfdSendSignal(int pidfd, int signal) {
        return checked((int) CALLS.syscall(Consts.SYS_pidfd_send_signal, pidfd, signal, 0, 0));
    }
}
