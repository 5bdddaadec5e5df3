package org.anyfd.sys;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.util.Arrays;

/**
 * Internal. File names as the kernel has them: bytes, in the encoding in which the JDK's own file system writes them.
 *
 * <p>A name need not be text in that encoding. A {@link Path} has its bytes all the same, but gives them away only as a
 * URI, and takes them only so.
 */
public final class FileNames {
    public static final Charset ENCODING = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    /** What stands in a text for bytes that are none in the encoding. */
    private static final char REPLACEMENT = '\uFFFD';

    private FileNames() {
    }

    /**
     * The bytes of a path, without a final NUL.
     *
     * @throws ProviderMismatchException if it belongs to another file system than the default one
     */
    public static byte[] bytes(Path path) {
        if (path.getFileSystem() != FileSystems.getDefault()) {
            throw new ProviderMismatchException("Not a path of the default file system: " + path);
        }
        String text = path.toString();
        return text.indexOf(REPLACEMENT) < 0 ? bytes(text) : unescaped(path.toUri().getRawPath());
    }

    public static byte[] bytes(String name) {
        return name.getBytes(ENCODING);
    }

    /** A call on a name. */
    public interface Call {
        /** @param name the address of its bytes, with a final NUL; n >= 0 or -errno */
        int on(long name);
    }

    /** Makes a call on a name; -ENAMETOOLONG if it is longer than a path can be. */
    public static int call(byte[] name, Call call) {
        if (name.length >= Scratch.SMALL) {
            return -Errno.ENAMETOOLONG;
        }
        Scratch s = Scratch.take();
        try {
            s.small().put(0, name).put(name.length, (byte) 0);
            return call.on(s.smallAddress());
        } finally {
            s.give();
        }
    }

    /** A name, without a slash, as a relative path of the default file system. */
    public static Path path(byte[] name) {
        String text = string(name);
        return Arrays.equals(bytes(text), name) && text.indexOf(REPLACEMENT) < 0
            ? Path.of(text)
            : Path.of(URI.create("file:///" + escaped(name))).getFileName();
    }

    private static String escaped(byte[] name) {
        StringBuilder uri = new StringBuilder();
        for (byte b : name) {
            uri.append(String.format("%%%02X", b & 0xFF));
        }
        return uri.toString();
    }

    private static byte[] unescaped(String uri) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        // Of a directory the URI ends with a slash.
        int end = uri.endsWith("/") ? uri.length() - 1 : uri.length();
        for (int i = 0; i < end; i++) {
            if (uri.charAt(i) == '%') {
                bytes.write(Integer.parseInt(uri, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.write(uri.charAt(i));
            }
        }
        return bytes.toByteArray();
    }

    public static String string(byte[] name) {
        return new String(name, ENCODING);
    }
}
