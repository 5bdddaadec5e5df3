package org.anyfd.fd;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.poll.Fd;
import org.anyfd.poll.Reaper;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Processes;
import org.anyfd.sys.Scratch;

/**
 * A child process whose standard input, output, error, and end are channels to select, next to sockets and anything
 * else. Described by a {@link ProcessBuilder} and used like its {@link Process}, which it is; but it takes no thread to
 * watch it.
 *
 * <pre>{@code
 * ChildProcess child = ChildProcess.start(new ProcessBuilder("make", "-j4").redirectErrorStream(true));
 * child.stdout().configureBlocking(false).register(selector, SelectionKey.OP_READ);
 * child.exit().configureBlocking(false).register(selector, SelectionKey.OP_READ);
 * }</pre>
 *
 * <p><b>Output and exit</b> are independent. A child that has ended may have left output behind, which is read as if it
 * still ran, up to end-of-stream. And a child that runs may have closed its output; or it has ended, and its own children
 * keep the stream open.
 *
 * <p><b>Closing.</b> The channels are the program's to close, one by one or by {@link #close}, also after the end of the
 * child. Closing does not end the child.
 *
 * <p><b>Zombies.</b> There are none, whether the program asks for the end or not: one daemon thread, for all children of
 * the JVM, waits for each that has ended. It disturbs neither the children of {@link ProcessBuilder#start} nor others.
 *
 * <p><b>What the child has.</b> Its standard streams, in blocking mode, and no other descriptor of the JVM: the kernel
 * closes them all (glibc 2.34; before that, and on musl, those which are open are listed and closed one by one, so that
 * one which another thread opens without close-on-exec at that very moment slips through). No signal is blocked, and those
 * that the JVM ignores have their default actions; SIGHUP, SIGINT and SIGQUIT stay ignored if they are, as under nohup(1).
 *
 * <p>Needs Linux 5.4, and for a {@linkplain ProcessBuilder#directory() directory} glibc 2.29 or musl 1.1.24. Safe for use
 * by several threads.
 */
public final class ChildProcess extends Process implements Closeable {
    private final FdChannel stdin;
    private final FdChannel stdout;
    private final FdChannel stderr;
    private final PidFdChannel exit;
    private final ChildEnd end;
    private final ProcessHandle handle;
    /** Whether it has led a process group since its start. */
    private final boolean leader;
    /** The streams of {@link Process}, made when first asked for; guarded by this object's monitor. */
    private OutputStream outputStream;
    private InputStream inputStream;
    private InputStream errorStream;

    private ChildProcess(ChildStreams streams, ChildEnd end, ProcessHandle handle, boolean leader) {
        this.stdin = streams.channel(0);
        this.stdout = streams.channel(1);
        this.stderr = streams.channel(2);
        this.exit = new PidFdChannel(end.fd, handle.pid(), end);
        this.end = end;
        this.handle = handle;
        this.leader = leader;
    }

    /**
     * Starts a program. It is looked for, and finds its arguments, environment, directory and streams, as with
     * {@link ProcessBuilder#start}.
     *
     * @param builder the description, which is only read and may be used again
     * @param options what else the child is to have
     * @throws java.nio.channels.ClosedChannelException if a channel to {@linkplain #give give} is closed
     * @throws IOException in the words of {@link ProcessBuilder#start}, if there is no such program or directory, if it
     *     cannot be executed, or if the kernel gives no process or descriptors; nothing is left behind
     * @throws java.nio.file.FileSystemException if a file for a stream cannot be opened
     * @throws IndexOutOfBoundsException if the command is empty
     * @throws NullPointerException if an element of the command is null
     */
    public static ChildProcess start(ProcessBuilder builder, Option... options) throws IOException {
        Spawn spawn = new Spawn(builder);
        for (Option option : options) {
            option.effect.accept(spawn);
        }
        ChildStreams streams = new ChildStreams(builder, spawn);
        try {
            int pid;
            try {
                pid = spawn.start();
            } finally {
                streams.closeTheirs();
            }
            return of(pid, streams, spawn.leads());
        } catch (IOException | RuntimeException | Error e) {
            streams.closeOurs();
            throw e;
        }
    }

    /** What {@link ProcessBuilder} has no word for. */
    public static final class Option {
        private final Consumer<Spawn> effect;

        private Option(Consumer<Spawn> effect) {
            this.effect = effect;
        }
    }

