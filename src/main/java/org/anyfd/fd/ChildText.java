package org.anyfd.fd;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.anyfd.sys.FileNames;

/** The arguments and the environment of a child, in the bytes that {@link ProcessBuilder#start} would give it. */
final class ChildText {
    /** Until JDK 18 (JEP 400) that of {@code file.encoding}. */
    private static final Charset ENCODING = Runtime.version().feature() < 18 ? Charset.defaultCharset() : FileNames.ENCODING;
    private static final char REPLACEMENT = '\uFFFD';

    private ChildText() {
    }

    static byte[] argument(String text) {
        return text.getBytes(ENCODING);
    }

    /**
     * A variable, as {@code NAME=value}. One that this JVM has inherited, and could not decode, is passed on as it is: a
     * UTF-8 text in the POSIX locale, which is that of many a container.
     */
    static byte[] variable(String name, String value) {
        String text = name + "=" + value;
        byte[] inherited = text.indexOf(REPLACEMENT) < 0 ? null : inherited(text);
        return inherited != null ? inherited : argument(text);
    }

    /** The bytes that were decoded to a text; null if there are none, or no /proc. */
    private static byte[] inherited(String text) {
        byte[] all;
        try {
            all = Files.readAllBytes(Path.of("/proc/self/environ"));
        } catch (IOException e) {
            return null;
        }
        // ISO 8859-1 has a character for each byte.
        for (String variable : new String(all, StandardCharsets.ISO_8859_1).split("\0")) {
            byte[] bytes = variable.getBytes(StandardCharsets.ISO_8859_1);
            if (new String(bytes, ENCODING).equals(text)) {
                return bytes;
            }
        }
        return null;
    }
}
