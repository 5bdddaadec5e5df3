package org.anyfd.all;

import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;

import static java.nio.charset.StandardCharsets.UTF_8;

/** The output of {@code watch}: a line for each event, written as it comes. */
final class Lines {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

    private final PrintStream out;
    private long events;

    Lines(PrintStream out) {
        this.out = out;
    }

    /** An event. */
    void event(String who, String what) {
        events++;
        note(who, what);
    }

    /** A line about the watching itself. */
    void note(String who, String what) {
        out.println(LocalTime.now().format(TIME) + "  " + who + ": " + what);
        out.flush();
    }

    /** How many events there were. */
    long events() {
        return events;
    }

    /** Whether nobody reads the output any more, as after {@code | head}. */
    boolean lost() {
        return out.checkError();
    }

    /** The bytes of a buffer as text, quoted, so that they cannot do anything to the terminal they are printed on. */
    static String quoted(ByteBuffer bytes) {
        int count = bytes.remaining();
        StringBuilder text = new StringBuilder().append(count).append(count == 1 ? " byte \"" : " bytes \"");
        UTF_8.decode(bytes).codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                case '"', '\\' -> text.append('\\').append((char) c);
                default -> {
                    if (Character.isISOControl(c)) {
                        text.append(String.format("\\u%04x", c));
                    } else {
                        text.appendCodePoint(c);
                    }
                }
            }
        });
        return text.append('"').toString();
    }
}