    /**
     * Gives the child a copy of a channel's descriptor, such as a listening socket, whatever its close-on-exec flag. The
     * channel stays this program's, to use or to close.
     *
     * <p>The end of a pipe, such as another child's {@link #stdout}, is in blocking mode for the child, as programs expect
     * it. What else anyfd opened, such as a socket, is in non-blocking mode there too: the file description is shared.
     *
     * @param number the child's number for it; 0, 1 or 2 to take the place of what the builder says of that stream
     * @param channel any channel of anyfd, or of jnr-enxio
     * @throws IllegalArgumentException if the number is negative
     */
    public static Option give(int number, NativeSelectableChannel channel) {
        if (number < 0) {
            throw new IllegalArgumentException("negative number of a descriptor: " + number);
        }
        Objects.requireNonNull(channel);
        return new Option(spawn -> spawn.give(number, channel));
    }

    /**
     * Has the child lead a session and a process group of its own, so that what is typed at this program's terminal, such
     * as Control-C, does not reach it: setsid(2). All signals that the JVM ignores have their default actions then.
     */
    public static Option newSession() {
        return new Option(Spawn::newSession);
    }

    /** Has the child lead a session on a terminal, which takes the place of pipes for its standard streams. */
    static Option terminal(Path slave) {
        return new Option(spawn -> spawn.terminal(slave));
    }

    private static ChildProcess of(int pid, ChildStreams streams, boolean leader) throws IOException {
        Fd pidfd = null;
        try {
            // Until it is waited for, the number is the child's, even if it has ended.
            ProcessHandle handle = ProcessHandle.of(pid).orElseThrow(() -> new IOException("/proc does not know " + pid));
            int number = Processes.pidfdOpen(pid);
            if (number < 0) {
                throw Errno.failed("pidfd_open(" + pid + "), since Linux 5.3", -number);
            }
            pidfd = Fd.own(number);
            ChildEnd end = new ChildEnd(pidfd, pid);
            if (!end.isOver()) {
                Reaper.watch(pidfd, end::isOver);
            }
            return new ChildProcess(streams, end, handle, leader);
        } catch (IOException | RuntimeException | Error e) {
            if (pidfd != null) {
                pidfd.close();
            }
            abandon(pid);
            if (e instanceof UncheckedIOException unchecked) {
                throw unchecked.getCause();
            }
            throw e;
        }
    }

    /** Ends a child of which nobody will know. */
    private static void abandon(int pid) {
        Processes.kill(pid, Consts.SIGKILL);
        Scratch s = Scratch.take();
        try {
            while (Processes.waitid(Consts.P_PID, pid, s.smallAddress(), Consts.WEXITED) == -Errno.EINTR) {
                // once more
            }
        } finally {
            s.give();
        }
    }

    /**
     * What the child reads: a channel to write to. It reads end-of-stream when the channel is closed; while the channel
     * is registered, at the next selection.
     *
     * @throws IllegalStateException if it is redirected
     */
    public FdChannel stdin() {
        return piped(stdin, "standard input");
    }

    /**
     * What the child writes: a channel to read from.
     *
     * @throws IllegalStateException if it is redirected
     */
    public FdChannel stdout() {
        return piped(stdout, "standard output");
    }

    /**
     * What the child writes to its standard error: a channel to read from.
     *
     * @throws IllegalStateException if it is redirected, to standard output for example
     */
    public FdChannel stderr() {
        return piped(stderr, "standard error");
    }

    private static FdChannel piped(FdChannel channel, String what) {
        if (channel == null) {
            throw new IllegalStateException("the child's " + what + " is redirected, and no pipe");
        }
        return channel;
    }

    /** The end of the process as a channel, ready for OP_READ from then on. */
    public PidFdChannel exit() {
        return exit;
    }

    ChildEnd end() {
        return end;
    }

    /**
     * How the process ended.
     *
     * @throws IllegalThreadStateException if it has not
     */
    public ExitStatus exitStatus() {
        ExitStatus status = end.poll();
        if (status == null) {
            throw new IllegalThreadStateException("process has not exited");
        }
        return status;
    }

    /** The code of {@link #exitStatus}: 128 and the signal's number if a signal ended the process. */
    @Override
    public int exitValue() {
        return exitStatus().code();
    }

    @Override
    public boolean isAlive() {
        return end.poll() == null;
    }

