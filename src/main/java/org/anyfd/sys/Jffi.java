package org.anyfd.sys;

import com.kenai.jffi.Invoker;
import com.kenai.jffi.LastError;
import com.kenai.jffi.Library;
import com.kenai.jffi.MemoryIO;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Internal. jffi, the engine of JNR-FFI, as far as it is needed; loading this class loads it. On a machine that anyfd does
 * not support jffi, which may not know it either, is left alone, and all of these are null.
 */
final class Jffi {
    static final MemoryIO MEMORY;
    static final Invoker INVOKER;
    static final LastError ERRNO;
    /** The C library is among what this process has loaded already. */
    static final Library LOADED;

    private static final String BOOT_PATH = "jffi.boot.library.path";
    private static final String NAME = "libjffi-1.2.so";

    static {
        if (Platform.SUPPORTED) {
            Path unpacked = unpack();
            try {
                MEMORY = MemoryIO.getInstance();
            } finally {
                remove(unpacked);
            }
            INVOKER = Invoker.getInstance();
            ERRNO = LastError.getInstance();
            LOADED = Library.getDefault();
        } else {
            MEMORY = null;
            INVOKER = null;
            ERRNO = null;
            LOADED = null;
        }
    }

    private Jffi() {
    }

    /**
     * Has jffi find its library unpacked, in a directory of ours which nobody else can write to. It would do it by itself,
     * but takes 20 ms for that (it looks in five other directories, formats a message for each, and draws the file's name
     * from SecureRandom), and leaves the file behind when the JVM is killed.
     *
     * @return the library, to be removed once it is loaded; or null, and jffi does as the user has said, or does it all by
     *     itself, and says what is wrong if it cannot
     */
    private static Path unpack() {
        if (System.getProperty(BOOT_PATH) != null || System.getProperty("jffi.extract.dir") != null
                || System.getProperty("jffi.extract.name") != null) {
            return null;
        }
        String resource = "/jni/" + (Platform.X86_64 ? "x86_64" : "aarch64") + "-Linux/" + NAME;
        try (InputStream library = MemoryIO.class.getResourceAsStream(resource)) {
            return library == null ? null : unpack(library);
        } catch (IOException | InvalidPathException e) {
            return null;
        }
    }

    private static Path unpack(InputStream library) throws IOException {
        Path directory = Path.of(System.getProperty("java.io.tmpdir"), "anyfd-" + Long.toHexString(System.nanoTime()));
        Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path file = directory.resolve(NAME);
        try {
            Files.copy(library, file);
        } catch (IOException e) {
            remove(file);
            throw e;
        }
        System.setProperty(BOOT_PATH, directory.toString());
        return file;
    }

    private static void remove(Path file) {
        if (file == null) {
            return;
        }
        System.clearProperty(BOOT_PATH);
        try {
            Files.deleteIfExists(file);
            Files.delete(file.getParent());
        } catch (IOException e) {
            // Somebody cleans the temporary directory: what is left of it is his.
        }
    }
}
