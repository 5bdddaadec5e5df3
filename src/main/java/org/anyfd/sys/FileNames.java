package org.anyfd.sys;

import java.nio.charset.Charset;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;

/** Internal. File names as the kernel has them: bytes, in the encoding in which the JDK's own file system writes them. */
public final class FileNames {
    private static final Charset ENCODING = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

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
        return bytes(path.toString());
    }

    /** As the JDK encodes the arguments and the environment of a process. */
    public static byte[] bytes(String name) {
        return name.getBytes(ENCODING);
    }

    public static String string(byte[] name) {
        return new String(name, ENCODING);
    }
}
