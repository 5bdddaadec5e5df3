package org.anyfd.fd;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;

/**
 * The size of a terminal's window, each number 0 to 65535, and 0 if nobody has told it: ioctl_tty(2), TIOCGWINSZ.
 *
 * @param columns characters in a line
 * @param rows lines
 * @param widthPixels of the whole window; most terminals say 0
 * @param heightPixels of the whole window; most terminals say 0
 */
public record WindowSize(int columns, int rows, int widthPixels, int heightPixels) {
    /**
     * Makes a size.
     *
     * @throws IllegalArgumentException if a number is out of range
     */
    public WindowSize {
        for (int n : new int[] {columns, rows, widthPixels, heightPixels}) {
            if (n < 0 || n > 0xFFFF) {
                throw new IllegalArgumentException("not 0 to 65535: " + n);
            }
        }
    }

    /**
     * A size in characters alone.
     *
     * @throws IllegalArgumentException if a number is out of range
     */
    public WindowSize(int columns, int rows) {
        this(columns, rows, 0, 0);
    }

    static WindowSize of(Fd fd) throws IOException {
        Scratch s = Scratch.take();
        try {
            Ioctl.call(fd, "TIOCGWINSZ", Consts.TIOCGWINSZ, s.smallAddress());
            ByteBuffer m = s.small();
            return new WindowSize(m.getChar(Layouts.WINSIZE_COL), m.getChar(Layouts.WINSIZE_ROW),
                m.getChar(Layouts.WINSIZE_XPIXEL), m.getChar(Layouts.WINSIZE_YPIXEL));
        } finally {
            s.give();
        }
    }

    void set(Fd fd) throws IOException {
        Scratch s = Scratch.take();
        try {
            s.small().putChar(Layouts.WINSIZE_COL, (char) columns).putChar(Layouts.WINSIZE_ROW, (char) rows)
                .putChar(Layouts.WINSIZE_XPIXEL, (char) widthPixels).putChar(Layouts.WINSIZE_YPIXEL, (char) heightPixels);
            Ioctl.call(fd, "TIOCSWINSZ", Consts.TIOCSWINSZ, s.smallAddress());
        } finally {
            s.give();
        }
    }
}
