package org.anyfd.fd;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.FileNames;
import org.anyfd.sys.Sys;

/**
 * Open options, as {@link java.nio.file.Files#newByteChannel(Path, OpenOption...)} takes them, and the flags of open(2)
 * that they mean.
 */
record OpenFlags(int flags, boolean deleteOnClose) {
    private static final int MODE = 0666;

    /**
     * Reads the options.
     *
     * @throws IllegalArgumentException if they contradict each other
     * @throws UnsupportedOperationException if one is unknown
     */
    static OpenFlags of(OpenOption... options) {
        boolean read = false;
        boolean write = false;
        boolean delete = false;
        int flags = 0;
        for (OpenOption option : options) {
            Objects.requireNonNull(option);
            if (option == LinkOption.NOFOLLOW_LINKS) {
                flags |= Consts.O_NOFOLLOW;
            } else if (option instanceof StandardOpenOption standard) {
                read |= standard == StandardOpenOption.READ;
                write |= standard == StandardOpenOption.WRITE || standard == StandardOpenOption.APPEND;
                delete |= standard == StandardOpenOption.DELETE_ON_CLOSE;
                flags |= flag(standard);
            } else {
                throw new UnsupportedOperationException(option + " not supported");
            }
        }
        if ((flags & Consts.O_APPEND) != 0 && read) {
            throw new IllegalArgumentException("READ + APPEND not allowed");
        }
        if ((flags & Consts.O_APPEND) != 0 && (flags & Consts.O_TRUNC) != 0) {
            throw new IllegalArgumentException("APPEND + TRUNCATE_EXISTING not allowed");
        }
        if (delete && (flags & Consts.O_EXCL) == 0) {
            // As the JDK: what is opened must be what is deleted by that name, not what a link leads to.
            flags |= Consts.O_NOFOLLOW;
        }
        if (!write) {
            flags &= ~(Consts.O_CREAT | Consts.O_EXCL | Consts.O_TRUNC);
        }
        return new OpenFlags(flags | (!write ? Consts.O_RDONLY : read ? Consts.O_RDWR : Consts.O_WRONLY), delete);
    }

    private static int flag(StandardOpenOption option) {
        return switch (option) {
            case APPEND -> Consts.O_APPEND;
            case TRUNCATE_EXISTING -> Consts.O_TRUNC;
            case CREATE -> Consts.O_CREAT;
            case CREATE_NEW -> Consts.O_CREAT | Consts.O_EXCL;
            case SYNC -> Consts.O_SYNC;
            case DSYNC -> Consts.O_DSYNC;
            // Linux needs no hint for a sparse file.
            case READ, WRITE, DELETE_ON_CLOSE, SPARSE -> 0;
        };
    }

    int accessMode() {
        return flags & Consts.O_ACCMODE;
    }

    /** Opens a file; the caller owns the descriptor, which is non-blocking. Deleting on close is deleting at once. */
    int open(Path path) throws IOException {
        byte[] name = FileNames.bytes(path);
        int fd = FileNames.call(name,
            n -> Sys.open(n, flags | Consts.O_NONBLOCK | Consts.O_NOCTTY | Consts.O_CLOEXEC, MODE));
        if (fd == -Errno.ELOOP && (flags & Consts.O_NOFOLLOW) != 0) {
            throw new FileSystemException(path.toString(), null, Errno.text(-fd) + " (NOFOLLOW_LINKS specified)");
        }
        if (fd < 0) {
            throw Errno.fileException(path.toString(), -fd);
        }
        if (deleteOnClose) {
            FileNames.call(name, Sys::unlink);
        }
        return fd;
    }
}
