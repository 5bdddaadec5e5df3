package org.anyfd.fd;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;

/**
 * The settings of a terminal, a copy of the kernel's {@code struct termios2}: ioctl_tty(2), TCGETS2. Not the C
 * library's {@code struct termios}, which has no speeds but the usual ones. Immutable; nobody writes to {@code cc}.
 */
record Termios(int iflag, int oflag, int cflag, int lflag, byte line, byte[] cc, int ispeed, int ospeed) {
    private static final int CC = Layouts.TERMIOS2_ISPEED - Layouts.TERMIOS2_CC;

    static Termios of(Fd fd) throws IOException {
        Scratch s = Scratch.take();
        try {
            Ioctl.call(fd, "TCGETS2", Consts.TCGETS2, s.smallAddress());
            ByteBuffer m = s.small();
            byte[] cc = new byte[CC];
            m.get(Layouts.TERMIOS2_CC, cc);
            return new Termios(m.getInt(Layouts.TERMIOS2_IFLAG), m.getInt(Layouts.TERMIOS2_OFLAG),
                m.getInt(Layouts.TERMIOS2_CFLAG), m.getInt(Layouts.TERMIOS2_LFLAG), m.get(Layouts.TERMIOS2_LINE), cc,
                m.getInt(Layouts.TERMIOS2_ISPEED), m.getInt(Layouts.TERMIOS2_OSPEED));
        } finally {
            s.give();
        }
    }

    /** Sets them at once: what was typed and not read stays, and nobody waits for output. */
    void set(Fd fd) throws IOException {
        Scratch s = Scratch.take();
        try {
            s.small().putInt(Layouts.TERMIOS2_IFLAG, iflag).putInt(Layouts.TERMIOS2_OFLAG, oflag)
                .putInt(Layouts.TERMIOS2_CFLAG, cflag).putInt(Layouts.TERMIOS2_LFLAG, lflag)
                .put(Layouts.TERMIOS2_LINE, line).put(Layouts.TERMIOS2_CC, cc)
                .putInt(Layouts.TERMIOS2_ISPEED, ispeed).putInt(Layouts.TERMIOS2_OSPEED, ospeed);
            Ioctl.call(fd, "TCSETS2", Consts.TCSETS2, s.smallAddress());
        } finally {
            s.give();
        }
    }

    TtyMode mode() {
        return (lflag & Consts.ICANON) != 0 ? TtyMode.COOKED : (lflag & Consts.ISIG) != 0 ? TtyMode.CBREAK : TtyMode.RAW;
    }

    boolean isEcho() {
        return (lflag & Consts.ECHO) != 0;
    }

    Termios withEcho(boolean on) {
        return with(iflag, oflag, on ? lflag | Consts.ECHO : lflag & ~Consts.ECHO, cc);
    }

    /** These settings, but bytes are treated as {@code other} does; how they travel on a line stays. */
    Termios withModesOf(Termios other) {
        return with(other.iflag, other.oflag, other.lflag, other.cc);
    }

    /** The mode, as far as it can be had by leaving things out. */
    Termios in(TtyMode mode) {
        return switch (mode) {
            case COOKED -> cooked();
            case CBREAK -> cooked().characterwise();
            case RAW -> raw();
        };
    }

    /** As it is, if somebody found it good to type lines in; else with what {@code stty sane} turns on for that. */
    private Termios cooked() {
        return mode() == TtyMode.COOKED ? this : with(iflag | Consts.BRKINT | Consts.ICRNL | Consts.IXON,
            oflag | Consts.OPOST | Consts.ONLCR,
            lflag | Consts.ICANON | Consts.ISIG | Consts.IEXTEN | Consts.ECHO, cc);
    }

    private Termios characterwise() {
        byte[] oneAtOnce = cc.clone();
        oneAtOnce[Consts.VMIN] = 1;
        oneAtOnce[Consts.VTIME] = 0;
        return with(iflag, oflag, lflag & ~(Consts.ICANON | Consts.ECHO), oneAtOnce);
    }

    /** As cfmakeraw(3), but for the frame of a serial line. */
    private Termios raw() {
        int in = Consts.IGNBRK | Consts.BRKINT | Consts.PARMRK | Consts.ISTRIP | Consts.INLCR | Consts.IGNCR
            | Consts.ICRNL | Consts.IXON;
        Termios t = characterwise();
        return with(iflag & ~in, oflag & ~Consts.OPOST, t.lflag & ~(Consts.ECHONL | Consts.ISIG | Consts.IEXTEN), t.cc);
    }

    private Termios with(int iflag, int oflag, int lflag, byte[] cc) {
        return new Termios(iflag, oflag, cflag, lflag, line, cc, ispeed, ospeed);
    }
}
