package org.anyfd.fd;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/**
 * What a child JVM of {@link TtyEndTest} runs: changes the terminal that is its standard input, or only reads from it,
 * and ends as it is told to. Says on its standard output how far it is.
 */
final class TtyProbe {
    /** How the probe ends. */
    enum End { RETURN, EXIT, THROW, HALT, WAIT, RESIZE }

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
            case RESIZE -> tellSizes(tty);
        }
    }

    /** Tells each new size, until something is typed. */
    private static void tellSizes(TtyChannel tty) throws IOException {
        try (Selector selector = Selector.open(); SignalChannel resized = SignalChannel.open("WINCH")) {
            resized.configureBlocking(false).register(selector, SelectionKey.OP_READ);
            SelectionKey typed = tty.configureBlocking(false).register(selector, SelectionKey.OP_READ);
            System.out.println("watching");
            while (selector.select() > 0 && !selector.selectedKeys().contains(typed)) {
                selector.selectedKeys().clear();
                resized.take();
                System.out.println(tty.size().columns() + "x" + tty.size().rows());
            }
        }
    }
}
