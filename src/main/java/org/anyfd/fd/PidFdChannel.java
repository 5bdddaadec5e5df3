package org.anyfd.fd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.util.concurrent.locks.LockSupport;
import org.anyfd.channel.Attempt;
import org.anyfd.poll.Await;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Processes;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * Any process of this system, as a channel that becomes ready for OP_READ when the process ends, and stays so:
 * pidfd_open(2). No thread waits for it.
 *
 * <pre>{@code
 * Process process = new ProcessBuilder("make").inheritIO().start();
 * PidFdChannel end = PidFdChannel.open(process);
 * end.configureBlocking(false);
 * end.register(selector, SelectionKey.OP_READ);
 * ...
 * ExitStatus status = end.take();   // when the selector finds it ready
 * end.close();
 * }</pre>
 *
 * <p>The channel means this one process: its number may be given to another after the end, which is then neither seen
 * nor signalled. It only looks on: a child of {@link Process} is waited for by the JDK as ever, and any other by its
 * parent. A program that starts children and wants no thread for them has {@link ChildProcess}, whose
 * {@linkplain ChildProcess#exit end} is a channel of this class.
 *
 * <p>Needs Linux 5.3. Safe for use by several threads.
 */
public final class PidFdChannel extends DescriptorChannel {
    private static final long PATIENCE_NANOS = 1_000_000_000;

    private final long pid;
    /** Who waits for it, if that is this library; or null. */
    private final ChildEnd child;
    /** Who knows the exit value if the kernel does not tell, or null. */
    private final Process process;
    /** The process had ended, and been waited for, before the channel was opened: the descriptor only looks like one. */
    private final boolean gone;
    /** Once it is known; of a child of ours null until then. Guarded by readLock. */
    private ExitStatus status = ExitStatus.UNKNOWN;

    /** Takes a pidfd over, which has O_NONBLOCK or not: it is not read. */
    PidFdChannel(int number, long pid) {
        this(Fd.own(number), pid, null, null, false);
    }

    /** The channel of a child of ours. */
    PidFdChannel(Fd fd, long pid, ChildEnd child) {
        this(fd, pid, child, null, false);
    }

    private PidFdChannel(Fd fd, long pid, ChildEnd child, Process process, boolean gone) {
        super(fd, Attempt.PLAIN, SelectionKey.OP_READ);
        this.pid = pid;
        this.child = child;
        this.process = process;
        this.gone = gone;
    }

    /**
     * Opens a channel for a child. Its exit status will be known in any case.
     *
     * @param process running or not; if it has ended, the channel is ready at once
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE; ENOSYS before Linux 5.3)
     */
    public static PidFdChannel open(Process process) throws IOException {
        return open(process.toHandle(), process);
    }

    /**
     * Opens a channel for a process.
     *
     * @param process running or not; if it has ended and was waited for, the channel is ready at once, and how the process
     *     ended is not known
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE; ENOSYS before Linux 5.3)
     */
    public static PidFdChannel open(ProcessHandle process) throws IOException {
        return open(process, null);
    }

    /**
     * Opens a channel for the process that has a number now.
     *
     * @throws IllegalArgumentException if it can be no process's number
     * @throws IOException if there is no such process (ESRCH), if it is a thread's number (EINVAL, ENOENT), or if the
     *     kernel gives no descriptor (EMFILE, ENFILE; ENOSYS before Linux 5.3)
     */
    public static PidFdChannel open(long pid) throws IOException {
        if (pid <= 0 || pid > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("not the number of a process: " + pid);
        }
        return new PidFdChannel(checked(Processes.pidfdOpen((int) pid), pid), pid);
    }

    /**
     * Takes a pidfd over that another process, or a library, made: closing the channel closes the descriptor.
     *
     * @param fd an open descriptor that nobody else will close
     * @throws IOException if it is not open, or no pidfd; the caller keeps it then
     */
    public static PidFdChannel own(int fd) throws IOException {
        OpenFd.require(fd, OpenFd.Kind.PIDFD);
        return new PidFdChannel(fd, OpenFd.info(fd, "Pid"));
    }

    private static PidFdChannel open(ProcessHandle handle, Process process) throws IOException {
        int fd = pidfd(handle);
        boolean gone = fd == -Errno.ESRCH;
        if (gone) {
            fd = Sys.eventfd(1, Consts.EFD_NONBLOCK | Consts.EFD_CLOEXEC);
        }
        ChildEnd child = process instanceof ChildProcess ours ? ours.end() : null;
        return new PidFdChannel(Fd.own(checked(fd, handle.pid())), handle.pid(), child, process, gone);
    }

    /** -ESRCH if the process has ended and was waited for, also if its number is another's by now. */
    private static int pidfd(ProcessHandle handle) {
        if (!handle.isAlive()) {
            return -Errno.ESRCH;
        }
        int fd = Processes.pidfdOpen((int) handle.pid());
        if (fd >= 0 && ProcessHandle.of(handle.pid()).filter(now -> !now.equals(handle)).isPresent()) {
            Sys.close(fd);
            return -Errno.ESRCH;
        }
        // The kernel says EINVAL of a process that is just being waited for.
        return fd == -Errno.EINVAL && !handle.isAlive() ? -Errno.ESRCH : fd;
    }

    private static int checked(int fd, long pid) throws IOException {
        if (fd < 0) {
            throw Errno.failed("pidfd_open(" + pid + ")" + (fd == -Errno.ENOSYS ? ", since Linux 5.3" : ""), -fd);
        }
        return fd;
    }

    /**
     * The process's number, which is another's, perhaps, when the process has ended. Of a descriptor that was
     * {@linkplain #own taken over}, -1 if the process had ended and been waited for, and 0 if this process cannot see it
     * (pid_namespaces(7)).
     */
    public long pid() {
        return pid;
    }

    /**
     * How the process ended. In blocking mode waits for the end. It can be asked any number of times.
     *
     * <p>The kernel tells it of our children until they are waited for; and of any process when its parent has waited for
     * it, since Linux 6.15. Otherwise the code is -1.
     *
     * @return null in non-blocking mode while the process runs
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the wait
     * @throws IOException with the kernel's reason
     */
    public ExitStatus take() throws IOException {
        readLock.lock();
        try {
            return io.call(this::look, Consts.POLLIN, Await.FOREVER) < 0 ? null : status;
        } finally {
            readLock.unlock();
        }
    }

    /** Fills in the status; -EAGAIN if the process runs. */
    private int look(int pidfd) {
        if (child != null) {
            status = child.poll();
            return status == null ? -Errno.EAGAIN : 0;
        }
        if (!hasEnded(pidfd)) {
            return -Errno.EAGAIN;
        }
        if (status.code() < 0) {
            status = gone ? ExitStatus.UNKNOWN : byKernel(pidfd);
        }
        if (status.code() < 0 && process != null) {
            status = byProcess();
        }
        return 0;
    }

    /** Whether the process has ended; until then it keeps its number: pidfd_open(2). */
    static boolean hasEnded(int pidfd) {
        Scratch s = Scratch.take();
        try {
            return Await.look(pidfd, Consts.POLLIN, s) != 0;
        } finally {
            s.give();
        }
    }

    private static ExitStatus byKernel(int pidfd) {
        Scratch s = Scratch.take();
        try {
            ByteBuffer m = s.small();
            m.putInt(Layouts.SIGINFO_SIGNO, 0);
            int options = Consts.WEXITED | Consts.WNOHANG | Consts.WNOWAIT;
            int r = Processes.waitid(Consts.P_PIDFD, pidfd, s.smallAddress(), options);
            if (r >= 0 && m.getInt(Layouts.SIGINFO_SIGNO) != 0) {
                return ExitStatus.of(m.getInt(Layouts.SIGINFO_CODE), m.getInt(Layouts.SIGINFO_STATUS));
            }
            // Not our child (ECHILD), or waited for already.
            int code = Processes.pidfdExitCode(pidfd, m, s.smallAddress());
            return code < 0 ? ExitStatus.UNKNOWN : ExitStatus.ofWait(code);
        } finally {
            s.give();
        }
    }

    /** The JDK's thread has waited for the process, or is about to: a matter of microseconds. */
    private ExitStatus byProcess() {
        long start = System.nanoTime();
        while (process.isAlive()) {
            if (System.nanoTime() - start > PATIENCE_NANOS) {
                return ExitStatus.UNKNOWN;
            }
            LockSupport.parkNanos(20_000);
        }
        return ExitStatus.exited(process.exitValue());
    }

    /**
     * Sends a signal: pidfd_send_signal(2). It reaches this process or none.
     *
     * @param name such as "HUP" or "SIGHUP"; see signal(7)
     * @return false if the process has ended
     * @throws IllegalArgumentException if there is no such signal
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if it is not permitted (EPERM)
     */
    public boolean signal(String name) throws IOException {
        int signal = CaughtSignal.number(name);
        int r = call(pidfd -> hasEnded(pidfd) ? -Errno.ESRCH : Processes.pidfdSendSignal(pidfd, signal));
        if (r < 0 && r != -Errno.ESRCH) {
            throw Errno.failed("pidfd_send_signal(" + fd() + " of process " + pid + ", " + name + ")", -r);
        }
        return r >= 0;
    }

    @Override
    String what() {
        return "process " + pid;
    }
}
