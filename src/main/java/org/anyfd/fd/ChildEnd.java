package org.anyfd.fd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.anyfd.poll.Fd;
import org.anyfd.poll.Reaper;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Processes;
import org.anyfd.sys.Scratch;

/**
 * The end of a child process, which is waited for once, by whoever looks first, and then known for good. A
 * {@link ChildProcess} has one; any thread may call it.
 */
final class ChildEnd {
    /** The pidfd: pidfd_open(2). */
    final Fd fd;
    private final int pid;
    private final CompletableFuture<ExitStatus> ended = new CompletableFuture<>();
    /** A leaf: only short system calls are made under it. */
    private final Object waitLock = new Object();
    /**
     * How the process ended, once it has been waited for. Guarded by waitLock. While it is null, the
     * pidfd is open, also if its channel is closed: {@link Reaper} holds a reference until it is not.
     */
    private ExitStatus status;

    ChildEnd(Fd fd, int pid) {
        this.fd = fd;
        this.pid = pid;
    }

    /** Completed when the process has been waited for. */
    CompletableFuture<ExitStatus> ended() {
        return ended;
    }

    /** Waits for the process if it has ended, so that it is no zombie: how it did, or null if it still runs. */
    ExitStatus poll() {
        ExitStatus now;
        synchronized (waitLock) {
            if (status == null) {
                status = waitid();
            }
            now = status;
        }
        if (now != null) {
            ended.complete(now);
        }
        return now;
    }

    boolean isOver() {
        return poll() != null;
    }

    private ExitStatus waitid() {
        Scratch s = Scratch.take();
        try {
            ByteBuffer info = s.small();
            info.putInt(Layouts.SIGINFO_SIGNO, 0);
            int r = Processes.waitid(Consts.P_PIDFD, fd.number(), s.smallAddress(), Consts.WEXITED | Consts.WNOHANG);
            if (r == -Errno.ECHILD) {
                int code = Processes.pidfdExitCode(fd.number(), info, s.smallAddress());
                return code < 0 ? ExitStatus.UNKNOWN : ExitStatus.ofWait(code);
            }
            if (r < 0) {
                throw new UncheckedIOException(Errno.failed("waitid(P_PIDFD, " + fd + "), since Linux 5.4", -r));
            }
            if (info.getInt(Layouts.SIGINFO_SIGNO) == 0) {
                return null;
            }
            return ExitStatus.of(info.getInt(Layouts.SIGINFO_CODE), info.getInt(Layouts.SIGINFO_STATUS));
        } finally {
            s.give();
        }
    }

    /**
     * Sends a signal, never to another process that was given the number since.
     *
     * @param group also to the others of the process group that it leads
     * @return false if the process has ended
     */
    boolean signal(int signal, boolean group) throws IOException {
        if (isOver()) {
            return false;
        }
        int r;
        synchronized (waitLock) {
            if (status != null) {
                return false;
            }
            // Before the process is waited for its number, and so its group's, is nobody else's.
            r = group ? Processes.kill(-pid, signal) : Processes.pidfdSendSignal(fd.number(), signal);
        }
        if (r < 0 && r != -Errno.ESRCH) {
            String call = group ? "kill(" + -pid : "pidfd_send_signal(" + fd;
            throw Errno.failed(call + ", " + signal + ")", -r);
        }
        return r >= 0;
    }
}
