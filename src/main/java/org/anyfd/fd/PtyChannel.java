package org.anyfd.fd;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import org.anyfd.channel.Attempt;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.FileNames;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * The side of a pseudo-terminal where the user would sit: what is written here is typed, and what is read here is
 * shown; pty(7). The other side is a terminal like any other, for a child process or for this one.
 *
 * <pre>{@code
 * PtyChannel pty = PtyChannel.open();
 * pty.setSize(new WindowSize(80, 25));
 * ChildProcess shell = pty.start(new ProcessBuilder("bash"));
 * pty.configureBlocking(false);
 * pty.register(selector, SelectionKey.OP_READ);
 * }</pre>
 *
 * <p><b>Hang-up.</b> When everybody has closed the terminal, as by the end of the child, reads return what was written
 * before, and then -1. That is not for ever: the terminal can be opened again. Before it is opened for the first time,
 * a read waits.
 *
 * <p>Closing the channel hangs the terminal up: a child whose controlling terminal it is gets SIGHUP.
 *
 * <p>Safe for use by several threads: one reader and one writer at a time, others wait their turn; none but {@code read}
 * and {@code write} waits. A hang-up keeps no method from working: modes and size are there for whoever opens the terminal
 * next.
 */
public final class PtyChannel extends StreamChannel {
    private PtyChannel(Fd fd, int number, Attempt attempt) {
        super(fd, number, attempt, Consts.O_RDWR);
    }

    /**
     * Makes a pseudo-terminal. It is as terminals are at first: {@link TtyMode#COOKED} with echo, of an unknown size.
     *
     * @throws java.nio.file.FileSystemException if there is no {@code /dev/ptmx}, there are as many terminals as
     *     {@code /proc/sys/kernel/pty/max} allows (ENOSPC), or no descriptor is to be had (EMFILE, ENFILE)
     * @throws IOException with the kernel's reason, if the terminal cannot be unlocked
     */
    public static PtyChannel open() throws IOException {
        int number = openMaster();
        PtyChannel pty = new PtyChannel(Fd.own(number), number, Attempt.MASTER);
        try {
            // unlockpt(3); what grantpt(3) did the kernel does itself.
            Ioctl.putInt(pty.fd(), "TIOCSPTLCK", Consts.TIOCSPTLCK, 0);
            return pty;
        } catch (IOException e) {
            pty.close();
            throw e;
        }
    }

    private static int openMaster() throws IOException {
        String file = "/dev/ptmx";
        int fd = FileNames.call(FileNames.bytes(file),
            name -> Sys.open(name, Consts.O_RDWR | Consts.O_NONBLOCK | Consts.O_NOCTTY | Consts.O_CLOEXEC, 0));
        if (fd < 0) {
            throw Errno.fileException(file, -fd);
        }
        return fd;
    }

    /**
     * Takes over the descriptor of a pseudo-terminal's master that another process opened: closing the channel closes
     * it. Its flags are not changed, so that a read or write costs a poll(2) more.
     *
     * @param fd an open descriptor that nobody else will close
     * @throws IOException if it is not open, or not such a master (ENOTTY); the caller keeps it then
     */
    public static PtyChannel own(int fd) throws IOException {
        requireMaster(fd);
        return new PtyChannel(Fd.own(fd), fd, Attempt.SHARED_MASTER);
    }

    /**
     * As {@link #own}, but closing the channel leaves the descriptor open.
     *
     * @param fd an open descriptor that stays open until the channel is closed
     * @throws IOException if it is not open, or not such a master (ENOTTY)
     */
    public static PtyChannel borrow(int fd) throws IOException {
        requireMaster(fd);
        return new PtyChannel(Fd.borrow(fd), fd, Attempt.SHARED_MASTER);
    }

    static boolean isMaster(int fd) {
        return askNumber(fd) >= 0;
    }

    private static void requireMaster(int fd) throws IOException {
        int r = askNumber(fd);
        if (r < 0) {
            throw Errno.failed("ioctl(TIOCGPTN, fd " + fd + ")", -r);
        }
    }

    /** Asks what only a master knows: 0, or -errno. */
    private static int askNumber(int fd) {
        Scratch s = Scratch.take();
        try {
            return Sys.ioctl(fd, Consts.TIOCGPTN & 0xFFFF_FFFFL, s.smallAddress());
        } finally {
            s.give();
        }
    }

    /**
     * The name of the terminal, such as {@code /dev/pts/3}, by which other processes can open it: ptsname(3).
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    public Path terminalName() throws IOException {
        return Path.of("/dev/pts/" + Ioctl.getInt(fd(), "TIOCGPTN", Consts.TIOCGPTN));
    }

    /**
     * Opens the terminal in this process, without looking its name up. It does not become the controlling one.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE)
     */
    public TtyChannel openTerminal() throws IOException {
        int flags = Consts.O_RDWR | Consts.O_NONBLOCK | Consts.O_NOCTTY | Consts.O_CLOEXEC;
        return TtyChannel.opened(Ioctl.call(fd(), "TIOCGPTPEER", Consts.TIOCGPTPEER, flags));
    }

    /**
     * Starts a program on the terminal, as a login does: its controlling terminal, and what a pipe would be otherwise
     * of its standard input, output and error; what the builder redirects elsewhere goes there. The program leads a
     * session of its own, so Control-C typed here reaches it and its children, and nobody else.
     *
     * <p>If the size of the window matters to it, set that before, and give it the environment variable TERM.
     *
     * @param builder the description, which is only read and may be used again
     * @return the process; its {@code exit()} is a channel to select, and {@code stdin()}, {@code stdout()} and
     *     {@code stderr()} throw an IllegalStateException, for this channel is all three
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException as {@link ChildProcess#start}
     */
    public ChildProcess start(ProcessBuilder builder) throws IOException {
        return ChildProcess.start(builder, ChildProcess.terminal(terminalName()));
    }

    /**
     * The mode that the terminal is in, whoever set it.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    public TtyMode mode() throws IOException {
        return Termios.of(fd()).mode();
    }

    /**
     * Sets the terminal's mode, as the program on it finds it; nothing puts it back.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    public void setMode(TtyMode mode) throws IOException {
        synchronized (FoundModes.class) {
            Termios.of(fd()).in(mode).set(fd());
        }
    }

    /**
     * Whether the terminal echoes what is typed.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    public boolean isEcho() throws IOException {
        return Termios.of(fd()).isEcho();
    }

    /**
     * Turns the terminal's echo on or off, as the program on it finds it; nothing puts it back.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    public void setEcho(boolean on) throws IOException {
        synchronized (FoundModes.class) {
            Termios.of(fd()).withEcho(on).set(fd());
        }
    }

    /**
     * The size of the window, as the programs on the terminal see it.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    public WindowSize size() throws IOException {
        return WindowSize.of(fd());
    }

    /**
     * Sets the size of the window. If that is a change, the processes in the terminal's foreground get SIGWINCH.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException with the kernel's reason
     */
    public void setSize(WindowSize size) throws IOException {
        size.set(fd());
    }

    /** The name of the terminal: the master's own is the same for all. */
    @Override
    String what() throws IOException {
        return terminalName().toString();
    }
}
