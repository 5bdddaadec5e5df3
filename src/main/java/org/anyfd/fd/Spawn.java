package org.anyfd.fd;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.channel.Selectable;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.FileNames;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Processes;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * One start of a program by posix_spawn(3), which copies nothing of a large JVM and needs no helper program. Used once,
 * by one thread.
 *
 * <p>Command, environment and directory are those of a {@link ProcessBuilder}. The child has the JVM's descriptors 0, 1
 * and 2, or what is put there, and no others, whatever their close-on-exec flags. Its signals are unblocked, and have
 * their default actions; but SIGHUP, SIGINT and SIGQUIT stay ignored if they are, as nohup(1) and a shell's {@code &}
 * mean it, unless the child has a session of its own.
 */
final class Spawn {
    // The parts of the memory that the functions are given.
    private static final int ACTIONS = 0;
    private static final int ATTR = ACTIONS + Layouts.POSIX_SPAWN_FILE_ACTIONS;
    private static final int DEFAULTS = ATTR + Layouts.POSIX_SPAWNATTR;
    private static final int MASK = DEFAULTS + Layouts.SIGSET;
    private static final int PID = MASK + Layouts.SIGSET;
    private static final int POINTERS = PID + Long.BYTES;

    /** {@code <signal.h>}: a handler, not a number. */
    private static final long SIG_IGN = 1;
    private static final long IGNORABLE = bit(Consts.SIGHUP) | bit(Consts.SIGINT) | bit(Consts.SIGQUIT);

    /** How many files other threads may open, and not close again, while a program is started. */
    private static final int MEANWHILE = 64;

    private final ProcessBuilder builder;
    /** What the child has under a number. */
    private final TreeMap<Integer, Source> given = new TreeMap<>();
    /** What was made for the start alone. */
    private final List<Integer> duplicates = new ArrayList<>();
    private Path terminal;
    private boolean newSession;
    private boolean closesByList;

    /**
     * Prepares a start.
     *
     * @throws IndexOutOfBoundsException if the command is empty
     * @throws NullPointerException if an element of it is null
     * @throws IOException if one contains the NUL character
     */
    Spawn(ProcessBuilder builder) throws IOException {
        this.builder = builder;
        builder.command().get(0);
        for (String argument : builder.command()) {
            if (argument.indexOf('\0') >= 0) {
                throw new IOException("invalid null character in command");
            }
        }
    }

    private static long bit(int signal) {
        return 1L << signal - 1;
    }

    /** A descriptor to give away. */
    private interface Source {
        /** Its number, or that of a duplicate with a number above top if its own is not; or -errno. */
        int above(int top) throws IOException;
    }

    /** Gives the child a duplicate of a descriptor, under a number. */
    Spawn give(int number, int descriptor) {
        given.put(number, top -> descriptor > top ? descriptor : duplicate(descriptor, top));
        return this;
    }

    /** Gives the child a duplicate of a channel's descriptor, under a number. The channel may be closed at any time. */
    Spawn give(int number, NativeSelectableChannel channel) {
        given.put(number, top -> {
            Fd held = channel instanceof Selectable ours ? ours.fd() : Fd.borrow(channel.getFD());
            if (!held.acquire()) {
                throw new ClosedChannelException();
            }
            try {
                if (channel instanceof Selectable ours) {
                    ours.passed();
                }
                int reopened = reopenPipe(channel.getFD());
                return duplicate(reopened >= 0 ? reopened : channel.getFD(), top);
            } finally {
                held.release();
            }
        });
        return this;
    }

    /**
     * The same end of a pipe, in blocking mode, as programs expect it: O_NONBLOCK lies in the file description, of which
     * this makes another one. -errno if it is no pipe, or not permitted.
     */
    private int reopenPipe(int descriptor) throws IOException {
        String link = "/proc/self/fd/" + descriptor;
        if (!Files.readSymbolicLink(Path.of(link)).toString().startsWith("pipe:")) {
            return -Errno.EINVAL;
        }
        int flags = Sys.fcntl(descriptor, Consts.F_GETFL, 0) & Consts.O_ACCMODE | Consts.O_CLOEXEC;
        int reopened = FileNames.call(FileNames.bytes(link), name -> Sys.open(name, flags, 0));
        if (reopened >= 0) {
            duplicates.add(reopened);
        }
        return reopened;
    }

    private int duplicate(int descriptor, int top) {
        int duplicate = Sys.fcntl(descriptor, Consts.F_DUPFD_CLOEXEC, top + 1);
        if (duplicate >= 0) {
            duplicates.add(duplicate);
        }
        return duplicate;
    }

