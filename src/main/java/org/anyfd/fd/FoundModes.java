package org.anyfd.fd;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.anyfd.channel.Bytes;
import org.anyfd.poll.Daemon;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;
import org.anyfd.sys.Terminals;

/**
 * The modes of a terminal as they were found when the first channel changed them. The last of these channels that is
 * closed, or the end of the JVM, puts them back. There is one for each terminal, however many channels it has.
 *
 * <p>Any thread may call it. Everything is guarded by the class's monitor, under which nothing happens but ioctl(2)
 * calls that do not wait; it is a leaf of the lock order.
 */
final class FoundModes {
    /** By the device number of the terminal. */
    private static final Map<Integer, FoundModes> CHANGED = new HashMap<>();
    /** None of TCIFLUSH, TCOFLUSH and TCIOFLUSH. */
    private static final int NO_QUEUE = -1;

    private static boolean hooked;
    private static boolean ended;

    private final Termios found;
    /** Those who have changed it, each once. */
    private final List<Fd> changers = new ArrayList<>();

    private FoundModes(Termios found) {
        this.found = found;
    }

    /**
     * Changes the modes of a terminal.
     *
     * @param change takes the settings as found and as they are, gives the ones to set
     * @throws ClosedChannelException if the channel is closed, and so has put back what it changed
     * @throws IllegalStateException if the JVM is ending, and everything has been put back
     */
    static synchronized void change(DescriptorChannel channel, BinaryOperator<Termios> change) throws IOException {
        Bytes.requireOpen(channel);
        if (ended) {
            throw new IllegalStateException("the JVM is ending; terminals are as they were found");
        }
        Fd fd = channel.fd();
        int device = Ioctl.getInt(fd, "TIOCGDEV", Consts.TIOCGDEV);
        FoundModes known = CHANGED.get(device);
        if (known == null) {
            stopInTheBackground(fd);
        }
        Termios now = Termios.of(fd);
        FoundModes modes = known != null ? known : new FoundModes(now);
        if (!hooked) {
            // Binds what the hook needs; fails if the JVM is ending.
            Terminals.getpgid(0);
            Runtime.getRuntime().addShutdownHook(Daemon.of(FoundModes::putAllBack, "anyfd-terminals"));
            hooked = true;
        }
        change.apply(modes.found, now).set(fd);
        CHANGED.put(device, modes);
        if (!modes.changers.contains(fd)) {
            modes.changers.add(fd);
        }
    }

    /**
     * Has the kernel stop a process in the background here, and not only when it sets the modes: those that it would find
     * before are the line editor's of the shell. tcflush(3) asks for the foreground first (tty_check_change); of no queue, it
     * then does nothing but fail. What else is wrong the next call says.
     */
    private static void stopInTheBackground(Fd fd) {
        Sys.ioctl(fd.number(), Consts.TCFLSH, NO_QUEUE);
    }

    /** Ends a channel's part in the changes: if it was the last, they are undone. */
    static synchronized void putBack(Fd fd) {
        for (FoundModes modes : CHANGED.values()) {
            if (modes.changers.remove(fd)) {
                if (modes.changers.isEmpty()) {
                    CHANGED.values().remove(modes);
                    modes.set(fd);
                }
                return;
            }
        }
    }

    private static synchronized void putAllBack() {
        ended = true;
        CHANGED.values().forEach(modes -> modes.changers.stream().anyMatch(modes::set));
        CHANGED.clear();
    }

    /** Says whether it could be done. */
    private boolean set(Fd fd) {
        try {
            if (isInForeground(fd)) {
                Termios.of(fd).withModesOf(found).set(fd);
            }
            return true;
        } catch (IOException e) {
            // EIO: the terminal is gone, and its modes with it. Or another channel's descriptor has to do it.
            return false;
        }
    }

    /**
     * Whether the terminal is ours to change; {@code fd} is open, for who closes it calls {@link #putBack} before. For
     * a process in the background it is not: the kernel would stop it (SIGTTOU), and the shell has put its own modes
     * back.
     */
    private static boolean isInForeground(Fd fd) {
        Scratch s = Scratch.take();
        try {
            int r = Sys.ioctl(fd.number(), Consts.TIOCGPGRP, s.smallAddress());
            int foreground = s.small().getInt(0);
            // ENOTTY: it is not this process's controlling terminal, so that nobody is stopped.
            return r < 0 || foreground <= 0 || foreground == Terminals.getpgid(0);
        } finally {
            s.give();
        }
    }
}
