package org.anyfd.fd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Directories;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The flags of an adopted open file description belong to everyone who shares it: they stay as they are, whatever is done
 * with the channel, and however the JVM ends.
 */
@Bounded
class AdoptedFlagsTest {
    /** Runs the probe below a shell, which then tells the flags of what they shared. */
    private static final String THEN_TELL_FLAGS = "\"$@\"; grep flags: /proc/self/fdinfo/0";

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    static Stream<Arguments> adoptions() {
        return Stream.of(Kind.values()).flatMap(kind -> Stream.of(Kind.Adopting.values())
            .flatMap(adopting -> Stream.of(true, false)
                .map(nonBlocking -> Arguments.of(kind, adopting, nonBlocking))));
    }

    /** The flags of one description, seen through a duplicate. */
    private final class Watch {
        private final int duplicate;
        private final int flags;

        Watch(int number, boolean nonBlocking) throws IOException {
            Raw.setNonBlocking(number, nonBlocking);
            duplicate = fds.closing(Raw.dup(number));
            flags = Raw.flags(number);
            assertEquals(nonBlocking, (flags & Consts.O_NONBLOCK) != 0);
        }

        void unchanged(String when) throws IOException {
            assertEquals(Integer.toOctalString(flags), Integer.toOctalString(Raw.flags(duplicate)), when);
        }
    }

    @ParameterizedTest
    @MethodSource("adoptions")
    void flagsStayAsTheyAre(Kind kind, Kind.Adopting adopting, boolean nonBlocking) throws Exception {
        Raw.Pair pair = kind.open(fds);
        use(adopting, new Watch(pair.first(), nonBlocking), pair);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void flagsOfAFifoStayAsTheyAre(boolean nonBlocking, @TempDir(factory = Directories.class) Path directory)
            throws Exception {
        Path fifo = Raw.fifo(directory.resolve("fifo"));
        for (Kind.Adopting adopting : Kind.Adopting.values()) {
            int both = fds.closing(Raw.open(fifo, Consts.O_RDWR));
            int other = fds.closing(Raw.open(fifo, Consts.O_RDWR));
            use(adopting, new Watch(both, nonBlocking), new Raw.Pair(both, other));
        }
    }

    private void use(Kind.Adopting adopting, Watch watch, Raw.Pair pair) throws Exception {
        FdChannel channel = adopting.adopt(fds, pair.first());
        watch.unchanged("adopted");
        boolean reads = (channel.validOps() & SelectionKey.OP_READ) != 0;
        boolean writes = (channel.validOps() & SelectionKey.OP_WRITE) != 0;
        if (reads) {
            Tasks.Task<Integer> reader = fds.run(() -> channel.read(ByteBuffer.allocate(1))).awaitBlocked();
            watch.unchanged("during a blocked read");
            Raw.write(pair.second(), (byte) 1);
            assertEquals(1, reader.get());
        }
        if (writes) {
            channel.write(ByteBuffer.allocate(1));
        }
        watch.unchanged("after use in blocking mode");
        channel.configureBlocking(false);
        if (reads) {
            channel.read(ByteBuffer.allocate(1));
        }
        if (writes) {
            channel.write(ByteBuffer.allocate(1));
        }
        watch.unchanged("after use in non-blocking mode");
        try (Selector selector = Selector.open()) {
            channel.register(selector, channel.validOps());
            selector.select(1);
            watch.unchanged("during registration");
        }
        channel.configureBlocking(true);
        watch.unchanged("after registration");
        channel.close();
        watch.unchanged("after close");
    }

    @Test
    void flagsOfFilesAndDevicesStayAsTheyAre() throws Exception {
        for (String name : new String[] {"/dev/null", "/dev/zero", "/dev/urandom", "/proc/self/status", "/proc/self"}) {
            int number = fds.closing(Raw.open(Path.of(name), Consts.O_RDONLY));
            Watch watch = new Watch(number, false);
            FdChannel channel = fds.borrow(number);
            channel.configureBlocking(false);
            try (Selector selector = Selector.open()) {
                channel.register(selector, SelectionKey.OP_READ);
                assertEquals(1, selector.select(), name);
            }
            watch.unchanged(name);
        }
    }

    // -- The JVM is killed --

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void terminalOfAKilledJvmIsAsItWas(boolean selecting) throws Exception {
        int master = fds.closing(Raw.ptyMaster());
        Child child = Child.start(fds, THEN_TELL_FLAGS, Redirect.from(Raw.slaveName(master).toFile()));
        if (!selecting) {
            child.says("selecting");
            Raw.write(master, (byte) 'x', (byte) '\n');
            child.says("x");
        }
        kill(child, selecting);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void pipeOfAKilledJvmIsAsItWas(boolean selecting) throws Exception {
        Child child = Child.start(fds, THEN_TELL_FLAGS, Redirect.PIPE);
        if (!selecting) {
            child.says("selecting");
            child.input().write('x');
            child.input().flush();
            child.says("x");
        }
        kill(child, selecting);
    }

    private static void kill(Child child, boolean selecting) throws Exception {
        child.says(selecting ? "selecting" : "reading");
        int during = child.inputFlags();
        assertEquals(0, during & Consts.O_NONBLOCK);
        assertTrue(child.jvm().destroyForcibly());
        String after = child.nextLine();
        // Some shells tell that it was killed.
        while (!after.startsWith("flags:")) {
            after = child.nextLine();
        }
        assertEquals(Integer.toOctalString(during & ~Consts.O_CLOEXEC),
            Integer.toOctalString(Child.flags(after) & ~Consts.O_CLOEXEC));
        assertEquals(0, Child.flags(after) & Consts.O_NONBLOCK);
    }
}