    /** Whether the child's number is decided. */
    boolean hasGiven(int number) {
        return given.containsKey(number);
    }

    /** Gives the child under a number what it has under another, or else what we have there. */
    Spawn giveSame(int number, int as) {
        given.put(number, given.getOrDefault(as, top -> duplicate(as, top)));
        return this;
    }

    /** Has the child lead a session, and a process group, of its own: setsid(2). */
    Spawn newSession() {
        newSession = true;
        return this;
    }

    /** Has the child lead a session on a terminal, which is its 0, 1 and 2 where nothing else is given. */
    Spawn terminal(Path slave) {
        terminal = slave;
        return newSession();
    }

    /** Whether the child is to lead a session and a process group. */
    boolean leads() {
        return newSession;
    }

    boolean hasTerminal() {
        return terminal != null;
    }

    /** As with a C library that has no posix_spawn_file_actions_addclosefrom_np. */
    Spawn closesByList() {
        closesByList = true;
        return this;
    }

    /**
     * Starts the program.
     *
     * @return the process's number, which stays its own until it is waited for
     * @throws IOException in the words of {@link ProcessBuilder#start} if the program cannot be run
     */
    int start() throws IOException {
        stopIgnoringChildren();
        List<String> command = builder.command();
        int pid = start(command);
        if (pid == -Errno.ENOEXEC) {
            // A script without a first line that names its interpreter is the shell's, as execvp(3) has it.
            List<String> shell = new ArrayList<>(command);
            shell.set(0, found(command.get(0), System.getenv("PATH")));
            shell.add(0, "/bin/sh");
            pid = start(shell);
        }
        if (pid < 0) {
            File directory = builder.directory();
            throw new IOException("Cannot run program \"" + command.get(0) + "\""
                + (directory == null ? "" : " (in directory \"" + directory + "\")")
                + ": error=" + -pid + ", " + Errno.text(-pid));
        }
        return pid;
    }

    /** Where posix_spawnp(3) has found a program: the shell looks for a script in its directory alone. */
    private static String found(String program, String path) {
        if (path != null && program.indexOf('/') < 0) {
            for (String directory : path.split(":", -1)) {
                File file = new File(directory.isEmpty() ? "." : directory, program);
                if (file.isFile() && file.canExecute()) {
                    return file.getPath();
                }
            }
        }
        return program;
    }

    /** A JVM that was started with SIGCHLD ignored would never learn how a child ended: wait(2). */
    private static void stopIgnoringChildren() {
        Scratch s = Scratch.take();
        try {
            ByteBuffer m = s.small();
            Processes.sigaction(Consts.SIGCHLD, 0, s.smallAddress());
            if (m.getLong(Layouts.SIGACTION_HANDLER) == SIG_IGN) {
                m.put(0, new byte[Layouts.SIGACTION]);
                Processes.sigaction(Consts.SIGCHLD, s.smallAddress(), 0);
            }
        } finally {
            s.give();
        }
    }

    /** The process's number, or -errno. */
    private int start(List<String> command) throws IOException {
        try (Memory m = new Memory(command, builder.environment())) {
            int r = m.begin(newSession ? ~0L : ~IGNORABLE, newSession);
            if (r >= 0) {
                r = addActions(m);
            }
            return r < 0 ? r : m.spawn();
        } finally {
            duplicates.forEach(Sys::close);
            duplicates.clear();
        }
    }

    private int addActions(Memory m) throws IOException {
        int top = given.isEmpty() ? 2 : Math.max(2, given.lastKey());
        int r = terminal == null ? 0 : addTerminal(m);
        for (Map.Entry<Integer, Source> entry : given.entrySet()) {
            // Out of the way of what is put under the child's numbers, and of its own, where it would keep close-on-exec.
            int source = r < 0 ? r : entry.getValue().above(top);
            r = source < 0 ? source : Processes.addDup2(m.actions(), source, entry.getKey());
        }
        for (int number = 3; r >= 0 && number < top; number++) {
            r = given.containsKey(number) ? r : Processes.addClose(m.actions(), number);
        }
        r = r < 0 ? r : addCloseFrom(m, top + 1);
        return r < 0 || builder.directory() == null ? r : addChdir(m, builder.directory());
    }

    /** What a session's leader opens becomes its controlling terminal: tty(4). */
    private int addTerminal(Memory m) {
        int r = FileNames.call(FileNames.bytes(terminal),
            name -> Processes.addOpen(m.actions(), 0, name, Consts.O_RDWR, 0));
        r = r < 0 ? r : Processes.addDup2(m.actions(), 0, 1);
        return r < 0 ? r : Processes.addDup2(m.actions(), 0, 2);
    }

