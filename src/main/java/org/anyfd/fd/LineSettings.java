package org.anyfd.fd;

import java.util.Objects;
import org.anyfd.sys.Consts;

/**
 * How bytes travel on a serial line: speed, frame and flow control. Bytes with a wrong parity are passed on as they
 * are.
 *
 * <pre>{@code
 * LineSettings old = LineSettings.of(9600).withDataBits(7).withParity(Parity.EVEN);   // 9600 7E1
 * }</pre>
 *
 * @param speed bits a second, more than 0; need not be one of the usual ones
 * @param dataBits 5 to 8
 * @param parity the check bit
 * @param stopBits 1 or 2; with 5 data bits 2 means 1.5
 * @param flow who says when to stop sending, and how
 */
public record LineSettings(int speed, int dataBits, Parity parity, int stopBits, FlowControl flow) {
    /** The check bit that follows the data bits. */
    public enum Parity {
        /** There is none. */
        NONE,
        /** Makes the number of ones odd. */
        ODD,
        /** Makes the number of ones even. */
        EVEN,
        /** Always one. */
        MARK,
        /** Always zero. */
        SPACE
    }

    /** How a receiver makes the sender wait. */
    public enum FlowControl {
        /** It cannot. */
        NONE,
        /** By the wires RTS and CTS. */
        HARDWARE,
        /** By the bytes XOFF (0x13) and XON (0x11), which then cannot be data. */
        SOFTWARE
    }

    /** The bits of c_cflag that this is about, but for the speed. */
    private static final int CFLAG =
        Consts.CSIZE | Consts.CSTOPB | Consts.PARENB | Consts.PARODD | Consts.CMSPAR | Consts.CRTSCTS;
    /** Speeds that have a code of their own, 1 and up; the codes from 57600 on begin anew, above CBAUDEX. */
    private static final int[] CODED = {
        50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400,
        57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000,
        3500000, 4000000};

    /**
     * Makes settings.
     *
     * @throws IllegalArgumentException if a number is out of range
     */
    public LineSettings {
        Objects.requireNonNull(parity);
        Objects.requireNonNull(flow);
        require(speed > 0, "speed", speed);
        require(dataBits >= 5 && dataBits <= 8, "data bits", dataBits);
        require(stopBits == 1 || stopBits == 2, "stop bits", stopBits);
    }

    private static void require(boolean inRange, String name, int value) {
        if (!inRange) {
            throw new IllegalArgumentException(name + " out of range: " + value);
        }
    }

    /**
     * The usual settings at a speed: 8 data bits, no parity, 1 stop bit, no flow control.
     *
     * @param speed bits a second
     * @throws IllegalArgumentException if it is not more than 0
     */
    public static LineSettings of(int speed) {
        return new LineSettings(speed, 8, Parity.NONE, 1, FlowControl.NONE);
    }

    /** These settings at another speed, in bits a second. */
    public LineSettings withSpeed(int speed) {
        return new LineSettings(speed, dataBits, parity, stopBits, flow);
    }

    /** These settings with another number of data bits, 5 to 8. */
    public LineSettings withDataBits(int dataBits) {
        return new LineSettings(speed, dataBits, parity, stopBits, flow);
    }

    /** These settings with another parity. */
    public LineSettings withParity(Parity parity) {
        return new LineSettings(speed, dataBits, parity, stopBits, flow);
    }

    /** These settings with another number of stop bits, 1 or 2. */
    public LineSettings withStopBits(int stopBits) {
        return new LineSettings(speed, dataBits, parity, stopBits, flow);
    }

    /** These settings with another flow control. */
    public LineSettings withFlow(FlowControl flow) {
        return new LineSettings(speed, dataBits, parity, stopBits, flow);
    }

    /** What a terminal has. A line that is hung up (speed 0) shows as 1 bit a second, for no line is that slow. */
    static LineSettings of(Termios t) {
        int c = t.cflag();
        Parity parity = (c & Consts.PARENB) == 0 ? Parity.NONE
            : (c & Consts.CMSPAR) != 0 ? (c & Consts.PARODD) != 0 ? Parity.MARK : Parity.SPACE
            : (c & Consts.PARODD) != 0 ? Parity.ODD : Parity.EVEN;
        FlowControl flow = (c & Consts.CRTSCTS) != 0 ? FlowControl.HARDWARE
            : (t.iflag() & (Consts.IXON | Consts.IXOFF)) == (Consts.IXON | Consts.IXOFF) ? FlowControl.SOFTWARE
            : FlowControl.NONE;
        return new LineSettings(Math.max(1, t.ospeed()), switch (c & Consts.CSIZE) {
            case Consts.CS5 -> 5;
            case Consts.CS6 -> 6;
            case Consts.CS7 -> 7;
            default -> 8;
        }, parity, (c & Consts.CSTOPB) != 0 ? 2 : 1, flow);
    }

    /** These settings on a terminal that is otherwise as {@code t}; it receives, and does not wait for a carrier. */
    Termios on(Termios t) {
        int c = switch (dataBits) {
            case 5 -> Consts.CS5;
            case 6 -> Consts.CS6;
            case 7 -> Consts.CS7;
            default -> Consts.CS8;
        } | switch (parity) {
            case NONE -> 0;
            case ODD -> Consts.PARENB | Consts.PARODD;
            case EVEN -> Consts.PARENB;
            case MARK -> Consts.PARENB | Consts.CMSPAR | Consts.PARODD;
            case SPACE -> Consts.PARENB | Consts.CMSPAR;
        };
        c |= (stopBits == 2 ? Consts.CSTOPB : 0) | (flow == FlowControl.HARDWARE ? Consts.CRTSCTS : 0)
            | Consts.CREAD | Consts.CLOCAL;
        int kept = t.cflag() & ~(CFLAG | Consts.CBAUD | Consts.CIBAUD);
        int xonXoff = flow == FlowControl.SOFTWARE ? Consts.IXON | Consts.IXOFF : 0;
        return new Termios(t.iflag() & ~(Consts.IXON | Consts.IXOFF) | xonXoff, t.oflag(), kept | c | code(speed), t.lflag(),
            t.line(), t.cc(), speed, speed);
    }

    /** The usual speeds by their code, for programs that know no others; the input's is then the same (CIBAUD is 0). */
    private static int code(int speed) {
        for (int i = 0; i < CODED.length; i++) {
            if (CODED[i] == speed) {
                return i < Consts.B38400 ? i + 1 : Consts.B57600 + i - Consts.B38400;
            }
        }
        return Consts.BOTHER;
    }

    /** Whether a driver that was told these settings and says {@code has} took them: speeds may be off by a fiftieth. */
    boolean takenAs(LineSettings has) {
        return equals(has.withSpeed(speed)) && Math.abs((long) has.speed - speed) * 50 <= speed;
    }

    /** As in {@code 9600 7E1}, and the flow control if there is one. */
    @Override
    public String toString() {
        return speed + " " + dataBits + parity.name().charAt(0) + stopBits + switch (flow) {
            case NONE -> "";
            case HARDWARE -> " RTS/CTS";
            case SOFTWARE -> " XON/XOFF";
        };
    }
}
