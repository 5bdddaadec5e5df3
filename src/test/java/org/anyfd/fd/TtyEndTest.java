package org.anyfd.fd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.anyfd.fd.TtyProbe.End;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Directories;
import org.anyfd.testing.Raw;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A JVM on a terminal leaves its modes and flags as they were, however it ends; and takes nothing else for a terminal. */
@Bounded
class TtyEndTest {
    private static final String RUN = "exec \"$@\"";
    /** Runs the probe below a shell, which then tells the flags of what they shared. */
    private static final String THEN_TELL_FLAGS = "\"$@\"; grep flags: /proc/self/fdinfo/0";

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private int master;
    private Redirect terminal;
    private String found;

    @BeforeEach
    void openPty() throws IOException {
        master = fds.closing(Raw.ptyMaster());
        Path name = Raw.slaveName(master);
        terminal = Redirect.from(name.toFile());
        // Kept open, for the last close of a terminal resets nothing but hangs up.
        fds.closing(Raw.open(name, Consts.O_RDWR | Consts.O_NOCTTY));
        found = Raw.settings(master);
    }

    private Child start(String mode, End end) throws Exception {
        Child child = Child.start(fds, THEN_TELL_FLAGS, terminal, TtyProbe.class, mode, end.name());
        child.says((mode.equals("ASK") ? "COOKED" : mode)
            + " WindowSize[columns=0, rows=0, widthPixels=0, heightPixels=0]");
        return child;
    }

    private static void leavesFlags(Child child) throws Exception {
        String line = child.nextLine();
        // Some shells tell that it was killed, and a JVM tells an exception.
        while (!line.startsWith("flags:")) {
            line = child.nextLine();
        }
        assertEquals(0, Child.flags(line) & Consts.O_NONBLOCK);
    }

    @ParameterizedTest
    @EnumSource(names = {"RETURN", "EXIT", "THROW"})
    void asFoundAfterANormalEnd(End end) throws Exception {
        leavesFlags(start("RAW", end));
        assertEquals(found, Raw.settings(master));
    }

    @ParameterizedTest
    @CsvSource({"CBREAK, TERM, 15", "RAW, TERM, 15", "RAW, INT, 2", "RAW, HUP, 1", "ASK, TERM, 15", "ASK, KILL, 9"})
    void asFoundAfterASignal(String mode, String signal, int number) throws Exception {
        assumeFalse(Raw.isIgnored(number), "ignored since the start, by the child too");
        Child child = start(mode, End.WAIT);
        Raw.write(master, "typed\n".getBytes(StandardCharsets.US_ASCII));
        child.says("typed");
        assertEquals(mode.equals("ASK"), found.equals(Raw.settings(master)));
        new ProcessBuilder("kill", "-" + signal, Long.toString(child.jvm().pid())).start().waitFor();
        leavesFlags(child);
        assertEquals(found, Raw.settings(master));
    }

    /** Nobody is left who could; but the flags, which would break the shell, are not changed in the first place. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void afterAKillOnlyTheModesThatItChangedAreLeft(boolean halt) throws Exception {
        Child child = start("RAW", halt ? End.HALT : End.WAIT);
        if (!halt) {
            assertTrue(child.jvm().destroyForcibly());
        }
        leavesFlags(child);
        assertNotEquals(found, Raw.settings(master));
    }

    // -- The standard input is a terminal, or something else --

    private void saysOfItsInput(String script, Redirect input, String expected) throws Exception {
        Child child = Child.start(fds, script, input, TtyProbe.class, "RAW", "WAIT");
        child.says(expected);
        child.saysNoMore();
    }

    @Test
    void terminalThatHangsUpIsAtItsEnd() throws Exception {
        Child child = Child.start(fds, RUN, terminal, TtyProbe.class, "RAW", "WAIT");
        child.says("RAW WindowSize[columns=0, rows=0, widthPixels=0, heightPixels=0]");
        Raw.write(master, (byte) 'x');
        child.says("x");
        fds.close(master);
        child.says("end");
        child.saysNoMore();
    }

    @Test
    void pipe() throws Exception {
        saysOfItsInput(RUN, Redirect.PIPE, "ioctl(TCGETS, fd 0): ENOTTY inappropriate ioctl for device");
    }

    @Test
    void file(@TempDir(factory = Directories.class) Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "x");
        saysOfItsInput(RUN, Redirect.from(file.toFile()), "ioctl(TCGETS, fd 0): ENOTTY inappropriate ioctl for device");
    }

    @Test
    void nullDevice() throws Exception {
        saysOfItsInput(RUN, Redirect.from(Path.of("/dev/null").toFile()),
            "ioctl(TCGETS, fd 0): ENOTTY inappropriate ioctl for device");
    }

    /** The JVM has a file of its own there, which is no terminal. */
    @Test
    void closed() throws Exception {
        saysOfItsInput(RUN + " <&-", Redirect.PIPE, "ioctl(TCGETS, fd 0): ENOTTY inappropriate ioctl for device");
    }
}
