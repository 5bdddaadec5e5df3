package org.anyfd.fd;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import org.anyfd.channel.Attempt;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.FileNames;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * The standard streams of a child while it is started, opened as a {@link ProcessBuilder} has them: the ends that it is
 * given, and those that stay here. What it is given otherwise goes before; and if it has a terminal, that is in the place
 * of pipes. Used by one thread.
 */
final class ChildStreams {
    private static final int INPUT = 0;
    private static final int OUTPUT = 1;
    private static final int ERROR = 2;
    private static final int NONE = -1;
    private static final int MODE = 0666;

    private final int[] theirs = {NONE, NONE, NONE};
    private final int[] ours = {NONE, NONE, NONE};

    /**
     * Opens pipes and files, and puts them into a start.
     *
     * @throws java.nio.file.FileSystemException if a file cannot be opened
     * @throws IOException if the kernel gives no descriptors (EMFILE, ENFILE); nothing is left open in either case
     */
    ChildStreams(ProcessBuilder builder, Spawn spawn) throws IOException {
        try {
            open(INPUT, builder.redirectInput(), spawn);
            open(OUTPUT, builder.redirectOutput(), spawn);
            if (!builder.redirectErrorStream()) {
                open(ERROR, builder.redirectError(), spawn);
            } else if (!spawn.hasGiven(ERROR) && (spawn.hasGiven(OUTPUT) || !spawn.hasTerminal())) {
                spawn.giveSame(ERROR, OUTPUT);
            }
        } catch (IOException | RuntimeException e) {
            close(theirs);
            close(ours);
            throw e;
        }
    }

    private void open(int stream, Redirect redirect, Spawn spawn) throws IOException {
        Redirect.Type type = redirect.type();
        if (spawn.hasGiven(stream) || type == (spawn.hasTerminal() ? Redirect.Type.PIPE : Redirect.Type.INHERIT)) {
            return;
        }
        switch (type) {
            case PIPE -> openPipe(stream);
            case READ -> theirs[stream] = open(redirect.file(), Consts.O_RDONLY);
            case WRITE -> theirs[stream] = open(redirect.file(), Consts.O_WRONLY | Consts.O_CREAT | Consts.O_TRUNC);
            case APPEND -> theirs[stream] = open(redirect.file(), Consts.O_WRONLY | Consts.O_CREAT | Consts.O_APPEND);
            case INHERIT -> { }
        }
        spawn.give(stream, type == Redirect.Type.INHERIT ? stream : theirs[stream]);
    }

    /** Each end has a file description of its own, so that only ours is non-blocking. */
    private void openPipe(int stream) throws IOException {
        Scratch s = Scratch.take();
        try {
            int r = Sys.pipe2(s.smallAddress(), Consts.O_CLOEXEC);
            if (r < 0) {
                throw Errno.failed("pipe2()", -r);
            }
            int reading = s.small().getInt(0);
            int writing = s.small().getInt(Integer.BYTES);
            theirs[stream] = stream == INPUT ? reading : writing;
            ours[stream] = stream == INPUT ? writing : reading;
            Sys.fcntl(ours[stream], Consts.F_SETFL, Consts.O_NONBLOCK);
        } finally {
            s.give();
        }
    }

    /** Opens a file as the child is to have it: a FIFO waits for its other end. */
    private static int open(File file, int flags) throws IOException {
        byte[] name = FileNames.bytes(file.getPath());
        int fd;
        do {
            fd = FileNames.call(name, n -> Sys.open(n, flags | Consts.O_NOCTTY | Consts.O_CLOEXEC, MODE));
        } while (fd == -Errno.EINTR);
        if (fd < 0) {
            throw Errno.fileException(file.getPath(), -fd);
        }
        return fd;
    }

    /** The child has its copies, or was not started. */
    void closeTheirs() {
        close(theirs);
    }

    void closeOurs() {
        close(ours);
    }

    private static void close(int[] descriptors) {
        for (int fd : descriptors) {
            if (fd != NONE) {
                Sys.close(fd);
            }
        }
    }

    /** The channel of our end, which owns it; null if there is none. */
    FdChannel channel(int stream) {
        int fd = ours[stream];
        return fd == NONE ? null
            : new FdChannel(Fd.own(fd), fd, Attempt.PLAIN, stream == INPUT ? Consts.O_WRONLY : Consts.O_RDONLY);
    }
}