    /**
     * Close-on-exec closes what anyfd opens; the JDK's sockets and many a library's files do not have it. Before glibc
     * 2.34, and on musl, those that are open now are closed by number, and those that other threads open in this moment:
     * these get the lowest free numbers, open(2). To close what is not open is no error, but above the limit.
     */
    private int addCloseFrom(Memory m, int from) throws IOException {
        int r = closesByList ? -Errno.ENOSYS : Processes.addCloseFrom(m.actions(), from);
        if (r != -Errno.ENOSYS) {
            return r;
        }
        BitSet numbers = new BitSet();
        try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            open.forEach(fd -> numbers.set(Integer.parseInt(fd.getFileName().toString())));
        }
        long limit = Fds.limit().soft();
        for (int i = 0; i < MEANWHILE && numbers.nextClearBit(from) < limit; i++) {
            numbers.set(numbers.nextClearBit(from));
        }
        r = 0;
        for (int number = numbers.nextSetBit(from); r >= 0 && number >= 0; number = numbers.nextSetBit(number + 1)) {
            r = Processes.addClose(m.actions(), number);
        }
        return r;
    }

    private static int addChdir(Memory m, File directory) throws IOException {
        int r = FileNames.call(FileNames.bytes(directory.getPath()), name -> Processes.addChdir(m.actions(), name));
        if (r == -Errno.ENOSYS) {
            throw new IOException("a directory for a child process needs posix_spawn_file_actions_addchdir_np: glibc 2.29, "
                + "musl 1.1.24");
        }
        return r;
    }

    /** The arguments of posix_spawn in native memory; what they point to goes when this is closed. */
    private static final class Memory implements AutoCloseable {
        private final ByteBuffer m;
        private final long address;
        private final long argv;
        private final long envp;
        private boolean begun;

        Memory(List<String> command, Map<String, String> environment) {
            ByteArrayOutputStream strings = new ByteArrayOutputStream();
            List<Integer> offsets = new ArrayList<>();
            command.forEach(argument -> add(ChildText.argument(argument), strings, offsets));
            environment.forEach((name, value) -> add(ChildText.variable(name, value), strings, offsets));
            int text = POINTERS + (offsets.size() + 2) * Long.BYTES;
            m = ByteBuffer.allocateDirect(text + strings.size()).order(ByteOrder.nativeOrder());
            m.put(text, strings.toByteArray());
            address = Sys.address(m);
            argv = address + POINTERS;
            int end = putPointers(POINTERS, text, offsets.subList(0, command.size()));
            envp = address + end;
            putPointers(end, text, offsets.subList(command.size(), offsets.size()));
        }

        private static void add(byte[] string, ByteArrayOutputStream strings, Collection<Integer> offsets) {
            offsets.add(strings.size());
            strings.writeBytes(string);
            strings.write(0);
        }

        /** Null-terminated, which the memory is by birth; returns where the next ones go. */
        private int putPointers(int at, int text, List<Integer> offsets) {
            int next = at;
            for (int offset : offsets) {
                m.putLong(next, address + text + offset);
                next += Long.BYTES;
            }
            return next + Long.BYTES;
        }

        long actions() {
            return address + ACTIONS;
        }

        /** Initializes actions and attributes, or returns -errno. */
        int begin(long defaults, boolean newSession) {
            int r = Processes.fileActionsInit(actions());
            if (r < 0) {
                return r;
            }
            r = Processes.attrInit(address + ATTR);
            if (r < 0) {
                Processes.fileActionsDestroy(actions());
                return r;
            }
            begun = true;
            m.putLong(DEFAULTS, defaults);
            Processes.attrSetSigDefault(address + ATTR, address + DEFAULTS);
            Processes.attrSetSigMask(address + ATTR, address + MASK);
            return Processes.attrSetFlags(address + ATTR, Consts.POSIX_SPAWN_SETSIGDEF | Consts.POSIX_SPAWN_SETSIGMASK
                | (newSession ? Consts.POSIX_SPAWN_SETSID : 0));
        }

        int spawn() {
            long file = m.getLong(POINTERS);
            int r = Processes.posixSpawnp(address + PID, file, actions(), address + ATTR, argv, envp);
            return r < 0 ? r : m.getInt(PID);
        }

        @Override
        public void close() {
            if (begun) {
                Processes.attrDestroy(address + ATTR);
                Processes.fileActionsDestroy(actions());
            }
            Reference.reachabilityFence(m);
        }
    }
}
