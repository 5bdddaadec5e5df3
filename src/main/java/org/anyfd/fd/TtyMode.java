package org.anyfd.fd;

/** What the kernel does to the bytes that pass a terminal, as {@code stty(1)} and curses name it. */
public enum TtyMode {
    /** Input comes in lines, which the user can edit; control characters send signals. As a shell leaves a terminal. */
    COOKED,
    /**
     * Input comes as it is typed and is not echoed. Control characters still send signals, Enter is {@code \n}, and
     * output is processed.
     */
    CBREAK,
    /**
     * Bytes pass as they are, both ways: no editing, no echo, no signals, no flow control by control characters; Enter
     * is {@code \r}, and a new line of output needs {@code \r\n}.
     */
    RAW
}
