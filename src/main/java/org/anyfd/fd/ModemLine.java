package org.anyfd.fd;

import org.anyfd.sys.Consts;

/** A wire of a serial line beside those of the data: ioctl_tty(2), TIOCMGET. */
public enum ModemLine {
    /** Data terminal ready: set by this end. */
    DTR(Consts.TIOCM_DTR),
    /** Request to send: set by this end; by the driver under hardware flow control. */
    RTS(Consts.TIOCM_RTS),
    /** Clear to send: set by the other end. */
    CTS(Consts.TIOCM_CTS),
    /** Data set ready: set by the other end. */
    DSR(Consts.TIOCM_DSR),
    /** Data carrier detected: set by the other end. */
    DCD(Consts.TIOCM_CAR),
    /** Ring indicator: set by the other end. */
    RI(Consts.TIOCM_RNG);

    final int bit;

    ModemLine(int bit) {
        this.bit = bit;
    }

    boolean isOutput() {
        return this == DTR || this == RTS;
    }
}