    /** Waits for the process to end. An interrupt ends the wait, and closes no channel. */
    @Override
    public int waitFor() throws InterruptedException {
        try {
            return end.ended().get().code();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public boolean waitFor(long timeout, TimeUnit unit) throws InterruptedException {
        try {
            end.ended().get(timeout, unit);
            return true;
        } catch (TimeoutException e) {
            return !isAlive();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Completed when the process has ended; what depends on it runs in the common pool. */
    @Override
    public CompletableFuture<Process> onExit() {
        return end.ended().thenApplyAsync(status -> this);
    }

    /**
     * Sends a signal. It reaches this process or none.
     *
     * @param name such as "HUP" or "SIGHUP"; see signal(7)
     * @return false if the process has ended
     * @throws IllegalArgumentException if there is no such signal
     * @throws IOException if it is not permitted (EPERM)
     */
    public boolean signal(String name) throws IOException {
        return end.signal(CaughtSignal.number(name), false);
    }

    /**
     * Sends a signal to the process and to all others of the process group that it leads: those it has started, unless
     * they left the group. They may be there still when the process has ended, which then cannot be told safely.
     *
     * @param name as for {@link #signal}
     * @return false if the process has ended
     * @throws IllegalStateException if the process was started without {@link #newSession}, so that it leads no group
     * @throws IllegalArgumentException if there is no such signal
     * @throws IOException if it is not permitted for any of them (EPERM)
     */
    public boolean signalGroup(String name) throws IOException {
        if (!leader) {
            throw new IllegalStateException("the child was started without newSession(), and leads no process group");
        }
        return end.signal(CaughtSignal.number(name), true);
    }

    /**
     * Asks the process to end: SIGTERM. Closes no channel.
     *
     * @throws UncheckedIOException if it is not permitted (EPERM), as for a program that has become another user's
     */
    @Override
    public void destroy() {
        kill(Consts.SIGTERM);
    }

    /**
     * Ends the process: SIGKILL. Closes no channel.
     *
     * @throws UncheckedIOException if it is not permitted (EPERM), as for a program that has become another user's
     */
    @Override
    public ChildProcess destroyForcibly() {
        kill(Consts.SIGKILL);
        return this;
    }

    private void kill(int signal) {
        try {
            end.signal(signal, false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean supportsNormalTermination() {
        return true;
    }

    @Override
    public long pid() {
        return handle.pid();
    }

    @Override
    public ProcessHandle toHandle() {
        return handle;
    }

    /** A stream over {@link #stdin}, which must be in blocking mode; of a redirected one, a closed stream. */
    @Override
    public synchronized OutputStream getOutputStream() {
        if (outputStream == null) {
            outputStream = stdin == null ? closed() : new BufferedOutputStream(Channels.newOutputStream(stdin));
        }
        return outputStream;
    }

    /** A stream over {@link #stdout}, which must be in blocking mode; of a redirected one, an empty stream. */
    @Override
    public synchronized InputStream getInputStream() {
        if (inputStream == null) {
            inputStream = input(stdout);
        }
        return inputStream;
    }

    /** A stream over {@link #stderr}, which must be in blocking mode; of a redirected one, an empty stream. */
    @Override
    public synchronized InputStream getErrorStream() {
        if (errorStream == null) {
            errorStream = input(stderr);
        }
        return errorStream;
    }

    private static InputStream input(FdChannel channel) {
        return channel == null ? InputStream.nullInputStream()
            : new BufferedInputStream(new FilterInputStream(Channels.newInputStream(channel)) {
                /** That of a channel's stream is 0, and so no reader over it would ever be ready. */
                @Override
                public int available() throws IOException {
                    return Ioctl.getInt(channel.fd(), "FIONREAD", Consts.FIONREAD);
                }
            });
    }

    private static OutputStream closed() {
        OutputStream stream = OutputStream.nullOutputStream();
        try {
            stream.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // it does not
        }
        return stream;
    }

    /**
     * Closes the channels, and does not end the process: it finds its input at the end, and its output broken.
     *
     * @throws IOException with the kernel's reason; all are closed nevertheless
     */
    @Override
    public void close() throws IOException {
        try (FdChannel a = stdin; FdChannel b = stdout; FdChannel c = stderr; PidFdChannel d = exit) {
            // closes what there is
        }
    }

    @Override
    public String toString() {
        ExitStatus status = end.poll();
        return "org.anyfd.fd.ChildProcess[pid " + pid() + ", " + (status == null ? "running" : status) + "]";
    }
}
