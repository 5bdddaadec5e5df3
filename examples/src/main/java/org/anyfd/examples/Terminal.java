package org.anyfd.examples;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;

import org.anyfd.fd.SignalChannel;
import org.anyfd.fd.TimerFdChannel;
import org.anyfd.fd.TtyChannel;
import org.anyfd.fd.TtyMode;
import org.anyfd.fd.WindowSize;

/**
 * A chat on the terminal. The last line is edited key by key, with a clock and the window's size before it; what guests
 * send over TCP appears above, in the middle of your typing. One thread and one selector for keys, resizes, seconds and
 * sockets. Control-C, or Control-D on an empty line, ends it, and leaves the terminal as it was.
 *
 * <pre>
 *   examples/run Terminal 7008
 *   nc localhost 7008            in another window, or in several
 * </pre>
 */
public final class Terminal implements Closeable {
    /** What to do when a channel is ready. */
    private interface Action {
        void run() throws IOException;
    }

    private static final char CONTROL_C = 3;
    private static final char CONTROL_D = 4;
    private static final char CONTROL_L = 12;
    private static final String TO_LINE_START_AND_CLEAR = "\r\033[K";
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss");

    private final TtyChannel tty;
    private final SelectionKey ttyKey;
    private final Selector selector = Selector.open();
    private final LineEditor editor = new LineEditor();
    private final CharsetDecoder keys = StandardCharsets.UTF_8.newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE).onUnmappableCharacter(CodingErrorAction.REPLACE);
    private final ByteBuffer typed = ByteBuffer.allocateDirect(1024);
    private final ByteBuffer heard = ByteBuffer.allocateDirect(1024);
    /** What the terminal has not taken yet. */
    private ByteBuffer unwritten = ByteBuffer.allocate(0);
    private WindowSize size;
    private int guests;
    private boolean done;

    private Terminal(TtyChannel tty, int port) throws IOException {
        this.tty = tty;
        size = tty.size();
        ttyKey = watch(tty, SelectionKey.OP_READ, this::onTerminal);

        // CONT: the program was stopped, and the shell has put its own mode back.
        SignalChannel signals = SignalChannel.open("WINCH", "CONT");
        watch(signals, SelectionKey.OP_READ, () -> onSignal(signals));

        TimerFdChannel seconds = TimerFdChannel.open();
        seconds.scheduleAtFixedRate(Duration.ofSeconds(1), Duration.ofSeconds(1));
        watch(seconds, SelectionKey.OP_READ, () -> {
            seconds.takeExpirations();
            show("");
        });

        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        watch(server, SelectionKey.OP_ACCEPT, () -> onGuest(server.accept()));

        tty.setMode(TtyMode.RAW);
        show("guests come by: nc localhost " + ((InetSocketAddress) server.getLocalAddress()).getPort() + "\r\n");
    }

    public static void main(String[] args) throws IOException {
        int port = new Arguments("Terminal [PORT]", args).port(0, 7008);
        try (TtyChannel tty = TtyChannel.open(); Terminal terminal = new Terminal(tty, port)) {
            terminal.run();
        } catch (FileSystemException noTerminal) {
            System.err.println(noTerminal.getMessage());
            System.exit(1);
        }
    }

    private void run() throws IOException {
        while (!done) {
            selector.select();
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.isValid()) {
                    ((Action) key.attachment()).run();
                }
            }
            selector.selectedKeys().clear();
        }
    }

    @Override
    public void close() throws IOException {
        write(TO_LINE_START_AND_CLEAR);
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }

    private SelectionKey watch(SelectableChannel channel, int ops, Action action) throws IOException {
        return channel.configureBlocking(false).register(selector, ops, action);
    }

    private void onTerminal() throws IOException {
        if (ttyKey.isWritable()) {
            flush();
        }
        if (!ttyKey.isReadable()) {
            return;
        }
        if (tty.read(typed) < 0) {
            done = true; // the window was closed
        }
        CharBuffer chars = CharBuffer.allocate(typed.capacity());
        keys.decode(typed.flip(), chars, false);
        typed.compact();
        chars.flip();
        while (chars.hasRemaining() && !done) {
            onKey(chars.get());
        }
        show("");
    }

    private void onKey(char key) throws IOException {
        if (key == CONTROL_C || key == CONTROL_D && editor.isEmpty()) {
            done = true;
        } else if (key == CONTROL_L) {
            write("\033[2J\033[H");
        } else {
            String line = editor.type(key);
            if (line != null && !line.isBlank()) {
                show("you: " + line + "\r\n");
                tellGuests(line + "\n");
            }
        }
    }

    private void onSignal(SignalChannel signals) throws IOException {
        if (signals.take().name().equals("CONT")) {
            tty.setMode(TtyMode.RAW);
        }
        size = tty.size();
        show("");
    }

    private void onGuest(SocketChannel guest) throws IOException {
        String name = "guest " + ++guests;
        StringBuilder line = new StringBuilder();
        watch(guest, SelectionKey.OP_READ, () -> onWords(guest, name, line));
        show(name + " has come\r\n");
    }

    /** Shows each line of a guest when it is complete. */
    private void onWords(SocketChannel guest, String name, StringBuilder line) throws IOException {
        int n;
        try {
            n = guest.read(heard.clear());
        } catch (IOException broken) {
            n = -1;
        }
        if (n < 0) {
            guest.close();
            show(name + " has gone\r\n");
            return;
        }
        line.append(StandardCharsets.UTF_8.decode(heard.flip()));
        for (int end = line.indexOf("\n"); end >= 0; end = line.indexOf("\n")) {
            show(name + ": " + line.substring(0, end).replaceAll("\\p{Cntrl}", "") + "\r\n");
            line.delete(0, end + 1);
        }
    }

    /** Guests who do not listen miss something. */
    private void tellGuests(String line) {
        for (SelectionKey key : selector.keys()) {
            if (key.isValid() && key.channel() instanceof SocketChannel guest) {
                try {
                    guest.write(StandardCharsets.UTF_8.encode(line));
                } catch (IOException broken) {
                    key.cancel();
                }
            }
        }
    }

    /** Shows lines above the one that is edited, and that one anew. */
    private void show(String above) throws IOException {
        String prompt = LocalTime.now().format(CLOCK) + " " + size.columns() + "x" + size.rows() + "> ";
        int columns = Math.max(1, size.columns() - prompt.length());
        int cursor = prompt.length() + editor.cursorColumn(columns);
        write(TO_LINE_START_AND_CLEAR + above + prompt + editor.visible(columns) + "\r\033[" + cursor + "C");
    }

    private void write(String text) throws IOException {
        ByteBuffer more = StandardCharsets.UTF_8.encode(text);
        unwritten = ByteBuffer.allocate(unwritten.remaining() + more.remaining()).put(unwritten).put(more).flip();
        flush();
    }

    private void flush() throws IOException {
        tty.write(unwritten);
        ttyKey.interestOps(SelectionKey.OP_READ | (unwritten.hasRemaining() ? SelectionKey.OP_WRITE : 0));
    }
}
