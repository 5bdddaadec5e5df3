package org.anyfd.fd;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a child JVM of {@link TtyEndTest} runs: changes the terminal that is its standard input, or only reads from it, and
 * ends as it is told to. Says on its standard output how far it is.
 */
final class TtyProbe {
    /** How the probe ends. */
    enum End { RETURN, EXIT, THROW, HALT, WAIT }

    private TtyProbe() {
    }

    /** Arguments: a mode, or {@code ASK} to leave it alone; an {@link End}. */
    public static void main(String[] args) throws IOException {
        TtyChannel tty;
        try {
            tty = TtyChannel.borrow(0);
        } catch (IOException e) {
            System.out.println(e.getMessage());
            return;
        }
        if (!args[0].equals("ASK")) {
            tty.setMode(TtyMode.valueOf(args[0]));
        }
        System.out.println(tty.mode() + " " + tty.size());
        switch (End.valueOf(args[1])) {
            case RETURN -> { }
            case EXIT -> System.exit(0);
            case THROW -> throw new IOException("on purpose");
            case HALT -> Runtime.getRuntime().halt(0);
            case WAIT -> {
                ByteBuffer dst = ByteBuffer.allocate(100);
                while (tty.read(dst.clear()) >= 0) {
                    System.out.println(US_ASCII.decode(dst.flip()).toString().strip());
                }
                System.out.println("end");
            }
        }
    }
}
