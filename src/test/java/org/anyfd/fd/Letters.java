package org.anyfd.fd;

import java.nio.charset.Charset;

/** Letters beyond ASCII, as far as the locale has any: in the locale C of a bare environment there are none. */
final class Letters {
    private static final Charset NAMES = Charset.forName(System.getProperty("sun.jnu.encoding"));

    private Letters() {
    }

    /** The text, or what of it is ASCII if file names and arguments cannot hold all of it here. */
    static String of(String text) {
        return NAMES.newEncoder().canEncode(text) ? text : text.replaceAll("[^\\p{ASCII}]", "");
    }
}
