package org.anyfd.fd;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.anyfd.channel.Attempt;
import org.anyfd.channel.Bytes;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * A terminal, or a serial line: bytes, modes, window size, line settings.
 *
 * <pre>{@code
 * try (TtyChannel tty = TtyChannel.open()) {       // the one the user sits at
 *     tty.setMode(TtyMode.RAW);                    // keys as they are typed
 *     tty.configureBlocking(false);
 *     tty.register(selector, SelectionKey.OP_READ);
 *     ...
 * }                                                // as it was found
 *
 * TtyChannel line = TtyChannel.openLine(Path.of("/dev/ttyUSB0"), LineSettings.of(115200));
 * }</pre>
 *
 * <p><b>Left as found.</b> What {@link #setMode} and {@link #setEcho} change is put back when the channel is closed,
 * and when the JVM ends: by itself, by {@link System#exit}, or by SIGINT, SIGTERM or SIGHUP. Nothing can be put back
 * after SIGKILL, a crash, or a signal to a JVM that runs with {@code -Xrs}: then the user types {@code stty sane}. If
 * several channels changed one terminal, the last to be closed puts it back. The O_NONBLOCK flag that the terminal
 * shares with the shell and others is never touched at all, see {@link FdChannel}.
 *
 * <p><b>End of input.</b> In {@link TtyMode#COOKED} mode Control-D makes one read return -1; the next one waits for
 * more input. After a hang-up every read returns -1, and a write throws an IOException ({@code Input/output error}).
 *
 * <p><b>Job control.</b> A process in the background that reads from its terminal or changes its mode is stopped by the
 * kernel, or gets EIO if no shell is left that could have it go on; closing the channel, or the end of the JVM, leaves
 * the mode alone there. When a program was stopped and goes on (SIGCONT), the shell may have changed the mode, so set it
 * anew.
 *
 * <p><b>Threads.</b> Safe for use by several threads: one reader and one writer at a time, others wait their turn; all
 * else does not wait, but for {@link #drain}. An IOException names call, descriptor and reason:
 * {@code ioctl(TIOCMGET, fd 7): ENOTTY inappropriate ioctl for device}.
 */
public final class TtyChannel extends StreamChannel {
    private static final Path CONTROLLING = Path.of("/dev/tty");
    private static final long DRAIN_PAUSE_NANOS = 1_000_000;

    private TtyChannel(Fd fd, int number, Attempt attempt, int accessMode) {
        super(fd, number, attempt, accessMode);
    }

    /**
     * Opens the controlling terminal: the one the user sits at, also if standard input and output are redirected.
     *
     * @throws FileSystemException if there is none, as for a daemon or in most containers and CI jobs
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE)
     */
    public static TtyChannel open() throws IOException {
        try {
            return open(CONTROLLING);
        } catch (FileSystemException e) {
            throw withoutTerminal(e);
        }
    }

    /** Linux says ENXIO if there is no controlling terminal; what else is wrong with the file is told as it is. */
    static FileSystemException withoutTerminal(FileSystemException e) {
        return !Errno.text(Errno.ENXIO).equals(e.getReason()) ? e : new FileSystemException(CONTROLLING.toString(), null,
            "this process has no controlling terminal (" + e.getReason() + ")");
    }

    /**
     * Opens a terminal or a serial line by its name, for reading and writing. Does not wait for a carrier, and the
     * terminal does not become the controlling one.
     *
     * @throws java.nio.file.NoSuchFileException and its siblings, as files do
     * @throws IOException if it is not a terminal (ENOTTY), or somebody has it for himself alone (EBUSY)
     */
    public static TtyChannel open(Path device) throws IOException {
        int number = OpenFlags.of(StandardOpenOption.READ, StandardOpenOption.WRITE).open(device);
        int r = terminal(number);
        if (r < 0) {
            Sys.close(number);
            throw new FileSystemException(device.toString(), null, "not a terminal (" + Errno.text(-r) + ")");
        }
        return opened(number);
    }

    /** For a descriptor of a terminal that is ours, non-blocking, and open for both directions. */
    static TtyChannel opened(int number) {
        return new TtyChannel(Fd.own(number), number, Attempt.OWN_TERMINAL, Consts.O_RDWR);
    }

    /**
     * Opens a serial line for bytes as they are: {@link TtyMode#RAW}, with these settings.
     *
     * @throws IOException as {@link #open(Path)} and {@link #setLine}
     */
    public static TtyChannel openLine(Path device, LineSettings settings) throws IOException {
        Objects.requireNonNull(settings);
        TtyChannel line = open(device);
        try {
            line.setMode(TtyMode.RAW);
            line.setLine(settings);
            return line;
        } catch (IOException | RuntimeException e) {
            line.close();
            throw e;
        }
    }

    /**
     * Takes a descriptor of a terminal over: closing the channel closes it.
     *
     * @param fd an open descriptor that nobody else will close
     * @throws IOException if it is not open or not a terminal (ENOTTY); the caller keeps it then
     */
    public static TtyChannel own(int fd) throws IOException {
        return adopted(fd, true);
    }

    /**
     * Uses a descriptor of a terminal that somebody else owns, such as 0, the standard input: closing the channel
     * leaves it open.
     *
     * @param fd an open descriptor that stays open until the channel is closed
     * @throws IOException if it is not open or not a terminal (ENOTTY)
     */
    public static TtyChannel borrow(int fd) throws IOException {
        return adopted(fd, false);
    }

    private static TtyChannel adopted(int number, boolean own) throws IOException {
        int r = terminal(number);
        if (r < 0) {
            throw Errno.failed("ioctl(TCGETS, fd " + number + ")", -r);
        }
        FoundFd found = FoundFd.of(number);
        Fd fd = found.take(own);
        return new TtyChannel(fd, own ? fd.number() : number, found.attempt(), found.accessMode());
    }

    /**
     * Whether a descriptor is a terminal's: isatty(3). False if it is not open.
     *
     * @param fd a number, such as 0 for standard input
     */
    public static boolean isTerminal(int fd) {
        return terminal(fd) >= 0;
    }

    private static int terminal(int fd) {
        Scratch s = Scratch.take();
        try {
            return Sys.ioctl(fd, Consts.TCGETS, s.smallAddress());
        } finally {
            s.give();
        }
    }

    // -- The terminal --

    /**
     * The mode that the terminal is in, whoever set it.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the terminal has hung up (EIO)
     */
    public TtyMode mode() throws IOException {
        return Termios.of(fd()).mode();
    }

    /**
     * Sets the mode, at once. {@link TtyMode#COOKED} is as the terminal was found, echo included; the others do not
     * echo.
     *
     * @throws IllegalStateException if the JVM is ending, and everything has been put back
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the terminal has hung up (EIO)
     */
    public void setMode(TtyMode mode) throws IOException {
        Objects.requireNonNull(mode);
        FoundModes.change(this, (found, now) -> now.withModesOf(found.in(mode)));
    }

    /**
     * Whether the terminal echoes what is typed.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the terminal has hung up (EIO)
     */
    public boolean isEcho() throws IOException {
        return Termios.of(fd()).isEcho();
    }

    /**
     * Turns the echo on or off, in whatever mode; off in {@link TtyMode#COOKED} mode is how to ask for a password.
     *
     * @throws IllegalStateException if the JVM is ending, and everything has been put back
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the terminal has hung up (EIO)
     */
    public void setEcho(boolean on) throws IOException {
        FoundModes.change(this, (found, now) -> now.withEcho(on));
    }

    /**
     * Puts back what {@link #setMode} and {@link #setEcho} changed, as closing the channel does; for the time in which
     * another program, such as an editor, has the terminal. Nothing happens if nothing was changed, the process is in the
     * background, or the terminal has hung up.
     *
     * @throws ClosedChannelException if the channel is closed
     */
    public void restore() throws IOException {
        Bytes.requireOpen(this);
        FoundModes.putBack(fd());
    }

    @Override
    void beforeClose() {
        FoundModes.putBack(fd());
    }

    /**
     * The size of the window. When it changes, the processes in the foreground of their controlling terminal are sent
     * SIGWINCH, which a selector watches for by {@link SignalChannel#open SignalChannel.open("WINCH")}.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the terminal has hung up (EIO)
     */
    public WindowSize size() throws IOException {
        return WindowSize.of(fd());
    }

    /**
     * Says what the window's size is, to all who use the terminal. It is for whoever shows the window to say.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the terminal has hung up (EIO)
     */
    public void setSize(WindowSize size) throws IOException {
        size.set(fd());
    }

    // -- The serial line --

    /**
     * The settings of the line, whoever made them.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the terminal has hung up (EIO)
     */
    public LineSettings line() throws IOException {
        return LineSettings.of(Termios.of(fd()));
    }

    /**
     * Makes settings of the line, at once; {@link #drain} before, if output is still on its way. They stay when the
     * channel is closed. A {@link TtyMode#RAW} mode that is set afterwards ends a software flow control.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the driver does not take them, which leaves them as they were; a pty takes 8 data bits and no
     *     parity only. If the line has hung up (EIO)
     */
    public void setLine(LineSettings settings) throws IOException {
        Objects.requireNonNull(settings);
        // The lock of all who read settings to set them changed.
        synchronized (FoundModes.class) {
            Termios before = Termios.of(fd());
            settings.on(before).set(fd());
            LineSettings now = line();
            if (!settings.takenAs(now)) {
                before.set(fd());
                throw new IOException("ioctl(TCSETS2, " + fd() + "): the driver made " + now + " of " + settings);
            }
        }
    }

    /**
     * Whether nobody else can open the terminal: see {@link #setExclusive}.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the terminal has hung up (EIO)
     */
    public boolean isExclusive() throws IOException {
        return Ioctl.getInt(fd(), "TIOCGEXCL", Consts.TIOCGEXCL) != 0;
    }

    /**
     * Has every further open of the terminal fail with EBUSY, but for processes with CAP_SYS_ADMIN; or no more. Lasts
     * until the terminal's last descriptor is closed.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the terminal has hung up (EIO)
     */
    public void setExclusive(boolean on) throws IOException {
        Ioctl.call(fd(), on ? "TIOCEXCL" : "TIOCNXCL", on ? Consts.TIOCEXCL : Consts.TIOCNXCL, 0);
    }

    /**
     * Begins or ends a break: zeros without a stop bit. A quarter of a second is usual; let a timer end it. Nothing happens
     * on a terminal that has no line, such as a pty.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the line has hung up (EIO)
     */
    public void setBreak(boolean on) throws IOException {
        Ioctl.call(fd(), on ? "TIOCSBRK" : "TIOCCBRK", on ? Consts.TIOCSBRK : Consts.TIOCCBRK, 0);
    }

    /**
     * The modem lines that are on. A change cannot be selected on: the kernel has no such event, so ask now and then.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the terminal has no modem lines, as a pty (ENOTTY; EINVAL on older kernels), or has hung up
     *     (EIO)
     */
    public Set<ModemLine> modemLines() throws IOException {
        int bits = Ioctl.getInt(fd(), "TIOCMGET", Consts.TIOCMGET);
        Set<ModemLine> on = EnumSet.noneOf(ModemLine.class);
        for (ModemLine line : ModemLine.values()) {
            if ((bits & line.bit) != 0) {
                on.add(line);
            }
        }
        return on;
    }

    /**
     * Turns a modem line on or off.
     *
     * @param line {@link ModemLine#DTR} or {@link ModemLine#RTS}
     * @throws IllegalArgumentException for one that the other end sets
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException as {@link #modemLines}
     */
    public void setModemLine(ModemLine line, boolean on) throws IOException {
        if (!line.isOutput()) {
            throw new IllegalArgumentException(line + " is set by the other end");
        }
        Ioctl.putInt(fd(), on ? "TIOCMBIS" : "TIOCMBIC", on ? Consts.TIOCMBIS : Consts.TIOCMBIC, line.bit);
    }

    /**
     * How many bytes that were written have still to be sent, as far as the driver counts them; a pty says 0.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the terminal has hung up (EIO)
     */
    public int outstanding() throws IOException {
        return Ioctl.getInt(fd(), "TIOCOUTQ", Consts.TIOCOUTQ);
    }

    /**
     * Waits until all that was written has been sent, in either blocking mode.
     *
     * @throws AsynchronousCloseException if another thread closes the channel meanwhile
     * @throws ClosedByInterruptException if the thread is interrupted; the channel is closed
     * @throws ClosedChannelException if the channel is closed already
     * @throws IOException if the terminal hangs up (EIO)
     */
    public void drain() throws IOException {
        Bytes.requireOpen(this);
        boolean done = false;
        try {
            begin();
            // tcdrain(3) itself waits for as long as the other end holds the flow, whatever happens to the channel.
            while (isOpen() && outstanding() > 0) {
                LockSupport.parkNanos(DRAIN_PAUSE_NANOS);
            }
            if (isOpen()) {
                // For what is in the hardware, which the count leaves out.
                Ioctl.call(fd(), "TCSBRK", Consts.TCSBRK, 1);
                done = true;
            }
        } finally {
            end(done);
        }
    }

    /**
     * Drops what has come and was not read.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the terminal has hung up (EIO)
     */
    public void discardInput() throws IOException {
        Ioctl.call(fd(), "TCFLSH", Consts.TCFLSH, Consts.TCIFLUSH);
    }

    /**
     * Drops what was written and has not been sent.
     *
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the terminal has hung up (EIO)
     */
    public void discardOutput() throws IOException {
        Ioctl.call(fd(), "TCFLSH", Consts.TCFLSH, Consts.TCOFLUSH);
    }
}
