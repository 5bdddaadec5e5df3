package org.anyfd.examples;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.anyfd.fd.PtyChannel;

/** Who sits at the user's side of a pty, or at the other end of a serial line: types, and looks at what is shown. */
final class Person implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 40;

    private final PtyChannel pty;
    private final Selector selector;
    private final ByteBuffer buffer = ByteBuffer.allocate(4096);
    /** What was shown and not yet looked for. */
    private final StringBuilder unseen = new StringBuilder();

    Person(PtyChannel pty) throws IOException {
        this.pty = pty;
        pty.configureBlocking(false);
        selector = Selector.open();
        pty.register(selector, SelectionKey.OP_READ);
    }

    /** Fewer bytes at once than a terminal takes. */
    void type(String text) throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        int all = bytes.remaining();
        if (pty.write(bytes) != all) {
            throw new AssertionError("the terminal took only a part of: " + text);
        }
    }

    void sees(String text) throws IOException {
        seesMatch(Pattern.quote(text));
    }

    /** Looks on until the pattern is shown; what came before it counts as seen. */
    Matcher seesMatch(String pattern) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        Pattern compiled = Pattern.compile(pattern);
        while (true) {
            Matcher found = compiled.matcher(unseen.toString());
            if (found.find()) {
                unseen.delete(0, found.end());
                return found;
            }
            long leftMillis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (leftMillis <= 0 || selector.select(leftMillis) > 0 && pty.read(buffer.clear()) < 0) {
                throw new AssertionError("no " + pattern + " in: " + unseen);
            }
            selector.selectedKeys().clear();
            unseen.append(StandardCharsets.UTF_8.decode(buffer.flip()));
            buffer.clear().flip();
        }
    }

    @Override
    public void close() throws IOException {
        pty.close();
        selector.close();
    }
}
