package org.anyfd.fd;

import java.util.List;
import org.anyfd.sys.Consts;

/**
 * How a process ended: wait(2).
 *
 * @param code what it gave to exit(3), 0 to 255; 128 and the signal's number if it was ended by a signal, as a shell and
 *     {@link Process#exitValue} have it; -1 if it is not known, because another part of this program, by a wait(2) for any
 *     child, or the process's own parent has the answer
 * @param signal the number of the signal that ended it, or 0
 * @param coreDumped whether that left a core(5) behind
 */
public record ExitStatus(int code, int signal, boolean coreDumped) {
    /** By number, from 1: those of the generic kernel ABI, which x86-64 and aarch64 share; signal(7). */
    private static final List<String> SIGNALS = List.of("HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL",
        "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
        "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS");

    static final ExitStatus UNKNOWN = new ExitStatus(-1, 0, false);

    static ExitStatus exited(int code) {
        return new ExitStatus(code, 0, false);
    }

    static ExitStatus signalled(int signal, boolean coreDumped) {
        return new ExitStatus(128 + signal, signal, coreDumped);
    }

    /** From what waitid(2) tells: si_code and si_status. */
    static ExitStatus of(int code, int value) {
        return code == Consts.CLD_EXITED ? exited(value) : signalled(value, code == Consts.CLD_DUMPED);
    }

    /** From what wait(2) tells. */
    static ExitStatus ofWait(int status) {
        return (status & 0x7F) == 0 ? exited(status >> 8 & 0xFF) : signalled(status & 0x7F, (status & 0x80) != 0);
    }

    /** The number of a signal by its name, such as {@code TERM}; -1 if there is none. */
    static int signalNumber(String name) {
        int index = SIGNALS.indexOf(name);
        return index < 0 ? -1 : index + 1;
    }

    /** Whether the process ended by itself, with code 0. */
    public boolean isSuccess() {
        return code == 0;
    }

    /** The name of the signal that ended the process, such as {@code SIGKILL}; empty if none did. */
    public String signalName() {
        return signal == 0 ? "" : signal <= SIGNALS.size() ? "SIG" + SIGNALS.get(signal - 1) : "signal " + signal;
    }

    /** In words, such as {@code exit code 3} or {@code SIGSEGV, core dumped}. */
    @Override
    public String toString() {
        if (signal != 0) {
            return signalName() + (coreDumped ? ", core dumped" : "");
        }
        return code < 0 ? "unknown, taken by another wait(2)" : "exit code " + code;
    }
}
